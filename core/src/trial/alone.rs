//! A series whose rules look at nothing else: its readings go through each rule's tracker, in blocks where they can change none.

use plenum_protocol::{Outcome, Timestamp};

use super::happening::Happening;
use super::plan::{Decided, Plan};
use super::point::Point;
use crate::alarms::forecast::Ahead;
use crate::alarms::{Block, Run};

/// Readings that are looked at as one.
const BLOCK: usize = 128;

/// A reading of a series, as whoever keeps it has it.
pub trait Measured {
    /// Its instant.
    fn at(&self) -> Timestamp;
    /// Value or fault.
    fn outcome(&self) -> Outcome;
}

impl Measured for (Timestamp, Outcome) {
    fn at(&self) -> Timestamp {
        self.0
    }

    fn outcome(&self) -> Outcome {
        self.1
    }
}

/// One series on its way through the plan's past.
#[derive(Debug)]
pub struct Alone<'a> {
    plan: &'a Plan,
    source: usize,
    /// With their numbers in the plan.
    points: Vec<(usize, Point)>,
    happenings: Vec<(Timestamp, Happening)>,
    next: usize,
    blocks: Vec<Option<Block>>,
    /// The good readings of a block.
    values: Vec<(Timestamp, f64)>,
    ahead: Ahead,
    /// The places of the points that have to look at what is within a stretch.
    waiting: Vec<usize>,
}

impl<'a> Alone<'a> {
    pub(super) fn new(plan: &'a Plan, source: usize, points: Vec<(usize, Point)>) -> Self {
        Self {
            plan,
            source,
            points,
            happenings: plan.happenings(source),
            next: 0,
            blocks: Vec::new(),
            values: Vec::new(),
            ahead: Ahead::default(),
            waiting: Vec::new(),
        }
    }

    /// The next readings, in the order of their instants, all after those before.
    pub fn readings<M: Measured>(&mut self, mut readings: &[M]) {
        while let Some((at, happening)) = self.happenings.get(self.next).copied() {
            if readings.last().is_none_or(|last| last.at() <= at) {
                break;
            }
            let (before, after) = readings.split_at(readings.partition_point(|reading| reading.at() <= at));
            self.take(before);
            self.happen(at, happening);
            self.next += 1;
            readings = after;
        }
        self.take(readings);
    }

    fn take<M: Measured>(&mut self, readings: &[M]) {
        let block = |part: &[M]| Block::of(part.iter().map(|reading| (reading.at(), reading.outcome())));
        self.blocks.clear();
        self.blocks.extend(readings.chunks(BLOCK).map(block));
        let blocks = self.blocks.iter().copied();
        let whole = blocks.reduce(|one, other| Some(one?.join(other?))).flatten();
        let expectation = self.plan.expectation(self.source);
        self.waiting.clear();
        for (place, (_, point)) in self.points.iter_mut().enumerate() {
            let rule = self.plan.rule(point.rule);
            if !whole.is_some_and(|whole| point.pass_over(rule, expectation, &whole)) {
                self.waiting.push(place);
            }
        }
        if self.waiting.is_empty() {
            return;
        }
        for (part, block) in readings.chunks(BLOCK).zip(&self.blocks) {
            let good = part
                .iter()
                .filter_map(|reading| Some((reading.at(), reading.outcome().ok()?)));
            self.values.clear();
            self.values.extend(good);
            let mut run = block.map(|block| Run::new(block, &self.values, &mut self.ahead));
            for place in &self.waiting {
                let point = &mut self.points[*place].1;
                let rule = self.plan.rule(point.rule);
                let passed = run
                    .as_mut()
                    .is_some_and(|run| point.pass_along(rule, expectation, run));
                if !passed {
                    for reading in part {
                        let reading = (reading.at(), reading.outcome());
                        point.reading(rule, expectation, reading, None);
                    }
                }
            }
        }
    }

    fn happen(&mut self, at: Timestamp, happening: Happening) {
        let expectation = self.plan.expectation(self.source);
        for (_, point) in &mut self.points {
            point.happen(self.plan.rule(point.rule), expectation, at, happening);
        }
    }

    /// There are no more readings.
    pub fn finish(mut self) -> Vec<Decided> {
        let until = self.plan.period().1;
        while let Some((at, happening)) = self
            .happenings
            .get(self.next)
            .copied()
            .filter(|next| next.0 < until)
        {
            self.happen(at, happening);
            self.next += 1;
        }
        let (plan, source) = (self.plan, self.source);
        let points = self.points.into_iter();
        points
            .map(|(number, point)| plan.decided(number, source, point))
            .collect()
    }
}
