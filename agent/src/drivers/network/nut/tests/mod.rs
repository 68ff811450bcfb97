//! Variables, lines and refusals as upsd sends them.

mod field;

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use plenum_protocol::{Outcome, Timestamp};

use super::connection::{split, words};
use super::*;

const NOW: Timestamp = Timestamp::from_milliseconds(0);

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    pairs.iter().map(owned).collect()
}

/// The states that hold for a status, in the table's order.
fn check_status(status: &str, expected: &[Quantity]) {
    let samples = convert(
        &variables(&[("ups.status", status)]),
        &states().collect::<Vec<_>>(),
    );
    assert_eq!(samples.len(), 13);
    let holding: Vec<Quantity> = samples
        .into_iter()
        .filter(|(_, outcome)| outcome.unwrap() == 1.0)
        .map(|(quantity, _)| quantity)
        .collect();
    assert_eq!(holding, expected, "{status}");
}

#[test]
fn each_flag_is_a_state() {
    use Quantity::*;
    check_status("OL", &[UpsOnLine]);
    check_status("OL CHRG", &[UpsOnLine, UpsCharging]);
    check_status("CHRG OL", &[UpsOnLine, UpsCharging]);
    check_status("OB DISCHRG", &[UpsOnBattery]);
    check_status("OB LB RB", &[UpsOnBattery, UpsBatteryLow, UpsReplaceBattery]);
    check_status("OL TRIM", &[UpsOnLine, UpsBoost]);
    check_status("OL BOOST", &[UpsOnLine, UpsBoost]);
    check_status("BYPASS OL", &[UpsOnLine, UpsBypass]);
    check_status("OFF", &[UpsOff]);
    check_status("OL OVER", &[UpsOnLine, UpsOverload]);
    check_status("FSD OL", &[UpsOnLine, UpsForcedShutdown]);
    check_status("CAL OB", &[UpsCalibrating, UpsOnBattery]);
    check_status("OL TEST", &[UpsOnLine, UpsCalibrating]);
    check_status("HB OL", &[UpsOnLine]);
    check_status("ALARM OL", &[UpsOnLine, UpsAlarm]);
    check_status("ALARM", &[UpsAlarm]);
    check_status("OL SINGING", &[UpsOnLine, UpsOtherFlag]);
    check_status("OL HE", &[UpsOnLine]);
    check_status("OL ECO", &[UpsOnLine]);
    check_status("OL LB RB", &[UpsOnLine, UpsBatteryLow, UpsReplaceBattery]);
    check_status("OL OFF", &[UpsOnLine, UpsOff]);
    check_status("ol", &[UpsOtherFlag]);
}

#[test]
fn an_alarm_that_only_its_text_tells_surfaces_too() {
    let listed = [Quantity::UpsAlarm];
    let with = |text| convert(&variables(&[("ups.status", "OL"), ("ups.alarm", text)]), &listed)[0].1;
    assert_eq!(with("No battery installed!"), Ok(1.0));
    assert_eq!(with(" "), Ok(0.0));
    assert_eq!(with("0"), Ok(0.0));
}

#[test]
fn no_status_and_a_waiting_driver_are_no_data_and_not_off() {
    let listed = [Quantity::UpsOff, Quantity::UpsOnLine, Quantity::Load];
    let outcomes = |status| {
        let variables = variables(&[("ups.status", status), ("ups.load", "20")]);
        let samples = samples("rack", &variables, Some(&listed)).map_err(|problem| problem.fault)?;
        Ok::<Vec<_>, Fault>(samples.into_iter().map(|(_, outcome)| outcome).collect())
    };
    let silent = Err(Fault::Timeout);
    assert_eq!(outcomes(""), Ok(vec![silent, silent, Ok(0.2)]));
    assert_eq!(outcomes("WAIT"), Err(Fault::Timeout), "of all of them");
}

#[test]
fn a_device_that_is_no_ups_has_no_states() {
    let listed = [Quantity::UpsOff, Quantity::Power];
    let samples = convert(&variables(&[("ups.realpower", "1250")]), &listed);
    let outcomes: Vec<_> = samples.into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, [Err(Fault::NotPresent), Ok(1250.0)]);
}

fn check_number(name: &str, value: &str, quantity: Quantity, expected: Result<f64, Fault>) {
    let samples = convert(&variables(&[(name, value)]), &[quantity]);
    assert_eq!(samples, [(quantity, expected)], "{name} = {value}");
}

#[test]
fn numbers_are_converted_and_doubtful_ones_are_faults() {
    check_number("ups.load", "37", Quantity::Load, Ok(0.37));
    check_number("ups.load", "112.5", Quantity::Load, Ok(1.125));
    check_number("input.voltage", "0.0", Quantity::InputVoltage, Ok(0.0));
    check_number(
        "input.voltage",
        "-6437.0",
        Quantity::InputVoltage,
        Err(Fault::OutOfRange),
    );
    check_number("input.L1-N.voltage", "231", Quantity::InputVoltage, Ok(231.0));
    check_number("battery.charge", " 100 ", Quantity::BatteryCharge, Ok(100.0));
    check_number(
        "battery.charge",
        "-197.6",
        Quantity::BatteryCharge,
        Err(Fault::OutOfRange),
    );
    check_number("battery.runtime", "1740", Quantity::BatteryRuntime, Ok(1740.0));
    check_number(
        "battery.runtime",
        "65535",
        Quantity::BatteryRuntime,
        Err(Fault::OutOfRange),
    );
    check_number(
        "battery.temperature",
        "29.1",
        Quantity::BatteryTemperature,
        Ok(29.1),
    );
    check_number(
        "battery.temperature",
        "302.0",
        Quantity::BatteryTemperature,
        Err(Fault::OutOfRange),
    );
    check_number("ups.temperature", "29.1", Quantity::UpsTemperature, Ok(29.1));
    check_number(
        "ups.temperature",
        "302.0",
        Quantity::UpsTemperature,
        Err(Fault::OutOfRange),
    );
    check_number("input.frequency", "n/a", Quantity::Frequency, Err(Fault::Corrupt));
    check_number(
        "input.frequency",
        "NaN",
        Quantity::Frequency,
        Err(Fault::OutOfRange),
    );
    check_number("ups.model", "X", Quantity::Frequency, Err(Fault::NotPresent));
}

#[test]
fn lines_are_split_with_quotes_and_escapes() {
    let check = |line: &str, expected: Option<&[&str]>| {
        let found = split(line);
        assert_eq!(found.as_deref().map(words).as_deref(), expected, "{line}");
    };
    check(
        r#"VAR rack ups.model "Smart \"1500\" \\ X""#,
        Some(&["VAR", "rack", "ups.model", r#"Smart "1500" \ X"#]),
    );
    check("OK", Some(&["OK"]));
    check("  OK  \r", Some(&["OK"]));
    check("", Some(&[]));
    check("VAR rack ups.id \"\"", Some(&["VAR", "rack", "ups.id", ""]));
    check("VAR rack ups.id \"open", None);
    check("VAR rack ups.id \"open\\", None);
    check("é \"ü\" x", Some(&["é", "ü", "x"]));
    assert_eq!(split(&quoted(r#"a "b" \c"#)).unwrap(), [r#"a "b" \c"#]);
}

/// A peer that answers with fixed pieces, then stays silent.
struct Scripted {
    pieces: VecDeque<Vec<u8>>,
    sent: Vec<u8>,
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.pieces.pop_front() else {
            return Err(ErrorKind::WouldBlock.into());
        };
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn list(pieces: &[&str]) -> Result<Result<Variables, Vec<String>>, Fault> {
    let mut connection = Connection::new(Scripted {
        pieces: pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect(),
        sent: Vec::new(),
    })
    .unwrap();
    let answer = connection
        .list("rack", Duration::from_milliseconds(100))
        .map_err(|problem| problem.fault);
    assert_eq!(connection.stream.sent, b"LIST VAR rack\n");
    answer
}

#[test]
fn a_list_is_read_in_whatever_pieces_it_comes() {
    let expected = variables(&[("battery.charge", "97"), ("ups.status", "OL CHRG")]);
    let whole = "BEGIN LIST VAR rack\nVAR rack battery.charge \"97\"\nVAR rack ups.status \"OL CHRG\"\nEND LIST VAR rack\n";
    assert_eq!(list(&[whole]), Ok(Ok(expected.clone())));
    let single: Vec<&str> = whole.split("").filter(|piece| !piece.is_empty()).collect();
    assert_eq!(list(&single), Ok(Ok(expected)));
}

#[test]
fn answers_that_are_none_end_within_bounds() {
    assert_eq!(list(&[]), Err(Fault::Timeout));
    assert_eq!(list(&["BEGIN LIST VAR rack\nVAR rack a"]), Err(Fault::Timeout));
    assert_eq!(list(&["HTTP/1.1 400 Bad Request\n"]), Err(Fault::Corrupt));
    assert_eq!(list(&["BEGIN LIST VAR other\n"]), Err(Fault::Corrupt));
    assert_eq!(
        list(&["BEGIN LIST VAR rack\nVAR other a \"1\"\n"]),
        Err(Fault::Corrupt)
    );
    let babble = ["x"; 3_000];
    assert_eq!(list(&babble), Err(Fault::Corrupt));
    let endless = |line| -> Vec<&str> {
        let lines = std::iter::repeat_n(line, 5_000);
        std::iter::once("BEGIN LIST VAR rack\n").chain(lines).collect()
    };
    assert_eq!(list(&endless("VAR rack a \"1\"\n")), Err(Fault::Corrupt));
    let long = format!("VAR rack a \"{}\"\n", "x".repeat(1_900));
    assert_eq!(list(&endless(&long)), Err(Fault::Corrupt));
    assert_eq!(
        list(&["ERR DATA-STALE\n"]),
        Ok(Err(vec!["ERR".to_owned(), "DATA-STALE".to_owned()]))
    );
}

#[test]
fn refusals_say_what_to_try() {
    let check = |line: &str, fault: Fault, words: &str| {
        let problem = refusal(&split(line).unwrap(), "rack");
        assert_eq!(problem.fault, fault, "{line}");
        assert!(
            Problem::advise(Some(&problem), fault).contains(words),
            "{problem:?}"
        );
    };
    check("ERR DATA-STALE", Fault::Timeout, "no fresh data of rack");
    check("ERR DRIVER-NOT-CONNECTED", Fault::NotPresent, "nut-driver@rack");
    check("ERR UNKNOWN-UPS", Fault::NotPresent, "upsc -l");
    check("ERR ACCESS-DENIED", Fault::DeviceError, "upsd.users");
    check(
        "ERR FEATURE-NOT-CONFIGURED",
        Fault::DeviceError,
        "FEATURE-NOT-CONFIGURED",
    );
    check("ERR", Fault::Corrupt, "damaged");
}

/// A port where nobody listens.
fn nobody() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn nobody_listening_is_not_present_with_words() {
    let port = nobody();
    let keys = format!("ups = 'rack'\nport = {port}\nquantities = ['ups-on-battery', 'load']");
    let mut opened = open(&"ups".parse().unwrap(), keys.parse().unwrap()).unwrap();
    assert_eq!(opened.bus, format!("127.0.0.1:{port}"));
    let expected = [
        (Quantity::UpsOnBattery, Err(Fault::NotPresent)),
        (Quantity::Load, Err(Fault::NotPresent)),
    ];
    assert_eq!(opened.driver.read(NOW), expected);
    assert!(opened.driver.advice(Fault::NotPresent).contains("no upsd at"));
}

#[test]
fn keys_are_checked() {
    let message = |keys: &str| {
        let opened = open(&"ups".parse().unwrap(), keys.parse().unwrap());
        opened.err().expect("a bad key").to_string()
    };
    for (keys, words) in [
        ("", "missing field `ups`"),
        ("ups = 'a b'", "upsc -l"),
        ("ups = 'a'\npassword = 'x'", "needs a `username`"),
        ("ups = 'a'\nusername = \"x\\n\"", "control characters"),
        ("ups = 'a'\ntimeout = '2h'", "100ms to 1min"),
        (
            "ups = 'a'\nquantities = ['smoke']",
            "does not give the quantity smoke",
        ),
        ("ups = 'a'\nhots = 'b'", "unknown field `hots`"),
    ] {
        assert!(message(keys).contains(words), "{keys}: {}", message(keys));
    }
}

/// An upsd that answers each question with `count` variables, handing `piece` bytes at a time to the network; 0 is a line at a time,
/// with a pause after each.
fn fake_upsd(count: usize, piece: usize) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut answer = "BEGIN LIST VAR rack\n".to_owned();
    for number in 0..count {
        answer += &format!("VAR rack outlet.group.{number}.status \"on, with a description of {number}\"\n");
    }
    answer += "VAR rack ups.status \"OL\"\nEND LIST VAR rack\n";
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        while stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            let pieces: Vec<&[u8]> = match piece {
                0 => answer.as_bytes().split_inclusive(|byte| *byte == b'\n').collect(),
                bytes => answer.as_bytes().chunks(bytes).collect(),
            };
            for part in pieces {
                if stream.write_all(part).is_err() {
                    return;
                }
                if piece == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
        }
    });
    port
}

fn check_upsd(count: usize, piece: usize, expected: Outcome, advice: &str) {
    let keys = format!(
        "ups = 'rack'\nport = {}\nquantities = ['ups-on-line']",
        fake_upsd(count, piece)
    );
    let mut opened = open(&"ups".parse().unwrap(), keys.parse().unwrap()).unwrap();
    assert_eq!(
        opened.driver.read(NOW),
        [(Quantity::UpsOnLine, expected)],
        "{count} variables in pieces of {piece} bytes"
    );
    if let Err(fault) = expected {
        let said = opened.driver.advice(fault);
        assert!(said.contains(advice), "{said}");
    }
}

#[test]
fn a_long_list_is_read_in_whatever_pieces_it_comes() {
    check_upsd(800, 0, Ok(1.0), "");
    check_upsd(800, 1, Ok(1.0), "");
    check_upsd(800, 100_000, Ok(1.0), "");
}

#[test]
fn a_list_beyond_all_bounds_blames_no_cable() {
    check_upsd(4_200, 1_000, Err(Fault::Corrupt), "more than");
}
