//! What a tracker remembers of its series' past, for conditions that the newest value alone does not decide: bounded, stored in its row, and
//! made of nothing but the readings in their order, so that a replay remembers what the live engine does.
//!
//! | memory | of | bounded by |
//! |---|---|---|
//! | [`Window`] | the lowest values of the last minutes or hours | 31 buckets |
//! | [`Mean`] | the sums of the last minutes or hours | 21 parts |
//! | [`Starts`] | when a state began | 64 instants |
//! | [`Days`] | mean and minimum of each day | nine weeks |
//! | [`Shared`], a forecaster | points and the usual band | 48 points, 32 blocks |
//!
//! Each kind of condition owns its memory: what does not fit it (a rule that was changed, a row of another program) is begun anew.

mod days;
mod mean;
mod shared;
mod starts;
mod window;

use serde::{Deserialize, Serialize};

pub use days::{Days, Drift, MOST_WEEKS};
pub use mean::Mean;
pub use shared::Shared;
pub use starts::{MOST as MOST_STARTS, Starts};
pub use window::Window;

/// What a tracker remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// Of a condition on a movement.
    Window(Box<Window>),
    /// Of a condition on a mean.
    Mean(Box<Mean>),
    /// Of a condition on how often something starts.
    Starts(Box<Starts>),
    /// Of a condition on a slow drift.
    Days(Box<Days>),
    /// Of a condition on when a limit is reached.
    Forecast(Shared),
    /// Of a condition that is put together of others: one each, in their order.
    Parts(Vec<Option<Memory>>),
}

impl Memory {
    /// Brings near what each reading asks for; what asks seldom waits when it does.
    pub(crate) fn glance(&self) {
        match self {
            Self::Window(window) => window.glance(),
            Self::Mean(mean) => mean.glance(),
            Self::Forecast(shared) => {
                shared.forecaster().inspect(|forecaster| forecaster.glance());
            }
            Self::Starts(_) | Self::Days(_) => {}
            Self::Parts(parts) => parts.iter().flatten().for_each(Self::glance),
        }
    }

    /// Its forecaster, the first if there are more.
    pub(crate) fn forecaster(&self) -> Option<&Shared> {
        match self {
            Self::Forecast(shared) => Some(shared),
            Self::Parts(parts) => parts.iter().flatten().find_map(Self::forecaster),
            Self::Window(_) | Self::Mean(_) | Self::Starts(_) | Self::Days(_) => None,
        }
    }

    /// The same, to be handed readings or to be lent.
    pub(crate) fn forecaster_mut(&mut self) -> Option<&mut Shared> {
        match self {
            Self::Forecast(shared) => Some(shared),
            Self::Parts(parts) => parts.iter_mut().flatten().find_map(Self::forecaster_mut),
            Self::Window(_) | Self::Mean(_) | Self::Starts(_) | Self::Days(_) => None,
        }
    }
}
