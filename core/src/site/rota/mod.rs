//! Who is on duty when, as it is configured: teams, rotas of layers in which people take turns, overrides and holidays. `core/src/duty` computes what it comes to.

mod every;
mod hand_over;
mod hours;

pub use every::Every;
pub use hand_over::HandOver;
pub(crate) use hours::DAY;
pub use hours::Hours;

use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};

use super::civil::{LocalDate, LocalTime, Zone};
use super::rule::Priority;

/// People who look after the site together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Unique in the site; rotas and ladders name the team by it.
    pub id: Identifier,
    /// Its name for people to read: "Operations".
    pub name: String,
    /// Who is in it.
    pub members: Vec<Identifier>,
    /// Who is called where a rota of the team has nobody on duty; its first member where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Identifier>,
    /// When what can wait does wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<QuietHours>,
}

impl Team {
    /// Who is called where nobody is on duty.
    pub fn fallback(&self) -> Option<&Identifier> {
        self.fallback.as_ref().or_else(|| self.members.first())
    }
}

/// Hours in which nothing is sent of these priorities, by the site's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// As "mon-sun 22:00-07:00".
    pub hours: Vec<Hours>,
    /// What waits until they are over.
    pub priorities: Vec<Priority>,
}

/// Who of a team is on duty when: the last layer that covers an instant says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rota {
    /// Unique in the site; overrides and ladders name the rota by it.
    pub id: Identifier,
    /// Its name for people to read: "Operations on call".
    pub name: String,
    /// The team whose duty it is.
    pub team: Identifier,
    /// IANA time zone of its hand-overs and hours; the site's where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Each above those before it.
    #[serde(default, rename = "layer", skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Layer>,
}

/// People who take turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// In turn, from `start` on; then from the first again.
    pub people: Vec<Identifier>,
    /// How long a turn is.
    pub every: Every,
    /// The weekday and the time of day at which one turn ends and the next begins.
    pub hand_over: HandOver,
    /// The local date of the first hand-over, at which the first turn begins.
    pub start: LocalDate,
    /// The local date of the last hand-over: from then on the layer covers nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LocalDate>,
    /// The only hours that it covers; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// What it covers of a holiday.
    #[serde(default)]
    pub holidays: OnHoliday,
}

/// What a layer covers of a local day that is a holiday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnHoliday {
    /// What it covers of any day of that weekday.
    #[default]
    AsUsual,
    /// What it covers of a Sunday.
    AsSunday,
    /// Nothing, from midnight to midnight.
    Off,
}

/// One who stands in for whoever is on duty by a rota's layers, as it is written in `site.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenOverride {
    /// The rota.
    pub rota: Identifier,
    /// Who stands in.
    pub person: Identifier,
    /// From this time on by the rota's clock.
    pub from: LocalTime,
    /// Until then.
    pub to: LocalTime,
    /// The person who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Identifier>,
    /// Why, for whoever reads it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A local day on which people do not work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub date: LocalDate,
    /// What it is called: "Christmas Day".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}
