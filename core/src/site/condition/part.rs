//! A condition within another one: a limit or a state of the series itself or of another quantity, or what is put together of several.

use plenum_protocol::Quantity;
use serde::{Deserialize, Serialize};

use super::{Above, Below, Bound, Falls, Forecast, Is, Rises, Stale};
use crate::around::Reach;
use crate::site::SensorName;
use crate::site::guard::Within;

/// A condition within another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Part {
    /// A limit or a state.
    Bound {
        /// Of what, and where it is looked for; none for the series itself.
        of: Option<(Quantity, Reach)>,
        /// What is abnormal.
        bound: Bound,
    },
    /// How the series itself moved, or will.
    Past(Past),
    /// At least one holds.
    Any(Vec<Part>),
    /// All hold.
    All(Vec<Part>),
    /// It does not hold.
    Not(Box<Part>),
}

impl Part {
    /// A limit or a state of the series itself.
    pub(super) fn own(bound: Bound) -> Self {
        Self::Bound { of: None, bound }
    }
}

/// A part that remembers the past of the series itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Past {
    /// It rose.
    Rises(Rises),
    /// It fell.
    Falls(Falls),
    /// It will soon pass a limit.
    Forecast(Forecast),
}

/// A part as it is written: one of the conditions.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<Within>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor: Option<SensorName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<Above>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<Is>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rises: Option<Rises>,
    #[serde(skip_serializing_if = "Option::is_none")]
    falls: Option<Falls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<Forecast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Part>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Part>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Part>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<Stale>,
}

/// What can be wrong with one.
#[derive(Debug, thiserror::Error)]
enum Mistake {
    #[error(
        "a part needs one of `above`, `below`, `is`, `rises`, `falls`, `forecast`, `any`, `all` and `not`"
    )]
    NotOne,
    #[error(
        "silence is known at every instant and stands alone; write a rule with when = {{ stale = {{}} }}, with `only_while` if it is to count only then"
    )]
    Silence,
    #[error("`within` and `sensor` say where a `quantity` is looked for; write which")]
    NoQuantity,
    #[error("a quantity stands beside `above`, `below` or `is`; write it within `any`, `all` and `not`")]
    QuantityOfSeveral,
    #[error("a part is not latched; write a rule of its own for what only a person may end")]
    Latched,
    #[error("{0}")]
    Place(#[from] crate::site::guard::Mistake),
}

impl TryFrom<Written> for Part {
    type Error = Mistake;

    fn try_from(written: Written) -> Result<Self, Mistake> {
        if written.stale.is_some() {
            return Err(Mistake::Silence);
        }
        if written.quantity.is_none() && (written.within.is_some() || written.sensor.is_some()) {
            return Err(Mistake::NoQuantity);
        }
        let is_of_another = written.quantity.is_some();
        let of = match written.quantity {
            Some(quantity) => Some((quantity, Reach::of(written.within, written.sensor)?)),
            None => None,
        };
        let mut found: Vec<Self> = Vec::new();
        if let Some(Above { limit, deadband }) = written.above {
            let bound = Bound::Above { limit, deadband };
            found.push(Self::Bound {
                of: of.clone(),
                bound,
            });
        }
        if let Some(Below { limit, deadband }) = written.below {
            let bound = Bound::Below { limit, deadband };
            found.push(Self::Bound {
                of: of.clone(),
                bound,
            });
        }
        if let Some(Is { state, latched }) = written.is {
            if latched {
                return Err(Mistake::Latched);
            }
            let bound = Bound::Is { state };
            found.push(Self::Bound { of, bound });
        }
        let several = [
            written.rises.map(|rises| Self::Past(Past::Rises(rises))),
            written.falls.map(|falls| Self::Past(Past::Falls(falls))),
            written
                .forecast
                .map(|forecast| Self::Past(Past::Forecast(forecast))),
            written.any.map(Self::Any),
            written.all.map(Self::All),
            written.not.map(Self::Not),
        ];
        for part in several.into_iter().flatten() {
            if is_of_another {
                return Err(Mistake::QuantityOfSeveral);
            }
            found.push(part);
        }
        match (found.pop(), found.is_empty()) {
            (Some(part), true) => Ok(part),
            _ => Err(Mistake::NotOne),
        }
    }
}

impl From<Part> for Written {
    fn from(part: Part) -> Self {
        let mut written = Self::default();
        match part {
            Part::Past(Past::Rises(rises)) => written.rises = Some(rises),
            Part::Past(Past::Falls(falls)) => written.falls = Some(falls),
            Part::Past(Past::Forecast(forecast)) => written.forecast = Some(forecast),
            Part::Any(parts) => written.any = Some(parts),
            Part::All(parts) => written.all = Some(parts),
            Part::Not(part) => written.not = Some(part),
            Part::Bound { of, bound } => {
                if let Some((quantity, reach)) = of {
                    written.quantity = Some(quantity);
                    (written.within, written.sensor) = reach.written();
                }
                match bound {
                    Bound::Above { limit, deadband } => written.above = Some(Above { limit, deadband }),
                    Bound::Below { limit, deadband } => written.below = Some(Below { limit, deadband }),
                    Bound::Is { state } => {
                        written.is = Some(Is {
                            state,
                            latched: false,
                        });
                    }
                }
            }
        }
        written
    }
}
