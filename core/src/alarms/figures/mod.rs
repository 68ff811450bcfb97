//! How good the alarms themselves are, after ISA-18.2, IEC 62682 and EEMUA 191: the log of any period folded into its figures, each against its target.
//!
//! What lies under a shelving, a suppression or out of service is not annunciated and no part of the load. An alarm that stood when the period began stands
//! in it; a flood, a chattering or ten minutes that began before it are known from a day before it on. So the figures of two halves add up to those of the
//! whole.

mod burst;
mod fold;
mod level;
mod load;
mod proposal;
mod target;

pub use burst::{Burst, worst};
pub use fold::{Fold, LOOKBACK, Opening, Step};
pub use level::Level;
pub(crate) use load::Load;
pub use load::{Flood, Peak, TEN_MINUTES};
pub use proposal::{Evidence, Proposal, propose};
pub use target::{Comparison, Judged, Measure};

use plenum_protocol::{Duration, Timestamp};

use crate::site::Priority;

/// The longest period that is folded at once.
pub const LONGEST: Duration = Duration::from_hours(24 * 400);
/// What is active for so long is stale.
pub const STALE: Duration = Duration::from_hours(24);
/// So many of the most frequent alarms are named.
pub const TOP: usize = 10;

/// The figures of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Among how many people the load is divided.
    pub operators: u32,
    /// How many alarms were annunciated.
    pub annunciated: u64,
    /// How many different ones.
    pub alarms: u64,
    /// How many periods of ten minutes there were, counted from the first instant; the last may be shorter.
    pub periods: u64,
    /// In how many of them there were more than ten for each operator.
    pub busy: u64,
    /// The most within any ten minutes.
    pub peak: Peak,
    /// Times with more than people can follow, within the period, in their order.
    pub floods: Vec<Flood>,
    /// Each alarm that was annunciated, the most frequent first.
    pub frequent: Vec<Frequent>,
    /// How many times an alarm began to chatter.
    pub chattering: u64,
    /// How many times an alarm was annunciated and over within a minute.
    pub fleeting: u64,
    /// How many were annunciated of each priority, the worst first.
    pub priorities: [u64; Priority::ALL.len()],
    /// Alarms that were active, with nothing over them.
    pub standing: Level,
    /// Those of them that were so for more than a day.
    pub stale: Level,
    /// Alarms that people had put aside.
    pub shelved: Level,
    /// Alarms for which another one stood.
    pub suppressed: Level,
    /// Alarms that people had taken out of service.
    pub out_of_service: Level,
}

/// How often one alarm was annunciated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frequent {
    /// Its number.
    pub alarm: u64,
    /// How often it was annunciated.
    pub annunciated: u64,
    /// How often it was over within a minute.
    pub fleeting: u64,
    /// How often it began to chatter.
    pub chattering: u64,
    /// When it came most often one time after the other.
    pub burst: Option<Burst>,
}

/// What is known of an alarm beside its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// How bad it is.
    pub priority: Priority,
    /// It stays until a person resets it: it comes again only after somebody did something about it, and does not chatter.
    pub latched: bool,
}

/// Alarms a ten minutes for each operator.
pub(crate) fn rate(annunciated: u64, (from, to): (Timestamp, Timestamp), operators: u32) -> f64 {
    let periods = to.since(from).milliseconds() as f64 / TEN_MINUTES.milliseconds() as f64;
    annunciated as f64 / periods / f64::from(operators)
}

impl Figures {
    /// Alarms a ten minutes for each operator.
    pub fn rate(&self) -> f64 {
        rate(self.annunciated, (self.from, self.to), self.operators)
    }

    /// How much of the load the ten most frequent are, from 0 to 1.
    pub fn share_of_top(&self) -> f64 {
        let top = self.frequent.iter().take(TOP).map(|one| one.annunciated).sum();
        self.share(top)
    }

    /// How much of the load so many are, from 0 to 1.
    pub fn share(&self, annunciated: u64) -> f64 {
        match self.annunciated {
            0 => 0.0,
            all => annunciated as f64 / all as f64,
        }
    }

    /// How long there were more alarms than people can follow.
    pub fn in_flood(&self) -> Duration {
        let lengths = self.floods.iter().map(|flood| flood.to.since(flood.from));
        lengths.fold(Duration::ZERO, |sum, length| sum + length)
    }

    /// How many alarms began to chatter at least once.
    pub fn chatterers(&self) -> u64 {
        self.frequent.iter().filter(|one| one.chattering > 0).count() as u64
    }
}

#[cfg(test)]
mod tests;
