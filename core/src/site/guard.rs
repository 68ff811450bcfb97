//! A guard: what another series must have said for a rule's condition to count.

use plenum_protocol::Quantity;
use serde::{Deserialize, Serialize};

use super::condition::Bound;
use super::model::SensorName;
use crate::around::{Learned, Look, Neighbour, Reach, Sees, View};
use crate::truth::Truth;

/// A second quantity that must have a value for a rule's condition to count: "runtime below 5 min, only while on battery".
/// What was last seen counts, also when it is old or now faulty: a UPS that goes dark on battery is on battery. Of several one is enough; only where
/// `nearest` has to look at the whole site all of them must say so. One that was never seen says nothing: while it is the only one nothing begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Guard {
    /// What is looked for.
    pub quantity: Quantity,
    /// What it must be.
    pub value: Bound,
    /// Where.
    pub reach: Reach,
}

/// Where to look, in configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// At the same sensor.
    Sensor,
    /// In the same room.
    Room,
    /// In the rooms of the same zone; of a room without one, in the room.
    Zone,
    /// On the whole site.
    Site,
    /// At the same sensor, else in the same room, else on the whole site.
    Nearest,
}

/// A guard as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<bool>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::amount::maybe"
    )]
    above: Option<f64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::amount::maybe"
    )]
    below: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<Within>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sensor: Option<SensorName>,
}

/// What can be wrong with one.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// More than one value.
    #[error("a guard needs one of `is`, `above` and `below`, not several")]
    Several,
    /// Two places.
    #[error("`within` and `sensor` both say where to look; write one of them")]
    TwoPlaces,
}

impl Reach {
    /// Where a table looks that says this.
    pub(super) fn of(within: Option<Within>, sensor: Option<SensorName>) -> Result<Self, Mistake> {
        Ok(match (within, sensor) {
            (None, None) => Self::Near,
            (Some(Within::Sensor), None) => Self::Sensor,
            (Some(Within::Room), None) => Self::Room,
            (Some(Within::Zone), None) => Self::Zone,
            (Some(Within::Site), None) => Self::Site,
            (Some(Within::Nearest), None) => Self::Nearest,
            (None, Some(name)) => Self::Named(name),
            (Some(_), Some(_)) => return Err(Mistake::TwoPlaces),
        })
    }

    /// How it is written.
    pub(super) fn written(self) -> (Option<Within>, Option<SensorName>) {
        match self {
            Self::Near => (None, None),
            Self::Sensor => (Some(Within::Sensor), None),
            Self::Room => (Some(Within::Room), None),
            Self::Zone => (Some(Within::Zone), None),
            Self::Site => (Some(Within::Site), None),
            Self::Nearest => (Some(Within::Nearest), None),
            Self::Named(name) => (None, Some(name)),
        }
    }
}

impl TryFrom<Written> for Guard {
    type Error = Mistake;

    fn try_from(written: Written) -> Result<Self, Mistake> {
        let deadband = 0.0;
        let value = match (written.is, written.above, written.below) {
            (is, None, None) => Bound::Is {
                state: is.unwrap_or(true),
            },
            (None, Some(limit), None) => Bound::Above { limit, deadband },
            (None, None, Some(limit)) => Bound::Below { limit, deadband },
            _ => return Err(Mistake::Several),
        };
        Ok(Self {
            quantity: written.quantity,
            value,
            reach: Reach::of(written.within, written.sensor)?,
        })
    }
}

impl From<Guard> for Written {
    fn from(guard: Guard) -> Self {
        let (within, sensor) = guard.reach.written();
        let (is, above, below) = match guard.value {
            Bound::Is { state } => (Some(state), None, None),
            Bound::Above { limit, .. } => (None, Some(limit), None),
            Bound::Below { limit, .. } => (None, None, Some(limit)),
        };
        Self {
            quantity: guard.quantity,
            is,
            above,
            below,
            within,
            sensor,
        }
    }
}

impl Guard {
    /// On a state, near the series that it guards.
    pub fn near(quantity: Quantity, state: bool) -> Self {
        Self {
            quantity,
            value: Bound::Is { state },
            reach: Reach::Near,
        }
    }

    /// What it looks for.
    pub fn look(&self) -> Look {
        Look {
            quantity: self.quantity,
            reach: self.reach.clone(),
            sees: Sees::LastSeen(self.value),
        }
    }

    /// Whether it holds for a series, by what was last seen around that.
    pub fn learn(&self, view: &View<'_>) -> Learned {
        let (found, of_the_site) = view.find(self.quantity, &self.reach);
        let seen: Vec<f64> = found
            .iter()
            .filter_map(|one: &Neighbour<'_>| one.last_seen)
            .collect();
        let mut holds = seen.iter().map(|value| self.value.is_passed(*value));
        Learned::always(match (seen.is_empty(), of_the_site) {
            (true, _) => Truth::Unknown,
            (false, true) => holds.all(|holds| holds).into(),
            (false, false) => holds.any(|holds| holds).into(),
        })
    }
}
