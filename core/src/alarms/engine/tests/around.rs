//! A thousand journals at random over rules of each kind: whoever looks around decides the same in a replay of the journal as live, however its
//! batches are cut and wherever the engine is restarted.

use plenum_protocol::Duration;

use super::*;
use crate::around::tests::world::{self, CHANNELS, Dice, outcome, tick};
use crate::fact::{Expectation, ExpectationChange};

fn begin() -> Timestamp {
    Timestamp::from_milliseconds(1_000_000)
}

fn channel(number: usize) -> Channel {
    CHANNELS[number].parse().unwrap()
}

/// What is read at each instant.
fn ticks(dice: &mut Dice) -> Vec<Vec<StoredReading>> {
    let mut at = begin();
    let mut ticks = Vec::new();
    for _ in 0..10 {
        let (after, read) = tick(dice);
        at = at + Duration::from_seconds(after);
        let reading = |source: usize| StoredReading {
            channel: channel(source),
            at,
            outcome: outcome(dice, source),
            claimed: None,
        };
        ticks.push(read.into_iter().map(reading).collect());
    }
    ticks
}

struct Run {
    engine: Engine,
    site: Arc<Site>,
    player: Player,
}

impl Run {
    /// Every series is expected each ten seconds.
    fn new(site: &Arc<Site>) -> Self {
        let mut engine = Engine::new(Arc::clone(site));
        engine.reached_end(begin());
        let mut run = Self {
            engine,
            site: Arc::clone(site),
            player: Player::default(),
        };
        for number in 0..CHANNELS.len() {
            let change = ExpectationChange::Learned {
                channel: channel(number),
                interval: Duration::from_seconds(10),
                at: begin(),
            };
            run.player.number += 1;
            let agent = "s/x".parse().unwrap();
            run.engine.apply(&Entry {
                number: run.player.number,
                received: begin(),
                items: vec![Item::Expectation(Expectation { agent, change })],
            });
        }
        run
    }

    fn restart(&mut self, now: Timestamp) {
        let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
        self.engine = Engine::restore(serde_json::from_str(&text).unwrap(), Arc::clone(&self.site));
        self.engine.reached_end(now);
    }

    /// The wall clock runs to `now`.
    fn wait(&mut self, now: Timestamp) {
        self.engine.advance(now);
        let effects = std::iter::from_fn(|| self.engine.poll_effect()).collect();
        self.player.note(effects);
    }

    fn send(&mut self, readings: Vec<StoredReading>, at: Timestamp) {
        self.player.number += 1;
        self.engine.apply(&Entry {
            number: self.player.number,
            received: at,
            items: vec![Item::Batch(Batch {
                agent: "s/x".parse().unwrap(),
                position: Some(("r".to_owned(), self.player.number)),
                newest: true,
                readings,
            })],
        });
        let effects = std::iter::from_fn(|| self.engine.poll_effect()).collect();
        self.player.note(effects);
    }
}

/// Cuts off what a live engine could decide only later than a series' last reading: the replay has no clock.
fn until_last_reading(log: Log, ticks: &[Vec<StoredReading>]) -> Log {
    let readings = ticks.iter().flatten();
    let last: BTreeMap<String, i64> = readings
        .map(|reading| (format!("s/x/{}", reading.channel), reading.at.milliseconds()))
        .collect();
    let mut cut = log;
    for ((_, series), events) in &mut cut {
        let last = last.get(series).copied().unwrap_or(i64::MIN);
        events.retain(|(at, ..)| *at <= last);
    }
    cut.retain(|_, events| !events.is_empty());
    cut
}

#[test]
fn a_replay_equals_what_was_live_over_all_kinds() {
    let whole = world::site();
    let mut rules = std::collections::BTreeSet::new();
    for seed in 0..1_000 {
        let mut dice = Dice::of(seed);
        let site = Arc::new(world::with_few_rules(&whole, &mut dice));
        let ticks = ticks(&mut dice);
        let (mut replay, mut live) = (Run::new(&site), Run::new(&site));
        for readings in &ticks {
            let Some(at) = readings.first().map(|reading| reading.at) else {
                continue;
            };
            // The replay takes all that came at once, and looks at no clock.
            replay.send(readings.clone(), at);
            live.wait(at);
            let mut rest = readings.clone();
            while !rest.is_empty() {
                let count = 1 + dice.roll(rest.len() as u64) as usize;
                let batch: Vec<StoredReading> = rest.drain(..count).collect();
                live.send(batch, at);
                if dice.roll(12) == 0 {
                    live.restart(at);
                }
            }
        }
        let (replay, live) = (
            until_last_reading(replay.player.log, &ticks),
            until_last_reading(live.player.log, &ticks),
        );
        assert_eq!(live, replay, "seed {seed}");
        rules.extend(replay.into_keys().map(|(rule, _)| rule));
    }
    let enabled = whole.rules.iter().filter(|rule| rule.enabled).count();
    assert_eq!(
        rules.len(),
        enabled,
        "some kinds never raised anything: {rules:?}"
    );
}
