//! The figures against their targets, as public reproductions of ISA-18.2, IEC 62682 and EEMUA 191 give them. Where there are too few alarms for a share
//! to say anything, none is judged.

use plenum_protocol::Duration;

use super::load::FLOOD_ABOVE;
use super::{Figures, TOP};
use crate::site::Priority;

/// What is measured against a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Alarms a ten minutes for each operator.
    Rate,
    /// The share of the periods of ten minutes with more than ten for each operator.
    Busy,
    /// The most within ten minutes for each operator.
    Peak,
    /// The share of the time in floods.
    Flood,
    /// The share of the load that the ten most frequent are.
    Top,
    /// How many alarms chattered.
    Chattering,
    /// How many were over within a minute.
    Fleeting,
    /// How many were active for more than a day, at a time.
    Stale,
    /// The share of the load that is critical.
    Critical,
    /// The share of the load that is high.
    High,
    /// The share of the load that is medium.
    Medium,
    /// How many stood at a time.
    Standing,
    /// How many were shelved at a time.
    Shelved,
}

/// How a figure is held against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is not to be more.
    AtMost,
    /// It is to be less.
    Below,
}

/// A figure against its target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What was measured.
    pub measure: Measure,
    /// What it is; a share is from 0 to 1.
    pub value: f64,
    /// What it should be.
    pub target: f64,
    /// How the two compare.
    pub comparison: Comparison,
    /// Whether it is so; none where there are too few alarms to say.
    pub met: Option<bool>,
}

/// Fewer different alarms than this cannot but have more than 5 % of the load in ten of them.
const ALARMS_FOR_TOP: u64 = TOP as u64 * 20;
/// Of fewer alarms than this one alone is more than 1 %.
const ALARMS_FOR_SHARES: u64 = 100;

impl Measure {
    /// Every measure, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::Rate,
        Self::Peak,
        Self::Busy,
        Self::Flood,
        Self::Top,
        Self::Chattering,
        Self::Fleeting,
        Self::Stale,
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Standing,
        Self::Shelved,
    ];

    /// What a figure of it should be.
    pub const fn target(self) -> (Comparison, f64) {
        match self {
            Self::Rate => (Comparison::AtMost, 1.0),
            Self::Peak => (Comparison::AtMost, FLOOD_ABOVE as f64),
            Self::Busy | Self::Flood | Self::Critical => (Comparison::Below, 0.01),
            Self::Top => (Comparison::Below, 0.05),
            Self::Chattering | Self::Fleeting => (Comparison::AtMost, 0.0),
            Self::Stale => (Comparison::Below, 5.0),
            Self::High => (Comparison::AtMost, 0.05),
            Self::Medium => (Comparison::AtMost, 0.15),
            Self::Standing => (Comparison::Below, 10.0),
            Self::Shelved => (Comparison::Below, 30.0),
        }
    }

    /// Whether it is a share, from 0 to 1.
    pub const fn is_share(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Flood | Self::Top | Self::Critical | Self::High | Self::Medium
        )
    }
}

impl Figures {
    /// Every figure that has a target, against it.
    pub fn judged(&self) -> Vec<Judged> {
        Measure::ALL
            .into_iter()
            .map(|measure| self.judge(measure))
            .collect()
    }

    fn judge(&self, measure: Measure) -> Judged {
        let (comparison, target) = measure.target();
        let value = self.value(measure);
        let is_met = match comparison {
            Comparison::AtMost => value <= target,
            Comparison::Below => value < target,
        };
        let says_something = match measure {
            Measure::Top => self.alarms >= ALARMS_FOR_TOP,
            Measure::Critical | Measure::High | Measure::Medium => self.annunciated >= ALARMS_FOR_SHARES,
            _ => true,
        };
        Judged {
            measure,
            value,
            target,
            comparison,
            met: says_something.then_some(is_met),
        }
    }

    fn value(&self, measure: Measure) -> f64 {
        let priority = |priority: Priority| self.share(self.priorities[priority as usize]);
        let milliseconds = |duration: Duration| duration.milliseconds() as f64;
        match measure {
            Measure::Rate => self.rate(),
            Measure::Peak => self.peak.annunciated as f64 / f64::from(self.operators),
            Measure::Busy => self.busy as f64 / self.periods as f64,
            Measure::Flood => milliseconds(self.in_flood()) / milliseconds(self.to.since(self.from)),
            Measure::Top => self.share_of_top(),
            Measure::Chattering => self.chatterers() as f64,
            Measure::Fleeting => self.fleeting as f64,
            Measure::Stale => self.stale.most as f64,
            Measure::Critical => priority(Priority::Critical),
            Measure::High => priority(Priority::High),
            Measure::Medium => priority(Priority::Medium),
            Measure::Standing => self.standing.most as f64,
            Measure::Shelved => self.shelved.most as f64,
        }
    }
}
