//! A thousand small sites at random, with rules of every kind: what a tracker decides, whatever is known around it.

use plenum_protocol::{Outcome, Series};

use super::*;
use crate::around::tests::world::{AGENTS, CHANNELS, Dice, Past, site, with_few_rules};
use crate::around::{Learned, Look, Moved, Sure, Surroundings};
use crate::site::Site;
use crate::site::condition::Watches;
use crate::truth::Truth;

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
    fn new(site: &Site, past: &Past) -> Self {
        let series: Vec<Series> = CHANNELS
            .iter()
            .map(|(agent, channel)| format!("s/{agent}/{channel}").parse().unwrap())
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
            expectation: Expectation::told(past.interval()),
            points,
        }
    }

    /// Those who will see what happens know until when what they know was so.
    fn refresh(&mut self, moved: Option<Moved>, at: Timestamp) {
        for point in 0..self.points.len() {
            if self.sees(point, moved) {
                let elsewhere = self.elsewhere(point, at);
                self.points[point].tracker.refresh(&elsewhere);
            }
        }
    }

    fn look(&mut self, moved: Option<Moved>, at: Timestamp) {
        for number in 0..self.points.len() {
            if self.sees(number, moved) {
                let elsewhere = self.elsewhere(number, at);
                let point = &mut self.points[number];
                let rule = &self.site.rules[point.rule];
                let silence = Silence::of(rule, &self.expectation);
                point
                    .tracker
                    .look(rule, silence, at, elsewhere, &mut point.changes);
            }
        }
    }

    fn sees(&self, point: usize, moved: Option<Moved>) -> bool {
        let looks = &self.looks[self.points[point].rule];
        moved.is_some_and(|moved| looks.iter().any(|look| moved.is_seen_by(look)))
    }

    fn elsewhere(&self, point: usize, at: Timestamp) -> Elsewhere {
        let point = &self.points[point];
        let view = self.around.view(&self.series[point.source], at);
        self.site.rules[point.rule].elsewhere(&view)
    }

    /// What happens to the trackers over a series, which know then what is around it.
    fn of_source(
        &mut self,
        source: usize,
        at: Timestamp,
        happen: impl Fn(&mut ConditionTracker, &Rule, Silence<'_>, &mut Vec<Change>),
    ) {
        for number in 0..self.points.len() {
            if self.points[number].source == source {
                let elsewhere = self.elsewhere(number, at);
                let point = &mut self.points[number];
                let rule = &self.site.rules[point.rule];
                point.tracker.learn(elsewhere);
                let silence = Silence::of(rule, &self.expectation);
                happen(&mut point.tracker, rule, silence, &mut point.changes);
            }
        }
    }

    fn read(&mut self, source: usize, at: Timestamp, outcome: Outcome) {
        self.around.note(source, &self.series[source]);
        let moved = self.around.foresee(source, at, outcome);
        self.refresh(moved, at);
        self.of_source(source, at, |_, _, _, _| {});
        self.around
            .read(source, at, outcome, self.expectation.known_until(at));
        for number in 0..self.points.len() {
            if self.points[number].source == source {
                let around = self.sees(number, moved).then(|| self.elsewhere(number, at));
                let point = &mut self.points[number];
                let rule = &self.site.rules[point.rule];
                let silence = Silence::of(rule, &self.expectation);
                point
                    .tracker
                    .reading_amid(rule, silence, (at, outcome), around, &mut point.changes);
            }
        }
        self.look(moved, at);
    }

    fn lose(&mut self, source: usize, at: Timestamp) {
        let moved = self.around.foresee_loss(source, at);
        self.refresh(moved, at);
        self.of_source(source, at, |tracker, rule, silence, changes| {
            if !rule.when.watches_silence() {
                tracker.lost(rule, silence, at, changes);
            }
        });
        self.around.lose(source, at);
        self.look(moved, at);
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
                    known || rule.on_delay > Duration::ZERO || rule.when.watches_silence(),
                    "what is unknown began it: {place}"
                );
                at
            }
            Change::Returned(at) => {
                assert!(std::mem::replace(&mut active, false), "returned twice: {place}");
                // A silence may go on and count no more.
                let counts_no_more = rule.when.watches_silence() && rule.looks_elsewhere();
                assert!(known || counts_no_more, "what is unknown ended it: {place}");
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
        // After a loss it may be noticed that others had said something before it. What is decided does not go back; and the instants of others do not
        // move the tracker on: what its own series was spooled in between is judged when it was measured.
        let is_of_others = matches!(change, Change::Known(_) | Change::Unknown(_)) && rule.looks_elsewhere();
        assert!(at >= last || is_of_others, "back in time: {place}");
        last = last.max(at);
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
        let past = Past::of(&mut dice);
        let mut world = World::new(&with_few_rules(&whole, &past, &mut dice), &past);
        let mut before = Past::BEGIN;
        for tick in &past.ticks {
            let lost = |source: &usize| {
                tick.loses
                    .is_some_and(|place| AGENTS[place] == CHANNELS[*source].0)
            };
            for source in (0..CHANNELS.len()).filter(lost) {
                world.lose(source, before + Duration::from_milliseconds(1));
            }
            for (source, outcome) in &tick.read {
                world.read(*source, tick.at, *outcome);
            }
            before = tick.at;
        }
        for point in &world.points {
            let rule = &world.site.rules[point.rule];
            if check(point, rule, seed) {
                returned.insert(rule.id.clone());
            }
        }
    }
    let of_series = |watches| !matches!(watches, Watches::Agents | Watches::Monitor(_));
    for rule in &whole.rules {
        assert!(
            !rule.enabled || !of_series(rule.when.watches()) || returned.contains(&rule.id),
            "{} never came and went: {returned:?}",
            rule.id
        );
    }
}

#[test]
fn what_is_noticed_late_of_before_a_loss_is_not_told_after_it() {
    let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
    let rule = site()
        .rules
        .into_iter()
        .find(|rule| rule.id.as_str() == "vote")
        .unwrap();
    let learned = |beyond: i64, kept: i64| {
        let sure = |truth: Truth, until: i64| Sure {
            truth,
            until: second(until),
        };
        let others = Learned::Holds {
            beyond: sure(Truth::False, beyond),
            kept: sure(Truth::True, kept),
        };
        Elsewhere::new(vec![others, Learned::count(0), Learned::count(2)])
    };
    let silence = Silence::After(Duration::from_hours(1));
    let (mut tracker, mut changes) = (ConditionTracker::new(&rule), Vec::new());
    tracker.learn(learned(40, 30));
    tracker.reading(&rule, silence, second(0), Ok(20.0), &mut changes);
    tracker.lost(&rule, silence, second(50), &mut changes);
    tracker.refresh(&learned(60, 45));
    tracker.look(&rule, silence, second(50), learned(49, 45), &mut changes);
    assert_eq!(changes, [Change::Known(second(0)), Change::Unknown(second(50))]);
}

#[test]
fn what_others_say_later_does_not_move_on_what_was_measured_before() {
    let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
    let rule = site()
        .rules
        .into_iter()
        .find(|rule| rule.id.as_str() == "only-while-near")
        .unwrap();
    let silence = Silence::After(Duration::from_hours(1));
    let (mut tracker, mut changes) = (ConditionTracker::new(&rule), Vec::new());
    tracker.learn(Elsewhere::new(vec![Learned::always(false)]));
    tracker.reading(&rule, silence, second(0), Ok(1_000.0), &mut changes);
    let nothing = Elsewhere::new(vec![Learned::NOTHING]);
    tracker.look(&rule, silence, second(20), nothing, &mut changes);
    tracker.reading(&rule, silence, second(15), Ok(20.0), &mut changes);
    assert_eq!(
        changes,
        [
            Change::Known(second(0)),
            Change::Unknown(second(20)),
            Change::Known(second(15))
        ]
    );
}
