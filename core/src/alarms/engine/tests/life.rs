//! 100,000 things at random that can happen to alarms: readings, faults, silence, people, revisions, restarts and clocks that are set. The log alone
//! explains how each alarm stands, and nothing comes about that ISA-18.2's diagram does not have.

use plenum_protocol::Duration;

use super::*;
use crate::alarms::cover::{SHELVED_AT_MOST, SHELVED_IN_ALL};
use crate::alarms::{Alarm, Cover, CoverKind};
use crate::authority::Actor;
use crate::fact::{Action, ActionKind};
use crate::site::defaults::built_in;

const RULES: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "r"
name = "R"
[[sensor]]
agent = "a"
id = "one"
name = "One"
room = "r"
place = "inlet"
[[rule]]
id = "plain"
name = "Plain"
select = { quantities = ["temperature"] }
when = { above = { limit = 27 } }
priority = "low"
suppressed_by = ["latching"]
[[rule]]
id = "latching"
name = "Latching"
select = { quantities = ["door-open"] }
when = { is = { state = true, latched = true } }
priority = "low"
[[rule]]
id = "fire"
name = "Fire"
select = { quantities = ["smoke"] }
when = { is = { state = true, latched = true } }
priority = "critical"
"#;

const LOOKS: u32 = 100_000;
const CHANNELS: [&str; 3] = ["one/temperature", "one/door-open", "one/smoke"];

/// The site, and the same with a rule that is switched off and another priority.
fn sites() -> [Arc<Site>; 2] {
    let mut site: Site = toml::from_str(RULES).unwrap();
    for rule in built_in() {
        let mut off = rule.clone();
        off.enabled = false;
        site.rules.push(off);
    }
    let mut other = site.clone();
    other.rules[0].priority = crate::site::Priority::High;
    other.rules[1].enabled = false;
    [Arc::new(site), Arc::new(other)]
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// What is known of an alarm from its log alone.
#[derive(Debug, Clone, Copy)]
struct Told {
    state: State,
    cover: Option<CoverKind>,
    /// When it was first shelved without a break, and last, in time that went by.
    shelved: Option<(i64, i64)>,
}

struct World {
    engine: Engine,
    sites: [Arc<Site>; 2],
    number: u64,
    revision: u64,
    /// Seconds that went by.
    real: i64,
    wall: Timestamp,
    newest: [Option<f64>; CHANNELS.len()],
    told: BTreeMap<u64, Told>,
    seen: std::collections::BTreeSet<String>,
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
            revision: 0,
            real: 0,
            wall,
            newest: [None; CHANNELS.len()],
            told: BTreeMap::new(),
            seen: std::collections::BTreeSet::new(),
        }
    }

    fn happen(&mut self, dice: &mut Dice) {
        match dice.roll(24) {
            0..=7 => self.measure(dice),
            8..=10 => self.wait(1 + dice.roll(60) as i64),
            11 => self.wait(60 * (1 + dice.roll(240) as i64)),
            12..=20 => self.act(dice),
            21..=22 => match dice.roll(20) {
                0 => self.restart(),
                1 => self.revise(dice),
                2 => self.set_clock([-90_000, -7_200, -1, 1, 7_200, 90_000][dice.roll(6) as usize]),
                _ => self.wait(1),
            },
            _ => self.wait(3_600),
        }
        self.look();
    }

    fn wait(&mut self, seconds: i64) {
        self.real += seconds;
        self.wall = self.wall + Duration::from_seconds(seconds);
        self.engine.advance(self.wall);
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
    }

    fn measure(&mut self, dice: &mut Dice) {
        self.wait(1);
        let which = dice.roll(3) as usize;
        let value = match (which, dice.roll(5)) {
            (_, 0) => None,
            (0, roll) => Some(24.0 + 2.0 * roll as f64),
            (_, roll) => Some(f64::from(roll > 2)),
        };
        self.newest[which] = value;
        let reading = StoredReading {
            channel: CHANNELS[which].parse().unwrap(),
            at: self.wall,
            outcome: value.ok_or(Fault::Timeout),
            claimed: None,
        };
        self.commit(Item::Batch(Batch {
            agent: "s/a".parse().unwrap(),
            position: Some(("r".to_owned(), self.number)),
            newest: true,
            readings: vec![reading],
        }));
    }

    fn act(&mut self, dice: &mut Dice) {
        let minutes =
            |count: u64| self.wall + Duration::from_minutes(count as i64) - Duration::from_minutes(5);
        let kind = match dice.roll(10) {
            0 => ActionKind::Acknowledge,
            1 => ActionKind::AcknowledgeUntil {
                until: minutes(dice.roll(60)),
            },
            7 => ActionKind::GiveBack,
            2 => ActionKind::Reset,
            3 | 4 => ActionKind::Shelve {
                until: minutes(dice.roll(600)),
            },
            5 => ActionKind::Unshelve,
            6 => ActionKind::OutOfService {
                review: minutes(dice.roll(6_000)),
            },
            _ => ActionKind::ReturnToService,
        };
        let action = Action {
            alarm: 1 + dice.roll(4),
            kind,
            actor: Actor::named("anna"),
            comment: String::new(),
            at: self.wall,
            occurrence: None,
        };
        self.commit(Item::Action(action));
    }

    fn restart(&mut self) {
        self.look();
        let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
        let site = self.engine.site().clone();
        self.engine = Engine::restore(serde_json::from_str(&text).unwrap(), site);
        self.engine.reached_end(self.wall);
    }

    fn set_clock(&mut self, seconds: i64) {
        let by = Duration::from_seconds(seconds);
        self.wall = self.wall + by;
        self.engine.clock_was_set(by, self.wall);
        self.engine.advance(self.wall);
    }

    fn revise(&mut self, dice: &mut Dice) {
        self.revision += 1;
        let site = self.sites[usize::from(dice.roll(4) == 0)].clone();
        self.engine.prepare(self.revision, site);
        self.commit(Item::Revision(self.revision));
    }

    /// Looks at all that was decided, and at how each alarm stands.
    fn look(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect {
                self.judge(&alarm, &event);
            }
        }
        for alarm in self.engine.alarms() {
            let told = &self.told[&alarm.id];
            let cover = alarm.cover.as_ref().map(Cover::kind);
            assert_eq!((told.state, told.cover), (alarm.state, cover), "{alarm:?}");
            let has = alarm.acknowledged.is_some();
            assert!(alarm.state != State::ActiveUnacknowledged || !has, "{alarm:?}");
            assert!(!has || alarm.given_back.is_none(), "{alarm:?}");
            let held = alarm.held_until();
            assert!(
                held.is_none_or(|until| until > self.wall && until <= self.wall + Duration::from_hours(24)),
                "held for ever: {alarm:?}"
            );
            if let Some((since, at)) = told.shelved {
                let hours = |span: Duration| span.milliseconds() / 1_000;
                assert!(
                    self.real - at <= hours(SHELVED_AT_MOST),
                    "shelved for ever: {alarm:?}"
                );
                assert!(
                    self.real - since <= hours(SHELVED_IN_ALL),
                    "shelved for ever: {alarm:?}"
                );
            }
        }
    }

    fn judge(&mut self, alarm: &Alarm, event: &Event) {
        let born = Told {
            state: State::Normal,
            cover: None,
            shelved: None,
        };
        let told = self.told.entry(event.alarm).or_insert(born);
        assert_eq!(
            (told.state, told.cover),
            (event.from, event.from_cover),
            "something was not logged before {event:?}"
        );
        let (was, is) = (event.from.is_active(), event.to.is_active());
        match event.cause {
            Cause::Raised => {
                assert!(!was || alarm.latched, "raised twice: {event:?}");
                assert_eq!(event.to, State::ActiveUnacknowledged, "{event:?}");
            }
            Cause::Returned => {
                assert!(was && !is, "returned twice: {event:?}");
                let place = CHANNELS.iter().position(|channel| match &alarm.subject {
                    Subject::Series(series) => series.channel.to_string() == *channel,
                    _ => false,
                });
                assert!(
                    self.newest[place.unwrap()].is_some(),
                    "unknown cleared it: {event:?}"
                );
            }
            _ => assert!(is == was || was, "a cause that does not raise: {event:?}"),
        }
        let by_a_person = event.actor != Actor::Monitor;
        assert!(!(alarm.latched && was && !is) || by_a_person, "{event:?}");
        let never = alarm.rule.as_str() == "fire";
        let hidden = matches!(event.to_cover, Some(CoverKind::Shelved | CoverKind::Suppressed));
        assert!(!(never && hidden), "{event:?}");
        told.shelved = match (event.to_cover, event.cause, told.shelved) {
            (Some(CoverKind::Shelved), Cause::Shelved, before) => {
                Some((before.map_or(self.real, |(since, _)| since), self.real))
            }
            (Some(CoverKind::Shelved), _, before) => before,
            _ => None,
        };
        (told.state, told.cover) = (event.to, event.to_cover);
        let word = |state: State, cover: Option<CoverKind>| cover.map_or(state.as_str(), CoverKind::as_str);
        let (from, to) = (word(event.from, event.from_cover), word(event.to, event.to_cover));
        let cause = serde_json::to_value(event.cause).unwrap();
        self.seen
            .insert(format!("{from} -> {to} {}", cause.as_str().unwrap()));
    }
}

/// The diagram: how what is shown of an alarm may change, and why. Each of its lines is in a scenario beside it.
const DIAGRAM: &str = include_str!("../../../../../tests/scenarios/alarms/diagram.txt");

/// What nothing here brings about: a reading that is late, a sensor that is moved, a rule that is taken away while its alarm stands and is not latched,
/// a state that chatters and of which a reading comes more than five minutes later, and no sooner, and work, of
/// which `works/random.rs` tries all.
const NOT_HERE: &[&str] = &[
    "active-unacknowledged -> active-unacknowledged moved",
    "active-unacknowledged -> normal removed",
    "normal -> active-unacknowledged late",
    "normal -> normal late",
    "normal -> work work",
    "returned-unacknowledged -> returned-unacknowledged quiet",
    "returned-unacknowledged -> work work",
    "shelved -> shelved quiet",
    "work -> active-unacknowledged work-ended",
    "work -> returned-unacknowledged work-ended",
    "work -> work raised",
    "work -> work returned",
];

#[test]
fn nothing_at_random_leads_out_of_the_diagram() {
    let (mut world, mut dice) = (World::new(), Dice(11));
    for _ in 0..LOOKS {
        world.happen(&mut dice);
    }
    let mut seen = world.seen;
    seen.extend(NOT_HERE.iter().map(|line| (*line).to_owned()));
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        DIAGRAM.lines().collect::<Vec<_>>()
    );
}
