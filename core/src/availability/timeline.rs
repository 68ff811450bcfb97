//! When was a service's "down" condition true? The alarm core's own trackers, one for each rule and series, run over stored readings, faults
//! and gaps; their changes are then put together by the three-valued expression.
//!
//! A revision's rules are run over the readings before it too, so that a change of a limit does not begin with a hole.
//!
//! Acknowledging, resetting and latching are not inputs: only what was measured counts. Each instant is judged under the revision then in
//! force. Pure: readings are handed in by [`Timeline::reading`], for each series in the order of their instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_protocol::{Identifier, Outcome, Series, Timestamp};

use super::leaf::{Leaf, leaf};
use super::membership::{Membership, PointState, Step};
use super::neighbours::Neighbours;
use super::truth::{Stretch, Truth};
use crate::alarms::Change;
use crate::expectation::{Expectation, Silence};
use crate::site::{Down, Site, defaults};

/// A revision of the site and the instant from which it is in force; the first one also holds before.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The first instant judged by it.
    pub from: Timestamp,
    /// What it says.
    pub site: Arc<Site>,
}

/// A series that may matter.
#[derive(Debug, Clone)]
pub struct Source {
    /// Which.
    pub series: Series,
    /// What is and was expected of it.
    pub expectation: Expectation,
}

/// A service's condition over time, in the making.
pub struct Timeline {
    eras: Vec<Era>,
    sources: Vec<Source>,
    /// The first and the newest instant handed in, by source.
    heard: Vec<Option<(Timestamp, Timestamp)>>,
}

/// The time of one revision.
struct Era {
    from: Timestamp,
    /// When its revision was made; the first one also holds before.
    revised: Timestamp,
    to: Timestamp,
    site: Arc<Site>,
    down: Option<Down>,
    leaves: Vec<Leaf>,
    neighbours: Neighbours,
}

impl Timeline {
    /// Prepares the trackers of `service` under each revision. Revisions are sorted by instant; sources may be more than are needed.
    pub fn new(service: &Identifier, revisions: &[Revision], sources: Vec<Source>) -> Self {
        let mut eras = Vec::new();
        // A revision that says what the one before it said begins nothing: each era costs a walk over all readings.
        let mut different: Vec<&Revision> = Vec::with_capacity(revisions.len());
        for revision in revisions {
            if different.last().is_none_or(|last| last.site != revision.site) {
                different.push(revision);
            }
        }
        for (index, revision) in different.iter().enumerate() {
            let from = if index == 0 { Timestamp::MIN } else { revision.from };
            let to = different.get(index + 1).map_or(Timestamp::MAX, |next| next.from);
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
                revised: revision.from,
                to,
                site: Arc::clone(&revision.site),
                down,
                neighbours: Neighbours::of(&leaves, &revision.site, &sources),
                leaves,
            });
        }
        let heard = vec![None; sources.len()];
        Self { eras, sources, heard }
    }

    /// The sources that matter, by their index: only their readings have to be handed in.
    pub fn wanted(&self) -> Vec<usize> {
        let mut wanted = Vec::new();
        for era in &self.eras {
            let points = era.leaves.iter().flat_map(|leaf| &leaf.points);
            wanted.extend(points.map(|point| point.source));
            wanted.extend(Neighbours::wanted(&era.leaves, &era.site, &self.sources));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// A reading of a source, at an instant after all of its readings before. Where a rule looks at other series, readings of all come in the
    /// order of their instants.
    pub fn reading(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        let heard = &mut self.heard[source];
        if heard.is_some_and(|(_, newest)| at <= newest) {
            return;
        }
        *heard = Some((heard.map_or(at, |(first, _)| first), at));
        for era in self.eras.iter_mut().filter(|era| at < era.to) {
            era.reading(source, at, outcome, &self.sources);
        }
    }

    /// Readings of a source are lost from `at` on, until its next one. Handed in in the order of its readings.
    pub fn lost(&mut self, source: usize, at: Timestamp) {
        for era in self.eras.iter_mut().filter(|era| at < era.to) {
            era.lost(source, at, &self.sources);
        }
    }

    /// The condition's truth up to `until`, in order. Before any reading it is unknown.
    pub fn finish(mut self, until: Timestamp) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let members: Vec<Membership> = self
            .sources
            .iter()
            .zip(&self.heard)
            .map(|(source, heard)| Membership::of(&source.expectation, heard.map(|(first, _)| first)))
            .collect();
        for era in &mut self.eras {
            let end = era.to.min(until);
            era.neighbours
                .refresh(end, &mut era.leaves, &self.sources, |_| true);
            for leaf in &mut era.leaves {
                for point in &mut leaf.points {
                    let silence = Silence::of(&leaf.rule, &self.sources[point.source].expectation);
                    point.tracker.pass(&leaf.rule, silence, end, &mut point.changes);
                }
            }
            for stretch in era.stretches(&self.sources, &members, end) {
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
    fn reading(&mut self, source: usize, at: Timestamp, outcome: Outcome, sources: &[Source]) {
        let (neighbours, leaves) = (&mut self.neighbours, &mut self.leaves);
        let moved = neighbours.foresee(source, at, outcome, leaves, sources);
        neighbours.teach(source, at, leaves, sources);
        let expectation = &sources[source].expectation;
        if moved.is_some() {
            neighbours.note(source, at, outcome, expectation.known_until(at));
        }
        for leaf in leaves.iter_mut() {
            let sees_own = moved.is_some_and(|moved| leaf.looks.iter().any(|look| moved.is_seen_by(look)));
            for point in leaf.points.iter_mut().filter(|point| point.source == source) {
                let silence = Silence::of(&leaf.rule, expectation);
                let around = sees_own.then(|| neighbours.around(&leaf.rule, source, at, sources));
                let tracker = &mut point.tracker;
                tracker.reading_amid(&leaf.rule, silence, (at, outcome), around, &mut point.changes);
            }
        }
        if let Some(moved) = moved {
            neighbours.read(at, &moved, leaves, sources);
        }
    }

    fn lost(&mut self, source: usize, at: Timestamp, sources: &[Source]) {
        let (neighbours, leaves) = (&mut self.neighbours, &mut self.leaves);
        let moved = neighbours.foresee_loss(source, at, leaves, sources);
        neighbours.teach(source, at, leaves, sources);
        for leaf in leaves.iter_mut() {
            for point in leaf.points.iter_mut().filter(|point| point.source == source) {
                let silence = Silence::of(&leaf.rule, &sources[source].expectation);
                point.tracker.lost(&leaf.rule, silence, at, &mut point.changes);
            }
        }
        if let Some(moved) = moved {
            neighbours.lose(source, at, &moved, leaves, sources);
        }
    }

    fn stretches(&self, sources: &[Source], members: &[Membership], end: Timestamp) -> Vec<Stretch> {
        // All changes of all points, by instant; each point starts unknown and inactive.
        let mut steps: BTreeMap<Timestamp, Vec<(usize, usize, Step)>> = BTreeMap::new();
        steps.insert(self.from, Vec::new());
        let mut put = |at: Timestamp, leaf: usize, point: usize, step: Step| {
            if at < end {
                steps
                    .entry(at.max(self.from))
                    .or_default()
                    .push((leaf, point, step));
            }
        };
        for (leaf_index, leaf) in self.leaves.iter().enumerate() {
            for (point_index, point) in leaf.points.iter().enumerate() {
                for (at, is_member) in &members[point.source].0 {
                    put(*at, leaf_index, point_index, Step::Member(*is_member));
                }
                for change in &point.changes {
                    put(instant(change), leaf_index, point_index, Step::Change(*change));
                }
            }
            for (index, placed) in leaf.placed.iter().enumerate() {
                let index = leaf.points.len() + index;
                put(self.revised, leaf_index, index, Step::Member(true));
                let heard = placed
                    .sources
                    .iter()
                    .filter_map(|source| members[*source].begins());
                if let Some(heard) = heard.min() {
                    put(heard.max(self.revised), leaf_index, index, Step::Member(false));
                }
            }
        }
        let mut states: Vec<Vec<PointState>> = self
            .leaves
            .iter()
            .map(|leaf| vec![PointState::default(); leaf.points.len() + leaf.placed.len()])
            .collect();
        let mut stretches = Vec::new();
        for (at, steps) in steps {
            for (leaf, point, step) in steps {
                states[leaf][point].step(step);
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

    fn judge(&self, states: &[Vec<PointState>], sources: &[Source]) -> (Truth, String) {
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
    fn cause(&self, states: &[Vec<PointState>], sources: &[Source], wanted: Truth) -> String {
        let mut causes: Vec<String> = Vec::new();
        for (leaf, states) in self.leaves.iter().zip(states) {
            if wanted == Truth::True && leaf.truth(states) != Truth::True {
                continue;
            }
            let of_points = leaf
                .points
                .iter()
                .map(|point| self.name(&sources[point.source].series));
            let names = of_points.chain(leaf.placed.iter().map(|placed| placed.name.clone()));
            let named = names
                .zip(states)
                .filter(|(_, state)| state.truth() == Some(wanted));
            let mut names: Vec<String> = named.map(|(name, _)| name).collect();
            names.dedup();
            match (wanted, names.is_empty()) {
                (Truth::True, false) => causes.push(format!("{}: {}", leaf.rule.name, names.join(", "))),
                (_, false) => causes.push(format!("no data from {}", names.join(", "))),
                (Truth::Unknown, true) if states.iter().all(|state| !state.is_member) => {
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

/// A period's availability from the condition's truth: calendar and arithmetic put to it.
pub fn availability(
    calendars: &[(Timestamp, super::Calendar)],
    down: &[Stretch],
    from: Timestamp,
    to: Timestamp,
) -> super::Availability {
    let mut frame = super::fold::Frame::default();
    for (index, (begin, calendar)) in calendars.iter().enumerate() {
        let begin = if index == 0 { Timestamp::MIN } else { *begin };
        let end = calendars.get(index + 1).map_or(Timestamp::MAX, |(next, _)| *next);
        frame.terms.push((begin, calendar.terms()));
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
    super::fold::fold(from, to, &frame, down)
}
