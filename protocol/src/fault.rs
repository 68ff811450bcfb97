//! Why a sensor gave no value: the closed list that travels as SenML `vs`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A failed read. It is stored, shown and counted, and never turned into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing answers at the sensor's address, path or name.
    NotPresent,
    /// The device is there and did not answer in time.
    Timeout,
    /// An answer came and its checksum or form is wrong.
    Corrupt,
    /// The answer is not a plausible value of its quantity.
    OutOfRange,
    /// The device itself reports that it is broken.
    DeviceError,
    /// The value has not moved for longer than a working sensor can stand still.
    Stuck,
    /// A word that this version does not know, from a newer or a foreign publisher.
    Unrecognised,
}

impl Fault {
    /// Every fault, in the order of its code.
    pub const ALL: [Self; 7] = [
        Self::NotPresent,
        Self::Timeout,
        Self::Corrupt,
        Self::OutOfRange,
        Self::DeviceError,
        Self::Stuck,
        Self::Unrecognised,
    ];

    /// The word on the wire, in JSON and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotPresent => "not-present",
            Self::Timeout => "timeout",
            Self::Corrupt => "corrupt",
            Self::OutOfRange => "out-of-range",
            Self::DeviceError => "device-error",
            Self::Stuck => "stuck",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// A small number for storage; never renumbered.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The fault of a stored number; an unknown one is `Unrecognised`.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or(Self::Unrecognised)
    }

    /// What it means for the person who stands before the rack.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::NotPresent => "nothing answers there: check the plug, the address and the power",
            Self::Timeout => "it does not answer in time: check the cable and what else is on the bus",
            Self::Corrupt => "its answer is damaged: check the cable's length, the shield and the pull-ups",
            Self::OutOfRange => "its answer is not a plausible value: the sensor is wet, loose or broken",
            Self::DeviceError => "the device reports an error of its own: see its display or manual",
            Self::Stuck => "its value does not move any more: power it off and on, then replace it",
            Self::Unrecognised => "an unknown fault, from a newer or a foreign publisher",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Fault {
    type Err = std::convert::Infallible;
    /// An unknown word reads as `Unrecognised`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::ALL
            .into_iter()
            .find(|fault| fault.as_str() == text)
            .unwrap_or(Self::Unrecognised))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_read_back() {
        for (index, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault.as_str().parse(), Ok(fault));
            assert_eq!(usize::from(fault.code()), index);
            assert_eq!(Fault::from_code(fault.code()), fault);
        }
        assert_eq!("molten".parse(), Ok(Fault::Unrecognised));
    }
}
