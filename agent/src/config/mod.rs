//! `agent.toml`: who this agent is, its broker, its spool, its sensors and its outputs, as types that cannot be wrong.

mod broker;
mod output;
mod positions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_protocol::config_error::{self, ConfigError};
use plenum_protocol::payload::status::SENSORS;
use plenum_protocol::{Duration, Identifier, Size};
use serde::Deserialize;

use crate::drivers::{DRIVERS, Entry, Opened};
pub use broker::Broker;
pub use output::{OutputConfig, What};
use positions::KeyPositions;

/// The shortest interval between two polls of a sensor.
pub const INTERVAL_LEAST: Duration = Duration::from_seconds(1);
/// The longest interval between two polls of a sensor.
pub const INTERVAL_GREATEST: Duration = Duration::from_hours(24);
const INTERVAL_DEFAULT: Duration = Duration::from_seconds(10);
const SPOOL_LEAST: Size = Size(1 << 20);

/// All that an agent needs to run.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The site that it belongs to.
    pub site: Identifier,
    /// Its own name, unique within the site.
    pub agent: Identifier,
    /// What vouches for the clock.
    pub clock: ClockTrust,
    /// The broker that readings are published to.
    pub broker: Broker,
    /// The file in which readings wait, and how large it may grow.
    pub spool: SpoolConfig,
    /// The sensors, in the file's order.
    pub sensors: Vec<SensorConfig>,
    /// What it switches, in the file's order.
    pub outputs: Vec<OutputConfig>,
}

/// What vouches for the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockTrust {
    /// The kernel says whether it is synchronised (adjtimex); until then instants are sent relative to the sending.
    #[default]
    Kernel,
    /// It is right, whatever the kernel says: in a container, on a host set by its hypervisor, in tests.
    Trusted,
}

/// The spool's file and its bound.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpoolConfig {
    /// The SQLite file; `-wal` and `-shm` stand beside it.
    pub path: PathBuf,
    /// The size past which the oldest readings go.
    pub maximum: Size,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::from("/var/lib/plenum-agent/spool.db"),
            maximum: Size(256 << 20),
        }
    }
}

/// A sensor: its name, its interval (1 s to 1 d) and how its driver is made.
#[derive(Clone)]
pub struct SensorConfig {
    /// Its name, unique within the agent.
    pub id: Identifier,
    /// How often it is polled.
    pub interval: Duration,
    /// Its driver's name, as the status tells it.
    pub driver: String,
    open: Arc<dyn Fn() -> Result<Opened, String> + Send + Sync>,
}

impl std::fmt::Debug for SensorConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} ({}, every {})",
            self.id, self.driver, self.interval
        )
    }
}

impl SensorConfig {
    /// A sensor whose driver is made by `open` rather than found in the registry: for programs that run an agent
    /// in process with a device of their own.
    pub fn given(
        id: Identifier,
        interval: Duration,
        driver: &str,
        open: impl Fn() -> Opened + Send + Sync + 'static,
    ) -> Self {
        Self {
            id,
            interval,
            driver: driver.to_owned(),
            open: Arc::new(move || Ok(open())),
        }
    }

    /// A sensor with a driver of the registry and that driver's own keys.
    pub fn registered(
        id: Identifier,
        interval: Duration,
        entry: &'static Entry,
        keys: toml::Table,
    ) -> Result<Self, toml::de::Error> {
        (entry.open)(&id, keys.clone())?;
        let sensor = id.clone();
        Ok(Self {
            id,
            interval,
            driver: entry.name.to_owned(),
            open: Arc::new(move || {
                (entry.open)(&sensor, keys.clone()).map_err(|error| error.message().to_owned())
            }),
        })
    }

    /// Makes the driver. The device itself is opened at the first read.
    pub fn open(&self) -> Result<Opened, String> {
        (self.open)().map_err(|why| format!("sensor `{}`: {why}", self.id))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    site: Identifier,
    agent: Identifier,
    #[serde(default)]
    clock: ClockTrust,
    broker: Broker,
    #[serde(default)]
    spool: SpoolConfig,
    #[serde(default)]
    sensor: Vec<toml::Table>,
    #[serde(default)]
    output: Vec<toml::Table>,
}

impl AgentConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or has mistakes: all of them, each with its line.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![ConfigError::of_file(&file, format!("cannot be read: {error}"))])?;
        Self::parse(&file, &text)
    }

    /// Reads a text; `file` is its name in errors, and relative paths count from its folder. What is wrong is told all at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<ConfigError>> {
        let mut parsed: File = config_error::parse(file, text).map_err(|error| vec![error])?;
        let positions = KeyPositions::new(file, text);
        let mut errors = Vec::new();
        check_broker(&parsed.broker, &positions, &mut errors);
        if parsed.spool.maximum < SPOOL_LEAST {
            let message = format!("`maximum` is {}, less than {SPOOL_LEAST}", parsed.spool.maximum);
            errors.push(
                positions
                    .at_key("spool", "maximum", message)
                    .suggest("256MiB holds months of ten sensors"),
            );
        }
        let sensors = check_sensors(parsed.sensor, &positions, &mut errors);
        let outputs = output::check(parsed.output, &sensors, &positions, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        parsed.spool.path = folder.join(parsed.spool.path);
        let broker = &mut parsed.broker;
        for path in [&mut broker.password_file, &mut broker.ca, &mut broker.identity] {
            *path = path.take().map(|path| folder.join(path));
        }
        if parsed.broker.password_file.is_some() && !parsed.broker.url.contains('@') {
            let user = format!("{}/{}", parsed.site, parsed.agent);
            parsed.broker.user.get_or_insert(user);
        }
        Ok(Self {
            site: parsed.site,
            agent: parsed.agent,
            clock: parsed.clock,
            broker: parsed.broker,
            spool: parsed.spool,
            sensors,
            outputs,
        })
    }
}

fn check_broker(broker: &Broker, positions: &KeyPositions<'_>, errors: &mut Vec<ConfigError>) {
    if let Err(why) = broker.address() {
        errors.push(positions.at_key("broker", "url", &why));
    }
}

fn check_sensors(
    tables: Vec<toml::Table>,
    positions: &KeyPositions<'_>,
    errors: &mut Vec<ConfigError>,
) -> Vec<SensorConfig> {
    if tables.len() > SENSORS {
        let message = format!(
            "this is the {} [[sensor]], and an agent has {SENSORS} at most",
            ordinal(SENSORS + 1)
        );
        let error = positions.at_sensor(SENSORS, None, message);
        errors.push(error.suggest(
            "give the rest to a second agent: another agent.toml, with a name and a spool of its own",
        ));
    }
    let mut seen = BTreeMap::new();
    let mut sensors = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        match check_sensor(index, table, positions) {
            Ok(sensor) => {
                if let Some(first) = seen.insert(sensor.id.clone(), index) {
                    let message = format!(
                        "sensor `{}` stands here twice: it is also the {} [[sensor]]",
                        sensor.id,
                        ordinal(first + 1)
                    );
                    let error = positions.at_sensor(index, Some("id"), message);
                    errors.push(error.suggest("give each sensor a name of its own"));
                }
                sensors.push(sensor);
            }
            Err(error) => errors.push(error),
        }
    }
    sensors
}

fn check_sensor(
    index: usize,
    mut table: toml::Table,
    positions: &KeyPositions<'_>,
) -> Result<SensorConfig, ConfigError> {
    let mut take = |key: &str| match table.remove(key) {
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(positions.at_sensor(
            index,
            Some(key),
            format!("`{key}` is a {} instead of a text", other.type_str()),
        )),
        None => Ok(None),
    };
    let missing = |key: &str, suggestion: &str| {
        positions
            .at_sensor(index, None, format!("the sensor has no `{key}`"))
            .suggest(suggestion)
    };
    let id = take("id")?.ok_or_else(|| missing("id", "name it: id = \"inlet-a3\""))?;
    let id: Identifier = id
        .parse()
        .map_err(|error| positions.at_sensor(index, Some("id"), error))?;
    let names = || DRIVERS.iter().map(|entry| entry.name);
    let driver = take("driver")?.ok_or_else(|| {
        let known = names().collect::<Vec<_>>().join(", ");
        missing("driver", &format!("known are: {known}"))
    })?;
    let interval = match take("interval")? {
        None => INTERVAL_DEFAULT,
        Some(text) => text
            .parse()
            .map_err(|error| positions.at_sensor(index, Some("interval"), error))?,
    };
    if interval < INTERVAL_LEAST || interval > INTERVAL_GREATEST {
        let message =
            format!("the interval {interval} is not between {INTERVAL_LEAST} and {INTERVAL_GREATEST}");
        return Err(positions.at_sensor(index, Some("interval"), message));
    }
    let Some(entry) = DRIVERS.iter().find(|entry| entry.name == driver) else {
        let error = positions.at_sensor(index, Some("driver"), format!("there is no driver `{driver}`"));
        return Err(match config_error::nearest(&driver, names()) {
            Some(meant) => error.suggest(format!("did you mean `{meant}`?")),
            None => error.suggest(format!("known are: {}", names().collect::<Vec<_>>().join(", "))),
        });
    };
    let own_keys: Vec<String> = table.keys().cloned().collect();
    SensorConfig::registered(id.clone(), interval, entry, table)
        .map_err(|error| driver_error(index, &id, entry, &own_keys, &error, positions))
}

/// Puts a driver's error at the key that it names.
fn driver_error(
    index: usize,
    id: &Identifier,
    entry: &Entry,
    own_keys: &[String],
    error: &toml::de::Error,
    positions: &KeyPositions<'_>,
) -> ConfigError {
    let whole = error.to_string();
    let message = error.message();
    let key = whole
        .split('`')
        .skip(1)
        .step_by(2)
        .find_map(|word| own_keys.iter().find(|key| *key == word));
    let placed = positions.at_sensor(
        index,
        key.map(String::as_str),
        format!(
            "sensor `{id}` ({}): {}",
            entry.name,
            message.lines().next().unwrap_or(message)
        ),
    );
    match config_error::suggestion_for(message) {
        Some(suggestion) => placed.suggest(suggestion),
        None => placed,
    }
}

fn ordinal(number: usize) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        number => format!("{number}th"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "site = \"zaandam\"\nagent = \"pi-a1\"\n[broker]\nurl = \"mqtt://localhost\"\n";

    fn check(tail: &str, expected: &[&str]) {
        let errors = AgentConfig::parse("agent.toml", &format!("{HEAD}{tail}"))
            .err()
            .unwrap_or_default();
        let found: Vec<String> = errors
            .iter()
            .map(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_least_file_has_defaults() {
        let config = AgentConfig::parse("agent.toml", HEAD).unwrap();
        assert_eq!(config.clock, ClockTrust::Kernel);
        assert_eq!(config.spool, SpoolConfig::default());
        assert_eq!(config.broker.address().unwrap().port, 1883);
        assert!(config.sensors.is_empty());
    }

    #[test]
    fn paths_count_from_the_file_and_the_user_is_the_agent() {
        let text = format!("{HEAD}password_file = \"agent.password\"\n[spool]\npath = \"spool.db\"\n");
        let config = AgentConfig::parse("/etc/plenum/agent.toml", &text).unwrap();
        assert_eq!(config.spool.path, Path::new("/etc/plenum/spool.db"));
        assert_eq!(
            config.broker.password_file.as_deref(),
            Some(Path::new("/etc/plenum/agent.password"))
        );
        assert_eq!(
            config.broker.address().unwrap().user.as_deref(),
            Some("zaandam/pi-a1")
        );
    }

    #[test]
    fn an_agent_has_256_sensors_at_most() {
        let sensors = |count: usize| -> String {
            let sensor = |number: usize| {
                format!(
                    "[[sensor]]\nid = \"s-{number}\"\ndriver = \"lm75\"\nbus = \"/dev/i2c-1\"\naddress = 0x48\n"
                )
            };
            (0..count).map(sensor).collect()
        };
        check(&sensors(256), &[]);
        check(
            &sensors(257),
            &[
                "agent.toml:1285:1: this is the 257th [[sensor]], and an agent has 256 at most; give the rest to a second agent: another agent.toml, with a name and a spool of its own",
            ],
        );
    }

    #[test]
    fn every_error_names_its_line_and_all_are_told() {
        check(
            "[spool]\nmaximum = \"1KiB\"\n[[sensor]]\ndriver = \"lm75\"\n[[sensor]]\nid = \"Inlet\"\ndriver = \"lm75\"\n",
            &[
                "agent.toml:6:1: `maximum` is 1KiB, less than 1MiB; 256MiB holds months of ten sensors",
                "agent.toml:7:1: the sensor has no `id`; name it: id = \"inlet-a3\"",
                "agent.toml:10:1: `Inlet` is not a valid identifier: use 1 to 63 small letters, digits and hyphens, beginning with a letter or digit",
            ],
        );
        check(
            "[[sensor]]\nid = \"a\"\ndriver = \"lm75\"\ninterval = \"100ms\"\n",
            &["agent.toml:8:1: the interval 100ms is not between 1s and 1d"],
        );
        check(
            "[[sensor]]\nid = \"a\"\ndriver = 3\n",
            &["agent.toml:7:1: `driver` is a integer instead of a text"],
        );
        check(
            "insecur = true\n",
            &[
                "agent.toml:5:1: unknown field `insecur`, expected one of `url`, `user`, `password_file`, `insecure`, `ca`, `identity`; did you mean `insecure`?",
            ],
        );
    }
}
