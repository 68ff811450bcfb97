//! The registry's order and names, and what its drivers say of themselves.

use super::*;
use crate::AgentConfig;

#[test]
fn entries_stand_in_order_with_names_that_are_identifiers() {
    assert!(DRIVERS.is_sorted_by(|left, right| left.name < right.name));
    for entry in DRIVERS {
        assert!(Identifier::is_valid(entry.name));
        assert!(find(entry.name).is_some_and(|found| found.summary == entry.summary));
    }
}

#[test]
fn entries_stand_in_the_readme() {
    let readme = include_str!("../../../README.md");
    for entry in DRIVERS {
        let line = format!("\n| `{}` |", entry.name);
        assert!(
            readme.contains(&line),
            "README.md has no line for the driver {}",
            entry.name
        );
    }
}

#[test]
fn each_sample_is_of_its_driver_and_can_be_opened() {
    let head = "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n";
    for Entry { name, manual, .. } in DRIVERS {
        let config = AgentConfig::parse(name, &format!("{head}{}", manual.sample)).unwrap();
        assert!(!config.sensors.is_empty(), "{name} has no sample");
        for sensor in &config.sensors {
            assert_eq!(sensor.driver, *name);
            sensor.open().unwrap();
        }
    }
}
