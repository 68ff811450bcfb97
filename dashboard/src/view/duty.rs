//! Who is on duty, the calendar of a rota, and ladders.

use plenum_core::site::Person;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Priority, schema};

/// Somebody whom the site writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DutyPerson {
    /// As the site names them.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// What they are called.
    pub name: String,
}

impl From<&Person> for DutyPerson {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.clone(),
            name: person.name.clone(),
        }
    }
}

words! {
    /// What makes somebody be on duty.
    ShiftSource {
        /// Their turn in a layer of the rota.
        Layer = "layer",
        /// An override of site.toml.
        Site = "site",
        /// An override that somebody made.
        Override = "override",
    }
}

/// A stretch in which one person is on duty without a hand-over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DutyShift {
    /// Who.
    pub person: DutyPerson,
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// By what.
    pub source: ShiftSource,
    /// The place of the layer in the rota, from 1, the lowest first; null for an override.
    pub layer: Option<u64>,
    /// The number of the override that somebody made; null for everything else.
    pub number: Option<i64>,
}

/// Hours in which nobody is on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Uncovered {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The same in words, with who is called then.
    pub said: String,
}

/// Who is on duty by a rota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Duty {
    /// The rota.
    #[schema(value_type = schema::Identifier)]
    pub rota: Identifier,
    /// Its name.
    pub name: String,
    /// Its team's name.
    pub team: String,
    /// IANA time zone of its hand-overs.
    pub zone: String,
    /// Who is on duty; null where nobody is.
    pub now: Option<DutyShift>,
    /// The first shift after now of somebody else; null where nobody else follows.
    pub next: Option<DutyShift>,
    /// Both in words.
    pub said: String,
    /// Who is called while nobody is on duty.
    pub fallback: Option<DutyPerson>,
    /// Where nobody is on duty within 14 days.
    pub uncovered: Vec<Uncovered>,
    /// Who may stand in: the team's members first.
    pub people: Vec<DutyPerson>,
}

/// A rota as a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RotaCalendar {
    /// The rota.
    #[schema(value_type = schema::Identifier)]
    pub rota: Identifier,
    /// IANA time zone of its days.
    pub zone: String,
    /// The first instant: a midnight.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it: a midnight.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Its days.
    pub days: Vec<CalendarDay>,
    /// Who is on duty, by start; cut at both ends.
    pub shifts: Vec<DutyShift>,
    /// Where nobody is.
    pub uncovered: Vec<Uncovered>,
}

/// A day of a rota's calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalendarDay {
    /// Its date by the rota's clock: `2026-03-29`.
    #[schema(format = Date)]
    pub date: String,
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// What the holiday is called; null on a day that is not one.
    pub holiday: Option<String>,
    /// The clock is put forward or back; null on all other days.
    pub change: Option<ClockChange>,
}

/// A clock is put forward or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClockChange {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By how many minutes it goes forward; back where it is negative.
    pub minutes: i32,
    /// The time by the clock at which the hour begins that is missing or comes twice: `02:00`.
    pub local_from: String,
    /// The time at which it ends: `03:00`.
    pub local_to: String,
}

/// An override that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Override {
    /// Its number, never used again.
    pub number: i64,
    /// The rota.
    #[schema(value_type = schema::Identifier)]
    pub rota: Identifier,
    /// Who stands in.
    pub person: DutyPerson,
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Its beginning by the rota's clock: `2026-12-24T09:00`.
    pub local_from: String,
    /// Its end by the rota's clock.
    pub local_to: String,
    /// Why.
    pub why: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
}

/// Who is to stand in for whoever is on duty by a rota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    /// The rota.
    #[schema(value_type = schema::Identifier)]
    pub rota: Identifier,
    /// Who stands in, as the site names them.
    #[schema(value_type = schema::Identifier)]
    pub person: Identifier,
    /// From then on: a time by the rota's clock (`2026-12-24T09:00`), or an instant (`2026-12-24T08:00:00Z`). Not in the past.
    pub from: String,
    /// Until then, likewise; within a year of `from`.
    pub to: String,
    /// Why, 500 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub why: String,
}

/// What an override is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideChange {
    /// Who stands in, as the site names them.
    #[schema(value_type = schema::Identifier)]
    pub person: Identifier,
    /// From then on, as in a new one. Of one that has begun its own beginning may stand here; it counts from now on.
    pub from: String,
    /// Until then.
    pub to: String,
    /// Why, 500 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub why: String,
}

words! {
    /// Whom a step of a ladder tells.
    LadderWhom {
        /// Whoever is on duty by a rota.
        Rota = "rota",
        /// A person.
        Person = "person",
        /// All of a team.
        Team = "team",
        /// All people of the site.
        Everybody = "everybody",
    }
}

/// A way by which people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LadderChannel {
    /// The channel of the site.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// What kind it is: `email`.
    #[schema(value_type = schema::Identifier)]
    pub kind: Identifier,
}

/// A step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LadderStep {
    /// How many seconds after the incident began, in the first round.
    pub after_s: u64,
    /// Whom it tells.
    pub whom: LadderWhom,
    /// The name of the rota or team; null for a person and for everybody.
    pub name: Option<String>,
    /// Who that is now.
    pub people: Vec<DutyPerson>,
    /// By what they would be told.
    pub channels: Vec<LadderChannel>,
}

/// How more and more people are told of an incident until somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ladder {
    /// As the site names it.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Only incidents of these priorities; empty for all.
    pub priorities: Vec<Priority>,
    /// The names of the only rooms whose incidents climb it; empty for all.
    pub rooms: Vec<String>,
    /// Its steps, one after the other.
    pub steps: Vec<LadderStep>,
    /// How often they are gone through before everybody is told.
    pub rounds: u32,
    /// How many seconds after the last step the first comes again.
    pub again_s: u64,
    /// Who is told after the last step of each round, and where a step comes to nobody.
    pub fallback: Option<DutyPerson>,
}

/// One's own feed of duties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DutyFeed {
    /// Since when it has an address; null where it has none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub made_at: Option<Timestamp>,
    /// When a program last fetched it; null where none did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
}

/// The address of one's own feed of duties, shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct DutyFeedAddress {
    /// The path on this server, with the secret that shows one's duties and nothing else.
    pub path: String,
}
