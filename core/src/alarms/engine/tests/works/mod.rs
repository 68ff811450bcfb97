//! Work in progress: what it names is hidden while it goes on, and nothing else ever is; what still stands when it is over is told. Through people, revisions,
//! restarts and clocks that are set.

mod clocks;
mod random;
mod uncovered;

use plenum_protocol::{Duration, Identifier};

use super::*;
use crate::alarms::{Acknowledgement, Alarm, Cover, CoverKind};
use crate::authority::Actor;
use crate::fact::{Action, ActionKind};
use crate::oncall::{Heard, Listener, decide};
use crate::site::defaults::built_in;
use crate::work::{Plan, Said, Work, WorkKind, WorkRefusal, WorkSaid, WorkState};

const RULES: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "r"
name = "R"
[[room]]
id = "q"
name = "Q"
[[sensor]]
agent = "a"
id = "one"
name = "One"
room = "r"
place = "inlet"
[[sensor]]
agent = "a"
id = "two"
name = "Two"
room = "q"
place = "inlet"
[[rule]]
id = "warm"
name = "Warm"
select = { quantities = ["temperature"] }
when = { above = { limit = 27 } }
priority = "medium"
suppressed_by = ["warm"]
[[rule]]
id = "hot"
name = "Hot"
select = { quantities = ["temperature"] }
when = { above = { limit = 32 } }
priority = "critical"
[[rule]]
id = "fire"
name = "Fire"
select = { quantities = ["smoke"] }
when = { is = { state = true, latched = true } }
priority = "critical"
[[rule]]
id = "wet"
name = "Wet"
select = { quantities = ["water"] }
when = { is = { state = true } }
priority = "critical"
"#;

const CHANNELS: [&str; 5] = [
    "one/temperature",
    "one/smoke",
    "one/water",
    "two/temperature",
    "two/smoke",
];
const KINDS: [WorkKind; 4] = [
    WorkKind::Smoke,
    WorkKind::Water,
    WorkKind::Temperature,
    WorkKind::CriticalTemperature,
];
const MINUTE: i64 = 60;

/// The site; the same with its sensors in each other's room; the same with a rule that is critical; the same with its sensors in one room.
fn sites() -> [Arc<Site>; 4] {
    let mut site: Site = toml::from_str(RULES).unwrap();
    for rule in built_in() {
        let mut off = rule.clone();
        off.enabled = false;
        site.rules.push(off);
    }
    let (mut moved, mut worse, mut together) = (site.clone(), site.clone(), site.clone());
    moved.sensors[0].room = "q".parse().unwrap();
    moved.sensors[1].room = "r".parse().unwrap();
    worse.rules[0].priority = Priority::Critical;
    together.sensors[1].room = "r".parse().unwrap();
    [site, moved, worse, together].map(Arc::new)
}

struct World {
    engine: Engine,
    sites: [Arc<Site>; 4],
    number: u64,
    /// The sites of the revisions from 1 on.
    revisions: Vec<usize>,
    /// Seconds that went by.
    real: i64,
    wall: Timestamp,
    entries: Vec<Entry>,
    heard: BTreeMap<u64, Heard>,
    works: BTreeMap<u64, Work>,
    /// Since when in real time each goes on, and how long it was to.
    begun: BTreeMap<u64, (i64, i64)>,
    /// When in real time each alarm was last raised, and when whoever has it has it no longer.
    raised: BTreeMap<u64, i64>,
    held: BTreeMap<u64, i64>,
    log: Vec<Event>,
    answers: Vec<Result<u64, WorkRefusal>>,
}

impl World {
    fn new() -> Self {
        let sites = sites();
        let wall = Timestamp::from_milliseconds(1_700_000_000_000);
        let mut engine = Engine::new(sites[0].clone());
        engine.reached_end(wall);
        Self {
            engine,
            sites,
            number: 0,
            revisions: Vec::new(),
            real: 0,
            wall,
            entries: Vec::new(),
            heard: BTreeMap::new(),
            works: BTreeMap::new(),
            begun: BTreeMap::new(),
            raised: BTreeMap::new(),
            held: BTreeMap::new(),
            log: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn wait(&mut self, seconds: i64) {
        self.real += seconds;
        self.wall = self.wall + Duration::from_seconds(seconds);
        self.engine.advance(self.wall);
        self.look();
    }

    fn commit(&mut self, item: Item) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received: self.wall,
            items: vec![item],
        };
        self.engine.apply_by(&entry, self.wall);
        self.engine.advance(self.wall);
        self.entries.push(entry);
        self.look();
    }

    fn says(&mut self, channel: &str, value: f64) {
        self.says_of(channel, value, self.wall);
    }

    fn says_of(&mut self, channel: &str, value: f64, at: Timestamp) {
        let reading = StoredReading {
            channel: channel.parse().unwrap(),
            at,
            outcome: Ok(value),
            claimed: None,
        };
        self.commit(Item::Batch(Batch {
            agent: "s/a".parse().unwrap(),
            position: Some(("r".to_owned(), self.number)),
            newest: true,
            readings: vec![reading],
        }));
    }

    fn said(&mut self, said: Said) -> Result<u64, WorkRefusal> {
        let (at, by) = (self.wall, Actor::Person(1));
        self.commit(Item::Work(WorkSaid { at, by, said }));
        self.answers.pop().unwrap()
    }

    /// Work in a room, from so many minutes from now until so many.
    fn work(&mut self, room: Option<&str>, kinds: &[WorkKind], minutes: (i64, i64)) -> u64 {
        let at = |minutes| self.wall + Duration::from_minutes(minutes);
        let plan = Plan {
            room: room.map(|room| room.parse().unwrap()),
            kinds: kinds.iter().copied().collect(),
            from: at(minutes.0),
            until: at(minutes.1),
            reason: "fire test".to_owned(),
        };
        self.said(Said::Begins(plan)).unwrap()
    }

    fn act(&mut self, alarm: u64, kind: ActionKind) {
        self.commit(Item::Action(Action {
            alarm,
            kind,
            actor: Actor::named("anna"),
            comment: String::new(),
            at: self.wall,
            occurrence: None,
        }));
    }

    fn restart(&mut self) {
        let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
        let site = self.engine.site().clone();
        self.engine = Engine::restore(serde_json::from_str(&text).unwrap(), site);
        self.engine.reached_end(self.wall);
        self.look();
    }

    fn set_clock(&mut self, seconds: i64) {
        let by = Duration::from_seconds(seconds);
        self.wall = self.wall + by;
        self.engine.clock_was_set(by, self.wall);
        self.engine.advance(self.wall);
        self.look();
    }

    fn revise(&mut self, site: usize) {
        self.revisions.push(site);
        let number = self.revisions.len() as u64;
        self.engine.prepare(number, self.sites[site].clone());
        self.commit(Item::Revision(number));
    }

    fn note(&mut self, effect: Effect) {
        match effect {
            Effect::Transition { alarm, event } => {
                let heard = self.heard.entry(alarm.id).or_default();
                let listener = Listener {
                    takes: true,
                    heard: *heard,
                    acted: false,
                };
                *heard = Heard::by(decide(&alarm, &event, listener)).unwrap_or(*heard);
                if event.cause == Cause::Raised {
                    self.raised.insert(alarm.id, self.real);
                }
                if event.from.is_active() && event.from_cover != Some(CoverKind::Work) {
                    self.judge_hidden(&alarm);
                }
                self.log.push(event);
            }
            Effect::Work(work) => {
                let length = work.until.since(work.from).milliseconds() / 1_000;
                match work.state {
                    WorkState::Running => {
                        self.begun.entry(work.id).or_insert((self.real, length));
                    }
                    WorkState::Planned | WorkState::Over => {
                        self.begun.remove(&work.id);
                    }
                }
                self.works.insert(work.id, work);
            }
            Effect::Heard { outcome, .. } => {
                let answer = outcome.map(|work| {
                    assert_eq!(work, self.works[&work.id]);
                    work.id
                });
                self.answers.push(answer);
            }
            Effect::Answer { outcome, .. } => {
                let until = |held: &Acknowledgement| held.until.map(|until| until.since(self.wall));
                if let Ok(alarm) = outcome
                    && let Some(left) = alarm.acknowledged.as_ref().and_then(until)
                {
                    self.held
                        .insert(alarm.id, self.real + left.milliseconds() / 1_000);
                }
            }
            Effect::Updated(_) => {}
        }
    }

    /// What stood already is hidden by no work that began later.
    fn judge_hidden(&self, alarm: &Alarm) {
        if let Some(Cover::Work(over)) = &alarm.cover {
            assert!(self.raised[&alarm.id] >= self.begun[&over.work].0, "{alarm:?}");
        }
    }

    /// Looks at all that was decided, and at how each alarm stands.
    fn look(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            self.note(effect);
        }
        let known: Vec<&Work> = self.works.values().filter(|work| !work.is_over()).collect();
        assert_eq!(self.engine.works().collect::<Vec<_>>(), known);
        for (id, (begun, length)) in &self.begun {
            assert!(self.real - begun <= *length, "too long: {:?}", self.works[id]);
            let work = &self.works[id];
            assert!(work.from <= self.wall && self.wall < work.until, "{work:?}");
        }
        for alarm in self.engine.alarms() {
            self.judge(alarm);
        }
    }

    fn judge(&self, alarm: &Alarm) {
        if let Some(until) = alarm.held_until() {
            assert!(until > self.wall, "held for ever: {alarm:?}");
            assert!(self.real <= self.held[&alarm.id], "held too long: {alarm:?}");
        }
        match &alarm.cover {
            Some(Cover::Work(over)) => {
                let work = &self.works[&over.work];
                let kind = WorkKind::of(&alarm.subject, &alarm.rule, alarm.priority).unwrap();
                assert_eq!(work.state, WorkState::Running, "{alarm:?}");
                assert!(
                    !alarm.state.is_active() || work.names(kind, alarm.room.as_ref()),
                    "{alarm:?} {work:?}"
                );
                assert_eq!(over.until, work.until);
            }
            None if alarm.state == State::ActiveUnacknowledged => {
                assert_eq!(
                    self.heard[&alarm.id],
                    Heard::Stands,
                    "nobody was told of {alarm:?}"
                );
            }
            Some(_) | None => {}
        }
    }

    fn alarm(&self, rule: &str, channel: &str) -> Option<&Alarm> {
        self.engine.alarms().find(|alarm| match &alarm.subject {
            Subject::Series(series) => alarm.rule.as_str() == rule && series.channel.to_string() == channel,
            _ => false,
        })
    }

    fn is_told(&self, rule: &str, channel: &str) -> bool {
        let alarm = self.alarm(rule, channel);
        alarm.is_some_and(|alarm| self.heard[&alarm.id] == Heard::Stands)
    }

    fn is_hidden(&self, rule: &str, channel: &str) -> bool {
        let cover = self.alarm(rule, channel).and_then(|alarm| alarm.cover.as_ref());
        cover.map(Cover::kind) == Some(CoverKind::Work)
    }
}

#[test]
fn what_is_named_in_the_room_is_hidden_and_told_at_the_end_where_it_stands() {
    let mut world = World::new();
    world.work(Some("r"), &[WorkKind::Smoke], (10, 70));
    world.wait(5 * MINUTE);
    world.says("one/temperature", 40.0);
    world.wait(10 * MINUTE);
    world.says("one/smoke", 1.0);
    world.says("two/smoke", 1.0);
    world.says("one/water", 1.0);
    assert!(world.is_hidden("fire", "one/smoke") && !world.is_told("fire", "one/smoke"));
    assert!(world.is_told("hot", "one/temperature"), "it is not named");
    assert!(world.is_told("fire", "two/smoke"), "it is elsewhere");
    assert!(world.is_told("wet", "one/water"), "it is not named");
    world.wait(54 * MINUTE);
    assert!(world.is_hidden("fire", "one/smoke"));
    world.wait(2 * MINUTE);
    assert!(world.is_told("fire", "one/smoke"));
    let event = world.log.last().unwrap();
    assert_eq!(event.cause, Cause::WorkEnded);
    assert_eq!(
        event.at.since(Timestamp::from_milliseconds(1_700_000_000_000)),
        Duration::from_minutes(70)
    );
}

#[test]
fn a_detector_that_is_reset_within_the_test_wakes_nobody() {
    let mut world = World::new();
    world.work(Some("r"), &[WorkKind::Smoke], (0, 60));
    world.says("one/smoke", 1.0);
    world.wait(MINUTE);
    world.says("one/smoke", 0.0);
    let id = world.alarm("fire", "one/smoke").unwrap().id;
    world.act(id, ActionKind::Reset);
    world.act(id, ActionKind::Acknowledge);
    world.wait(100 * MINUTE);
    assert!(!world.alarm("fire", "one/smoke").unwrap().is_open());
    assert_eq!(world.heard[&id], Heard::Nothing);
}

#[test]
fn a_critical_temperature_is_hidden_where_it_is_named_by_its_word_alone() {
    for (kinds, hidden) in [
        (&[WorkKind::Temperature][..], false),
        (&[WorkKind::Temperature, WorkKind::CriticalTemperature], true),
    ] {
        let mut world = World::new();
        world.work(None, kinds, (0, 60));
        world.says("one/temperature", 40.0);
        assert!(world.is_hidden("warm", "one/temperature"));
        assert_eq!(world.is_hidden("hot", "one/temperature"), hidden);
        assert_eq!(world.is_told("hot", "one/temperature"), !hidden);
    }
}

#[test]
fn what_stands_when_work_begins_stays_as_it_is() {
    let mut world = World::new();
    world.says("one/smoke", 1.0);
    world.work(Some("r"), &[WorkKind::Smoke], (0, 60));
    assert!(world.is_told("fire", "one/smoke") && !world.is_hidden("fire", "one/smoke"));
}

#[test]
fn smoke_of_before_the_work_and_smoke_that_is_heard_of_after_it_are_smoke() {
    let mut world = World::new();
    let begin = world.wall;
    world.work(Some("r"), &[WorkKind::Smoke], (0, 60));
    world.wait(MINUTE);
    world.says_of("one/smoke", 1.0, begin - Duration::from_seconds(5));
    assert!(world.is_told("fire", "one/smoke"));
    let mut world = World::new();
    let begin = world.wall;
    world.work(Some("r"), &[WorkKind::Smoke], (0, 60));
    world.wait(61 * MINUTE);
    world.says_of("one/smoke", 1.0, begin + Duration::from_minutes(30));
    assert!(world.is_told("fire", "one/smoke"));
}

#[test]
fn work_that_is_ended_early_tells_what_stands_at_once() {
    let mut world = World::new();
    let work = world.work(None, &KINDS, (0, 480));
    world.says("one/water", 1.0);
    world.wait(MINUTE);
    world.says("one/temperature", 30.0);
    world.says("two/temperature", 30.0);
    assert!(world.is_hidden("wet", "one/water"));
    assert_eq!(world.said(Said::Ends(work)), Ok(work));
    assert!(world.is_told("wet", "one/water") && world.is_told("warm", "one/temperature"));
    assert_eq!(world.said(Said::Ends(work)), Err(WorkRefusal::Over(work)));
    assert_eq!(
        world.said(Said::Ends(work + 1)),
        Err(WorkRefusal::NotFound(work + 1))
    );
}

#[test]
fn what_is_worse_or_elsewhere_than_what_was_named_is_told() {
    for site in [1, 2] {
        let mut world = World::new();
        world.work(Some("r"), &[WorkKind::Temperature], (0, 60));
        world.says("one/temperature", 30.0);
        assert!(world.is_hidden("warm", "one/temperature"));
        world.revise(site);
        assert!(world.is_told("warm", "one/temperature"));
        assert!(!world.is_hidden("warm", "one/temperature"));
    }
}

#[test]
fn work_that_goes_on_as_other_work_goes_on_hides_what_that_hid() {
    let mut world = World::new();
    world.work(Some("r"), &[WorkKind::Water], (0, 60));
    world.work(Some("r"), &[WorkKind::Water], (60, 120));
    world.wait(MINUTE);
    world.says("one/water", 1.0);
    world.wait(90 * MINUTE);
    assert!(world.is_hidden("wet", "one/water"));
    world.wait(30 * MINUTE);
    assert!(world.is_told("wet", "one/water"));
}

#[test]
fn work_is_in_a_room_that_there_is_and_there_is_a_bound() {
    let mut world = World::new();
    let plan = |world: &World, room: &str| Plan {
        room: Some(room.parse::<Identifier>().unwrap()),
        kinds: [WorkKind::Doors].into(),
        from: world.wall + Duration::from_hours(1),
        until: world.wall + Duration::from_hours(2),
        reason: "x".to_owned(),
    };
    let stranger = plan(&world, "cellar");
    let refused = world.said(Said::Begins(stranger)).unwrap_err();
    assert_eq!(refused.to_string(), "there is no room `cellar`");
    for _ in 0..crate::work::AT_MOST {
        let plan = plan(&world, "q");
        world.said(Said::Begins(plan)).unwrap();
    }
    let plan = plan(&world, "q");
    assert_eq!(world.said(Said::Begins(plan)), Err(WorkRefusal::TooMany));
}
