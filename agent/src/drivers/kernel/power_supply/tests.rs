//! A sysfs of the test's own, with batteries that come, go and are not whole.

use std::fs;

use plenum_protocol::Timestamp;

use super::*;
use crate::driver::Driver;

const NOW: Timestamp = Timestamp::from_milliseconds(0);

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn supply(&self, name: &str, files: &[(&str, &str)]) {
        let folder = self.0.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), format!("{text}\n")).unwrap();
        }
    }

    fn open(&self, keys: &str) -> Box<dyn Driver> {
        let keys = format!("root = '{}'\n{keys}", self.0.path().display());
        open(&"ups".parse().unwrap(), keys.parse().unwrap())
            .unwrap()
            .driver
    }

    fn check(&self, keys: &str, expected: &[Sample]) {
        assert_eq!(self.open(keys).read(NOW), expected, "{keys}");
    }
}

const ALONE: &str = "battery = 'battery'";
const BOTH: &str = "battery = 'battery'\nmains = 'mains'";

fn states_of(on_battery: bool) -> [Sample; 2] {
    [
        state(Quantity::UpsOnLine, !on_battery),
        state(Quantity::UpsOnBattery, on_battery),
    ]
}

#[test]
fn everything_that_its_driver_gives_comes_in_its_unit() {
    let tree = Tree::new();
    let files = [
        ("type", "Battery"),
        ("present", "1"),
        ("status", "Charging"),
        ("capacity", "87"),
        ("voltage_now", "4123000"),
        ("current_now", "-512000"),
        ("temp", "-55"),
        ("health", "Good"),
    ];
    tree.supply("battery", &files);
    let [on_line, on_battery] = states_of(false);
    tree.check(
        ALONE,
        &[
            on_line,
            on_battery,
            state(Quantity::UpsCharging, true),
            (Quantity::BatteryCharge, Ok(87.0)),
            (Quantity::BatteryVoltage, Ok(4.123)),
            (Quantity::Current, Ok(-0.512)),
            (Quantity::BatteryTemperature, Ok(-5.5)),
            state(Quantity::UpsReplaceBattery, false),
            state(Quantity::UpsFault, false),
        ],
    );
}

#[test]
fn a_gauge_that_knows_two_numbers_gives_two() {
    let tree = Tree::new();
    tree.supply(
        "battery",
        &[
            ("capacity", "52"),
            ("voltage_now", "3812500"),
            ("status", "Unknown"),
        ],
    );
    tree.check(
        ALONE,
        &[
            (Quantity::BatteryCharge, Ok(52.0)),
            (Quantity::BatteryVoltage, Ok(3.8125)),
        ],
    );
}

#[test]
fn mains_that_is_away_contradicts_the_battery() {
    let with = |status: &str, online: &str, mains: Outcome, expected: &[Sample]| {
        let tree = Tree::new();
        tree.supply("battery", &[("status", status)]);
        tree.supply("mains", &[("online", online)]);
        let mut samples = vec![(Quantity::MainsPresent, mains)];
        samples.extend_from_slice(expected);
        if status != "Unknown" {
            samples.push(state(Quantity::UpsCharging, status == "Charging"));
        }
        tree.check(BOTH, &samples);
    };
    with("Discharging", "0", Ok(0.0), &states_of(true));
    with("Full", "0", Ok(0.0), &states_of(true));
    with("Unknown", "0", Ok(0.0), &states_of(true));
    with("Unknown", "1", Ok(1.0), &states_of(false));
    with("Not charging", "2", Ok(1.0), &states_of(false));
    // It gives more than its supply can.
    with("Discharging", "1", Ok(1.0), &states_of(true));
    with("Full", "7", Err(Fault::OutOfRange), &states_of(false));
    with("Full", "on", Err(Fault::Corrupt), &states_of(false));
}

#[test]
fn what_its_health_says_is_a_state() {
    for (health, replace, fault) in [
        ("Good", false, false),
        ("Dead", true, true),
        ("Overheat", false, true),
    ] {
        let tree = Tree::new();
        tree.supply("battery", &[("health", health)]);
        tree.check(
            ALONE,
            &[
                state(Quantity::UpsReplaceBattery, replace),
                state(Quantity::UpsFault, fault),
            ],
        );
    }
}

#[test]
fn what_is_not_a_value_is_a_fault_and_the_rest_goes_on() {
    let tree = Tree::new();
    tree.supply(
        "battery",
        &[("capacity", "255"), ("voltage_now", "full"), ("temp", "231")],
    );
    tree.check(
        ALONE,
        &[
            (Quantity::BatteryCharge, Err(Fault::OutOfRange)),
            (Quantity::BatteryVoltage, Err(Fault::Corrupt)),
            (Quantity::BatteryTemperature, Ok(23.1)),
        ],
    );
    let other = Tree::new();
    other.supply("battery", &[("capacity", "full")]);
    let mut driver = other.open(ALONE);
    assert_eq!(driver.read(NOW), [(Quantity::BatteryCharge, Err(Fault::Corrupt))]);
    assert!(driver.advice(Fault::Corrupt).contains("whole number"));
}

#[test]
fn it_vanishes_and_comes_back_and_is_said_to_be_missing() {
    let tree = Tree::new();
    let mut driver = tree.open(BOTH);
    let gone = Err(Fault::NotPresent);
    assert_eq!(driver.read(NOW), [(Quantity::MainsPresent, gone)]);
    assert!(driver.advice(Fault::NotPresent).contains("there is none at all"));
    tree.supply("mains", &[("online", "1")]);
    driver.read(NOW);
    assert!(driver.advice(Fault::NotPresent).contains("there are: mains"));
    tree.supply("battery", &[("capacity", "99")]);
    let charge = |outcome| (Quantity::BatteryCharge, outcome);
    let [on_line, on_battery] = states_of(false);
    let well = [
        (Quantity::MainsPresent, Ok(1.0)),
        on_line,
        on_battery,
        charge(Ok(99.0)),
    ];
    assert_eq!(driver.read(NOW), well);
    fs::write(tree.0.path().join("battery/present"), "0\n").unwrap();
    assert_eq!(driver.read(NOW), well.map(|(quantity, _)| (quantity, gone)));
    assert!(driver.advice(Fault::NotPresent).contains("not in its place"));
    fs::write(tree.0.path().join("battery/present"), "1\n").unwrap();
    assert_eq!(driver.read(NOW), well);
    // A battery alone that was never seen is one all the same.
    let mut alone = Tree::new().open(ALONE);
    assert_eq!(alone.read(NOW), [charge(gone)]);
}

#[test]
fn keys_are_checked() {
    let message = |keys: &str| {
        let opened = open(&"ups".parse().unwrap(), keys.parse().unwrap());
        opened.err().expect("a bad key").to_string()
    };
    for (keys, words) in [
        ("", "missing field `battery`"),
        ("battery = '../x'", "no paths"),
        ("battery = 'a'\nmains = ''", "no paths"),
        ("battery = 'a'\nname = 'x'", "unknown field `name`"),
    ] {
        assert!(message(keys).contains(words), "{keys}: {}", message(keys));
    }
}
