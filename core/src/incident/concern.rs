//! What an alarm is about as far as causes go: not which quantity passed which limit, but which part of the site is not well.

use plenum_protocol::Quantity;
use serde::{Deserialize, Serialize};

use crate::fact::SystemKind;
use crate::site::Place;

/// A part of the site, or of the monitor, that may cause trouble to others or suffer from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Smoke, or an extinguisher that was released.
    Smoke,
    /// Water where none should be.
    Water,
    /// The public supply.
    Mains,
    /// The emergency generator.
    Generator,
    /// An uninterruptible power supply, its battery and what it feeds.
    Ups,
    /// Cooling units.
    Cooling,
    /// A room's air: temperature, humidity, dew point, pressure.
    Climate,
    /// A door.
    Door,
    /// The broker, through which agents are heard.
    Broker,
    /// An agent as a whole: that it is heard, its clock, its disk.
    Agent,
    /// That a sensor says nothing, or nothing that can be used.
    Sensor,
    /// The monitor itself: its disk, its channels, its keys.
    Monitor,
    /// A drill of the alarm chain: nobody's cause, and nobody's effect.
    Drill,
    /// That a drill broke off.
    DrillFailed,
    /// Anything else that is measured.
    Other,
}

impl Concern {
    /// Of a quantity that is measured at a place.
    pub fn of(quantity: Quantity, place: Place) -> Self {
        use Quantity as Q;
        match quantity {
            Q::Smoke | Q::ExtinguisherReleased => return Self::Smoke,
            Q::Water => return Self::Water,
            Q::DoorOpen => return Self::Door,
            Q::MainsPresent => return Self::Mains,
            Q::GeneratorRunning | Q::GeneratorCarrying => return Self::Generator,
            Q::CoolingFault | Q::CoolingRunning => return Self::Cooling,
            Q::Drill => return Self::Drill,
            Q::Answering | Q::ContactFault => return Self::Sensor,
            Q::Signal | Q::NetworkPresent | Q::Credit | Q::CreditLow => return Self::Monitor,
            _ => {}
        }
        let word = quantity.as_str();
        if word.starts_with("ups-") || word.starts_with("battery-") {
            return Self::Ups;
        }
        match place {
            Place::Ups => Self::Ups,
            Place::Mains => Self::Mains,
            Place::Generator => Self::Generator,
            Place::Cooling => Self::Cooling,
            Place::Door => Self::Door,
            Place::Inlet | Place::Outlet | Place::Supply | Place::Return | Place::Room | Place::Other => {
                Self::of_air(quantity)
            }
        }
    }

    fn of_air(quantity: Quantity) -> Self {
        use Quantity as Q;
        match quantity {
            Q::Temperature
            | Q::Humidity
            | Q::DewPoint
            | Q::Pressure
            | Q::DifferentialPressure
            | Q::Co2
            | Q::Particles => Self::Climate,
            Q::InputVoltage | Q::Frequency => Self::Mains,
            _ => Self::Other,
        }
    }

    /// Of what the monitor says of itself.
    pub fn of_system(kind: SystemKind) -> Self {
        use SystemKind as K;
        match kind {
            K::BrokerLost => Self::Broker,
            K::AgentDisk
            | K::ClockAhead
            | K::ClockBehind
            | K::ClockFree
            | K::FollowsAnother
            | K::ForeignDatabase
            | K::Gap
            | K::Late
            | K::ExpectationChanges
            | K::SeriesLimit
            | K::TwoHosts => Self::Agent,
            K::NeverHeard => Self::Sensor,
            K::DrillFailed => Self::DrillFailed,
            _ => Self::Monitor,
        }
    }
}
