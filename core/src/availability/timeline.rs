//! When was a service's "down" condition true? The alarm core's own trackers, one for each rule and series, run over stored readings, faults
//! and gaps; their changes are then put together by the three-valued expression.
//!
//! A revision's rules are run over the readings before it too, so that a change of a limit does not begin with a hole.
//!
//! Acknowledging, resetting and latching are not inputs: only what was measured counts. Each instant is judged under the revision then in
//! force. Pure: readings are handed in by [`Timeline::reading`], for each series in the order of their instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_protocol::{Duration, Identifier, Outcome, Series, Timestamp};

use super::truth::{Stretch, Truth};
use crate::alarms::{Change, ConditionTracker};
use crate::site::{Down, Rule, Service, Site, defaults};

/// A revision of the site and the instant from which it is in force; the first one also holds before.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The first instant judged by it.
    pub from: Timestamp,
    /// What it says.
    pub site: Arc<Site>,
}

/// A series that may matter, and how long it may be silent before it counts as unknown.
#[derive(Debug, Clone)]
pub struct Source {
    /// Which.
    pub series: Series,
    /// The stale limit.
    pub stale_after: Duration,
}

/// A service's condition over time, in the making.
pub struct Timeline {
    eras: Vec<Era>,
    sources: Vec<Source>,
    /// The newest instant handed in, by source.
    newest: Vec<Timestamp>,
}

/// The time of one revision.
struct Era {
    from: Timestamp,
    to: Timestamp,
    site: Arc<Site>,
    down: Option<Down>,
    leaves: Vec<Leaf>,
}

/// One `rule` of the expression.
struct Leaf {
    rule: Rule,
    at_least: usize,
    points: Vec<Point>,
}

/// One rule over one series.
struct Point {
    source: usize,
    /// Series that the rule's guard looks at, and whether each holds; one is enough.
    guards: Vec<(usize, bool)>,
    tracker: ConditionTracker,
    changes: Vec<Change>,
}

impl Timeline {
    /// Prepares the trackers of `service` under each revision. Revisions are sorted by instant; sources may be more than are needed.
    pub fn new(service: &Identifier, revisions: &[Revision], sources: Vec<Source>) -> Self {
        let mut eras = Vec::new();
        for (index, revision) in revisions.iter().enumerate() {
            let from = if index == 0 { Timestamp::MIN } else { revision.from };
            let to = revisions.get(index + 1).map_or(Timestamp::MAX, |next| next.from);
            let down = revision
                .site
                .services
                .iter()
                .find(|candidate| candidate.id == *service)
                .map(|found| found.down.clone());
            let mut leaves = Vec::new();
            if let Some(down) = &down {
                let rules = defaults::effective_rules(&revision.site);
                collect(down, &mut |down| {
                    leaves.extend(leaf(down, &rules, &revision.site, &sources))
                });
            }
            eras.push(Era {
                from,
                to,
                site: Arc::clone(&revision.site),
                down,
                leaves,
            });
        }
        let newest = vec![Timestamp::MIN; sources.len()];
        Self {
            eras,
            sources,
            newest,
        }
    }

    /// The sources that matter, by their index: only their readings have to be handed in.
    pub fn wanted(&self) -> Vec<usize> {
        let points = self
            .eras
            .iter()
            .flat_map(|era| &era.leaves)
            .flat_map(|leaf| &leaf.points);
        let mut wanted: Vec<usize> = points
            .flat_map(|point| point.guards.iter().map(|(guard, _)| *guard).chain([point.source]))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// A reading of a source, at an instant after all of its readings before. Where a rule has a guard, readings of both series come in the
    /// order of their instants.
    pub fn reading(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        if at <= self.newest[source] {
            return;
        }
        self.newest[source] = at;
        let stale_after = Some(self.sources[source].stale_after);
        for era in self.eras.iter_mut().filter(|era| at < era.to) {
            for leaf in &mut era.leaves {
                for point in &mut leaf.points {
                    if point.source == source {
                        point
                            .tracker
                            .reading(&leaf.rule, stale_after, at, outcome, &mut point.changes);
                    }
                    let own = point.guards.iter_mut().find(|(guard, _)| *guard == source);
                    if let (Some((_, holds)), Some(guard), Ok(value)) = (own, leaf.rule.only_while, outcome) {
                        *holds = (value != 0.0) == guard.is;
                        let any = point.guards.iter().any(|(_, holds)| *holds);
                        point.tracker.guard(&leaf.rule, at, any, &mut point.changes);
                    }
                }
            }
        }
    }

    /// Readings of a source are lost from `at` on, until its next one. Handed in in the order of its readings.
    pub fn lost(&mut self, source: usize, at: Timestamp) {
        let stale_after = Some(self.sources[source].stale_after);
        for era in self.eras.iter_mut().filter(|era| at < era.to) {
            for leaf in &mut era.leaves {
                for point in leaf.points.iter_mut().filter(|point| point.source == source) {
                    point
                        .tracker
                        .lost(&leaf.rule, stale_after, at, &mut point.changes);
                }
            }
        }
    }

    /// The condition's truth up to `until`, in order. Before any reading it is unknown.
    pub fn finish(mut self, until: Timestamp) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for era in &mut self.eras {
            let end = era.to.min(until);
            for leaf in &mut era.leaves {
                for point in &mut leaf.points {
                    let stale_after = Some(self.sources[point.source].stale_after);
                    point
                        .tracker
                        .pass(&leaf.rule, stale_after, end, &mut point.changes);
                }
            }
            for stretch in era.stretches(&self.sources, end) {
                match stretches.last() {
                    Some(last) if last.truth == stretch.truth && last.cause == stretch.cause => {}
                    _ => stretches.push(stretch),
                }
            }
        }
        stretches
    }
}

impl Era {
    fn stretches(&self, sources: &[Source], end: Timestamp) -> Vec<Stretch> {
        // All changes of all points, by instant; each point starts unknown and inactive.
        let mut changes: BTreeMap<Timestamp, Vec<(usize, usize, Change)>> = BTreeMap::new();
        changes.insert(self.from, Vec::new());
        for (leaf_index, leaf) in self.leaves.iter().enumerate() {
            for (point_index, point) in leaf.points.iter().enumerate() {
                for change in point.changes.iter().filter(|change| instant(change) < end) {
                    changes.entry(instant(change).max(self.from)).or_default().push((
                        leaf_index,
                        point_index,
                        *change,
                    ));
                }
            }
        }
        let mut states: Vec<Vec<(bool, bool)>> = self
            .leaves
            .iter()
            .map(|leaf| vec![(false, false); leaf.points.len()])
            .collect();
        let mut stretches = Vec::new();
        for (at, changes) in changes {
            for (leaf, point, change) in changes {
                let (active, known) = &mut states[leaf][point];
                match change {
                    Change::Raised(_) => *active = true,
                    Change::Returned(_) => *active = false,
                    Change::Known(_) => *known = true,
                    Change::Unknown(_) => *known = false,
                }
            }
            let (truth, cause) = self.judge(&states, sources);
            stretches.push(Stretch {
                from: at,
                truth,
                cause,
            });
        }
        stretches
    }

    fn judge(&self, states: &[Vec<(bool, bool)>], sources: &[Source]) -> (Truth, String) {
        let Some(down) = &self.down else {
            return (
                Truth::Unknown,
                "the service is not in this revision of the site".to_owned(),
            );
        };
        let truths: Vec<Truth> = self
            .leaves
            .iter()
            .zip(states)
            .map(|(leaf, states)| leaf.truth(states))
            .collect();
        let mut next = 0;
        let truth = evaluate(down, &truths, &mut next);
        let cause = match truth {
            Truth::False => String::new(),
            Truth::True => self.cause(states, sources, Truth::True),
            Truth::Unknown => self.cause(states, sources, Truth::Unknown),
        };
        (truth, cause)
    }

    /// Which sensors make it so, in words.
    fn cause(&self, states: &[Vec<(bool, bool)>], sources: &[Source], wanted: Truth) -> String {
        let mut causes: Vec<String> = Vec::new();
        for (leaf, states) in self.leaves.iter().zip(states) {
            if wanted == Truth::True && leaf.truth(states) != Truth::True {
                continue;
            }
            let named = leaf
                .points
                .iter()
                .zip(states)
                .filter(|(_, state)| point_truth(**state) == wanted);
            let mut names: Vec<String> = named
                .map(|(point, _)| self.name(&sources[point.source].series))
                .collect();
            names.dedup();
            match (wanted, names.is_empty()) {
                (Truth::True, false) => causes.push(format!("{}: {}", leaf.rule.name, names.join(", "))),
                (_, false) => causes.push(format!("no data from {}", names.join(", "))),
                (Truth::Unknown, true) if leaf.points.is_empty() => {
                    causes.push(format!("no sensor for {}", leaf.rule.name))
                }
                _ => {}
            }
        }
        causes.dedup();
        causes.join("; ")
    }

    fn name(&self, series: &Series) -> String {
        let sensor = self.site.sensor(&series.agent, series.sensor());
        sensor.map_or_else(|| series.sensor().to_string(), |sensor| sensor.name.clone())
    }
}

impl Leaf {
    fn truth(&self, states: &[(bool, bool)]) -> Truth {
        if states.is_empty() {
            return Truth::Unknown;
        }
        Truth::at_least(self.at_least, states.iter().map(|state| point_truth(*state)))
    }
}

/// An active condition whose input is lost is unknown: a recovery that nobody saw must not leave a service down for ever.
fn point_truth((active, known): (bool, bool)) -> Truth {
    match (known, active) {
        (false, _) => Truth::Unknown,
        (true, true) => Truth::True,
        (true, false) => Truth::False,
    }
}

fn instant(change: &Change) -> Timestamp {
    match *change {
        Change::Raised(at) | Change::Returned(at) | Change::Known(at) | Change::Unknown(at) => at,
    }
}

fn collect(down: &Down, visit: &mut impl FnMut(&Down)) {
    match down {
        Down::Any(parts) | Down::All(parts) => parts.iter().for_each(|part| collect(part, visit)),
        Down::Rule { .. } => visit(down),
    }
}

/// Takes the leaves' truths in the order in which `collect` visits them.
fn evaluate(down: &Down, truths: &[Truth], next: &mut usize) -> Truth {
    match down {
        Down::Any(parts) => parts
            .iter()
            .map(|part| evaluate(part, truths, next))
            .fold(Truth::False, Truth::or),
        Down::All(parts) => parts
            .iter()
            .map(|part| evaluate(part, truths, next))
            .fold(Truth::True, Truth::and),
        Down::Rule { .. } => {
            let truth = truths.get(*next).copied().unwrap_or(Truth::Unknown);
            *next += 1;
            truth
        }
    }
}

fn leaf(down: &Down, rules: &[Rule], site: &Site, sources: &[Source]) -> Option<Leaf> {
    let Down::Rule {
        rule,
        room,
        sensor,
        at_least,
    } = down
    else {
        return None;
    };
    let rule = rules.iter().find(|candidate| candidate.id == *rule)?.clone();
    let wanted = |series: &Series| {
        let placed = site.sensor(&series.agent, series.sensor());
        let in_room = room
            .as_ref()
            .is_none_or(|room| placed.is_some_and(|placed| placed.room == *room));
        let is_sensor = sensor
            .as_ref()
            .is_none_or(|sensor| sensor.agent == series.agent.agent && sensor.sensor == *series.sensor());
        *series.site() == site.site.id
            && in_room
            && is_sensor
            && rule.when.fits(series.quantity())
            && site.selects(&rule.select, series)
    };
    let points = sources
        .iter()
        .enumerate()
        .filter(|(_, source)| wanted(&source.series))
        .map(|(index, source)| Point {
            source: index,
            guards: guards(&rule, &source.series, site, sources),
            tracker: ConditionTracker::new(&rule),
            changes: Vec::new(),
        })
        .collect();
    Some(Leaf {
        rule,
        at_least: *at_least,
        points,
    })
}

/// The series that a guard looks at: the same sensor's; where it has none, those of the same room.
fn guards(rule: &Rule, series: &Series, site: &Site, sources: &[Source]) -> Vec<(usize, bool)> {
    let Some(guard) = rule.only_while else {
        return Vec::new();
    };
    let room = |series: &Series| {
        site.sensor(&series.agent, series.sensor())
            .map(|sensor| &sensor.room)
    };
    let of_quantity = || {
        sources
            .iter()
            .enumerate()
            .filter(|(_, source)| source.series.quantity() == guard.quantity)
    };
    let same_sensor = |other: &Series| other.agent == series.agent && other.sensor() == series.sensor();
    let own: Vec<(usize, bool)> = of_quantity()
        .filter(|(_, source)| same_sensor(&source.series))
        .map(|(index, _)| (index, false))
        .collect();
    if !own.is_empty() || room(series).is_none() {
        return own;
    }
    of_quantity()
        .filter(|(_, source)| room(&source.series) == room(series))
        .map(|(index, _)| (index, false))
        .collect()
}

/// A period's availability from the condition's truth: calendar and arithmetic put to it.
pub fn availability(
    service: &Service,
    calendars: &[(Timestamp, super::Calendar)],
    down: &[Stretch],
    from: Timestamp,
    to: Timestamp,
) -> super::Availability {
    let mut frame = super::fold::Frame::default();
    for (index, (begin, calendar)) in calendars.iter().enumerate() {
        let begin = if index == 0 { Timestamp::MIN } else { *begin };
        let end = calendars.get(index + 1).map_or(Timestamp::MAX, |(next, _)| *next);
        let (born, died) = calendar.life();
        let (first, last) = (from.max(begin).max(born), to.min(end).min(died));
        if first >= last {
            continue;
        }
        match calendar.agreed(first, last) {
            Some(hours) => frame.agreed.extend(hours.into_iter().map(|mut span| {
                (span.from, span.to) = (span.from.max(first), span.to.min(last));
                span
            })),
            None => frame.agreed.push(super::calendar::Span {
                from: first,
                to: last,
                name: String::new(),
            }),
        }
        // A window belongs to the revision in force when it starts, and covers its whole length.
        let windows = calendar.maintenance(from, to).into_iter();
        frame
            .planned
            .extend(windows.filter(|window| (begin..end).contains(&window.from)));
    }
    super::fold::fold(from, to, &frame, down, service.unknown)
}
