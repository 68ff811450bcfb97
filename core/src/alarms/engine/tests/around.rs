//! A thousand pasts at random over rules of every kind: the same is decided in a replay of the journal as live, however its batches are cut and
//! wherever the engine is restarted; raise and return alternate, and what is unknown ends nothing.

use std::collections::BTreeSet;

use super::*;
use crate::around::tests::world::{self, AGENTS, CHANNELS, Dice, Past};
use crate::expectation;
use crate::fact::{
    Expectation, ExpectationChange, ExpectedSensor, Gap, Presence, Report, SystemCondition, SystemKind,
};
use crate::site::Rule;
use crate::site::condition::Watches;

/// Half of them in each of two tests, which run beside each other.
const SEEDS: u64 = 1_000;

/// How a past is told to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// An agent's readings of an instant at once.
    Whole,
    /// In pieces.
    Cut,
    /// The same, and the engine is restarted now and then.
    Restarted,
    /// An agent's readings of an instant at once, without a clock but where a loss is told.
    Replayed,
}

struct Run<'a> {
    engine: Engine,
    site: &'a Arc<Site>,
    past: &'a Past,
    how: How,
    dice: Dice,
    /// A loss is about to be told.
    loss_ahead: bool,
    player: Player,
}

/// Whether a loss is told within so long that an engine which was restarted waits for what its agents may hold, and so decides less before it.
fn is_loss_ahead(past: &Past, at: Timestamp, now_too: bool) -> bool {
    let patience = plenum_protocol::Duration::from_seconds(90);
    let mut losses = past.ticks.iter().filter(|tick| tick.loses.is_some());
    losses.any(|tick| tick.at <= at + patience && (tick.at > at || (now_too && tick.at == at)))
}

fn agent(place: usize) -> AgentName {
    format!("s/{}", AGENTS[place]).parse().unwrap()
}

fn series(place: usize) -> String {
    let (agent, channel) = CHANNELS[place];
    format!("s/{agent}/{channel}")
}

fn channel(place: usize) -> Channel {
    CHANNELS[place].1.parse().unwrap()
}

fn played(site: &Arc<Site>, past: &Past, how: How, seed: u64) -> Log {
    let mut engine = Engine::new(Arc::clone(site));
    engine.reached_end(Past::BEGIN);
    let mut run = Run {
        engine,
        site,
        past,
        how,
        dice: Dice::of(seed),
        loss_ahead: false,
        player: Player::default(),
    };
    run.begin();
    let mut before = Past::BEGIN;
    for tick in &past.ticks {
        if how != How::Replayed || tick.loses.is_some() {
            // What a clock has decided before a loss is told stays so.
            run.wait(tick.at);
        }
        run.loss_ahead = is_loss_ahead(past, tick.at, true);
        if let Some((place, true)) = tick.turns {
            run.commit(vec![Item::Presence(run.status(place, true))], tick.at);
        }
        if let Some(place) = tick.loses {
            run.lose(place, before, tick.at);
        }
        run.loss_ahead = is_loss_ahead(past, tick.at, false);
        for place in 0..AGENTS.len() {
            run.read(place, tick);
        }
        if let Some((place, false)) = tick.turns {
            run.commit(vec![Item::Presence(run.status(place, false))], tick.at);
        }
        before = tick.at;
    }
    run.player.log
}

impl Run<'_> {
    /// The first agent tells of itself, the second one has no status.
    fn begin(&mut self) {
        self.commit(vec![Item::Presence(self.status(0, true))], Past::BEGIN);
        let of_second = (0..CHANNELS.len()).filter(|place| CHANNELS[*place].0 == AGENTS[1]);
        for place in of_second {
            let change = ExpectationChange::Learned {
                channel: channel(place),
                interval: self.past.interval(),
                at: Past::BEGIN,
            };
            let expectation = Expectation {
                agent: agent(1),
                change,
            };
            self.commit(vec![Item::Expectation(expectation)], Past::BEGIN);
        }
    }

    fn status(&self, place: usize, online: bool) -> Presence {
        let own = (0..CHANNELS.len()).filter(|number| place == 0 && CHANNELS[*number].0 == AGENTS[0]);
        let sensor = |number: usize| ExpectedSensor {
            sensor: channel(number).sensor,
            driver: String::new(),
            quantities: vec![channel(number).quantity],
            interval: self.past.interval(),
        };
        Presence {
            agent: agent(place),
            online,
            clock_synchronised: true,
            sensors: own.map(sensor).collect(),
        }
    }

    /// The wall clock runs to `now`, and is looked at whenever the engine wants it.
    fn wait(&mut self, now: Timestamp) {
        while let Some(wakeup) = self.engine.next_wakeup().filter(|wakeup| *wakeup <= now) {
            self.engine.advance(wakeup);
        }
        self.engine.advance(now);
        self.note();
    }

    fn note(&mut self) {
        let effects = std::iter::from_fn(|| self.engine.poll_effect()).collect();
        self.player.note(effects);
    }

    fn commit(&mut self, items: Vec<Item>, at: Timestamp) {
        self.player.number += 1;
        self.engine.apply(&Entry {
            number: self.player.number,
            received: at,
            items,
        });
        self.note();
        let rarely = if self.past.is_long() { 150 } else { 15 };
        if self.how == How::Restarted && !self.loss_ahead && self.dice.hits(rarely) {
            let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
            self.engine = Engine::restore(serde_json::from_str(&text).unwrap(), Arc::clone(self.site));
            self.engine.reached_end(at);
        }
    }

    fn lose(&mut self, place: usize, before: Timestamp, at: Timestamp) {
        let millisecond = plenum_protocol::Duration::from_milliseconds(1);
        let gap = Gap {
            agent: agent(place),
            stream: "r".to_owned(),
            sequence: (1, 2),
            from: before + millisecond,
            to: at - millisecond,
            why: "the spool was full".to_owned(),
        };
        let condition = SystemCondition {
            kind: SystemKind::Gap,
            subject: agent(place).to_string(),
            active: true,
            at,
            report: Report::Lost {
                from: 1,
                to: 2,
                why: String::new(),
            },
        };
        self.commit(vec![Item::Gap(gap), Item::System(condition)], at);
    }

    fn read(&mut self, place: usize, tick: &world::Tick) {
        let own = tick
            .read
            .iter()
            .filter(|(source, _)| CHANNELS[*source].0 == AGENTS[place]);
        let reading = |(source, outcome): &(usize, Outcome)| StoredReading {
            channel: channel(*source),
            at: tick.at,
            outcome: *outcome,
            claimed: None,
        };
        let mut rest: Vec<StoredReading> = own.map(reading).collect();
        while !rest.is_empty() {
            let count = match self.how {
                How::Whole | How::Replayed => rest.len(),
                How::Cut | How::Restarted => 1 + self.dice.roll(rest.len() as u64) as usize,
            };
            let readings = rest.drain(..count).collect();
            let batch = Batch {
                agent: agent(place),
                position: Some(("r".to_owned(), self.player.number)),
                newest: true,
                readings,
            };
            self.commit(vec![Item::Batch(batch)], tick.at);
        }
    }
}

/// What a replay decides too: no silence, which counts anew from a restart and by a clock alone; nothing of what lies over an alarm, which goes by what
/// stood when it was noticed; and of a series nothing after its last reading.
fn by_readings_alone(log: &Log, site: &Site, past: &Past) -> Log {
    let judged = |rule: &str| {
        let rule = site.rules.iter().find(|own| own.id.as_str() == rule);
        rule.is_some_and(|rule| matches!(rule.when.watches(), Watches::Numbers | Watches::States))
    };
    let readings = past
        .ticks
        .iter()
        .flat_map(|tick| tick.read.iter().map(|(place, _)| (*place, tick.at)));
    let last: BTreeMap<String, i64> = readings
        .map(|(place, at)| (series(place), at.milliseconds()))
        .collect();
    let mut kept = log.clone();
    for ((_, series), events) in &mut kept {
        let last = last.get(series).copied().unwrap_or(i64::MIN);
        events
            .retain(|(at, _, _, cause)| *at <= last && !matches!(cause, Cause::Suppressed | Cause::Released));
    }
    kept.retain(|(rule, _), events| judged(rule) && !events.is_empty());
    kept
}

/// What holds of every log.
fn check(log: &Log, site: &Site, past: &Past, seed: u64) {
    for ((id, subject), events) in log {
        let rule = site.rules.iter().find(|own| own.id.as_str() == id).unwrap();
        let (mut active, mut chatters) = (false, false);
        for (at, _, _, cause) in events {
            let place = format!("seed {seed}, {id} {subject} at {at}: {events:?}");
            match cause {
                Cause::Raised => assert!(!std::mem::replace(&mut active, true), "raised twice: {place}"),
                Cause::Returned => {
                    assert!(std::mem::replace(&mut active, false), "returned twice: {place}");
                    assert!(!rule.when.is_latched(), "nobody reset it: {place}");
                    // At an instant at which others are read before it, a series is what it was just before.
                    let known = [*at, *at - 1].map(|at| is_known(rule, subject, at, past));
                    assert!(known.contains(&true), "unknown ended it: {place}");
                }
                Cause::Chattering => assert!(active && !std::mem::replace(&mut chatters, true), "{place}"),
                Cause::Stands => assert!(active && chatters, "{place}"),
                Cause::Quiet => assert!(std::mem::replace(&mut chatters, false), "{place}"),
                Cause::Suppressed | Cause::Released => assert_eq!(id, "suppressed", "{place}"),
                other => panic!("{other:?}: {place}"),
            }
        }
    }
}

/// Whether a series was known at an instant, by the past alone: its newest reading was good, is not too old, and nothing after it was lost.
fn is_known(rule: &Rule, subject: &str, at: i64, past: &Past) -> bool {
    let Some(place) = (0..CHANNELS.len()).find(|place| series(*place) == subject) else {
        // Whether an agent is there is always known.
        return true;
    };
    if rule.when.looks_elsewhere() || (rule.when.watches_silence() && rule.looks_elsewhere()) {
        // What others say may decide alone, and silence may go on and count no more.
        return true;
    }
    let mut known: Option<i64> = None;
    for tick in past.ticks.iter().take_while(|tick| tick.at.milliseconds() <= at) {
        if tick.loses.is_some_and(|lost| AGENTS[lost] == CHANNELS[place].0) && !rule.when.watches_silence() {
            known = None;
        }
        for (_, outcome) in tick.read.iter().filter(|(source, _)| *source == place) {
            known = outcome.is_ok().then(|| tick.at.milliseconds());
        }
    }
    let limit = rule.when.patience().unwrap_or_else(|| {
        let expected = expectation::Expectation::told(past.interval());
        expected.longest_limit()
    });
    // A delay may have ended before what was noticed later.
    known.is_some_and(|good| at <= good + limit.milliseconds())
}

/// Both say the same of each alarm.
fn same(one: &Log, other: &Log, place: &str) {
    for alarm in one.keys().chain(other.keys()) {
        assert_eq!(one.get(alarm), other.get(alarm), "{alarm:?}, {place}");
    }
}

/// In how many pasts each rule raised something.
type Tally = BTreeMap<String, BTreeSet<u64>>;

fn every_kind_was_raised(tally: &Tally, site: &Site) {
    let counts: BTreeMap<&str, usize> = tally
        .iter()
        .map(|(rule, seeds)| (rule.as_str(), seeds.len()))
        .collect();
    for rule in site.rules.iter().filter(|rule| rule.enabled) {
        let seeds = counts.get(rule.id.as_str()).copied().unwrap_or_default();
        assert!(seeds >= 10, "{} was raised by {seeds} seeds: {counts:?}", rule.id);
    }
}

/// Plays these seeds in every way.
fn check_seeds(seeds: std::ops::Range<u64>) {
    let whole = world::site();
    let mut tally = Tally::new();
    for seed in seeds {
        let mut dice = Dice::of(seed);
        let past = Past::of(&mut dice);
        let site = Arc::new(world::with_few_rules(&whole, &past, &mut dice));
        let live = played(&site, &past, How::Whole, seed);
        check(&live, &site, &past, seed);
        let cut = played(&site, &past, How::Cut, seed);
        same(&cut, &live, &format!("cut, seed {seed}"));
        let alone = by_readings_alone(&live, &site, &past);
        for how in [How::Restarted, How::Replayed] {
            let other = by_readings_alone(&played(&site, &past, how, seed), &site, &past);
            same(&other, &alone, &format!("{how:?}, seed {seed}"));
        }
        for (rule, _) in live.into_keys() {
            tally.entry(rule).or_default().insert(seed);
        }
    }
    every_kind_was_raised(&tally, &whole);
}

#[test]
fn a_replay_equals_what_was_live_over_all_kinds() {
    check_seeds(0..SEEDS / 2);
}

#[test]
fn a_replay_equals_what_was_live_over_all_kinds_in_as_many_other_pasts() {
    check_seeds(SEEDS / 2..SEEDS);
}
