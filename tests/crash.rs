//! Promise 1 and 2 in a storm: twenty agents, a real mosquitto and the collector are killed (SIGKILL) a dozen times each within a
//! minute. Afterwards the history holds every reading that a spool held, once, and the alarm log is what the pure engine makes of them.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever reads its log"
)]

mod storm;
mod support;

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use storm::Storm;
use storm::blows::{Away, blows};
use storm::judged::logged;

const AGENTS: usize = 20;
/// Each gives five quantities a second: fifty readings a second an agent.
const SENSORS: usize = 10;
const QUANTITIES: usize = 5;
/// Of the collector, of the broker and of each agent.
const KILLS: usize = 12;
/// How long they go on.
const STORM: Duration = Duration::from_secs(60);
/// After the storm: every condition is over and every delay has run out before the agents stop.
const CALM: Duration = Duration::from_secs(12);
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn what_was_spooled_is_stored_once_and_judged_as_it_was_measured() {
    let seed = std::env::var("STORM_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("STORM_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut storm = Storm::start(&mut random);
    let blows = blows(&mut random);
    let mut away = Away::default();
    for blow in &blows {
        storm.strike(blow);
        away.count(blow);
    }
    storm.end();
    let drained = storm.lasted();

    let spooled = storm.spooled();
    let readings: usize = spooled.values().map(Vec::len).sum();
    let faults = spooled
        .values()
        .flatten()
        .filter(|(_, outcome)| outcome.is_err())
        .count();
    assert_eq!(spooled.len(), AGENTS * SENSORS * QUANTITIES);
    storm.compare(&spooled, seed);
    for rule in [
        "gap",
        "late",
        "dead-letters",
        "foreign-database",
        "clock-ahead",
        "journal-shortened",
    ] {
        assert_eq!(storm.server.alarm(rule), None, "seed {seed}");
    }
    let transitions = logged(&storm.server, storm.begin).len();
    println!(
        "{readings} readings ({faults} faults) and {transitions} transitions of {AGENTS} agents survived {} kills; away: collector {} ms, broker {} ms, \
         agents {} ms each; {drained} until drained, {} in all",
        blows.len() / 2,
        away.collector,
        away.broker,
        away.agents / AGENTS as i64,
        storm.lasted(),
    );
    // Half of the minute is enough to say that the storm was one of readings; how much of it is left depends on the seed.
    let alive = (STORM + CALM).as_millis() as i64 * AGENTS as i64 - away.agents;
    let expected = alive / 1_000 * (SENSORS * QUANTITIES) as i64;
    assert!(
        readings as i64 > expected * 8 / 10,
        "{readings} readings of {expected}: the machine is too slow for this test"
    );
}
