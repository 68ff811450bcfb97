//! A sysfs of the test's own, with chips that come, go and fail.

use std::fs;
use std::os::unix::fs::symlink;

use plenum_protocol::{Fault, Timestamp};

use super::*;
use crate::driver::Driver;

const NOW: Timestamp = Timestamp::from_milliseconds(0);

/// A sysfs of its own: chips as (folder, name, device) with their files.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn chip(&self, folder: &str, name: &str, device: &str, files: &[(&str, &str)]) {
        let folder = self.0.path().join("class").join(folder);
        let device = self.0.path().join("devices").join(device);
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&device).unwrap();
        symlink(device, folder.join("device")).unwrap();
        fs::write(folder.join("name"), format!("{name}\n")).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
    }

    fn open(&self, keys: &str) -> Box<dyn Driver> {
        let root = self.0.path().join("class");
        let keys = format!("root = '{}'\n{keys}", root.display());
        open(&"board".parse().unwrap(), keys.parse().unwrap())
            .unwrap()
            .driver
    }

    fn check(&self, keys: &str, quantity: Quantity, expected: Result<f64, Fault>) {
        assert_eq!(self.open(keys).read(NOW), [(quantity, expected)], "{keys}");
    }
}

#[test]
fn each_kind_comes_in_its_unit() {
    let tree = Tree::new();
    tree.chip("hwmon0", "cpu_thermal", "cpu", &[("temp1_input", "48312\n")]);
    let files = [
        ("temp1_input", "-12250\n"),
        ("temp2_input", "31000\n"),
        ("temp2_label", "Exhaust\n"),
        ("humidity1_input", "45500\n"),
        ("in1_input", "12096\n"),
        ("curr1_input", "-1500\n"),
        ("power1_input", "3250000000\n"),
        ("intrusion0_alarm", "1\n"),
    ];
    tree.chip("hwmon1", "board", "1-0044", &files);
    tree.check("chip = 'cpu_thermal'", Quantity::Temperature, Ok(48.312));
    tree.check("chip = 'board'", Quantity::Temperature, Ok(-12.25));
    tree.check(
        "chip = 'board'\ninput = 'Exhaust'\nquantity = 'temperature'",
        Quantity::Temperature,
        Ok(31.0),
    );
    tree.check(
        "chip = 'board'\ninput = 'humidity1'",
        Quantity::Humidity,
        Ok(45.5),
    );
    tree.check(
        "chip = 'board'\ninput = 'in1'\nquantity = 'battery-voltage'",
        Quantity::BatteryVoltage,
        Ok(12.096),
    );
    tree.check("chip = 'board'\ninput = 'curr1'", Quantity::Current, Ok(-1.5));
    tree.check("chip = 'board'\ninput = 'power1'", Quantity::Power, Ok(3_250.0));
    tree.check(
        "chip = 'board'\ninput = 'intrusion0'",
        Quantity::DoorOpen,
        Ok(1.0),
    );
}

#[test]
fn two_chips_of_one_name_are_told_apart_by_their_device() {
    let tree = Tree::new();
    tree.chip("hwmon0", "lm75", "1-0048", &[("temp1_input", "20000")]);
    tree.chip("hwmon1", "lm75", "1-0049", &[("temp1_input", "21000")]);
    tree.check(
        "chip = 'lm75'\ndevice = '1-0049'",
        Quantity::Temperature,
        Ok(21.0),
    );
    let mut driver = tree.open("chip = 'lm75'");
    assert_eq!(
        driver.read(NOW),
        [(Quantity::Temperature, Err(Fault::NotPresent))]
    );
    let advice = driver.advice(Fault::NotPresent);
    assert!(advice.contains("one of 1-0048, 1-0049"), "{advice}");
}

#[test]
fn a_renumbered_chip_is_found_again() {
    let tree = Tree::new();
    tree.chip("hwmon3", "sht3x", "1-0044", &[("temp1_input", "20000")]);
    let mut driver = tree.open("chip = 'sht3x'");
    assert_eq!(driver.read(NOW)[0].1, Ok(20.0));
    fs::remove_dir_all(tree.0.path().join("class/hwmon3")).unwrap();
    assert_eq!(driver.read(NOW)[0].1, Err(Fault::NotPresent));
    tree.chip("hwmon4", "sht3x", "1-0044", &[("temp1_input", "22000")]);
    assert_eq!(driver.read(NOW)[0].1, Ok(22.0));
}

#[test]
fn a_chip_that_says_its_value_is_worth_nothing_is_a_fault() {
    let tree = Tree::new();
    let files = [
        ("temp1_input", "35000\n"),
        ("temp1_fault", "1\n"),
        ("temp2_input", "36000\n"),
        ("temp2_fault", "0\n"),
    ];
    tree.chip("hwmon0", "board", "b", &files);
    let mut driver = tree.open("chip = 'board'");
    assert_eq!(
        driver.read(NOW),
        [(Quantity::Temperature, Err(Fault::DeviceError))]
    );
    let advice = driver.advice(Fault::DeviceError);
    assert!(advice.contains("temp1_fault is set"), "{advice}");
    tree.check("chip = 'board'\ninput = 'temp2'", Quantity::Temperature, Ok(36.0));
    let file = tree.0.path().join("class/hwmon0/temp1_fault");
    fs::write(file, "0\n").unwrap();
    assert_eq!(driver.read(NOW), [(Quantity::Temperature, Ok(35.0))]);
}

#[test]
fn a_ds18b20_that_says_85_is_believed_once_others_near_it_were_said() {
    let polls = |chip: &str, polls: &[(&str, Result<f64, Fault>)]| {
        let tree = Tree::new();
        tree.chip("hwmon0", chip, "28-00000a1b2c3d", &[("temp1_input", "")]);
        let mut driver = tree.open(&format!("chip = '{chip}'"));
        for (raw, expected) in polls {
            fs::write(tree.0.path().join("class/hwmon0/temp1_input"), raw).unwrap();
            assert_eq!(driver.read(NOW)[0].1, *expected, "{chip}: {raw}");
        }
    };
    let doubtful = ("85000\n", Err(Fault::OutOfRange));
    let calm = [("21000\n", Ok(21.0)), ("21100\n", Ok(21.1))];
    let near = ("85062\n", Ok(85.062));
    polls(
        "w1_slave_temp",
        &[calm[0], calm[1], doubtful, calm[0], doubtful, doubtful],
    );
    polls("w1_slave_temp", &[doubtful, near, near, ("85000\n", Ok(85.0))]);
    polls("lm75", &[calm[0], ("85000\n", Ok(85.0))]);
}

#[test]
fn what_is_no_value_is_a_fault_with_words() {
    let tree = Tree::new();
    let files = [
        ("temp1_input", "hot"),
        ("temp2_input", "999000"),
        ("temp3_input", ""),
    ];
    tree.chip("hwmon0", "board", "b", &files);
    tree.check("chip = 'board'", Quantity::Temperature, Err(Fault::Corrupt));
    tree.check(
        "chip = 'board'\ninput = 'temp2'",
        Quantity::Temperature,
        Err(Fault::OutOfRange),
    );
    tree.check(
        "chip = 'board'\ninput = 'temp3'",
        Quantity::Temperature,
        Err(Fault::Corrupt),
    );
    for (keys, words) in [
        ("chip = 'board'\ninput = 'temp9'", "shows what there is"),
        ("chip = 'bord'", "there are: board"),
        (
            "chip = 'board'\ninput = 'Inlet'\nquantity = 'temperature'",
            "no input labelled Inlet",
        ),
    ] {
        let mut driver = tree.open(keys);
        assert_eq!(driver.read(NOW)[0].1, Err(Fault::NotPresent), "{keys}");
        let advice = driver.advice(Fault::NotPresent);
        assert!(advice.contains(words), "{keys}: {advice}");
    }
}

#[test]
fn keys_are_checked() {
    let message = |keys: &str| {
        let opened = open(&"board".parse().unwrap(), keys.parse().unwrap());
        opened.err().expect("a bad key").to_string()
    };
    for (keys, words) in [
        ("", "missing field `chip`"),
        ("chip = '../../etc'", "names and no paths"),
        ("chip = 'a'\ninput = 'Inlet'", "`quantity` is needed"),
        (
            "chip = 'a'\ninput = 'temp1'\nquantity = 'humidity'",
            "cannot be the quantity humidity",
        ),
        ("chip = 'a'\nlabel = 'x'", "unknown field `label`"),
    ] {
        assert!(message(keys).contains(words), "{keys}: {}", message(keys));
    }
}
