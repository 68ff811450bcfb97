//! A UPS that Network UPS Tools already reads: asks upsd over TCP (RFC 9271, `LIST VAR`).

mod connection;
mod numbers;
mod status;
#[cfg(test)]
mod tests;
mod variables;

use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::{Duration, Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use crate::driver::{Problem, Sample};
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};
use crate::patience::Patience;
use connection::{Connection, no_data, quoted, refusal};
use status::{Testing, alarm_text, states, waits};
use variables::{Remarks, Variables, convert, known, quantities_in};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "nut",
    summary: "any UPS behind Network UPS Tools' upsd",
    open,
    manual: Manual {
        about: "A UPS that Network UPS Tools watches.",
        keys: KEYS,
        below: &[],
        sample: "\
# A UPS that Network UPS Tools watches: `upsc -l` lists them.
[[sensor]]
id = \"ups-b\"
driver = \"nut\"
ups = \"ups1\"
host = \"127.0.0.1\"
port = 3493
",
    },
};

const KEYS: &[Key] = &[
    required(
        "ups",
        "text",
        "\"ups1\"",
        "The UPS's name at upsd, as upsc -l lists it.",
    ),
    usual("host", "text", "\"127.0.0.1\"", "Where upsd runs."),
    usual("port", "number, 1 to 65535", "3493", "Its port."),
    maybe("username", "text", "Name for log-in."),
    maybe("password", "text", "Password for log-in; needs `username`."),
    usual(
        "timeout",
        "duration, 100ms to 1min",
        "\"5s\"",
        "How long it may be silent in an answer; a whole answer may take four times as long.",
    ),
    maybe(
        "quantities",
        "list of quantities",
        "Exactly these; without it every state of a UPS, and every number that it turns out to have.",
    ),
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
    /// Who logs in, where upsd wants that.
    username: Option<String>,
    password: Option<String>,
    /// How long it may take to connect, and be silent while it answers.
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
                "`{}` is not a valid `ups`: give a name as `upsc -l` lists them",
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
        let mut wanted = self.quantities.iter().flatten();
        match wanted.find(|quantity| !known(**quantity)) {
            Some(quantity) => Err(format!("upsd does not give the quantity {quantity}")),
            None => Ok(()),
        }
    }
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    config.check().map_err(toml::de::Error::custom)?;
    let bus = format!("{}:{}", config.host, config.port);
    let always = config.quantities.clone().unwrap_or_default();
    let (ups, wanted, timeout) = (config.ups.clone(), config.quantities.clone(), config.timeout);
    let (mut remarks, mut testing) = (Remarks::default(), Testing::default());
    let words = Arc::new(Mutex::new(None));
    let heard = words.clone();
    let read = move |connection: &mut Connection<TcpStream>| {
        let answer = connection.list(&ups, timeout)?;
        let variables = answer.map_err(|words| refusal(&words, &ups))?;
        remarks.look(&ups, &variables);
        *heard.lock().unwrap_or_else(PoisonError::into_inner) = alarm_text(&variables).map(str::to_owned);
        let mut samples = samples(&ups, &variables, wanted.as_deref())?;
        testing.outlasts_battery(&mut samples);
        Ok(samples)
    };
    let ups = config.ups.clone();
    // upsd closes a connection that has been idle for a minute.
    let device = Lazy::new(sensor, move || connect(&config)).closing_when_idle();
    let driver = Polled::new(device, always, read)
        .taken_for(states().collect())
        .saying(move || words.lock().unwrap_or_else(PoisonError::into_inner).clone())
        .advising(move |fault| doubtful_value(&ups, fault));
    Ok(Opened {
        bus,
        driver: Box::new(driver),
    })
}

/// The wanted quantities, or all that there are.
fn samples(ups: &str, variables: &Variables, wanted: Option<&[Quantity]>) -> Result<Vec<Sample>, Problem> {
    if waits(variables) {
        return Err(no_data(ups));
    }
    let quantities = match wanted {
        Some(wanted) => wanted.to_vec(),
        None => quantities_in(variables),
    };
    Ok(convert(variables, &quantities))
}

/// What to try where upsd answers well, and the UPS says no more than this.
fn doubtful_value(ups: &str, fault: Fault) -> Option<String> {
    matches!(fault, Fault::OutOfRange | Fault::Corrupt | Fault::NotPresent).then(|| {
        format!(
            "{ups} itself reports this value wrongly or not at all (`upsc {ups}` shows it): list the `quantities` that you want"
        )
    })
}

/// Connects and logs in.
fn connect(config: &Config) -> Result<Connection<TcpStream>, Problem> {
    let mut connection = Connection::new(stream(config)?)?;
    for (word, value) in [("USERNAME", &config.username), ("PASSWORD", &config.password)] {
        if let Some(value) = value {
            connection.send(&format!("{word} {}\n", quoted(value)))?;
            let mut allowance = connection.allowance(config.timeout);
            match connection.line(&mut allowance)?.as_slice() {
                [ok, ..] if ok == "OK" => {}
                words => return Err(refusal(words, &config.ups)),
            }
        }
    }
    Ok(connection)
}

/// A stream to the first address that answers, of at most four; they share the time-out.
fn stream(config: &Config) -> Result<TcpStream, Problem> {
    let Config { host, port, .. } = config;
    let resolved = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
        let words = format!("the name {host} does not resolve: {error}");
        Problem::new(Fault::NotPresent, words)
    })?;
    let addresses: Vec<_> = resolved.take(4).collect();
    let share = config.timeout.to_std() / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut outcome = Err(ErrorKind::NotFound.into());
    for address in addresses {
        outcome = TcpStream::connect_timeout(&address, share);
        if outcome.is_ok() {
            break;
        }
    }
    let prepared = outcome.and_then(|stream| {
        stream.set_read_timeout(Some(Patience::SLICE))?;
        stream.set_write_timeout(Some(config.timeout.to_std()))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    let upsd = format!("{host}:{port}");
    prepared.map_err(|error| match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Problem::new(
            Fault::Timeout,
            format!("{upsd} does not answer: check the network and the firewall"),
        ),
        _ => Problem::new(
            Fault::NotPresent,
            format!(
                "no upsd at {upsd} ({error}): is nut-server running, and does its upsd.conf LISTEN there?"
            ),
        ),
    })
}
