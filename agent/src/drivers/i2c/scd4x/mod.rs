//! Sensirion SCD40, SCD41 and SCD43: carbon dioxide, temperature and humidity over I2C, and the dew point. It measures by itself, every
//! five seconds. Figures are those of the datasheet SCD4x, chapter 3 "Digital interface description".

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use linux_embedded_hal::Delay;
use plenum_protocol::config_key::{Key, maybe, required};
use plenum_protocol::{Duration, Fault, Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use super::climate::climate;
use super::sensirion::{Chip, Command};
use crate::driver::{Problem, Sample, measured};
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "scd4x",
    summary: "SCD40, SCD41 and SCD43 sensors of carbon dioxide, temperature and humidity over I2C, with the dew point",
    open,
    manual: Manual {
        about: "SCD40, SCD41 and SCD43 on I2C, with the dew point. It measures every 5 s; its first measurement after a start does not count, so that the first \
                reading comes with the first look 10 s after it or later.",
        keys: KEYS,
        below: &[],
        sample: "\
# Carbon dioxide, temperature, humidity and dew point: Sensirion SCD40, SCD41 or SCD43 on I2C, which has the one address 0x62.
[[sensor]]
id = \"air-a\"
driver = \"scd4x\"
bus = \"/dev/i2c-1\"
altitude_m = 12                         # or pressure_hpa, the air's own pressure there
",
    },
};

const KEYS: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    maybe(
        "altitude_m",
        "whole number, 0 to 3000, in metres",
        "How high above the sea it stands: thinner air holds less carbon dioxide. 0 without it.",
    ),
    maybe(
        "pressure_hpa",
        "whole number, 700 to 1200, in hPa",
        "The air's pressure where it stands, in place of `altitude_m`.",
    ),
];

const ADDRESS: u8 = 0x62;
/// 3.6.3. It takes nothing else before.
const STOP: Command = Command::word(0x3f86, 500);
/// 3.10.2.
const SERIAL_NUMBER: Command = Command::word(0x3682, 1);
/// 3.7.3.
const ALTITUDE: Command = Command::word(0x2427, 1);
/// 3.7.5.
const PRESSURE: Command = Command::word(0xe000, 1);
/// 3.6.1.
const START: Command = Command::word(0x21b1, 1);
/// 3.9.2: a measurement waits to be read if any of these bits is set.
const READY: Command = Command::word(0xe4b8, 1);
const READY_BITS: u16 = 0x07ff;
/// 3.6.2.
const READ: Command = Command::word(0xec05, 1);
/// In °C.
const RANGE: RangeInclusive<f64> = -10.0..=60.0;
/// In ppm; there is always some in air.
const CO2_RANGE: RangeInclusive<u16> = 1..=40_000;

/// How long a measurement is given again to whoever asks more often than it measures.
const LASTS: Duration = Duration::from_seconds(10);
/// So long after the first look the measurement that waits is the second or a later one: it is started within that look.
const SECOND: Duration = Duration::from_seconds(11);
/// How long it may be without a measurement before it is stopped and started anew.
const PATIENCE: Duration = Duration::from_seconds(15);

const QUANTITIES: [Quantity; 4] = [
    Quantity::Co2,
    Quantity::Temperature,
    Quantity::Humidity,
    Quantity::DewPoint,
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
    /// Metres above the sea, 0 to 3000.
    altitude_m: Option<u16>,
    /// Air pressure in hPa, 700 to 1200.
    pressure_hpa: Option<u16>,
}

/// What the air's density is reckoned from.
#[derive(Debug, Clone, Copy)]
enum Air {
    /// Metres above the sea.
    Altitude(u16),
    /// Its pressure in hPa.
    Pressure(u16),
}

fn air(config: &Config) -> Result<Air, String> {
    match (config.altitude_m, config.pressure_hpa) {
        (Some(_), Some(_)) => {
            Err("`altitude_m` and `pressure_hpa` say the same: leave one of them out".to_owned())
        }
        (Some(metres), None) if metres > 3_000 => Err(format!(
            "`altitude_m` of an SCD4x is 0 to 3000 (metres), not {metres}"
        )),
        (None, Some(pressure)) if !(700..=1_200).contains(&pressure) => Err(format!(
            "`pressure_hpa` of an SCD4x is 700 to 1200 (hPa), not {pressure}"
        )),
        (None, Some(pressure)) => Ok(Air::Pressure(pressure)),
        (metres, None) => Ok(Air::Altitude(metres.unwrap_or_default())),
    }
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let air = air(&config).map_err(toml::de::Error::custom)?;
    let bus = config.bus.display().to_string();
    let device = bus::device(sensor, config.bus, move |bus| Device::probe(bus, Delay, air));
    Ok(Opened {
        bus,
        driver: Box::new(
            Polled::by_ticks(device, QUANTITIES, Device::read)
                .advising(advice)
                .beginning_within(PATIENCE),
        ),
    })
}

fn advice(fault: Fault) -> Option<String> {
    let words =
        "it was just started: it measures every 5 s, and its first measurement does not count; wait for 10 s";
    (fault == Fault::Timeout).then(|| words.to_owned())
}

/// The chip, measuring.
struct Device<B, D> {
    chip: Chip<B, D>,
    /// The measurement that does not count has come and gone.
    settled: bool,
    /// The last measurement, and the tick that took it.
    last: Option<(Timestamp, Vec<Sample>)>,
    /// The tick since which nothing has come.
    waits: Option<Timestamp>,
}

impl<B: I2c, D: DelayNs> Device<B, D>
where
    Problem: From<B::Error>,
{
    /// Stops what a predecessor started, asks for the serial number, which no other chip at the address has, says what air it stands in, and starts it.
    fn probe(bus: B, delay: D, air: Air) -> Result<Self, Problem> {
        let mut chip = Chip::new(bus, ADDRESS, delay);
        chip.tell(STOP)?;
        chip.identity::<3>(SERIAL_NUMBER, "SCD4x")?;
        match air {
            Air::Altitude(metres) => chip.set(ALTITUDE, metres)?,
            Air::Pressure(pressure) => chip.set(PRESSURE, pressure)?,
        }
        chip.tell(START)?;
        Ok(Self {
            chip,
            settled: false,
            last: None,
            waits: None,
        })
    }

    /// Takes the measurement that waits. Where none does, it is the last one again, as long as that lasts; just after its start it is the fault `timeout`.
    ///
    /// # Errors
    /// It has given nothing for so long that it must be started anew.
    fn read(&mut self, tick: Timestamp) -> Result<Vec<Sample>, Problem> {
        let [ready] = self.chip.ask(READY)?;
        if ready & READY_BITS != 0 {
            return self.take(tick);
        }
        if let Some((at, samples)) = &self.last
            && is_within(LASTS, *at, tick)
        {
            return Ok(samples.clone());
        }
        if is_within(PATIENCE, *self.waits.get_or_insert(tick), tick) {
            return Ok(nothing_yet());
        }
        let words =
            "it is there and measures nothing: look at its supply, which has to bear 205 mA for a moment";
        Err(Problem::new(Fault::Timeout, words))
    }

    fn take(&mut self, tick: Timestamp) -> Result<Vec<Sample>, Problem> {
        let samples = convert(self.chip.ask(READ)?);
        if !self.settled {
            self.settled = true;
            // Whoever asks less often gets a later one: each takes the place of the one before.
            let since = *self.waits.get_or_insert(tick);
            if is_within(SECOND, since, tick) {
                self.waits = Some(tick);
                return Ok(nothing_yet());
            }
        }
        self.waits = None;
        self.last = Some((tick, samples.clone()));
        Ok(samples)
    }
}

/// Whether less than `length` has passed. A clock that was set back says that more has.
fn is_within(length: Duration, since: Timestamp, tick: Timestamp) -> bool {
    (Duration::ZERO..length).contains(&tick.since(since))
}

fn nothing_yet() -> Vec<Sample> {
    QUANTITIES
        .into_iter()
        .map(|quantity| (quantity, Err(Fault::Timeout)))
        .collect()
}

/// Section 3.6.2 "Read measurement".
fn convert([co2, temperature, humidity]: [u16; 3]) -> Vec<Sample> {
    let ratio = |word: u16| f64::from(word) / 65_535.0;
    let co2 = if CO2_RANGE.contains(&co2) {
        measured(Quantity::Co2, f64::from(co2) / 1e6)
    } else {
        (Quantity::Co2, Err(Fault::OutOfRange))
    };
    let mut samples = vec![co2];
    samples.extend(climate(
        -45.0 + 175.0 * ratio(temperature),
        100.0 * ratio(humidity),
        &RANGE,
    ));
    samples
}
