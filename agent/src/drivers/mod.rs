//! The registry of sensor drivers: one file a driver, in the folder of what it is reached by; here its `mod` line and its entry.

mod lazy;
mod polled;
/// Public: the demo, the bench and the tests compute from its script what must have been stored.
pub mod simulated;

/// Chips on an I2C bus.
mod i2c {
    pub(super) mod bme280;
    pub(super) mod bus;
    mod climate;
    mod holder;
    pub(super) mod lm75;
    pub(super) mod scd4x;
    mod sensirion;
    pub(super) mod sht3x;
    pub(super) mod sht4x;
    pub(super) mod shtc3;
}

/// Devices on a serial line.
mod serial {
    pub(super) mod megatec;
}

/// Lines of a GPIO chip.
mod gpio {
    pub(crate) mod chip;
    pub mod contact;
    pub mod switch;
}

/// What the kernel reads itself.
mod kernel {
    mod ds18b20;
    pub(super) mod hwmon;
    pub(super) mod iio;
    pub(super) mod power_supply;
    mod sysfs;
    pub(super) mod w1;
}

/// Devices that answer over TCP.
mod network {
    pub(super) mod nut;
}

use plenum_protocol::Identifier;
use plenum_protocol::config_key::Key;

use crate::driver::Driver;
// The bench and tests make edges on a wire, and look at a bulb.
pub use gpio::{contact, switch};
// An output's line is one of the same chips.
pub(crate) use gpio::chip;
pub(crate) use lazy::Lazy;

/// A driver's entry in the registry.
pub struct Entry {
    /// The word in `driver = "..."`.
    pub name: &'static str,
    /// What it reads, for the list in README.
    pub summary: &'static str,
    /// Builds the driver from the sensor's own keys (those that every sensor has are already taken out), without touching the device.
    /// An error is one line that names the key.
    pub open: fn(&Identifier, toml::Table) -> Result<Opened, toml::de::Error>,
    /// What people read of it.
    pub manual: Manual,
}

/// What people read of a driver: docs/reference/configuration.md and the sample of agent.toml are written from it.
pub struct Manual {
    /// What it is, above its keys.
    pub about: &'static str,
    /// The sensor's own keys, all of them.
    pub keys: &'static [Key],
    /// The tables below them.
    pub below: &'static [Below],
    /// How it stands in the sample: one sensor or several, each with an id of its own, below a comment.
    pub sample: &'static str,
}

/// A table below a sensor's own keys.
pub struct Below {
    /// How it is reached, with what the operator chooses in capitals: `quantities.QUANTITY`.
    pub title: &'static str,
    /// What it is, above its keys.
    pub about: &'static str,
    /// The sensor's own keys that are valid once the table's required keys stand in place of `@`.
    pub frame: &'static str,
    /// The table's keys, all of them.
    pub keys: &'static [Key],
}

/// A configured driver and the bus whose thread it shares.
pub struct Opened {
    /// Sensors with the same bus name share one thread: `/dev/i2c-1`, `/dev/ttyUSB0`, `gpiochip0/17`, `host:3493`.
    pub bus: String,
    /// Reads the sensor; its device is opened at the first read.
    pub driver: Box<dyn Driver>,
}

/// Every driver, in alphabetical order.
pub const DRIVERS: &[Entry] = &[
    i2c::bme280::ENTRY,
    gpio::contact::ENTRY,
    kernel::hwmon::ENTRY,
    kernel::iio::ENTRY,
    i2c::lm75::ENTRY,
    serial::megatec::ENTRY,
    network::nut::ENTRY,
    kernel::power_supply::ENTRY,
    i2c::scd4x::ENTRY,
    i2c::sht3x::ENTRY,
    i2c::sht4x::ENTRY,
    i2c::shtc3::ENTRY,
    simulated::ENTRY,
    kernel::w1::ENTRY,
];

/// The driver of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    DRIVERS.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests;
