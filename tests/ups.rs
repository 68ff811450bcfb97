//! The UPS drivers against what they will meet: upsd with a dummy UPS, and a Megatec UPS on a serial line that NUT's own driver
//! can read as well.

mod support;

use std::time::Duration;

use plenum_agent::driver::Driver;
use plenum_agent::drivers;
use plenum_protocol::{Fault, Outcome, Quantity, Timestamp};
use support::megatec::{Manner, Megatec, State};
use support::nut::Upsd;
use support::process::eventually;

const PATIENCE: Duration = Duration::from_secs(20);

fn open(driver: &str, keys: &str) -> Box<dyn Driver> {
    let entry = drivers::find(driver).expect("a registered driver");
    let sensor = "ups".parse().expect("an identifier");
    let opened = (entry.open)(&sensor, keys.parse().expect("TOML"));
    opened.unwrap_or_else(|error| panic!("{keys}: {error}")).driver
}

fn read(driver: &mut dyn Driver, quantity: Quantity) -> Option<Outcome> {
    let samples = driver.read(Timestamp::from_milliseconds(0));
    let quantities: Vec<Quantity> = samples.iter().map(|(quantity, _)| *quantity).collect();
    assert_eq!(
        quantities,
        driver.quantities(),
        "a read gives what is listed, in that order"
    );
    samples
        .into_iter()
        .find(|(other, _)| *other == quantity)
        .map(|(_, outcome)| outcome)
}

fn wait_for(driver: &mut dyn Driver, quantity: Quantity, expected: Outcome) {
    eventually(&format!("{quantity} = {expected:?}"), PATIENCE, || {
        (read(driver, quantity) == Some(expected)).then_some(())
    });
}

fn on_upsd(upsd: &Upsd, more: &str) -> Box<dyn Driver> {
    open("nut", &format!("ups = 'rack'\nport = {}\n{more}", upsd.port()))
}

const ON_LINE: &[(&str, &str)] = &[
    ("battery.charge", "97"),
    ("battery.runtime", "1740"),
    ("input.voltage", "231.4"),
    ("ups.load", "34"),
    ("ups.status", "OL CHRG"),
];

#[test]
fn a_real_upsd_is_read_through_a_mains_failure() {
    let upsd = Upsd::dummy(ON_LINE);
    let mut driver = on_upsd(&upsd, "");
    let driver = driver.as_mut();
    assert_eq!(read(driver, Quantity::UpsOnLine), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::UpsCharging), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::BatteryCharge), Some(Ok(97.0)));
    assert_eq!(read(driver, Quantity::BatteryRuntime), Some(Ok(1740.0)));
    assert_eq!(read(driver, Quantity::InputVoltage), Some(Ok(231.4)));
    assert_eq!(read(driver, Quantity::Load), Some(Ok(0.34)));
    assert_eq!(read(driver, Quantity::Humidity), None);

    upsd.play(&[
        ("input.voltage", "0.0"),
        ("battery.charge", "41"),
        ("ups.status", "OB LB DISCHRG"),
    ]);
    assert_eq!(read(driver, Quantity::UpsOnLine), Some(Ok(0.0)));
    assert_eq!(read(driver, Quantity::UpsOnBattery), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::UpsBatteryLow), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::InputVoltage), Some(Ok(0.0)));

    upsd.play(&[("ups.alarm", "Fan failure"), ("ups.status", "ALARM OL")]);
    assert_eq!(read(driver, Quantity::UpsOnLine), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::UpsAlarm), Some(Ok(1.0)));
}

#[test]
fn an_upsd_without_data_or_gone_is_a_fault_and_comes_back() {
    let mut upsd = Upsd::dummy(ON_LINE);
    let mut driver = on_upsd(&upsd, "");
    let driver = driver.as_mut();
    assert_eq!(read(driver, Quantity::UpsOff), Some(Ok(0.0)));
    upsd.kill_server();
    wait_for(driver, Quantity::UpsOff, Err(Fault::NotPresent));
    assert!(driver.advice(Fault::NotPresent).contains("no upsd at"));
    upsd.restart_server();
    wait_for(driver, Quantity::UpsOff, Ok(0.0));
    upsd.kill_driver();
    eventually("fault of a lost driver", PATIENCE, || {
        matches!(
            read(driver, Quantity::UpsOff),
            Some(Err(Fault::NotPresent | Fault::Timeout))
        )
        .then_some(())
    });
    let advice = [Fault::NotPresent, Fault::Timeout]
        .map(|fault| driver.advice(fault))
        .concat();
    assert!(advice.contains("nut-driver@rack"), "{advice}");
}

#[test]
fn a_wrong_name_and_a_wrong_password_are_told_apart() {
    let upsd = Upsd::dummy(ON_LINE);
    let mut stranger = open("nut", &format!("ups = 'attic'\nport = {}", upsd.port()));
    assert_eq!(
        read(stranger.as_mut(), Quantity::UpsOff),
        Some(Err(Fault::NotPresent))
    );
    assert!(stranger.advice(Fault::NotPresent).contains("no UPS named attic"));
    let mut friend = on_upsd(&upsd, "username = 'plenum'\npassword = 'let \"me\" in'");
    assert_eq!(read(friend.as_mut(), Quantity::UpsOff), Some(Ok(0.0)));
}

#[test]
fn the_emulated_megatec_ups_is_one_to_nuts_own_driver() {
    let ups = Megatec::start();
    let upsd = Upsd::on_serial_line(&ups.path());
    let variable = |name: &str| upsd.variable(name).unwrap_or_default();
    assert_eq!(variable("ups.status"), "OL");
    assert_eq!(variable("input.voltage"), "231.4");
    assert_eq!(variable("output.voltage"), "230.0");
    assert_eq!(variable("ups.load"), "34");
    assert_eq!(variable("battery.voltage"), "27.40");
    assert_eq!(variable("ups.temperature"), "28.5");
    assert_eq!(variable("ups.type"), "offline / line interactive");
    ups.set(State::default().on_battery(true));
    eventually("OB at NUT", PATIENCE, || {
        (variable("ups.status") == "OB").then_some(())
    });
}

#[test]
fn a_megatec_ups_is_read_through_a_mains_failure_and_through_bad_manners() {
    let mut ups = Megatec::start();
    let mut driver = open(
        "megatec",
        &format!("port = '{}'\ntimeout = '1s'", ups.path().display()),
    );
    let driver = driver.as_mut();
    assert_eq!(read(driver, Quantity::MainsPresent), Some(Ok(1.0)));
    assert_eq!(read(driver, Quantity::InputVoltage), Some(Ok(231.4)));
    assert_eq!(read(driver, Quantity::Load), Some(Ok(0.34)));
    assert_eq!(read(driver, Quantity::BatteryVoltage), Some(Ok(27.4)));
    assert_eq!(read(driver, Quantity::BatteryTemperature), Some(Ok(28.5)));

    ups.set(State::default().on_battery(true));
    assert_eq!(read(driver, Quantity::MainsPresent), Some(Ok(0.0)));
    assert_eq!(read(driver, Quantity::UpsOnBattery), Some(Ok(1.0)));

    let with = |manner| State {
        manner,
        ..State::default()
    };
    // After a fault the line is opened afresh, with a lock on it; whatever program another test starts at that moment still holds the
    // former one for an instant, and the line is "in use" (`not-present`) once.
    for (manner, fault) in [
        (Manner::Silent, Fault::Timeout),
        (Manner::Half, Fault::Corrupt),
        (Manner::Babbling, Fault::Corrupt),
    ] {
        ups.set(with(manner));
        wait_for(driver, Quantity::UpsOnBattery, Err(fault));
    }
    ups.set(with(Manner::Well));
    // What it babbled may still stand in the line; it is over as soon as that is read away.
    wait_for(driver, Quantity::UpsOnBattery, Ok(0.0));

    ups.unplug();
    assert_eq!(read(driver, Quantity::UpsOnBattery), Some(Err(Fault::NotPresent)));
    assert_eq!(read(driver, Quantity::UpsOnBattery), Some(Err(Fault::NotPresent)));
    assert!(driver.advice(Fault::NotPresent).contains("plugged in"));
    ups.plug_in();
    wait_for(driver, Quantity::UpsOnBattery, Ok(0.0));
}
