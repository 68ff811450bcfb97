//! The registry of sensor drivers: one line an entry, one file a driver. The file holds its tests too, byte for byte from the datasheet,
//! which is why some are longer than this house's other files.

/// Public: the bench and tests make edges on a wire.
pub mod contact;
mod hwmon;
mod i2c;
mod lm75;
mod megatec;
mod nut;
mod sht3x;
/// Public: the demo, the bench and the tests compute from its script what must have been stored.
pub mod simulated;

use plenum_protocol::Identifier;

use crate::driver::Driver;

/// A driver's entry in the registry.
pub struct Entry {
    /// The word in `driver = "..."`.
    pub name: &'static str,
    /// What it reads, for the list in README and the sample configuration.
    pub summary: &'static str,
    /// Builds the driver from the sensor's own keys (those that every sensor has are already taken out). An error is one line that
    /// names the key.
    pub open: fn(&Identifier, toml::Table) -> Result<Opened, toml::de::Error>,
}

/// A configured driver and the bus whose thread it shares.
pub struct Opened {
    /// Sensors with the same bus name share one thread: `/dev/i2c-1`, `/dev/ttyUSB0`, `gpiochip0/17`, `host:3493`.
    pub bus: String,
    /// The driver.
    pub driver: Box<dyn Driver>,
}

/// Every driver, in alphabetical order.
pub const DRIVERS: &[Entry] = &[
    contact::ENTRY,
    hwmon::ENTRY,
    lm75::ENTRY,
    megatec::ENTRY,
    nut::ENTRY,
    sht3x::ENTRY,
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
