//! Ten thousand alarms at once: each is raised and logged, what is hidden stays hidden, and when all is over nothing is left behind.

use std::fmt::Write;
use std::sync::Arc;

use plenum_protocol::Timestamp;

use super::{Effect, Engine, Player, StoredReading};
use crate::alarms::{Cause, State};
use crate::site::Site;

const SENSORS: usize = 5_000;
const ROOMS: usize = 50;

/// Two rules over each sensor, of which one stands for the other in its room.
fn site() -> Arc<Site> {
    let mut text = String::from(
        r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[rule]]
id = "hot"
name = "Hot"
when = { above = { limit = 50 } }
priority = "high"
[[rule]]
id = "warm"
name = "Warm"
when = { above = { limit = 45 } }
suppressed_by = ["hot"]
priority = "low"
"#,
    );
    for room in 0..ROOMS {
        writeln!(text, "[[room]]\nid = \"room-{room}\"\nname = \"Room {room}\"").unwrap();
    }
    for number in 0..SENSORS {
        let room = number % ROOMS;
        let sensor = format!(
            "id = \"sensor-{number}\"\nname = \"{number}\"\nroom = \"room-{room}\"\nplace = \"room\""
        );
        writeln!(text, "[[sensor]]\nagent = \"a\"\n{sensor}").unwrap();
    }
    Arc::new(toml::from_str(&text).unwrap())
}

/// All sensors at once.
fn readings(second: i64, value: f64) -> Vec<StoredReading> {
    let reading = |number: usize| StoredReading {
        channel: format!("sensor-{number}/temperature").parse().unwrap(),
        at: Timestamp::from_milliseconds(1_000_000 + second * 1_000),
        outcome: Ok(value),
        claimed: None,
    };
    (0..SENSORS).map(reading).collect()
}

/// How many of the alarms of the two rules were taken where, by which cause.
fn count(player: &mut Player, cause: Cause, to: State) -> usize {
    let own = |(rule, _): &(String, String)| rule == "hot" || rule == "warm";
    let log = player.log.iter().filter(|(key, _)| own(key));
    let steps = log.flat_map(|(_, steps)| steps);
    steps.filter(|step| step.2 == to && step.3 == cause).count()
}

#[test]
fn ten_thousand_alarms_at_once_are_each_raised_logged_and_ended() {
    let mut engine = Engine::new(site());
    engine.reached_end(Timestamp::from_milliseconds(1_000_000));
    let mut player = Player::default();
    let mut all = Vec::new();
    for (second, value) in [(1, 20.0), (11, 60.0), (21, 20.0), (31, 60.0), (41, 20.0)] {
        let received = Timestamp::from_milliseconds(1_000_000 + second * 1_000);
        player.send(&mut engine, readings(second, value), received, true);
        assert!(!engine.has_effects());
        all.push(engine.alarms().count());
    }
    // Twice raised and twice over, of the same alarms.
    assert_eq!(
        count(&mut player, Cause::Raised, State::ActiveUnacknowledged),
        4 * SENSORS
    );
    assert_eq!(
        count(&mut player, Cause::Returned, State::ReturnedUnacknowledged),
        4 * SENSORS
    );
    assert_eq!(count(&mut player, Cause::Suppressed, State::Normal), SENSORS);
    assert_eq!(all[1..], [all[1]; 4]);
    assert!(all[1] >= 2 * SENSORS, "{all:?}");
    assert!(!engine.alarms().any(|alarm| alarm.state.is_active()));
    let effects = std::iter::from_fn(|| engine.poll_effect());
    assert!(
        !effects
            .into_iter()
            .any(|effect| matches!(effect, Effect::Transition { .. }))
    );
}
