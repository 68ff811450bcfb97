//! A sysfs of the test's own, with devices that come, go and fail.

use std::fs;
use std::os::unix::fs::symlink;

use plenum_protocol::{Fault, Timestamp};

use super::*;
use crate::driver::{Driver, Sample, measured};

const NOW: Timestamp = Timestamp::from_milliseconds(0);

/// A sysfs of its own: devices as (number, place, name) with their files.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.root()).unwrap();
        tree
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("bus")
    }

    fn device(&self, number: u32, place: &str, name: &str, files: &[(&str, &str)]) {
        let device = format!("iio:device{number}");
        let folder = self.0.path().join("devices").join(place).join(&device);
        fs::create_dir_all(&folder).unwrap();
        symlink(&folder, self.root().join(device)).unwrap();
        fs::write(folder.join("name"), format!("{name}\n")).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
    }

    fn called_on_its_bus(&self, place: &str, name: &str) {
        let folder = self.0.path().join("devices").join(place);
        fs::write(folder.join("name"), format!("{name}\n")).unwrap();
    }

    fn remove(&self, number: u32, place: &str) {
        let device = format!("iio:device{number}");
        fs::remove_file(self.root().join(&device)).unwrap();
        fs::remove_dir_all(self.0.path().join("devices").join(place).join(device)).unwrap();
    }

    fn open(&self, keys: &str) -> Box<dyn Driver> {
        let keys = format!("root = '{}'\n{keys}", self.root().display());
        open(&"board".parse().unwrap(), keys.parse().unwrap())
            .unwrap()
            .driver
    }

    fn check(&self, keys: &str, expected: &[Sample]) {
        assert_eq!(self.open(keys).read(NOW), expected, "{keys}");
    }

    /// The one fault of a sensor that cannot be found, and what it says.
    fn refuses(&self, keys: &str, fault: Fault, words: &str) {
        let mut driver = self.open(keys);
        let samples = driver.read(NOW);
        assert!(!samples.is_empty(), "{keys}");
        assert!(
            samples.iter().all(|(_, outcome)| *outcome == Err(fault)),
            "{keys}"
        );
        let advice = driver.advice(fault);
        assert!(advice.contains(words), "{keys}: {advice}");
    }
}

const BME280: &[(&str, &str)] = &[
    ("in_temp_input", "27000\n"),
    ("in_humidityrelative_input", "60000\n"),
    ("in_pressure_input", "101.325000000\n"),
    ("in_temp_oversampling_ratio", "2\n"),
];

const WEATHER: [Sample; 4] = [
    (Quantity::Humidity, Ok(60.0)),
    (Quantity::Pressure, Ok(101_325.0)),
    (Quantity::Temperature, Ok(27.0)),
    (Quantity::DewPoint, Ok(18.58)),
];

#[test]
fn all_that_a_chip_has_comes_with_its_dew_point() {
    let tree = Tree::new();
    tree.device(0, "1-0076", "bme280", BME280);
    tree.check("chip = 'bme280'", &WEATHER);
    tree.check(
        "chip = 'bme280'\ninput = 'pressure'",
        &[(Quantity::Pressure, Ok(101_325.0))],
    );
}

#[test]
fn raw_offset_and_scale_make_a_value_in_each_unit() {
    let tree = Tree::new();
    // The kernel's hdc100x at -12.5 C: (raw + offset) * scale.
    let hygrometer = [
        ("in_temp_raw", "10922\n"),
        ("in_temp_offset", "-15887.515151\n"),
        ("in_temp_scale", "2.517700195\n"),
        ("in_humidityrelative_raw", "32768\n"),
        ("in_humidityrelative_scale", "1.525878906\n"),
    ];
    tree.device(0, "1-0040", "hdc1008", &hygrometer);
    let mut driver = tree.open("chip = 'hdc1008'");
    let samples = driver.read(NOW);
    let value = |index: usize| samples[index].1.unwrap();
    assert_eq!(samples[0].0, Quantity::Humidity);
    assert!((value(0) - 50.0).abs() < 1e-4, "{samples:?}");
    assert!((value(1) + 12.5017).abs() < 1e-3, "{samples:?}");
    // One scale for all inputs of a kind, and one that is another's difference.
    let converter = [
        ("in_voltage0_raw", "1024\n"),
        ("in_voltage1_raw", "-3\n"),
        ("in_voltage0-voltage1_raw", "100\n"),
        ("in_voltage_scale", "3.000000000\n"),
        ("in_voltage-voltage_scale", "0.125\n"),
        ("in_voltage1_label", "Fuel\n"),
    ];
    tree.device(1, "1-0048", "ads1015", &converter);
    for (input, quantity, expected) in [
        ("voltage0", Quantity::Voltage, Ok(3.072)),
        ("voltage0-voltage1", Quantity::Voltage, Ok(0.0125)),
        ("Fuel", Quantity::BatteryVoltage, Err(Fault::OutOfRange)),
    ] {
        let keys = format!("chip = 'ads1015'\ninput = '{input}'\nquantity = '{quantity}'");
        tree.check(&keys, &[(quantity, expected)]);
    }
    tree.refuses(
        "chip = 'ads1015'",
        Fault::NotPresent,
        "input = one of voltage0, voltage0-voltage1, voltage1",
    );
    let air = [
        ("in_concentration_co2_raw", "415\n"),
        ("in_concentration_co2_scale", "0.000100000\n"),
        ("in_massconcentration_pm2p5_input", "12.5\n"),
        ("in_massconcentration_pm10_input", "20\n"),
        ("in_current0_input", "-1500\n"),
        ("in_power0_input", "3250\n"),
    ];
    tree.device(2, "serial0-0", "air", &air);
    tree.check(
        "chip = 'air'",
        &[
            (Quantity::Co2, Ok(0.000_415)),
            (Quantity::Current, Ok(-1.5)),
            (Quantity::Particles, Ok(1.25e-8)),
            (Quantity::Power, Ok(3.25)),
        ],
    );
}

#[test]
fn a_chip_is_known_by_its_name_its_node_or_its_label_and_of_two_by_its_place() {
    let tree = Tree::new();
    let at = |milli: &'static str| [("in_temp_input", milli), ("label", "")];
    tree.device(0, "1-0076", "bmp280", &at("20000"));
    tree.device(1, "1-0077", "bmp280", &at("-12250"));
    tree.device(2, "dht11@4", "dht11@4", &[("in_temp_input", "22000")]);
    let labelled = [("in_temp_input", "23000"), ("label", "Cold aisle\n")];
    tree.device(3, "1-0044", "hts221", &labelled);
    let is = |celsius| [(Quantity::Temperature, Ok(celsius))];
    tree.check("chip = 'bmp280'\ndevice = '1-0077'", &is(-12.25));
    tree.check("chip = 'dht11'", &is(22.0));
    tree.check("chip = 'Cold aisle'", &is(23.0));
    tree.refuses("chip = 'bmp280'", Fault::NotPresent, "one of 1-0076, 1-0077");
}

#[test]
fn a_device_that_goes_and_comes_back_under_another_number_is_found_again() {
    let tree = Tree::new();
    tree.device(0, "1-0076", "bme280", BME280);
    let mut driver = tree.open("chip = 'bme280'");
    assert_eq!(driver.read(NOW), WEATHER);
    tree.remove(0, "1-0076");
    let gone = WEATHER.map(|(quantity, _)| (quantity, Err(Fault::NotPresent)));
    assert_eq!(driver.read(NOW), gone);
    assert!(driver.advice(Fault::NotPresent).contains("ls "));
    assert_eq!(driver.read(NOW), gone);
    assert!(driver.advice(Fault::NotPresent).contains("there is none at all"));
    tree.device(3, "1-0076", "bme280", BME280);
    assert_eq!(driver.read(NOW), WEATHER);
}

#[test]
fn of_a_chip_that_is_not_there_the_missing_driver_is_named() {
    let tree = Tree::new();
    tree.refuses(
        "chip = 'bme280'",
        Fault::NotPresent,
        "its kernel driver is bmp280-i2c: on a Raspberry Pi write dtoverlay=i2c-sensor,bme280",
    );
    tree.device(0, "1-0040", "1-0040", &[("in_temp_input", "20000")]);
    tree.called_on_its_bus("1-0040", "si7020");
    tree.refuses("chip = 'bne280'", Fault::NotPresent, "there are: si7020");
    tree.refuses("chip = 'scd41'", Fault::NotPresent, "modprobe scd4x");
    // Its series are those that it will have.
    let mut driver = tree.open("chip = 'bme280'");
    let quantities: Vec<Quantity> = driver.read(NOW).iter().map(|(quantity, _)| *quantity).collect();
    assert_eq!(quantities, known::quantities("bme280"));
    let mut nowhere = open(
        &"board".parse().unwrap(),
        "root = '/nowhere'\nchip = 'dht11'".parse().unwrap(),
    )
    .unwrap()
    .driver;
    nowhere.read(NOW);
    let advice = nowhere.advice(Fault::NotPresent);
    assert!(
        advice.contains("cannot list /nowhere") && advice.contains("gpiopin"),
        "{advice}"
    );
}

#[test]
fn what_does_not_say_a_value_is_a_fault_and_the_rest_goes_on() {
    let tree = Tree::new();
    let files = [
        ("in_temp_input", "hot"),
        ("in_humidityrelative_input", "45500\n"),
        ("in_pressure_input", "12129\n"),
    ];
    tree.device(0, "1-0076", "bme280", &files);
    tree.check(
        "chip = 'bme280'",
        &[
            (Quantity::Humidity, Ok(45.5)),
            // What a BME280 gave before its first conversion.
            (Quantity::Pressure, Err(Fault::OutOfRange)),
            (Quantity::Temperature, Err(Fault::Corrupt)),
            (Quantity::DewPoint, Err(Fault::Corrupt)),
        ],
    );
    for (text, fault) in [
        ("", Fault::Corrupt),
        ("nan", Fault::Corrupt),
        ("inf", Fault::Corrupt),
        ("1e309", Fault::Corrupt),
        ("-2800000", Fault::OutOfRange),
    ] {
        fs::write(self_file(&tree), text).unwrap();
        tree.check(
            "chip = 'bme280'\ninput = 'temp'",
            &[(Quantity::Temperature, Err(fault))],
        );
    }
    tree.refuses("chip = 'bme280'\ninput = 'temp'", Fault::OutOfRange, "plausible");
    tree.refuses(
        "chip = 'bme280'\ninput = 'temp2'",
        Fault::NotPresent,
        "there are: humidityrelative, pressure, temp",
    );
    tree.device(1, "1-0029", "light", &[("in_illuminance_input", "3")]);
    tree.refuses("chip = 'light'", Fault::NotPresent, "there are: illuminance");
}

fn self_file(tree: &Tree) -> PathBuf {
    tree.root().join("iio:device0/in_temp_input")
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
        ("chip = 'a'\ninput = ''", "names and no paths"),
        ("chip = 'a'\ninput = 'Inlet'", "`quantity` is needed"),
        ("chip = 'a'\nquantity = 'temperature'", "name it with `input`"),
        (
            "chip = 'a'\ninput = 'temp'\nquantity = 'humidity'",
            "cannot be the quantity humidity",
        ),
        ("chip = 'a'\nlabel = 'x'", "unknown field `label`"),
    ] {
        assert!(message(keys).contains(words), "{keys}: {}", message(keys));
    }
}

#[test]
fn a_chip_is_found_by_what_its_bus_calls_it_where_its_driver_gives_another_name() {
    let tree = Tree::new();
    tree.device(0, "1-0040", "1-0040", &[("in_temp_input", "20000")]);
    tree.device(1, "1-0048", "ads1015", &[("in_voltage0_input", "1200")]);
    tree.called_on_its_bus("1-0040", "si7020");
    tree.called_on_its_bus("1-0048", "ads1115");
    tree.check("chip = 'si7020'", &[measured(Quantity::Temperature, 20.0)]);
    tree.check(
        "chip = 'ads1115'\ninput = 'voltage0'",
        &[measured(Quantity::Voltage, 1.2)],
    );
    tree.check(
        "chip = 'ads1015'\ninput = 'voltage0'",
        &[measured(Quantity::Voltage, 1.2)],
    );
}
