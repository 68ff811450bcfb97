//! What the agents measure in the storm: simulated sensors whose values go over the rules' limits and come back.

use std::fmt::Write as _;

use plenum_protocol::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;

use crate::SENSORS;

/// The states that the fifth quantity takes in turn; the built-in rules know them.
const STATES: [&str; 5] = ["smoke", "water", "cooling-fault", "contact-fault", "ups-fault"];

/// Sensors whose conditions hold twice within the storm, at least 20 s each, with at least 8 s between.
pub(crate) fn sensors(begin: Timestamp, random: &mut StdRng) -> String {
    let mut text = String::new();
    for sensor in 0..SENSORS {
        let mut episodes = |effect: &str| {
            let first = random.random_range(2_000..7_000);
            let first_end = first + random.random_range(20_000..22_000);
            let second = first_end + random.random_range(8_000..10_000);
            let second_end = second + random.random_range(20_000..21_000);
            format!(
                "{{ at = \"{first}ms\", until = \"{first_end}ms\", effect = {effect} }}, \
                 {{ at = \"{second}ms\", until = \"{second_end}ms\", effect = {effect} }}"
            )
        };
        let (temperature, humidity) = (episodes("{ step = 10.0 }"), episodes("{ step = 25.0 }"));
        let pressure = episodes("{ step = -9000.0 }");
        let state = episodes("{ level = true }");
        // It falls while its sensor has a fault: only the next good value tells.
        let onset = random.random_range(2_000..7_000);
        let current = format!(
            "{{ at = \"{onset}ms\", until = \"{}ms\", effect = {{ step = 8.0 }} }}",
            onset + 30_000
        );
        let fault = format!(
            "{{ at = \"{}ms\", until = \"{}ms\", effect = {{ fault = \"timeout\" }} }}",
            onset + 20_000,
            onset + 42_000
        );
        let seed: u32 = random.random();
        let flag = STATES[sensor % STATES.len()];
        writeln!(
            text,
            "[[sensor]]\nid = \"s{sensor}\"\ndriver = \"simulated\"\ninterval = \"1s\"\nseed = {seed}\nstart = \"{begin}\"\n\
             quantities.temperature = {{ base = 24.0, noise = 0.4, events = [{temperature}] }}\n\
             quantities.humidity = {{ base = 55.0, noise = 1.0, events = [{humidity}] }}\n\
             quantities.pressure = {{ base = 101325.0, noise = 30.0, events = [{pressure}] }}\n\
             quantities.current = {{ base = 11.0, noise = 0.3, events = [{current}, {fault}] }}\n\
             quantities.{flag} = {{ base = false, events = [{state}] }}"
        )
        .unwrap();
    }
    text
}
