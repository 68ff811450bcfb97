//! What real UPSes write, each with the right reading: those that contradict themselves, those that write numbers they do not know, three phases,
//! and another kind of device.

use plenum_protocol::{Fault, Outcome, Quantity};

use super::*;

/// A UPS that is well.
const GOOD: &[(&str, &str)] = &[
    ("ups.status", "OL"),
    ("battery.charge", "100"),
    ("battery.runtime", "2400"),
    ("ups.load", "30"),
    ("input.voltage", "231.0"),
    ("output.voltage", "230.0"),
    ("battery.voltage", "27.3"),
];

/// The good one with some variables written otherwise; one that is written `-` is not there.
fn good_but(changes: &[(&str, &str)]) -> Variables {
    let mut variables = variables(GOOD);
    for (name, value) in changes {
        variables.retain(|(other, _)| other != name);
        if *value != "-" {
            variables.push((name.to_string(), value.to_string()));
        }
    }
    variables
}

/// What the driver reads of a UPS without a list of wanted quantities.
fn read(variables: &Variables) -> Vec<Sample> {
    samples("rack", variables, None).expect("data")
}

fn check(changes: &[(&str, &str)], expected: &[(Quantity, Outcome)]) {
    let read = read(&good_but(changes));
    for (quantity, outcome) in expected {
        let found = read.iter().find(|(other, _)| other == quantity);
        assert_eq!(found, Some(&(*quantity, *outcome)), "{changes:?}");
    }
}

fn check_absent(changes: &[(&str, &str)], absent: &[Quantity]) {
    let read = read(&good_but(changes));
    for quantity in absent {
        let found = read.iter().find(|(other, _)| other == quantity);
        assert_eq!(found, None, "{changes:?}");
    }
}

const YES: Outcome = Ok(1.0);
const NO: Outcome = Ok(0.0);

#[test]
fn a_battery_that_gives_while_mains_is_away_contradicts_on_line() {
    use Quantity::{UpsCalibrating, UpsOnBattery, UpsOnLine};
    let gives = [(UpsOnBattery, YES), (UpsOnLine, NO)];
    let stays = [(UpsOnBattery, NO), (UpsOnLine, YES)];
    let discharging = |voltage| [("ups.status", "OL DISCHRG"), ("input.voltage", voltage)];
    check(&discharging("0.0"), &gives);
    check(&discharging("79.9"), &gives);
    // Without a nominal voltage it is mains somewhere in the world.
    check(&discharging("100.1"), &stays);
    check(&discharging("231.0"), &stays);
    check(&discharging("-6437.0"), &stays);
    check(&discharging("?"), &stays);
    let nominal = |voltage| [&discharging(voltage)[..], &[("input.voltage.nominal", "230")]].concat();
    check(&nominal("183.9"), &gives);
    check(&nominal("184.0"), &stays);
    check(&[("ups.status", "OL"), ("input.voltage", "0.0")], &stays);
    // A test has mains to go back to.
    check(
        &[("ups.status", "OB CAL DISCHRG"), ("battery.runtime", "250")],
        &[(UpsOnBattery, YES), (UpsCalibrating, YES)],
    );
    check(
        &[("ups.status", "OB CAL DISCHRG"), ("input.voltage", "0.0")],
        &[(UpsOnBattery, YES), (UpsCalibrating, NO)],
    );
}

#[test]
fn a_test_is_known_before_what_it_explains() {
    let order: Vec<Quantity> = states().collect();
    let place = |quantity| order.iter().position(|other| *other == quantity);
    assert!(place(Quantity::UpsCalibrating) < place(Quantity::UpsOnBattery));
    assert!(place(Quantity::UpsOnBattery) < place(Quantity::UpsBatteryLow));
}

#[test]
fn a_test_outlasts_the_battery_that_it_uses_by_one_poll() {
    let polls = [
        ("OB CAL DISCHRG", YES),
        ("OL", YES),
        ("OL", NO),
        ("OB TEST DISCHRG", YES),
        ("OB DISCHRG", NO),
        ("OL", NO),
    ];
    let mut testing = Testing::default();
    for (poll, (status, expected)) in polls.into_iter().enumerate() {
        let mut samples = read(&good_but(&[("ups.status", status)]));
        testing.outlasts_battery(&mut samples);
        let expected = (Quantity::UpsCalibrating, expected);
        assert!(samples.contains(&expected), "poll {poll}: {status}");
    }
}

#[test]
fn what_a_ups_does_not_know_is_no_value() {
    use Quantity::{BatteryCharge, BatteryRuntime, Load};
    let unknown = Err(Fault::OutOfRange);
    check(&[("battery.runtime", "0")], &[(BatteryRuntime, unknown)]);
    check(
        &[
            ("battery.runtime", "0"),
            ("ups.status", "OB"),
            ("battery.charge", "1"),
        ],
        &[(BatteryRuntime, Ok(0.0))],
    );
    check(&[("battery.runtime", "65535")], &[(BatteryRuntime, unknown)]);
    check(&[("battery.runtime", "36:00")], &[(BatteryRuntime, Ok(2160.0))]);
    check(&[("battery.runtime", "1:57")], &[(BatteryRuntime, Ok(117.0))]);
    check(&[("battery.runtime", "1080.0")], &[(BatteryRuntime, Ok(1080.0))]);
    check(
        &[("battery.runtime", "x:00")],
        &[(BatteryRuntime, Err(Fault::Corrupt))],
    );
    check(&[("ups.load", "255")], &[(Load, unknown)]);
    check(&[("ups.load", "300.00")], &[(Load, unknown)]);
    check(&[("ups.load", "112")], &[(Load, Ok(1.12))]);
    check(&[("battery.charge", "102.3")], &[(BatteryCharge, Ok(100.0))]);
    check(&[("battery.charge", "120")], &[(BatteryCharge, Ok(100.0))]);
    check(&[("battery.charge", "255")], &[(BatteryCharge, unknown)]);
    check(&[("battery.charge", "-143.2")], &[(BatteryCharge, unknown)]);
    // A battery of which the UPS knows nothing, and one that is empty.
    let empty = |status| {
        [
            ("battery.charge", "0"),
            ("battery.runtime", "0"),
            ("ups.status", status),
        ]
    };
    check(
        &empty("OL"),
        &[(BatteryCharge, unknown), (BatteryRuntime, unknown)],
    );
    check(
        &empty("OB LB"),
        &[(BatteryCharge, Ok(0.0)), (BatteryRuntime, Ok(0.0))],
    );
    check(
        &[("battery.charge", "0"), ("battery.runtime", "60")],
        &[(BatteryCharge, Ok(0.0))],
    );
}

#[test]
fn a_thermometer_of_exactly_nothing_is_not_there_and_electronics_are_no_battery() {
    use Quantity::{BatteryTemperature, Temperature, UpsTemperature};
    let two = [("battery.temperature", "0.0"), ("ups.temperature", "39.5")];
    check(&two, &[(UpsTemperature, Ok(39.5))]);
    check_absent(&two, &[BatteryTemperature]);
    let listed = convert(&good_but(&two), &[BatteryTemperature]);
    assert_eq!(listed, [(BatteryTemperature, Err(Fault::NotPresent))]);
    check_absent(
        &[("ups.temperature", "0.0")],
        &[UpsTemperature, BatteryTemperature],
    );
    check_absent(&[("ambient.temperature", "000.0")], &[Temperature]);
    check(
        &[("battery.temperature", "-0.5")],
        &[(BatteryTemperature, Ok(-0.5))],
    );
    check_absent(&[("ups.temperature", "31")], &[BatteryTemperature]);
    // A probe that is not plugged in.
    check_absent(&[("ambient.humidity", "-1.00")], &[Quantity::Humidity]);
    check(&[("ambient.humidity", "41")], &[(Quantity::Humidity, Ok(41.0))]);
}

#[test]
fn of_three_phases_the_worst_counts_and_a_lost_one_is_told() {
    use Quantity::{InputVoltage, Load, UpsOnBattery, UpsPhaseLost};
    let phases = |second: &'static str| {
        [
            ("ups.load", "-"),
            ("input.voltage", "-"),
            ("output.L1.power.percent", "97"),
            ("output.L2.power.percent", "40"),
            ("output.L3.power.percent", "41"),
            ("input.L1-N.voltage", "231.0"),
            ("input.L2-N.voltage", second),
            ("input.L3-N.voltage", "229.5"),
            ("input.voltage.nominal", "399"),
        ]
    };
    check(
        &phases("0.0"),
        &[(Load, Ok(0.97)), (UpsPhaseLost, YES), (InputVoltage, Ok(0.0))],
    );
    check(&phases("228.0"), &[(UpsPhaseLost, NO), (InputVoltage, Ok(228.0))]);
    // The nominal voltage of this one is between two phases.
    let discharging = |second| [&phases(second)[..], &[("ups.status", "OL DISCHRG")]].concat();
    check(&discharging("228.0"), &[(UpsOnBattery, NO)]);
    check_absent(&[], &[UpsPhaseLost]);
}

#[test]
fn the_result_of_a_test_is_a_state() {
    let result = |text, outcome| {
        check(
            &[("ups.test.result", text)],
            &[(Quantity::UpsTestFailed, outcome)],
        )
    };
    result("Done and error", YES);
    result("Done and warning", YES);
    result("Test failed", YES);
    result("Done and passed", NO);
    result("No test initiated", NO);
    result("In progress", NO);
    result("Aborted", NO);
    result("", NO);
    check_absent(&[], &[Quantity::UpsTestFailed]);
}

#[test]
fn a_socket_strip_has_power_and_no_states_of_a_ups() {
    let strip = variables(&[
        ("device.type", "pdu"),
        ("ups.status", ""),
        ("ups.model", "PX2"),
        ("input.realpower", "4198"),
    ]);
    assert_eq!(read(&strip), [(Quantity::Power, Ok(4198.0))]);
    let listed = convert(&strip, &[Quantity::UpsOnLine, Quantity::UpsTestFailed]);
    assert!(
        listed
            .iter()
            .all(|(_, outcome)| *outcome == Err(Fault::NotPresent))
    );
}

#[test]
fn a_ups_that_answers_nothing_at_first_is_taken_for_one() {
    let keys = format!("ups = 'rack'\nport = {}", nobody());
    let mut opened = open(&"ups".parse().unwrap(), keys.parse().unwrap()).unwrap();
    assert_eq!(opened.driver.quantities(), []);
    let samples = opened.driver.read(NOW);
    assert_eq!(samples.len(), 13);
    assert!(samples.contains(&(Quantity::UpsOnLine, Err(Fault::NotPresent))));
}
