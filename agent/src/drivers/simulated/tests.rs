//! What scripts give, instant by instant, and which are refused.

use plenum_protocol::{Duration, Fault, Outcome};

use super::*;

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000) + Duration::from_seconds(seconds)
}

fn script(text: &str) -> Script {
    let head = format!("start = '{}'\nseed = 1\n", seconds(0));
    let script: Script = toml::from_str(&(head + text)).unwrap();
    check::check(&script).unwrap();
    script
}

fn check(text: &str, quantity: Quantity, expected: &[(i64, Outcome)]) {
    let script = script(text);
    for (second, outcome) in expected {
        assert_eq!(
            script.value(quantity, seconds(*second)),
            Some(*outcome),
            "after {second} s"
        );
    }
}

#[test]
fn steps_ramps_and_exponentials_come_and_go() {
    let temperature = |effect: &str| {
        format!(
            "quantities.temperature = {{ base = 20, events = [{{ at = '60s', until = '260s', effect = {effect} }}] }}"
        )
    };
    check(
        &temperature("{ step = 3.5 }"),
        Quantity::Temperature,
        &[(59, Ok(20.0)), (60, Ok(23.5)), (259, Ok(23.5)), (260, Ok(20.0))],
    );
    check(
        &temperature("{ ramp = { by = 5.0, over = '100s' } }"),
        Quantity::Temperature,
        &[
            (60, Ok(20.0)),
            (110, Ok(22.5)),
            (200, Ok(25.0)),
            (310, Ok(22.5)),
            (400, Ok(20.0)),
        ],
    );
    check(
        &temperature("{ exponential = { by = 10.0, time-constant = '100s' } }"),
        Quantity::Temperature,
        &[
            (60, Ok(20.0)),
            (160, Ok(26.32)),
            (260, Ok(28.65)),
            (360, Ok(23.18)),
            (3600, Ok(20.0)),
        ],
    );
}

#[test]
fn faults_and_levels_replace_the_value_for_their_span() {
    check(
        "[quantities.humidity]\nbase = 45.0\nevents = [
            { at = '10s', until = '20s', effect = { fault = 'timeout' } },
            { at = '30s', every = '60s', until = '31s', effect = { level = 99.0 } }]",
        Quantity::Humidity,
        &[
            (9, Ok(45.0)),
            (10, Err(Fault::Timeout)),
            (20, Ok(45.0)),
            (30, Ok(99.0)),
            (31, Ok(45.0)),
            (90, Ok(99.0)),
        ],
    );
}

#[test]
fn states_toggle_and_are_set() {
    check(
        "quantities.door-open = { base = false, toggle = '10s' }",
        Quantity::DoorOpen,
        &[(0, Ok(0.0)), (9, Ok(0.0)), (10, Ok(1.0)), (20, Ok(0.0))],
    );
    check(
        "quantities.mains-present = { base = true, events = [{ at = '5s', until = '8s', effect = { level = false } }] }",
        Quantity::MainsPresent,
        &[(4, Ok(1.0)), (5, Ok(0.0)), (8, Ok(1.0))],
    );
}

#[test]
fn a_script_outside_the_plausible_range_gives_the_fault_of_a_real_sensor() {
    check(
        "quantities.temperature = { base = 400.0 }",
        Quantity::Temperature,
        &[(0, Err(Fault::OutOfRange))],
    );
}

#[test]
fn dew_point_follows_and_shares_faults() {
    let text = "dew_point = true\nquantities.temperature = { base = 27.0 }\n
        quantities.humidity = { base = 60.0, events = [{ at = '5s', effect = { fault = 'corrupt' } }] }";
    check(
        text,
        Quantity::DewPoint,
        &[(0, Ok(18.58)), (5, Err(Fault::Corrupt))],
    );
    let expected = [Quantity::Temperature, Quantity::Humidity, Quantity::DewPoint];
    assert_eq!(script(text).quantities(), expected);
}

#[test]
fn noise_is_normal_repeatable_and_quantised() {
    let script = script("quantities.temperature = { base = 20.0, noise = 0.5, resolution = 0.01 }");
    let values: Vec<f64> = (0..10_000)
        .map(|second| {
            script
                .value(Quantity::Temperature, seconds(second))
                .unwrap()
                .unwrap()
        })
        .collect();
    let again = script.value(Quantity::Temperature, seconds(77)).unwrap().unwrap();
    assert_eq!(again, values[77]);
    let mean = values.iter().sum::<f64>() / 10_000.0;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 10_000.0;
    assert!((mean - 20.0).abs() < 0.02, "{mean}");
    assert!((variance.sqrt() - 0.5).abs() < 0.02, "{variance}");
    assert!(values.iter().all(|value| value.to_string().len() <= 5));
    assert_ne!(values[..100], {
        let other = Script { seed: 2, ..script };
        (0..100)
            .map(|second| {
                other
                    .value(Quantity::Temperature, seconds(second))
                    .unwrap()
                    .unwrap()
            })
            .collect::<Vec<f64>>()
    });
}

#[test]
fn daily_and_compressor_cycles_stay_within_their_amplitude() {
    let script = script(
        "quantities.temperature = { base = 20.0, daily = 2.0, cycle = { amplitude = 1.0, period = '10min' } }",
    );
    let of_day: Vec<f64> = (0..1440)
        .map(|minute| {
            script
                .value(Quantity::Temperature, seconds(minute * 60))
                .unwrap()
                .unwrap()
        })
        .collect();
    let (low, high) = of_day.iter().fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(*value), high.max(*value))
    });
    assert!(
        (17.0..17.4).contains(&low) && (22.6..=23.0).contains(&high),
        "{low} {high}"
    );
}

#[test]
fn a_script_is_written_as_it_is_read() {
    let script = script(
        "[quantities.temperature]\nbase = 20.0\ncycle = { amplitude = 1.0, period = '10min' }\nevents = [
            { at = '60s', until = '2026-06-18T03:12:05Z', effect = { exponential = { by = 10.0, time-constant = '100s' } } }]",
    );
    let text = toml::to_string(&script).unwrap();
    assert_eq!(toml::from_str::<Script>(&text).unwrap(), script, "{text}");
}

#[test]
fn without_a_start_moments_count_from_the_first_read() {
    let keys = "quantities.smoke = { base = false, events = [{ at = '10s', effect = { level = true } }] }";
    let mut driver = open(&"rack".parse().unwrap(), keys.parse().unwrap())
        .unwrap()
        .driver;
    assert_eq!(driver.read(seconds(100)), [(Quantity::Smoke, Ok(0.0))]);
    assert_eq!(driver.read(seconds(110)), [(Quantity::Smoke, Ok(1.0))]);
}

#[test]
fn nonsense_is_refused_by_name() {
    let message = |keys: &str| {
        let opened = open(&"rack".parse().unwrap(), keys.parse().unwrap());
        opened.err().expect("nonsense").to_string()
    };
    for (keys, words) in [
        ("quantities = {}", "`quantities` is empty"),
        (
            "quantities.smoke = { base = 1.0 }",
            "`base` of smoke must be true or false",
        ),
        (
            "quantities.smoke = { base = true, noise = 1.0 }",
            "no `daily`, `noise`",
        ),
        ("quantities.load = { base = 0.5, toggle = '1s' }", "no `toggle`"),
        (
            "quantities.smok = { base = true }",
            "`smok` is not a valid quantity; did you mean `smoke`?",
        ),
        (
            "quantities.load = { base = 0.5, wiggle = 1 }",
            "unknown field `wiggle`",
        ),
        (
            "dew_point = true\nquantities.load = { base = 0.5 }",
            "needs the quantities",
        ),
        (
            "quantities.load = { base = 0.5, events = [{ at = 'soon', effect = { step = 1.0 } }] }",
            "not a valid moment",
        ),
        (
            "quantities.load = { base = 0.5, events = [{ at = '5s', until = '5s', effect = { step = 1.0 } }] }",
            "`until`",
        ),
        (
            "quantities.smoke = { base = true, events = [{ at = '5s', effect = { step = 1.0 } }] }",
            "does not fit",
        ),
        (
            "quantities.load = { base = 0.5, cycle = { amplitude = 1.0, period = '0s' } }",
            "above zero",
        ),
    ] {
        let message = message(keys);
        assert!(message.contains(words), "{keys}: {message}");
    }
}
