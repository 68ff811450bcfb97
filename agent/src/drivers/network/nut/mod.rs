//! A UPS that Network UPS Tools already reads: asks upsd over TCP (RFC 9271, `LIST VAR`).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use plenum_protocol::{Duration, Fault, Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::{Entry, Opened};
use crate::driver::{Driver, Problem, Sample, measured, rounded, state};
use crate::patience::Patience;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "nut",
    summary: "a UPS by way of Network UPS Tools: every state that upsd reports, voltages, load, charge and runtime",
    open,
};

/// A line of upsd is shorter; a longer one is no answer of upsd's.
const LONGEST_LINE: usize = 2_048;
/// The largest UPS known lists 700 variables.
const MOST_VARIABLES: usize = 2_000;
/// Pieces of one answer.
const MOST_READS: u32 = 500;

/// The flags of `ups.status`, each a state of its own. TRIM and BOOST share one, and so do CAL and TEST.
const FLAGS: &[(Quantity, &[&str])] = &[
    (Quantity::UpsOnLine, &["OL"]),
    (Quantity::UpsOnBattery, &["OB"]),
    (Quantity::UpsBatteryLow, &["LB"]),
    (Quantity::UpsReplaceBattery, &["RB"]),
    (Quantity::UpsBypass, &["BYPASS"]),
    (Quantity::UpsBoost, &["BOOST", "TRIM"]),
    (Quantity::UpsOverload, &["OVER"]),
    (Quantity::UpsOff, &["OFF"]),
    (Quantity::UpsForcedShutdown, &["FSD"]),
    (Quantity::UpsAlarm, &["ALARM"]),
    (Quantity::UpsCalibrating, &["CAL", "TEST"]),
    (Quantity::UpsCharging, &["CHRG"]),
];
/// Known, and told by others: a battery that discharges is OB or a test, and a high one is full.
const SILENT_FLAGS: &[&str] = &["DISCHRG", "HB"];

/// The variables that are numbers: the first one there counts. The factor converts NUT's unit to the quantity's.
const NUMBERS: &[(Quantity, &[&str], f64)] = &[
    (
        Quantity::InputVoltage,
        &["input.voltage", "input.L1-N.voltage"],
        1.0,
    ),
    (
        Quantity::OutputVoltage,
        &["output.voltage", "output.L1-N.voltage"],
        1.0,
    ),
    (Quantity::Frequency, &["input.frequency"], 1.0),
    (Quantity::Load, &["ups.load"], 0.01),
    (Quantity::Power, &["ups.realpower"], 1.0),
    (Quantity::ApparentPower, &["ups.power"], 1.0),
    (Quantity::BatteryCharge, &["battery.charge"], 1.0),
    (Quantity::BatteryRuntime, &["battery.runtime"], 1.0),
    (Quantity::BatteryVoltage, &["battery.voltage"], 1.0),
    // Inside a UPS it is the battery whose life the temperature decides.
    (
        Quantity::BatteryTemperature,
        &["battery.temperature", "ups.temperature"],
        1.0,
    ),
    (Quantity::Temperature, &["ambient.temperature"], 1.0),
    (Quantity::Humidity, &["ambient.humidity"], 1.0),
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The UPS's name at upsd, as `upsc -l` lists it.
    ups: String,
    #[serde(default = "default_host")]
    host: String,
    #[serde(default = "default_port")]
    port: u16,
    username: Option<String>,
    password: Option<String>,
    #[serde(default = "default_timeout")]
    timeout: Duration,
    /// Exactly these; by default every state, and every number that the UPS turns out to have.
    quantities: Option<Vec<Quantity>>,
}

fn default_host() -> String {
    "127.0.0.1".to_owned()
}

fn default_port() -> u16 {
    3493
}

fn default_timeout() -> Duration {
    Duration::from_seconds(5)
}

impl Config {
    fn check(&self) -> Result<(), String> {
        if self.ups.is_empty() || self.ups.contains(|character: char| !character.is_ascii_graphic()) {
            return Err(format!(
                "`ups` is no name of a UPS: `{}`; `upsc -l` lists them",
                self.ups
            ));
        }
        let control =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(char::is_control));
        if control(&self.username) || control(&self.password) {
            return Err("`username` and `password` may have no control characters".to_owned());
        }
        if self.password.is_some() && self.username.is_none() {
            return Err("`password` needs a `username`".to_owned());
        }
        if !(Duration::from_milliseconds(100)..=Duration::from_minutes(1)).contains(&self.timeout) {
            return Err("`timeout` must be from 100ms to 1min".to_owned());
        }
        let known: Vec<Quantity> = states()
            .chain(NUMBERS.iter().map(|(quantity, ..)| *quantity))
            .collect();
        match self
            .quantities
            .iter()
            .flatten()
            .find(|quantity| !known.contains(quantity))
        {
            Some(quantity) => Err(format!("upsd does not give the quantity {quantity}")),
            None => Ok(()),
        }
    }
}

fn open(_: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    config.check().map_err(toml::de::Error::custom)?;
    Ok(Opened {
        bus: format!("{}:{}", config.host, config.port),
        driver: Box::new(Sensor::new(config)),
    })
}

/// The UPS's variables with their values, as upsd lists them.
type Variables = Vec<(String, String)>;

struct Sensor {
    config: Config,
    connection: Option<Connection<TcpStream>>,
    /// The numbers that this UPS has been seen to have. It grows and never shrinks: one that vanishes is a fault.
    numbers: Vec<Quantity>,
    trouble: Option<Problem>,
    /// What was last said about alarms and unknown flags, so that each is logged once.
    remark: String,
}

impl Sensor {
    fn new(config: Config) -> Self {
        Self {
            config,
            connection: None,
            numbers: Vec::new(),
            trouble: None,
            remark: String::new(),
        }
    }

    /// Connects and logs in.
    fn probe(&self, patience: &mut Patience) -> Result<Connection<TcpStream>, Problem> {
        let Config { host, port, .. } = &self.config;
        let place = format!("{host}:{port}");
        let addresses: Vec<_> = (host.as_str(), *port)
            .to_socket_addrs()
            .map_err(|error| {
                Problem::new(
                    Fault::NotPresent,
                    format!("the name {host} does not resolve: {error}"),
                )
            })?
            .take(4)
            .collect();
        let share = self.config.timeout.to_std() / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut outcome = Err(ErrorKind::NotFound.into());
        for address in addresses {
            outcome = TcpStream::connect_timeout(&address, share);
            if outcome.is_ok() {
                break;
            }
        }
        let prepared = outcome.and_then(|stream| {
            stream.set_read_timeout(Some(Patience::SLICE))?;
            stream.set_write_timeout(Some(self.config.timeout.to_std()))?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let stream = prepared.map_err(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                Problem::new(Fault::Timeout, format!("{place} does not answer: check the network and the firewall"))
            }
            _ => Problem::new(
                Fault::NotPresent,
                format!("no upsd at {place} ({error}): is nut-server running, and does its upsd.conf LISTEN there?"),
            ),
        })?;
        let mut connection = Connection::new(stream);
        for (word, value) in [
            ("USERNAME", &self.config.username),
            ("PASSWORD", &self.config.password),
        ] {
            if let Some(value) = value {
                connection.send(&format!("{word} {}\n", quoted(value)))?;
                match connection.line(patience)?.as_slice() {
                    [ok, ..] if ok == "OK" => {}
                    words => return Err(refusal(words, &self.config.ups)),
                }
            }
        }
        Ok(connection)
    }

    fn list(&mut self) -> Result<Variables, Problem> {
        let reused = self.connection.is_some();
        match self.list_once() {
            // upsd closes a connection that has been idle for a minute; that is no fault of the UPS.
            Err(problem) if reused && self.connection.is_none() && problem.fault == Fault::NotPresent => {
                self.list_once()
            }
            answer => answer,
        }
    }

    fn list_once(&mut self) -> Result<Variables, Problem> {
        let mut patience = Patience::new(self.config.timeout.to_std(), MOST_READS);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.probe(&mut patience)?,
        };
        let answer = connection.list(&self.config.ups, &mut patience)?;
        // A refusal leaves the connection in step; every other error does not, and it was dropped.
        self.connection = Some(connection);
        answer.map_err(|words| refusal(&words, &self.config.ups))
    }

    fn listed(&self) -> Vec<Quantity> {
        match &self.config.quantities {
            Some(quantities) => quantities.clone(),
            None => states().chain(self.numbers.iter().copied()).collect(),
        }
    }

    fn learn(&mut self, variables: &Variables) {
        for (quantity, names, _) in NUMBERS {
            if !self.numbers.contains(quantity) && find(variables, names).is_some() {
                self.numbers.push(*quantity);
            }
        }
    }

    /// Logs alarm texts and unknown flags when they change: a state says that there is one, the log says which.
    fn remark(&mut self, variables: &Variables) {
        let alarm = alarm_text(variables).unwrap_or_default();
        let status = find(variables, &["ups.status"]).unwrap_or_default();
        let others: Vec<&str> = status.split_whitespace().filter(|flag| !is_known(flag)).collect();
        let remark = [others.join(" "), alarm.to_owned()].join(" ").trim().to_owned();
        if remark != self.remark {
            tracing::warn!(
                ups = self.config.ups,
                alarm,
                flags = others.join(" "),
                "the UPS's own words changed"
            );
            self.remark = remark;
        }
    }
}

impl Driver for Sensor {
    fn quantities(&self) -> Vec<Quantity> {
        self.listed()
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        match self.list() {
            Ok(variables) => {
                self.trouble = waits(&variables).then(|| no_data(&self.config.ups));
                self.learn(&variables);
                self.remark(&variables);
                convert(&variables, &self.listed())
            }
            Err(problem) => {
                let fault = problem.fault;
                self.trouble = Some(problem);
                self.listed()
                    .into_iter()
                    .map(|quantity| (quantity, Err(fault)))
                    .collect()
            }
        }
    }

    fn advice(&self, fault: Fault) -> String {
        match (&self.trouble, fault) {
            // upsd answered well, and this is what the UPS says.
            (None, Fault::OutOfRange | Fault::Corrupt | Fault::NotPresent) => format!(
                "{} itself reports this value wrongly or not at all (`upsc {}` shows it): list the `quantities` that you want",
                self.config.ups, self.config.ups
            ),
            (trouble, _) => Problem::advise(trouble.as_ref(), fault),
        }
    }
}

/// A conversation in lines over a stream whose read time-out is one slice.
struct Connection<S> {
    stream: S,
    received: Vec<u8>,
}

impl<S: Read + Write> Connection<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    fn send(&mut self, line: &str) -> Result<(), Problem> {
        self.stream.write_all(line.as_bytes()).map_err(broken)
    }

    /// Asks for every variable. The inner error is what upsd said instead.
    fn list(
        &mut self,
        ups: &str,
        patience: &mut Patience,
    ) -> Result<Result<Variables, Vec<String>>, Problem> {
        self.send(&format!("LIST VAR {ups}\n"))?;
        let first = self.line(patience)?;
        match words(&first).as_slice() {
            ["BEGIN", "LIST", "VAR", name] if *name == ups => {}
            ["ERR", ..] => return Ok(Err(first)),
            _ => return Err(Fault::Corrupt.into()),
        }
        let mut variables = Variables::new();
        loop {
            let line = self.line(patience)?;
            match words(&line).as_slice() {
                ["VAR", name, variable, value] if *name == ups && variables.len() < MOST_VARIABLES => {
                    variables.push((variable.to_string(), value.to_string()));
                }
                ["END", "LIST", "VAR", name] if *name == ups => return Ok(Ok(variables)),
                ["ERR", ..] => return Ok(Err(line)),
                _ => return Err(Fault::Corrupt.into()),
            }
        }
    }

    /// The words of the next line.
    fn line(&mut self, patience: &mut Patience) -> Result<Vec<String>, Problem> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return split(&String::from_utf8_lossy(&line[..end])).ok_or_else(|| Fault::Corrupt.into());
            }
            if self.received.len() > LONGEST_LINE {
                return Err(Fault::Corrupt.into());
            }
            let mut buffer = [0; 4_096];
            let count = patience.read(&mut self.stream, &mut buffer).map_err(broken)?;
            self.received.extend_from_slice(&buffer[..count]);
        }
    }
}

fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

/// Splits a line into words; a word in double quotes may hold spaces, and `\"` and `\\` in it stand for themselves.
/// `None` where a quote is left open.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let mut word = String::new();
        let quoted = first == '"';
        let mut characters = rest[usize::from(quoted)..].char_indices();
        let end = loop {
            match characters.next() {
                Some((_, '\\')) => word.push(characters.next()?.1),
                Some((index, '"')) if quoted => break index + 2,
                Some((index, character)) if !quoted && character.is_whitespace() => break index,
                Some((_, character)) => word.push(character),
                None if quoted => return None,
                None => break rest.len(),
            }
        };
        words.push(word);
        rest = rest[end..].trim_start();
    }
    Some(words)
}

/// A word as upsd reads it back.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A failed read or write: the connection is gone, silent, or out of step.
fn broken(error: io::Error) -> Problem {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Fault::Timeout.into(),
        ErrorKind::InvalidData => Fault::Corrupt.into(),
        _ => Problem::new(
            Fault::NotPresent,
            format!("upsd closed the connection ({error}): see its log"),
        ),
    }
}

/// What an `ERR` line means.
fn refusal(line: &[String], ups: &str) -> Problem {
    match line.get(1).map_or("", String::as_str) {
        "DATA-STALE" => no_data(ups),
        "DRIVER-NOT-CONNECTED" => Problem::new(
            Fault::NotPresent,
            format!(
                "upsd runs, its driver for {ups} does not: systemctl status nut-driver@{ups}, and the UPS's cable"
            ),
        ),
        "UNKNOWN-UPS" => Problem::new(
            Fault::NotPresent,
            format!("upsd knows no UPS named {ups}: `upsc -l` lists the names in ups.conf"),
        ),
        "ACCESS-DENIED" | "INVALID-USERNAME" | "INVALID-PASSWORD" | "USERNAME-REQUIRED"
        | "PASSWORD-REQUIRED" => Problem::new(
            Fault::DeviceError,
            "upsd refuses us: check `username` and `password` against its upsd.users",
        ),
        "" => Fault::Corrupt.into(),
        other => Problem::new(Fault::DeviceError, format!("upsd answers ERR {other}")),
    }
}

fn no_data(ups: &str) -> Problem {
    Problem::new(
        Fault::Timeout,
        format!(
            "upsd has no fresh data of {ups}: check the UPS's cable, then systemctl restart nut-driver@{ups}"
        ),
    )
}

fn states() -> impl Iterator<Item = Quantity> {
    let flags = FLAGS.iter().map(|(quantity, _)| *quantity);
    flags.chain([Quantity::UpsOtherFlag])
}

fn is_known(flag: &str) -> bool {
    FLAGS.iter().any(|(_, flags)| flags.contains(&flag)) || SILENT_FLAGS.contains(&flag)
}

/// Whether the driver of upsd itself waits for its first data.
fn waits(variables: &Variables) -> bool {
    let status = find(variables, &["ups.status"]).unwrap_or_default();
    status.split_whitespace().any(|flag| flag == "WAIT")
}

/// The value of the first of `names` that is there and says something.
fn find<'a>(variables: &'a Variables, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let (_, value) = variables.iter().find(|(variable, _)| variable == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    })
}

/// What the UPS says about its alarms; several drivers write 0 for none.
fn alarm_text(variables: &Variables) -> Option<&str> {
    find(variables, &["ups.alarm"]).filter(|text| *text != "0")
}

/// The listed quantities from upsd's variables. No status is no data: then no state has a value.
fn convert(variables: &Variables, listed: &[Quantity]) -> Vec<Sample> {
    let status = find(variables, &["ups.status"]).map(|text| text.split_whitespace().collect::<Vec<_>>());
    // A status that says nothing is a UPS without data; none at all is another kind of device, a PDU for one.
    let silent = variables.iter().any(|(name, _)| name == "ups.status");
    let stateless = if silent { Fault::Timeout } else { Fault::NotPresent };
    let waiting = waits(variables);
    let sample = |quantity: Quantity| match (&status, number(variables, quantity)) {
        _ if waiting => (quantity, Err(Fault::Timeout)),
        (_, Some(number)) => number,
        (Some(flags), None) if is_state(quantity) => flag(quantity, flags, alarm_text(variables).is_some()),
        (None, None) if is_state(quantity) => (quantity, Err(stateless)),
        _ => (quantity, Err(Fault::NotPresent)),
    };
    listed.iter().copied().map(sample).collect()
}

fn is_state(quantity: Quantity) -> bool {
    states().any(|state| state == quantity)
}

fn flag(quantity: Quantity, flags: &[&str], alarm: bool) -> Sample {
    let names = FLAGS
        .iter()
        .find(|(other, _)| *other == quantity)
        .map(|(_, names)| names);
    let set = match names {
        Some(names) => flags.iter().any(|flag| names.contains(flag)),
        None => flags.iter().any(|flag| !is_known(flag)),
    };
    // A UPS once burnt its fan while a checker read "ALARM OL" as fine; some say it only in ups.alarm.
    state(quantity, set || (quantity == Quantity::UpsAlarm && alarm))
}

fn number(variables: &Variables, quantity: Quantity) -> Option<Sample> {
    let (_, names, factor) = NUMBERS.iter().find(|(other, ..)| *other == quantity)?;
    let Ok(value) = find(variables, names)?.parse::<f64>() else {
        return Some((quantity, Err(Fault::Corrupt)));
    };
    // A 16-bit register full of ones: the UPS does not know.
    if quantity == Quantity::BatteryRuntime && value == 65_535.0 {
        return Some((quantity, Err(Fault::OutOfRange)));
    }
    Some(measured(quantity, rounded(value * factor, 10_000.0)))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

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
        check_status("CAL OB", &[UpsOnBattery, UpsCalibrating]);
        check_status("OL TEST", &[UpsOnLine, UpsCalibrating]);
        check_status("HB OL", &[UpsOnLine]);
        check_status("ALARM OL", &[UpsOnLine, UpsAlarm]);
        check_status("ALARM", &[UpsAlarm]);
        check_status("OL ECO", &[UpsOnLine, UpsOtherFlag]);
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
        for (status, load) in [("", Ok(0.2)), ("WAIT", Err(Fault::Timeout))] {
            let samples = convert(&variables(&[("ups.status", status), ("ups.load", "20")]), &listed);
            let outcomes: Vec<_> = samples.into_iter().map(|(_, outcome)| outcome).collect();
            assert_eq!(
                outcomes,
                [Err(Fault::Timeout), Err(Fault::Timeout), load],
                "{status}"
            );
        }
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
        check_number("ups.temperature", "29.1", Quantity::BatteryTemperature, Ok(29.1));
        check_number(
            "ups.temperature",
            "302.0",
            Quantity::BatteryTemperature,
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
        });
        let mut patience = Patience::new(std::time::Duration::from_millis(100), MOST_READS);
        let answer = connection
            .list("rack", &mut patience)
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
        let endless: Vec<&str> = std::iter::once("BEGIN LIST VAR rack\n")
            .chain(std::iter::repeat_n("VAR rack a \"1\"\n", 5_000))
            .collect();
        assert_eq!(list(&endless), Err(Fault::Corrupt));
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

    #[test]
    fn nobody_listening_is_not_present_with_words() {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
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
}
