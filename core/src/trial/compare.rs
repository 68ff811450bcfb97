//! Two revisions side by side: how many alarms, how bad, how many at once, whom they would have woken, and where they differ most.

use std::collections::{BTreeMap, HashMap};

use plenum_protocol::{Duration, Identifier, Timestamp};

use super::load::Load;
use super::night::{self, Woken};
use super::plan::{Alarm, Alarms, Plan};
use crate::alarms::Subject;
use crate::site::{ChannelKind, Priority, effective_rules};

/// The place of the revision that is tried in what there is of both.
pub const TRIED: usize = 0;
/// The place of the revision in force.
pub const IN_FORCE: usize = 1;

/// So many differences are shown.
const SHOWN: usize = 10;

/// What one revision would have raised.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Alarms raised in the period.
    pub alarms: u32,
    /// Of those, by priority, the worst first.
    pub by_priority: [u32; 4],
    /// Alarms that stood already when the period began.
    pub stood_before: u32,
    /// How many at once.
    pub load: Load,
    /// Critical and high alarms told at night.
    pub at_night: u32,
    /// Alarms of which the other revision would have said nothing while they stood.
    pub only_here: u32,
}

/// A rule, and what it would have raised in each revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCounts {
    /// Its id.
    pub rule: Identifier,
    /// Its name, in the revision that is tried if it is there.
    pub name: String,
    /// Its priority in each revision; none where it is not there or switched off.
    pub priorities: [Option<Priority>; 2],
    /// Alarms raised in the period, in each.
    pub alarms: [u32; 2],
}

/// An alarm that only one revision would have raised.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Which: [`TRIED`], or the other.
    pub side: usize,
    /// What.
    pub alarm: Alarm,
    /// How long it stood within the period.
    pub lasted: Duration,
}

/// Both outcomes side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What each revision would have raised.
    pub sides: [Side; 2],
    /// The rules that would have raised anything, the most first.
    pub rules: Vec<RuleCounts>,
    /// Whom each would have woken.
    pub night: Vec<Woken>,
    /// The ten longest alarms that only one of them would have raised.
    pub differences: Vec<Difference>,
}

/// Compares what a plan's revisions would have raised. `kinds`: the kinds of channel that there are.
pub fn compare(plan: &Plan, alarms: &Alarms, kinds: &[ChannelKind]) -> Comparison {
    let period = plan.period();
    let only = [only_in(alarms, TRIED), only_in(alarms, IN_FORCE)];
    let night =
        [TRIED, IN_FORCE].map(|side| night::of_side(&plan.sites()[side], &alarms[side], kinds, period));
    let sides = [TRIED, IN_FORCE].map(|side| {
        let raised = || alarms[side].iter().filter(|alarm| alarm.stood.from >= period.0);
        let count =
            |priority: Priority| raised().filter(|alarm| alarm.rule.priority == priority).count() as u32;
        Side {
            alarms: raised().count() as u32,
            by_priority: Priority::ALL.map(count),
            stood_before: (alarms[side].len() - raised().count()) as u32,
            load: Load::of(
                raised().map(|alarm| alarm.stood.from),
                period,
                plan.sites()[side].operators(),
            ),
            at_night: night[side].0,
            only_here: only[side].len() as u32,
        }
    });
    Comparison {
        sides,
        rules: by_rule(plan, alarms),
        night: woken(plan, night.map(|(_, woken)| woken)),
        differences: differences(only, period),
    }
}

fn by_rule(plan: &Plan, alarms: &Alarms) -> Vec<RuleCounts> {
    let mut counts: BTreeMap<Identifier, RuleCounts> = BTreeMap::new();
    for side in [IN_FORCE, TRIED] {
        for rule in effective_rules(&plan.sites()[side])
            .into_iter()
            .filter(|rule| rule.enabled)
        {
            let entry = counts.entry(rule.id.clone()).or_insert_with(|| RuleCounts {
                rule: rule.id,
                name: String::new(),
                priorities: [None; 2],
                alarms: [0; 2],
            });
            entry.name = rule.name;
            entry.priorities[side] = Some(rule.priority);
        }
        for alarm in alarms[side]
            .iter()
            .filter(|alarm| alarm.stood.from >= plan.period().0)
        {
            if let Some(entry) = counts.get_mut(&alarm.rule.id) {
                entry.alarms[side] += 1;
            }
        }
    }
    let mut raised: Vec<RuleCounts> = counts.into_values().filter(|one| one.alarms != [0; 2]).collect();
    raised.sort_by_key(|one| std::cmp::Reverse(one.alarms[TRIED].max(one.alarms[IN_FORCE])));
    raised
}

fn woken(plan: &Plan, night: [BTreeMap<Identifier, u32>; 2]) -> Vec<Woken> {
    let mut all: Vec<Woken> = Vec::new();
    for side in [TRIED, IN_FORCE] {
        for (person, count) in &night[side] {
            let place = all
                .iter()
                .position(|one| one.person == *person)
                .unwrap_or_else(|| {
                    let known = plan.sites()[side].people.iter().find(|known| known.id == *person);
                    all.push(Woken {
                        person: person.clone(),
                        name: known.map_or_else(|| person.to_string(), |known| known.name.clone()),
                        alarms: [0; 2],
                    });
                    all.len() - 1
                });
            all[place].alarms[side] = *count;
        }
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.alarms[TRIED].max(one.alarms[IN_FORCE])));
    all
}

/// The alarms of one revision that do not stand beside one of the same rule and subject in the other at any instant.
fn only_in(alarms: &Alarms, side: usize) -> Vec<&Alarm> {
    let ended = |alarm: &Alarm| alarm.stood.to.unwrap_or(Timestamp::MAX);
    let mut others: HashMap<(&Identifier, &Subject), Vec<&Alarm>> = HashMap::new();
    // They are in the order of their beginning, and of one rule and subject also in that of their end.
    for alarm in &alarms[TRIED + IN_FORCE - side] {
        others
            .entry((&alarm.rule.id, &alarm.subject))
            .or_default()
            .push(alarm);
    }
    let is_alone = |alarm: &&Alarm| {
        let Some(others) = others.get(&(&alarm.rule.id, &alarm.subject)) else {
            return true;
        };
        let next = others.partition_point(|other| ended(other) < alarm.stood.from);
        others
            .get(next)
            .is_none_or(|other| other.stood.from > ended(alarm))
    };
    alarms[side].iter().filter(is_alone).collect()
}

fn differences(only: [Vec<&Alarm>; 2], (from, to): (Timestamp, Timestamp)) -> Vec<Difference> {
    let mut all: Vec<Difference> = Vec::new();
    for (side, alarms) in only.into_iter().enumerate() {
        all.extend(alarms.into_iter().map(|alarm| {
            Difference {
                side,
                alarm: alarm.clone(),
                lasted: alarm
                    .stood
                    .to
                    .unwrap_or(to)
                    .min(to)
                    .since(alarm.stood.from.max(from)),
            }
        }));
    }
    all.sort_by(|one, other| {
        let key = |difference: &Difference| (difference.alarm.rule.priority, difference.alarm.stood.from);
        other
            .lasted
            .cmp(&one.lasted)
            .then_with(|| key(one).cmp(&key(other)))
    });
    all.truncate(SHOWN);
    all
}
