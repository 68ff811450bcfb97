//! What a modem measures of itself, as series of the collector's own: its signal and its network each minute, its credit each day.

use plenum_protocol::{Duration, Identifier, Outcome, Quantity, Steady, Timestamp};

use super::Config;
use crate::notify::channels::{self, News};

/// How often signal and network become readings.
const EVERY: Duration = Duration::from_minutes(1);
/// How often credit does: as often as it is asked for.
const EVERY_DAY: Duration = Duration::from_hours(24);
const DRIVER: &str = "modem";

/// By which names, and when next.
pub(super) struct Figures {
    way: Identifier,
    /// None where nobody asks for it.
    credit: Option<Identifier>,
    /// So little of it is an alarm.
    credit_low: f64,
    due: Steady,
}

impl Figures {
    /// Of the modem of a channel.
    pub(super) fn of(config: &Config, channel: &Identifier, now: Steady) -> Self {
        let credit = config.credit_code.as_ref();
        Self {
            way: channel.clone(),
            // A channel whose name is too long for it has none.
            credit: credit.and_then(|_| format!("{channel}-credit").parse().ok()),
            credit_low: config.credit_low,
            due: now,
        }
    }

    /// Whether they are to be told again.
    pub(super) fn are_due(&self, now: Steady) -> bool {
        self.due <= now
    }

    /// Signal and network.
    pub(super) fn way(&mut self, read: [(Quantity, Outcome); 2], (at, now): (Timestamp, Steady)) -> News {
        self.due = now + EVERY;
        News::Figures(channels::Figures {
            sensor: self.way.clone(),
            driver: DRIVER,
            interval: EVERY,
            at,
            read: read.into(),
        })
    }

    /// What the operator says is left.
    pub(super) fn credit(&self, amount: f64, at: Timestamp) -> Option<News> {
        let is_low = f64::from(u8::from(amount <= self.credit_low));
        Some(News::Figures(channels::Figures {
            sensor: self.credit.clone()?,
            driver: DRIVER,
            interval: EVERY_DAY,
            at,
            read: vec![(Quantity::Credit, Ok(amount)), (Quantity::CreditLow, Ok(is_low))],
        }))
    }
}
