//! A thousand small sites at random, with a rule of each kind: what a tracker decides, whatever is known around it.

use plenum_protocol::Series;

use super::*;
use crate::around::tests::world::{CHANNELS, Dice, outcome, site, tick, with_few_rules};
use crate::around::{Look, Surroundings};
use crate::site::Site;

struct Point {
    rule: usize,
    source: usize,
    tracker: ConditionTracker,
    changes: Vec<Change>,
}

struct World {
    site: Site,
    looks: Vec<Vec<Look>>,
    around: Surroundings,
    series: Vec<Series>,
    expectation: Expectation,
    points: Vec<Point>,
}

impl World {
    fn new(site: &Site) -> Self {
        let series: Vec<Series> = CHANNELS
            .iter()
            .map(|channel| format!("s/x/{channel}").parse().unwrap())
            .collect();
        let mut points = Vec::new();
        for (number, rule) in site.rules.iter().enumerate() {
            let watched = series
                .iter()
                .enumerate()
                .filter(|(_, series)| site.watches(rule, series));
            points.extend(watched.map(|(source, _)| Point {
                rule: number,
                source,
                tracker: ConditionTracker::new(rule),
                changes: Vec::new(),
            }));
        }
        Self {
            around: Surroundings::new(&site.rules, site),
            site: site.clone(),
            looks: site.rules.iter().map(Rule::looks).collect(),
            series,
            expectation: Expectation::told(Duration::from_seconds(10)),
            points,
        }
    }

    fn read(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        self.around.note(source, &self.series[source]);
        let silence = Silence::Expected(&self.expectation);
        let moved = self.around.foresee(source, at, outcome);
        let sees = |rule: usize| {
            let looks = &self.looks[rule];
            moved.is_some_and(|moved| looks.iter().any(|look| moved.is_seen_by(look)))
        };
        for point in self.points.iter_mut().filter(|point| sees(point.rule)) {
            let view = self.around.view(&self.series[point.source], at);
            point
                .tracker
                .refresh(&self.site.rules[point.rule].elsewhere(&view));
        }
        for point in self.points.iter_mut().filter(|point| point.source == source) {
            let rule = &self.site.rules[point.rule];
            let view = self.around.view(&self.series[point.source], at);
            point.tracker.learn(rule.elsewhere(&view));
            point
                .tracker
                .reading(rule, silence, at, outcome, &mut point.changes);
        }
        self.around
            .read(source, at, outcome, self.expectation.known_until(at));
        for point in self.points.iter_mut().filter(|point| sees(point.rule)) {
            let rule = &self.site.rules[point.rule];
            let view = self.around.view(&self.series[point.source], at);
            let elsewhere = rule.elsewhere(&view);
            point
                .tracker
                .look(rule, silence, at, elsewhere, &mut point.changes);
        }
    }
}

/// What holds of everything that a tracker decides.
fn check(point: &Point, rule: &Rule, seed: u64) -> bool {
    let (mut active, mut known, mut last) = (false, false, Timestamp::MIN);
    for change in &point.changes {
        let place = format!("seed {seed}, {}, {:?}", rule.id, point.changes);
        let at = match *change {
            Change::Raised(at) => {
                assert!(!std::mem::replace(&mut active, true), "raised twice: {place}");
                assert!(
                    known || rule.on_delay > Duration::ZERO,
                    "what is unknown began it: {place}"
                );
                at
            }
            Change::Returned(at) => {
                assert!(std::mem::replace(&mut active, false), "returned twice: {place}");
                assert!(known, "what is unknown ended it: {place}");
                at
            }
            Change::Known(at) => {
                assert!(!std::mem::replace(&mut known, true), "known twice: {place}");
                at
            }
            Change::Unknown(at) => {
                assert!(std::mem::replace(&mut known, false), "unknown twice: {place}");
                at
            }
        };
        assert!(at >= last, "back in time: {place}");
        last = at;
    }
    point
        .changes
        .iter()
        .any(|change| matches!(change, Change::Returned(_)))
}

#[test]
fn raise_and_return_alternate_and_what_is_unknown_does_neither() {
    let whole = site();
    let mut returned = std::collections::BTreeSet::new();
    for seed in 0..1_000 {
        let mut dice = Dice::of(seed);
        let mut world = World::new(&with_few_rules(&whole, &mut dice));
        let mut at = Timestamp::from_milliseconds(1_000_000);
        for _ in 0..12 {
            let (after, read) = tick(&mut dice);
            at = at + Duration::from_seconds(after);
            for source in read {
                let outcome = outcome(&mut dice, source);
                world.read(source, at, outcome);
            }
        }
        for point in &world.points {
            let rule = &world.site.rules[point.rule];
            if check(point, rule, seed) {
                returned.insert(rule.id.clone());
            }
        }
    }
    let rules = whole.rules.iter().filter(|rule| rule.enabled).count();
    assert_eq!(
        returned.len(),
        rules,
        "some kinds never came and went: {returned:?}"
    );
}
