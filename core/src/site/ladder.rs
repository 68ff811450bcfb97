//! Whom an incident reaches, one step after the other, until somebody has it.

use plenum_protocol::{Duration, Identifier};
use serde::{Deserialize, Serialize};

use super::rule::Priority;

/// Steps by which more and more people are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Unique in the site.
    pub id: Identifier,
    /// Only incidents of these priorities; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
    /// Only incidents of these rooms; empty means all, those of no room among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Identifier>,
    /// How often all steps are gone through before everybody is told.
    #[serde(default = "rounds")]
    pub rounds: u32,
    /// How long after the last step's time the first comes again.
    #[serde(default = "again")]
    pub again: Duration,
    /// Who is told after the last step of each round, and where a step comes to nobody.
    pub fallback: Identifier,
    /// One after the other.
    #[serde(default, rename = "step", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<LadderStep>,
}

/// One step of a ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Who is told.
    pub whom: Whom,
    /// By which channels; empty means all that reach them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Identifier>,
    /// How long after the step before, or after the incident began.
    #[serde(default)]
    pub after: Duration,
}

/// Who is told at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// Whoever is on duty by this rota then; where nobody is, its team's fallback.
    Rota(Identifier),
    /// This person.
    Person(Identifier),
    /// All members of this team.
    Team(Identifier),
    /// All people of the site.
    Everybody,
}

impl Ladder {
    /// Whether incidents of this priority and room climb it.
    pub fn takes(&self, priority: Priority, room: Option<&Identifier>) -> bool {
        let of_priority = self.priorities.is_empty() || self.priorities.contains(&priority);
        of_priority && (self.rooms.is_empty() || room.is_some_and(|room| self.rooms.contains(room)))
    }

    /// Whether it calls this person by their identifier.
    pub fn names(&self, person: &Identifier) -> bool {
        let own = Whom::Person(person.clone());
        self.fallback == *person || self.steps.iter().any(|step| step.whom == own)
    }
}

fn rounds() -> u32 {
    3
}

fn again() -> Duration {
    Duration::from_minutes(10)
}
