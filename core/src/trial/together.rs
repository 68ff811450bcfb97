//! Series whose rules look at each other: their readings come in the order of instants, one by one.

use std::collections::{BTreeMap, HashMap};

use plenum_protocol::{Outcome, Quantity, Timestamp};

use super::compare::{IN_FORCE, TRIED};
use super::happening::Happening;
use super::plan::{Decided, Plan};
use super::point::Point;
use crate::around::{Elsewhere, Look, Moved, Surroundings};
use crate::expectation::Expectation;
use crate::site::Rule;

/// Some series on their way through the plan's past.
///
/// Everything is taken in the order in which the engine got to know of it: what an agent kept while it was away comes when it is back.
#[derive(Debug)]
pub struct Together<'a> {
    plan: &'a Plan,
    members: Vec<Member>,
    /// The members over each series.
    over: HashMap<usize, Vec<usize>>,
    /// What each revision knows of the series that are looked at.
    sides: [Seen; 2],
    /// What waits for its turn.
    waiting: BTreeMap<Turn, Waiting>,
    /// The instant up to which the clock alone has decided.
    passed: Timestamp,
}

/// When something is taken. What came of several agents at once comes an agent after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    came: Timestamp,
    /// The first of its agent's series.
    agent: usize,
    stage: Stage,
    at: Timestamp,
    source: usize,
}

/// What comes of an agent at once, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It is back.
    Back,
    /// Something is lost that it could not keep.
    LostMeanwhile,
    /// What it kept, and what it measures.
    Reading,
    /// Something else is lost.
    Lost,
    /// It goes.
    Goes,
    /// It is back at once.
    BackAtOnce,
    /// Nothing is expected of it any more.
    Retired,
    /// It is expected again.
    Expected,
}

/// What waits for its turn.
#[derive(Debug, Clone, Copy)]
enum Waiting {
    Reading(Outcome),
    Back,
    Goes,
    Happening(Happening),
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
    fn new(plan: &Plan, side: usize, sources: &[usize], members: &[Member]) -> Self {
        let mut by_rule: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, member) in members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.side == side)
        {
            by_rule.entry(member.point.rule).or_default().push(number);
        }
        let rules = by_rule.keys().map(|rule| plan.rule(*rule));
        let mut around = Surroundings::new(rules, &plan.sites()[side]);
        let members = members.iter().map(|member| &member.source);
        for source in sources.iter().chain(members) {
            around.place(*source, &plan.sources()[*source].series);
        }
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

    /// The members that look so at what a series measures, and reach it.
    fn lookers(
        &self,
        source: usize,
        members: &[Member],
        plan: &Plan,
        so: impl Fn(&Look) -> bool,
    ) -> Vec<usize> {
        let series = &plan.sources()[source].series;
        let looks = self.looks.get(&series.quantity()).into_iter().flatten();
        let mut lookers = Vec::new();
        for (look, numbers) in looks.filter(|(look, _)| so(look)) {
            let reaches = |number: &&usize| {
                self.around
                    .reaches(members[**number].source, &look.reach, source, series)
            };
            lookers.extend(numbers.iter().filter(reaches));
        }
        lookers.sort_unstable();
        lookers.dedup();
        lookers
    }
}

impl<'a> Together<'a> {
    pub(super) fn new(plan: &'a Plan, sources: &[usize], members: Vec<Member>) -> Self {
        let mut waiting = BTreeMap::new();
        for source in sources {
            for (at, happening) in plan.happenings(*source) {
                put(plan, &mut waiting, *source, at, happening);
            }
        }
        let mut over: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, member) in members.iter().enumerate() {
            over.entry(member.source).or_default().push(number);
        }
        Self {
            plan,
            sides: [TRIED, IN_FORCE].map(|side| Seen::new(plan, side, sources, &members)),
            members,
            over,
            waiting,
            passed: Timestamp::MIN,
        }
    }

    /// A reading, of the series with this number: none comes before one that was handed in.
    pub fn reading(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        let came = self.plan.came(source, at);
        let turn = Turn {
            came: at,
            agent: self.plan.first_of_agent(source),
            stage: Stage::Reading,
            at,
            source,
        };
        self.catch_up(turn);
        if came > at {
            self.waiting
                .insert(Turn { came, ..turn }, Waiting::Reading(outcome));
        } else {
            self.take(source, at, outcome);
        }
    }

    fn take(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        let known_until = self.plan.expectation(source).known_until(at);
        let series = &self.plan.sources()[source].series;
        let lookers = [TRIED, IN_FORCE].map(|side| {
            self.sides[side].around.note(source, series);
            let moved = self.sides[side].around.foresee(source, at, outcome);
            self.lookers(side, source, moved)
        });
        lookers.iter().for_each(|lookers| self.refresh(lookers, at));
        self.of_source(source, |_, _, _| {}, at);
        for seen in &mut self.sides {
            seen.around.read(source, at, outcome, known_until);
        }
        for place in 0..self.over.get(&source).map_or(0, Vec::len) {
            let number = self.over[&source][place];
            let sees_own = lookers[self.members[number].side].contains(&number);
            let around = sees_own.then(|| self.elsewhere(number, at));
            let point = &mut self.members[number].point;
            let (rule, expectation) = (self.plan.rule(point.rule), self.plan.expectation(source));
            point.reading(rule, expectation, (at, outcome), around);
        }
        lookers.iter().for_each(|lookers| self.look(lookers, at));
    }

    /// A member knows what is known around its series, before it is handed anything else.
    fn teach(&mut self, number: usize, at: Timestamp) {
        let elsewhere = self.elsewhere(number, at);
        self.members[number].point.learn(elsewhere);
    }

    fn elsewhere(&self, number: usize, at: Timestamp) -> Elsewhere {
        let member = &self.members[number];
        let own = &self.plan.sources()[member.source].series;
        let view = self.sides[member.side].around.view_of(member.source, own, at);
        self.plan.rule(member.point.rule).elsewhere(&view)
    }

    /// The members of one revision that see what happens to a series.
    fn lookers(&self, side: usize, source: usize, moved: Option<Moved>) -> Vec<usize> {
        let Some(moved) = moved else { return Vec::new() };
        self.sides[side].lookers(source, &self.members, self.plan, |look| moved.is_seen_by(look))
    }

    /// Until when these know what they know, before they look at something else.
    fn refresh(&mut self, lookers: &[usize], at: Timestamp) {
        for number in lookers {
            let elsewhere = self.elsewhere(*number, at);
            self.members[*number].point.refresh(&elsewhere);
        }
    }

    /// These look at what happened to another series.
    fn look(&mut self, lookers: &[usize], at: Timestamp) {
        for number in lookers {
            let elsewhere = self.elsewhere(*number, at);
            let member = &mut self.members[*number];
            let expectation = self.plan.expectation(member.source);
            let rule = self.plan.rule(member.point.rule);
            member.point.look(rule, expectation, at, elsewhere);
        }
    }

    /// What has its turn before this one.
    fn catch_up(&mut self, until: Turn) {
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() < until) {
            let (Turn { came, at, source, .. }, waiting) = first.remove_entry();
            match waiting {
                Waiting::Reading(outcome) => self.take(source, at, outcome),
                Waiting::Happening(happening) => self.happen(source, at, happening),
                Waiting::Goes => self.of_source(
                    source,
                    |point, rule, expectation| {
                        point.go(rule, expectation, came);
                    },
                    came,
                ),
                Waiting::Back => {
                    self.pass(came);
                    self.of_source(
                        source,
                        |point, rule, expectation| {
                            point.come(rule, expectation, came);
                        },
                        came,
                    );
                }
            }
        }
    }

    /// The clock is at `now`, and something older is about to come.
    fn pass(&mut self, now: Timestamp) {
        if std::mem::replace(&mut self.passed, now) == now {
            return;
        }
        for number in 0..self.members.len() {
            self.teach(number, now);
            let member = &mut self.members[number];
            let rule = self.plan.rule(member.point.rule);
            member.point.pass(rule, self.plan.expectation(member.source), now);
        }
    }

    /// Something that happens to the members over a series, which know then what is around it.
    fn of_source(
        &mut self,
        source: usize,
        mut happen: impl FnMut(&mut Point, &Rule, &Expectation),
        at: Timestamp,
    ) {
        for place in 0..self.over.get(&source).map_or(0, Vec::len) {
            let number = self.over[&source][place];
            self.teach(number, at);
            let point = &mut self.members[number].point;
            happen(point, self.plan.rule(point.rule), self.plan.expectation(source));
        }
    }

    fn happen(&mut self, source: usize, at: Timestamp, happening: Happening) {
        let series = &self.plan.sources()[source].series;
        let lookers = [TRIED, IN_FORCE].map(|side| match happening {
            Happening::Lost => self.lookers(side, source, self.sides[side].around.foresee_loss(source, at)),
            _ => self.sides[side].lookers(source, &self.members, self.plan, |_| true),
        });
        lookers.iter().for_each(|lookers| self.refresh(lookers, at));
        self.of_source(
            source,
            |point, rule, expectation| point.happen(rule, expectation, at, happening),
            at,
        );
        for seen in &mut self.sides {
            match happening {
                Happening::Expected => seen.around.note(source, series),
                Happening::Retired => seen.around.forget(source),
                Happening::Lost => seen.around.lose(source, at),
                Happening::Away(_) => {}
            }
        }
        // Who looks at one that is new notices with its own next reading.
        if happening != Happening::Expected {
            lookers.iter().for_each(|lookers| self.look(lookers, at));
        }
    }

    /// There are no more readings.
    pub fn finish(mut self) -> Vec<Decided> {
        let end = self.plan.period().1;
        self.catch_up(Turn {
            came: end,
            agent: 0,
            stage: Stage::Back,
            at: Timestamp::MIN,
            source: 0,
        });
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

/// Puts what happens to a series where its turn is.
fn put(
    plan: &Plan,
    waiting: &mut BTreeMap<Turn, Waiting>,
    source: usize,
    at: Timestamp,
    happening: Happening,
) {
    let turn = |came, stage| Turn {
        came,
        agent: plan.first_of_agent(source),
        stage,
        at,
        source,
    };
    let happens = Waiting::Happening(happening);
    match happening {
        Happening::Away(back) => {
            waiting.insert(turn(at, Stage::Goes), Waiting::Goes);
            if let Some(back) = back {
                let at_once = back == at;
                let stage = if at_once { Stage::BackAtOnce } else { Stage::Back };
                waiting.insert(turn(back, stage), Waiting::Back);
            }
        }
        Happening::Lost => {
            let back = plan.back_from(source, |absence| {
                absence.from <= at && absence.to.is_some_and(|to| at < to)
            });
            match back {
                Some(back) => waiting.insert(turn(back, Stage::LostMeanwhile), happens),
                None => waiting.insert(turn(at, Stage::Lost), happens),
            };
        }
        Happening::Retired => {
            waiting.insert(turn(at, Stage::Retired), happens);
        }
        Happening::Expected => {
            waiting.insert(turn(at, Stage::Expected), happens);
        }
    }
}
