//! An alarm rule: which series it selects, which condition it watches, and what it tells people.

use std::mem::discriminant;

use plenum_protocol::{Duration, Identifier, Quantity, Series, Timestamp};
use serde::{Deserialize, Serialize};

use super::condition::{Condition, Watches};
use super::guard::Guard;
use super::model::Place;
use crate::around::{Elsewhere, Look, View};
use crate::truth::Truth;

/// How bad it is. The order is from worst to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Act now.
    Critical,
    /// Act within minutes.
    High,
    /// Act today.
    Medium,
    /// Act this week.
    Low,
}

impl Priority {
    /// Every priority, from worst to least.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word in configuration and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Which series a rule watches: all given conditions must hold; a list holds if one of it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// What is measured; empty takes every quantity that the condition can judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Rooms by their ids; a sensor that the site does not place is in none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Identifier>,
    /// Places; a sensor that the site does not place is at `other`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Agents by their ids, of this site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Identifier>,
    /// Sensors by their ids, whichever agent reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Identifier>,
}

impl Selector {
    /// Whether it takes a series in this room, at this place.
    pub(crate) fn takes(&self, series: &Series, room: Option<&Identifier>, place: Place) -> bool {
        fn one_of<T: PartialEq>(list: &[T], item: Option<&T>) -> bool {
            list.is_empty() || item.is_some_and(|item| list.contains(item))
        }
        // A drill measures nothing: whoever means it says so.
        let is_drill = series.quantity() == Quantity::Drill;
        (!is_drill || self.quantities.contains(&Quantity::Drill))
            && one_of(&self.quantities, Some(&series.quantity()))
            && one_of(&self.agents, Some(&series.agent.agent))
            && one_of(&self.sensors, Some(series.sensor()))
            && one_of(&self.rooms, room)
            && one_of(&self.places, Some(&place))
    }
}

/// An alarm rule: one alarm for each series that it selects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Identifier; that of a built-in rule replaces it.
    pub id: Identifier,
    /// What is wrong, in words: "Inlet too warm".
    pub name: String,
    /// A rule can be switched off without losing it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Which series; without it all that the condition can judge.
    #[serde(default)]
    pub select: Selector,
    /// When its condition holds.
    #[serde(deserialize_with = "super::condition::one")]
    pub when: Condition,
    /// Only while another quantity has a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_while: Option<Guard>,
    /// Not while one of these quantities has its value: "charge below 60 %, not while it is charged". Looked for and judged as `only_while` is, but one
    /// that was never seen hinders nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_while: Vec<Guard>,
    /// Rules by their ids: while an alarm of one of them stands in the room, one of this rule that comes is suppressed. Smoke and water never are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed_by: Vec<Identifier>,
    /// How long the condition holds before the alarm is raised.
    #[serde(default)]
    pub on_delay: Duration,
    /// How long it is gone before the alarm returns.
    #[serde(default)]
    pub off_delay: Duration,
    /// Whether an on-delay that is no longer than the interval waits for a second reading that says the same. Without it only one about numbers does
    /// that is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_readings: Option<bool>,
    /// How soon somebody must act.
    pub priority: Priority,
    /// The likely cause.
    #[serde(default)]
    pub cause: String,
    /// What happens if nobody acts.
    #[serde(default)]
    pub consequence: String,
    /// What to do, step by step.
    #[serde(default)]
    pub response: Vec<String>,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

impl Rule {
    /// Whether an on-delay that has just begun rests on one reading, of a series that is read so often: the next one comes when it is over. A state is
    /// believed at once unless the rule says otherwise: its edge is told when it happens, and who tells of lost mains may not be there any more for a
    /// second time. Where the rule wants two readings, one that comes just as the delay ends is asked too.
    pub fn rests_on_one(&self, interval: Duration) -> bool {
        match self.two_readings {
            Some(two) => two && interval >= self.on_delay,
            None => self.when.watches() == Watches::Numbers && interval > self.on_delay,
        }
    }

    /// What must have been seen of other series for the condition to count.
    pub fn guards(&self) -> impl Iterator<Item = &Guard> {
        self.only_while.iter().chain(&self.not_while)
    }

    /// Whether its condition counts, by what is known of each guard: what it must wait for has to be seen, what hinders it counts once it is.
    pub(crate) fn counts(&self, elsewhere: &Elsewhere) -> Truth {
        let waits_for = usize::from(self.only_while.is_some());
        let guards = self.guards().enumerate();
        guards.fold(Truth::True, |counts, (place, _)| {
            let seen = elsewhere.get(place).truth(Timestamp::MIN, false);
            counts.and(match seen {
                _ if place < waits_for => seen,
                Truth::Unknown => Truth::True,
                hinders => hinders.negated(),
            })
        })
    }

    /// What it looks for at other series.
    pub fn looks(&self) -> Vec<Look> {
        let guards = self.guards().map(Guard::look);
        guards.chain(self.when.looks(&self.select)).collect()
    }

    /// Whether it looks at more than its own series.
    pub fn looks_elsewhere(&self) -> bool {
        self.guards().next().is_some() || self.when.looks_elsewhere()
    }

    /// Whether it can hold only by what other series say: what hinders it does not have to be known.
    pub fn waits_for_others(&self) -> bool {
        self.only_while.is_some() || self.when.looks_elsewhere()
    }

    /// What is known of all that it looks for around a series.
    pub fn elsewhere(&self, view: &View<'_>) -> Elsewhere {
        let of_condition = self.when.elsewhere(self, view);
        if self.guards().next().is_none() {
            return Elsewhere::new(of_condition);
        }
        let guards = self.guards().map(|guard| guard.learn(view));
        Elsewhere::new(guards.chain(of_condition).collect())
    }

    /// Whether a contact that flips is told, though it never stays for the on-delay: smoke, water and an extinguisher.
    pub(crate) fn tells_flips(&self) -> bool {
        const TOLD: [Quantity; 3] = [Quantity::Smoke, Quantity::Water, Quantity::ExtinguisherReleased];
        let quantities = &self.select.quantities;
        matches!(self.when, Condition::Is(_))
            && !quantities.is_empty()
            && quantities.iter().all(|quantity| TOLD.contains(quantity))
    }

    /// Whether its silence is told also while its agent is away: one that counts only in some state says more than that nobody is there.
    pub fn is_told_across_presence(&self) -> bool {
        self.when.watches_silence() && self.only_while.is_some()
    }

    /// Whether it says nothing while its agent is away: any other silence than that is the agent's own alarm.
    pub(crate) fn is_silent_while_away(&self) -> bool {
        self.when.watches_silence() && !self.is_told_across_presence()
    }

    /// Whether a tracker of this rule can go on as one of `new`: the same kind of condition.
    pub fn goes_on_as(&self, new: &Self) -> bool {
        discriminant(&self.when) == discriminant(&new.when)
    }

    /// Whether `new` judges as it does: neither what it wants nor how long differs.
    pub fn judges_as(&self, new: &Self) -> bool {
        (&self.when, &self.only_while, &self.not_while) == (&new.when, &new.only_while, &new.not_while)
            && (self.on_delay, self.off_delay) == (new.on_delay, new.off_delay)
    }
}
