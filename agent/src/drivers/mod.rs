//! The registry of sensor drivers: one file a driver, in the folder of what it is reached by; here its `mod` line and its entry.

mod lazy;
mod polled;
/// Public: the demo, the bench and the tests compute from its script what must have been stored.
pub mod simulated;

/// Chips on an I2C bus.
mod i2c {
    pub(super) mod bus;
    pub(super) mod lm75;
    pub(super) mod sht3x;
}

/// Devices on a serial line.
mod serial {
    pub(super) mod megatec;
}

/// Lines of a GPIO chip.
mod gpio {
    pub mod contact;
}

/// What the kernel reads itself.
mod kernel {
    pub(super) mod hwmon;
}

/// Devices that answer over TCP.
mod network {
    pub(super) mod nut;
}

use plenum_protocol::Identifier;

use crate::driver::Driver;
// The bench and tests make edges on a wire.
pub use gpio::contact;

/// A driver's entry in the registry.
pub struct Entry {
    /// The word in `driver = "..."`.
    pub name: &'static str,
    /// What it reads, for the list in README and the sample configuration.
    pub summary: &'static str,
    /// Builds the driver from the sensor's own keys (those that every sensor has are already taken out), without touching the device.
    /// An error is one line that names the key.
    pub open: fn(&Identifier, toml::Table) -> Result<Opened, toml::de::Error>,
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
    gpio::contact::ENTRY,
    kernel::hwmon::ENTRY,
    i2c::lm75::ENTRY,
    serial::megatec::ENTRY,
    network::nut::ENTRY,
    i2c::sht3x::ENTRY,
    simulated::ENTRY,
];

/// The driver of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    DRIVERS.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_in_order_with_names_that_are_identifiers() {
        assert!(DRIVERS.is_sorted_by(|left, right| left.name < right.name));
        for entry in DRIVERS {
            assert!(Identifier::is_valid(entry.name));
            assert!(find(entry.name).is_some_and(|found| found.summary == entry.summary));
        }
    }

    #[test]
    fn entries_stand_in_the_readme() {
        let readme = include_str!("../../../README.md");
        for entry in DRIVERS {
            let line = format!("\n| `{}` |", entry.name);
            assert!(
                readme.contains(&line),
                "README.md has no line for the driver {}",
                entry.name
            );
        }
    }
}
