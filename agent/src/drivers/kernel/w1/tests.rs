//! A sysfs of the test's own, with sensors that come, go and are not to be believed.

use std::fs;

use plenum_protocol::Timestamp;

use super::scratchpad::tests::said;
use super::*;
use crate::driver::Driver;

const NOW: Timestamp = Timestamp::from_milliseconds(0);
const DEVICE: &str = "28-00000a1b2c3d";

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, device: &str) -> Opened {
        let keys = format!("root = '{}'\ndevice = '{device}'", self.0.path().display());
        open(&"return".parse().unwrap(), keys.parse().unwrap()).unwrap()
    }

    fn say(&self, device: &str, text: &str) {
        let folder = self.0.path().join(device);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("w1_slave"), text).unwrap();
    }
}

fn outcome(driver: &mut Box<dyn Driver>) -> Result<f64, Fault> {
    let samples = driver.read(NOW);
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].0, Quantity::Temperature);
    samples[0].1
}

/// The readings of these polls, in sixteenths of a degree.
fn check(polls: &[(i16, Result<f64, Fault>)]) {
    let tree = Tree::new();
    let mut driver = tree.open(DEVICE).driver;
    for (sixteenths, expected) in polls {
        tree.say(DEVICE, &said(*sixteenths));
        assert_eq!(outcome(&mut driver), *expected, "{polls:?}");
    }
}

const POWER_ON: (i16, Result<f64, Fault>) = (85 * 16, Err(Fault::OutOfRange));

#[test]
fn what_it_says_before_it_has_measured_is_never_a_reading() {
    let calm = (21 * 16, Ok(21.0));
    check(&[calm, calm, POWER_ON, calm]);
    // However often: its power comes on before each poll.
    check(&[POWER_ON, POWER_ON, POWER_ON, POWER_ON, calm]);
}

#[test]
fn eighty_five_degrees_that_two_others_near_it_confirm_are_measured() {
    let is_85 = (85 * 16, Ok(85.0));
    let (below, above) = ((85 * 16 - 1, Ok(84.937)), (85 * 16 + 1, Ok(85.062)));
    check(&[below, POWER_ON, above, is_85, is_85, above]);
    // What is far away confirms nothing, and takes back what was confirmed.
    check(&[below, above, is_85, (21 * 16, Ok(21.0)), POWER_ON]);
    check(&[(60 * 16, Ok(60.0)), (70 * 16, Ok(70.0)), POWER_ON]);
}

#[test]
fn it_vanishes_and_comes_back() {
    let tree = Tree::new();
    tree.say(DEVICE, &said(-164));
    let mut driver = tree.open(DEVICE).driver;
    assert_eq!(outcome(&mut driver), Ok(-10.25));
    fs::remove_dir_all(tree.0.path().join(DEVICE)).unwrap();
    assert_eq!(outcome(&mut driver), Err(Fault::NotPresent));
    assert_eq!(outcome(&mut driver), Err(Fault::NotPresent));
    let advice = driver.advice(Fault::NotPresent);
    assert!(advice.contains("there is none at all"), "{advice}");
    tree.say(DEVICE, &said(8));
    assert_eq!(outcome(&mut driver), Ok(0.5));
    // The kernel empties the file of one that it has just lost.
    tree.say(DEVICE, "");
    assert_eq!(outcome(&mut driver), Err(Fault::Corrupt));
}

#[test]
fn of_one_that_is_not_there_it_is_said_what_is() {
    let tree = Tree::new();
    tree.say("28-00000a1b2c3e", &said(8));
    fs::create_dir_all(tree.0.path().join("w1_bus_master1")).unwrap();
    let advice = |device: &str| {
        let mut driver = tree.open(device).driver;
        assert_eq!(outcome(&mut driver), Err(Fault::NotPresent));
        driver.advice(Fault::NotPresent)
    };
    assert!(advice(DEVICE).ends_with("there are: 28-00000a1b2c3e"));
    fs::create_dir_all(tree.0.path().join("28-00000a1b2c3f")).unwrap();
    assert!(advice("28-00000a1b2c3f").contains("modprobe w1_therm"));
    let nowhere = format!("root = '/nowhere'\ndevice = '{DEVICE}'");
    let mut driver = open(&"return".parse().unwrap(), nowhere.parse().unwrap())
        .unwrap()
        .driver;
    assert_eq!(outcome(&mut driver), Err(Fault::NotPresent));
    assert!(driver.advice(Fault::NotPresent).contains("dtoverlay=w1-gpio"));
}

#[test]
fn none_waits_for_another() {
    let tree = Tree::new();
    assert_ne!(tree.open(DEVICE).bus, tree.open("28-00000a1b2c3e").bus);
}

#[test]
fn keys_are_checked() {
    let message = |keys: &str| {
        let opened = open(&"return".parse().unwrap(), keys.parse().unwrap());
        opened.err().expect("a bad key").to_string()
    };
    for (keys, words) in [
        ("", "missing field `device`"),
        ("device = '28-0000'", "beginning with 10, 22, 28, 42"),
        ("device = '3b-00000a1b2c3d'", "beginning with 10, 22, 28, 42"),
        ("device = '28-00000A1B2C3D'", "as 28-00000a1b2c3d"),
        ("device = '../../../../etc'", "not \"../../../../etc\""),
        ("device = '28-00000a1b2c3d'\npin = 4", "unknown field `pin`"),
    ] {
        assert!(message(keys).contains(words), "{keys}: {}", message(keys));
    }
}
