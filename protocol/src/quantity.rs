//! What is measured: each quantity with its SenML unit (RFC 8428 and IANA), its kind and its plausible range.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config_error::{nearest, with_suggestion};

/// Whether a quantity is a number or a state of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number in the quantity's unit, sent as SenML `v`.
    Number,
    /// True or false, sent as SenML `vb` and kept as 1 and 0.
    Boolean,
}

/// How a change travels: at once in the urgent stream, or with its poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Sent when it changes, ahead of everything else.
    Urgent,
    /// Sent with its poll.
    Routine,
}

macro_rules! quantities {
    ($($variant:ident $name:literal $kind:ident $unit:literal $low:literal $high:literal $urgency:ident $doc:literal;)*) => {
        /// A measured quantity. The list is closed: an unknown name is a bad record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity { $(#[doc = $doc] $variant,)* }

        impl Quantity {
            /// Every quantity, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire, in configuration and in JSON.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            /// The SenML unit; empty for a boolean.
            pub const fn unit(self) -> &'static str { match self { $(Self::$variant => $unit,)* } }

            /// Number or boolean.
            pub const fn kind(self) -> Kind { match self { $(Self::$variant => Kind::$kind,)* } }

            /// The least and the greatest value that a working sensor can mean, in the unit.
            /// What lies outside is the fault `out-of-range`.
            pub const fn plausible(self) -> (f64, f64) { match self { $(Self::$variant => ($low, $high),)* } }

            /// Whether a change is sent ahead of routine readings.
            pub const fn urgency(self) -> Urgency { match self { $(Self::$variant => Urgency::$urgency,)* } }
        }
    };
}

quantities! {
    Temperature "temperature" Number "Cel" -60.0 150.0 Routine "Air or surface temperature.";
    Humidity "humidity" Number "%RH" 0.0 100.0 Routine "Relative humidity.";
    DewPoint "dew-point" Number "Cel" -80.0 100.0 Routine "Dew point, by Magnus with a = 17.625 and b = 243.04 C.";
    Pressure "pressure" Number "Pa" 30000.0 120000.0 Routine "Air pressure.";
    DifferentialPressure "differential-pressure" Number "Pa" -10000.0 10000.0 Routine "Pressure between two places.";
    Voltage "voltage" Number "V" 0.0 1000.0 Routine "Voltage of a supply.";
    InputVoltage "input-voltage" Number "V" 0.0 1000.0 Routine "Voltage at a UPS's input.";
    OutputVoltage "output-voltage" Number "V" 0.0 1000.0 Routine "Voltage at a UPS's output.";
    BatteryVoltage "battery-voltage" Number "V" 0.0 1000.0 Routine "Voltage of a battery or of one cell.";
    Current "current" Number "A" -10000.0 10000.0 Routine "Current.";
    Power "power" Number "W" -1000000.0 10000000.0 Routine "Active power.";
    ApparentPower "apparent-power" Number "VA" 0.0 10000000.0 Routine "Apparent power.";
    Frequency "frequency" Number "Hz" 0.0 1000.0 Routine "Frequency of a supply.";
    Load "load" Number "/" 0.0 3.0 Routine "Load as a ratio of the rating; 1 is full load.";
    BatteryCharge "battery-charge" Number "%EL" 0.0 100.0 Routine "Charge of a battery in percent.";
    BatteryRuntime "battery-runtime" Number "EL" 0.0 1000000.0 Routine "Seconds that a battery still lasts at this load.";
    BatteryTemperature "battery-temperature" Number "Cel" -40.0 120.0 Routine "Temperature of a battery.";
    Co2 "co2" Number "/" 0.0 1.0 Routine "Share of carbon dioxide in the air as a ratio; 400 ppm is 0.0004.";
    Particles "particles" Number "kg/m3" 0.0 1.0 Routine "Mass of fine particles in the air.";
    Level "level" Number "/" 0.0 1.0 Routine "Filling of a tank as a ratio.";
    Age "age" Number "s" 0.0 1000000000.0 Routine "Time since something happened.";
    Smoke "smoke" Boolean "" 0.0 1.0 Urgent "A smoke detector has tripped.";
    Water "water" Boolean "" 0.0 1.0 Urgent "A leak detector is wet.";
    DoorOpen "door-open" Boolean "" 0.0 1.0 Urgent "A door is open.";
    MainsPresent "mains-present" Boolean "" 0.0 1.0 Urgent "Mains voltage is there.";
    GeneratorRunning "generator-running" Boolean "" 0.0 1.0 Urgent "The generator runs.";
    GeneratorCarrying "generator-carrying" Boolean "" 0.0 1.0 Urgent "The generator carries the load.";
    CoolingFault "cooling-fault" Boolean "" 0.0 1.0 Urgent "A cooling unit reports a fault.";
    CoolingRunning "cooling-running" Boolean "" 0.0 1.0 Urgent "A cooling unit runs.";
    ExtinguisherReleased "extinguisher-released" Boolean "" 0.0 1.0 Urgent "The extinguishing system was released.";
    ContactFault "contact-fault" Boolean "" 0.0 1.0 Urgent "A fault contact of another device.";
    UpsOnLine "ups-on-line" Boolean "" 0.0 1.0 Urgent "The UPS runs on mains (NUT: OL).";
    UpsOnBattery "ups-on-battery" Boolean "" 0.0 1.0 Urgent "The UPS runs on its battery (NUT: OB).";
    UpsBatteryLow "ups-battery-low" Boolean "" 0.0 1.0 Urgent "The UPS says that its battery is low (NUT: LB).";
    UpsReplaceBattery "ups-replace-battery" Boolean "" 0.0 1.0 Urgent "The UPS asks for a new battery (NUT: RB).";
    UpsBypass "ups-bypass" Boolean "" 0.0 1.0 Urgent "The UPS passes mains through unprotected (NUT: BYPASS).";
    UpsBoost "ups-boost" Boolean "" 0.0 1.0 Urgent "The UPS raises or lowers its input (NUT: BOOST, TRIM).";
    UpsOverload "ups-overload" Boolean "" 0.0 1.0 Urgent "The load is more than the UPS can carry (NUT: OVER).";
    UpsOff "ups-off" Boolean "" 0.0 1.0 Urgent "The UPS gives no output (NUT: OFF).";
    UpsForcedShutdown "ups-forced-shutdown" Boolean "" 0.0 1.0 Urgent "The UPS is about to shut down (NUT: FSD).";
    UpsFault "ups-fault" Boolean "" 0.0 1.0 Urgent "The UPS reports a failure of its own.";
    UpsAlarm "ups-alarm" Boolean "" 0.0 1.0 Urgent "The UPS reports an alarm (NUT: ALARM), also beside OL.";
    UpsCalibrating "ups-calibrating" Boolean "" 0.0 1.0 Urgent "The UPS calibrates or tests its battery (NUT: CAL, TEST).";
    UpsCharging "ups-charging" Boolean "" 0.0 1.0 Routine "The battery is being charged (NUT: CHRG).";
    UpsOtherFlag "ups-other-flag" Boolean "" 0.0 1.0 Urgent "The UPS reports a state that this version does not know.";
    Answering "answering" Boolean "" 0.0 1.0 Urgent "A probe's target answers.";
}

/// An unknown quantity's name, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a valid quantity")]
pub struct QuantityError {
    name: String,
}

impl QuantityError {
    /// The name that was probably meant, or where all of them stand. Compares with every name, so it waits until somebody asks:
    /// a message may hold thousands of bad records.
    pub fn suggestion(&self) -> String {
        let names = Quantity::ALL.iter().map(|quantity| quantity.as_str());
        match nearest(&self.name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "docs/reference/configuration.md lists the quantities".to_owned(),
        }
    }
}

impl Quantity {
    /// Checks a number: within the plausible range, finite, and 0 or 1 for a boolean.
    pub fn accepts(self, value: f64) -> bool {
        let (low, high) = self.plausible();
        match self.kind() {
            Kind::Number => value.is_finite() && (low..=high).contains(&value),
            Kind::Boolean => value == 0.0 || value == 1.0,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::ALL
            .iter()
            .copied()
            .find(|quantity| quantity.as_str() == text)
            .ok_or_else(|| QuantityError {
                name: text.chars().take(80).collect(),
            })
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|error: QuantityError| {
                serde::de::Error::custom(with_suggestion(&error, error.suggestion()))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_are_identifiers() {
        for quantity in Quantity::ALL {
            assert_eq!(quantity.as_str().parse(), Ok(*quantity));
            assert!(crate::Identifier::is_valid(quantity.as_str()));
            assert_eq!(quantity.unit().is_empty(), quantity.kind() == Kind::Boolean);
        }
    }

    #[test]
    fn implausible_values_are_refused() {
        assert!(Quantity::Temperature.accepts(-40.0));
        assert!(!Quantity::Temperature.accepts(f64::NAN));
        assert!(!Quantity::Humidity.accepts(100.1));
        assert!(!Quantity::Smoke.accepts(0.5));
    }
}
