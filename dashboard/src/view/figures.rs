//! How good the alarms themselves are in a period (ISA-18.2, IEC 62682, EEMUA 191), and what would help.

use plenum_core::alarms::figures;
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Priority;
use super::schema::Unit;
use super::words::words;

words! {
    /// What is measured against a target.
    Measure {
        /// Alarms a ten minutes for each operator.
        Rate = "rate",
        /// The most within ten minutes for each operator.
        Peak = "peak",
        /// The share of the periods of ten minutes with more than ten for each operator.
        Busy = "busy",
        /// The share of the time in floods.
        Flood = "flood",
        /// The share of the load that the ten most frequent are.
        Top = "top",
        /// How many alarms chattered.
        Chattering = "chattering",
        /// How many were over within a minute.
        Fleeting = "fleeting",
        /// How many were active for more than a day, at a time.
        Stale = "stale",
        /// The share of the load that is critical.
        Critical = "critical",
        /// The share of the load that is high.
        High = "high",
        /// The share of the load that is medium.
        Medium = "medium",
        /// How many stood at a time.
        Standing = "standing",
        /// How many were shelved at a time.
        Shelved = "shelved",
    }
}

words! {
    /// How a figure is held against its target.
    Comparison {
        /// It is not to be more.
        AtMost = "at-most",
        /// It is to be less.
        Below = "below",
    }
}

words! {
    /// How figures are written.
    FiguresFormat {
        /// For programs.
        Json = "json",
        /// Markdown, for a report.
        Text = "text",
    }
}

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// First instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// First instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Among how many people the load is divided: those that the site names, or one.
    pub operators: u32,
    /// How often an alarm was annunciated; not what lay under a shelving, a suppression or out of service.
    pub annunciated: u64,
    /// How many different alarms were.
    pub alarms: u64,
    /// Every figure that has a target, against it.
    pub targets: Vec<Target>,
    /// How many periods of ten minutes there were.
    pub periods: u64,
    /// In how many of them there were more than ten for each operator.
    pub busy: u64,
    /// When the most within any ten minutes began; null where there was no alarm.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub peak_from: Option<Timestamp>,
    /// How many floods there were.
    pub floods: u64,
    /// How long they lasted in all.
    pub flood_milliseconds: i64,
    /// The longest floods, ten at most, in their order.
    pub longest_floods: Vec<Flood>,
    /// How many times an alarm began to chatter.
    pub chattering: u64,
    /// How often alarms of each priority were annunciated.
    pub priorities: Priorities,
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
    /// The ten most frequent alarms, the most frequent first.
    pub frequent: Vec<Frequent>,
    /// What would help against the alarms that came most often one time after the other, ten at most.
    pub proposals: Vec<Proposal>,
}

/// A figure against its target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// What was measured.
    pub measure: Measure,
    /// What it is; a share is from 0 to 1.
    pub value: f64,
    /// What it should be.
    pub target: f64,
    /// How the two compare.
    pub comparison: Comparison,
    /// Whether it is so; null where there are too few alarms to say.
    pub met: Option<bool>,
}

/// A time with more alarms than people can follow: from where more than ten for each operator came within ten minutes, to where fewer than five did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flood {
    /// First instant, within the period.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// First instant after it, within the period.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// How many alarms came meanwhile.
    pub annunciated: u64,
}

/// How often alarms of each priority were annunciated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Priorities {
    /// Act now.
    pub critical: u64,
    /// Act within minutes.
    pub high: u64,
    /// Act today.
    pub medium: u64,
    /// Act this week.
    pub low: u64,
}

/// How many there are of something at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Level {
    /// At the end of the period.
    pub end: u64,
    /// At most.
    pub most: u64,
    /// When there were so many for the first time.
    #[schema(value_type = String, format = DateTime)]
    pub most_at: Timestamp,
}

/// How often one alarm was annunciated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Frequent {
    /// The alarm's number.
    pub alarm: u64,
    /// The alarm's name.
    pub name: String,
    /// The name of its room, where it has one.
    pub room_name: Option<String>,
    /// The sensor's name, where the site places it.
    pub sensor_name: Option<String>,
    /// What it is about: a series, an agent as site/agent, or a word for the monitor itself.
    pub subject: String,
    /// How bad it is.
    pub priority: Priority,
    /// How often it was annunciated.
    pub annunciated: u64,
    /// How much of the load that is, from 0 to 1.
    pub share: f64,
    /// How often it was over within a minute.
    pub fleeting: u64,
    /// How often it began to chatter.
    pub chattering: u64,
}

/// What would have made one alarm of many, or none, with what shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// The alarm's number.
    pub alarm: u64,
    /// When it came for the first time.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// When it came for the last time.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// How often it came.
    pub activations: u64,
    /// The least value meanwhile, in `unit`; null of a state.
    pub lowest: Option<f64>,
    /// The greatest value meanwhile, in `unit`; null of a state.
    pub highest: Option<f64>,
    /// The unit of the values and the deadband.
    pub unit: Unit,
    /// With this deadband it would have been one.
    pub deadband: Option<f64>,
    /// With this off-delay it would have been one.
    pub off_delay_milliseconds: Option<i64>,
    /// With this on-delay it would have been none.
    pub on_delay_milliseconds: Option<i64>,
    /// The same as a sentence.
    pub says: Says,
}

/// A sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Says {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

impl From<figures::Level> for Level {
    fn from(level: figures::Level) -> Self {
        Self {
            end: level.end,
            most: level.most,
            most_at: level.most_at,
        }
    }
}

impl From<&figures::Flood> for Flood {
    fn from(flood: &figures::Flood) -> Self {
        Self {
            from: flood.from,
            to: flood.to,
            annunciated: flood.annunciated,
        }
    }
}

impl From<figures::Judged> for Target {
    fn from(judged: figures::Judged) -> Self {
        Self {
            measure: judged.measure.into(),
            value: judged.value,
            target: judged.target,
            comparison: match judged.comparison {
                figures::Comparison::AtMost => Comparison::AtMost,
                figures::Comparison::Below => Comparison::Below,
            },
            met: judged.met,
        }
    }
}

impl From<figures::Measure> for Measure {
    fn from(measure: figures::Measure) -> Self {
        match measure {
            figures::Measure::Rate => Self::Rate,
            figures::Measure::Peak => Self::Peak,
            figures::Measure::Busy => Self::Busy,
            figures::Measure::Flood => Self::Flood,
            figures::Measure::Top => Self::Top,
            figures::Measure::Chattering => Self::Chattering,
            figures::Measure::Fleeting => Self::Fleeting,
            figures::Measure::Stale => Self::Stale,
            figures::Measure::Critical => Self::Critical,
            figures::Measure::High => Self::High,
            figures::Measure::Medium => Self::Medium,
            figures::Measure::Standing => Self::Standing,
            figures::Measure::Shelved => Self::Shelved,
        }
    }
}

impl Proposal {
    /// As the core has it, with its sentence in each language.
    pub fn new(alarm: u64, proposal: &figures::Proposal, says: Says) -> Self {
        let milliseconds = |delay: Option<Duration>| delay.map(Duration::milliseconds);
        Self {
            alarm,
            from: proposal.burst.since,
            to: proposal.burst.until,
            activations: proposal.burst.raises,
            lowest: proposal.values.map(|(low, _)| low),
            highest: proposal.values.map(|(_, high)| high),
            unit: Unit::of(proposal.series.quantity()),
            deadband: proposal.deadband,
            off_delay_milliseconds: milliseconds(proposal.off_delay),
            on_delay_milliseconds: milliseconds(proposal.on_delay),
            says,
        }
    }
}
