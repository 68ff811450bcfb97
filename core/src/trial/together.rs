//! Series whose rules look at each other: their readings come in the order of instants, one by one.

use std::collections::HashMap;

use plenum_protocol::{Outcome, Quantity, Timestamp};

use super::compare::{IN_FORCE, TRIED};
use super::happening::Happening;
use super::plan::{Decided, Plan};
use super::point::Point;
use crate::around::{Look, Moved, Surroundings};

/// Some series on their way through the plan's past.
#[derive(Debug)]
pub struct Together<'a> {
    plan: &'a Plan,
    members: Vec<Member>,
    /// The members over each series.
    over: HashMap<usize, Vec<usize>>,
    /// What each revision knows of the series that are looked at.
    sides: [Seen; 2],
    /// With the series that each is about.
    happenings: Vec<(Timestamp, Happening, usize)>,
    next: usize,
}

/// A rule over one of the series.
#[derive(Debug)]
pub(super) struct Member {
    /// Its number in the plan.
    pub(super) number: usize,
    pub(super) source: usize,
    /// Of which revision it is.
    pub(super) side: usize,
    pub(super) point: Point,
}

/// What one revision knows of the series that are looked at, and which of its members look at what.
#[derive(Debug)]
struct Seen {
    around: Surroundings,
    looks: HashMap<Quantity, Vec<(Look, Vec<usize>)>>,
}

impl Seen {
    fn new(plan: &Plan, side: usize, members: &[Member]) -> Self {
        let mut by_rule: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, member) in members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.side == side)
        {
            by_rule.entry(member.point.rule).or_default().push(number);
        }
        let rules = by_rule.keys().map(|rule| plan.rule(*rule));
        let around = Surroundings::new(rules, &plan.sites()[side]);
        let mut looks: HashMap<Quantity, Vec<(Look, Vec<usize>)>> = HashMap::new();
        for (rule, numbers) in by_rule {
            for look in plan.rule(rule).looks() {
                looks
                    .entry(look.quantity)
                    .or_default()
                    .push((look, numbers.clone()));
            }
        }
        Self { around, looks }
    }

    /// The members that may see what happened.
    fn lookers(&self, moved: &Moved) -> Vec<usize> {
        let looks = self.looks.get(&moved.quantity).into_iter().flatten();
        let seen = looks.filter(|(look, _)| moved.is_seen_by(look));
        let mut lookers: Vec<usize> = seen.flat_map(|(_, numbers)| numbers).copied().collect();
        lookers.sort_unstable();
        lookers.dedup();
        lookers
    }
}

impl<'a> Together<'a> {
    pub(super) fn new(plan: &'a Plan, sources: &[usize], members: Vec<Member>) -> Self {
        let of_each = sources.iter().flat_map(|source| {
            let own = plan.happenings(*source).into_iter();
            own.map(move |(at, happening)| (at, happening, *source))
        });
        let mut happenings: Vec<_> = of_each.collect();
        happenings.sort_unstable();
        let mut over: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, member) in members.iter().enumerate() {
            over.entry(member.source).or_default().push(number);
        }
        Self {
            plan,
            sides: [TRIED, IN_FORCE].map(|side| Seen::new(plan, side, &members)),
            members,
            over,
            happenings,
            next: 0,
        }
    }

    /// A reading, of the series with this number: none comes before one that was handed in.
    pub fn reading(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        self.happen_before(at);
        let known_until = self.plan.expectation(source).known_until(at);
        let lookers = [TRIED, IN_FORCE].map(|side| {
            let seen = &mut self.sides[side];
            seen.around.note(source, &self.plan.sources()[source].series);
            let moved = seen.around.foresee(source, at, outcome);
            let lookers = moved.map_or_else(Vec::new, |moved| seen.lookers(&moved));
            for number in &lookers {
                let member = &mut self.members[*number];
                let own = &self.plan.sources()[member.source].series;
                let elsewhere = self
                    .plan
                    .rule(member.point.rule)
                    .elsewhere(&seen.around.view(own, at));
                member.point.refresh(&elsewhere);
            }
            lookers
        });
        for place in 0..self.over.get(&source).map_or(0, Vec::len) {
            let number = self.over[&source][place];
            self.teach(number, at);
            let rule = self.plan.rule(self.members[number].point.rule);
            let expectation = self.plan.expectation(source);
            self.members[number].point.reading(rule, expectation, at, outcome);
        }
        for (seen, lookers) in self.sides.iter_mut().zip(lookers) {
            seen.around.read(source, at, outcome, known_until);
            for number in lookers {
                let member = &mut self.members[number];
                let own = &self.plan.sources()[member.source];
                let rule = self.plan.rule(member.point.rule);
                let elsewhere = rule.elsewhere(&seen.around.view(&own.series, at));
                member.point.look(rule, &own.expectation, at, elsewhere);
            }
        }
    }

    /// A member knows what is known around its series, before it is handed anything else.
    fn teach(&mut self, number: usize, at: Timestamp) {
        let member = &mut self.members[number];
        let own = &self.plan.sources()[member.source].series;
        let view = self.sides[member.side].around.view(own, at);
        let elsewhere = self.plan.rule(member.point.rule).elsewhere(&view);
        member.point.learn(elsewhere);
    }

    fn happen_before(&mut self, until: Timestamp) {
        while let Some((at, happening, source)) = self.happenings.get(self.next).copied()
            && at < until
        {
            self.next += 1;
            for seen in &mut self.sides {
                match happening {
                    Happening::Expected => seen.around.note(source, &self.plan.sources()[source].series),
                    Happening::Retired => seen.around.forget(source),
                    Happening::Lost | Happening::Away(_) => {}
                }
            }
            for place in 0..self.over.get(&source).map_or(0, Vec::len) {
                let number = self.over[&source][place];
                self.teach(number, at);
                let rule = self.plan.rule(self.members[number].point.rule);
                let expectation = self.plan.expectation(source);
                self.members[number]
                    .point
                    .happen(rule, expectation, at, happening);
                self.teach(number, at);
            }
        }
    }

    /// There are no more readings.
    pub fn finish(mut self) -> Vec<Decided> {
        let end = self.plan.period().1;
        self.happen_before(end);
        for number in 0..self.members.len() {
            self.teach(number, end);
        }
        let plan = self.plan;
        let members = self.members.into_iter();
        members
            .map(|member| plan.decided(member.number, member.source, member.point))
            .collect()
    }
}
