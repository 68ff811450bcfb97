//! The value will soon reach a limit.

use plenum_protocol::config_key::{required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::forecast;
use crate::alarms::memory::{Memory, Shared};
use crate::alarms::{Origin, Run};
use crate::site::parse::Step::{self, Key};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "forecast",
    about: "The value has left what is usual and, by an exponential curve through the readings since, passes the limit in less than so long; \
            it also holds beyond the limit. Right or early.",
    quantities: "temperature",
    keys: &[
        required(
            "limit",
            "number in the quantity's unit, or text with a unit",
            "\"32 Cel\"",
            "As in `above`.",
        ),
        required(
            "within",
            "duration of a minute to an hour",
            "\"15 min\"",
            "How soon.",
        ),
        usual(
            "side",
            "`\"above\"` or `\"below\"`",
            "\"above\"",
            "Which side of the limit is abnormal.",
        ),
    ],
    example: "",
};

/// Which side of a limit is abnormal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What is above it.
    #[default]
    Above,
    /// What is below it.
    Below,
}

/// The value passes a limit in less than so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// In the quantity's unit.
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub limit: f64,
    /// How soon.
    pub within: Duration,
    /// Which side is abnormal.
    #[serde(default)]
    pub side: Side,
}

/// What was forecast goes on being so until it is this many times as far away.
const BACK: f64 = 1.5;

impl Forecast {
    /// Tells what is wrong with it at this path.
    pub(super) fn check_at(&self, path: &[Step<'_>], mistakes: &mut Mistakes<'_, '_>) {
        if let Some(state) = mistakes.selects(QuantityKind::Boolean) {
            let message = format!("{state} is a state, of which nothing can be forecast");
            mistakes.error(&path[..1], message, "select a number, as temperature");
            return;
        }
        let quantities = mistakes.rule.select.quantities.clone();
        mistakes.bound(path, &quantities, self.as_bound());
        if !(Duration::from_minutes(1)..=Duration::from_hours(1)).contains(&self.within) {
            let path = [path, &[Key("within")]].concat();
            let message = "nothing is forecast for less than a minute or more than an hour ahead";
            mistakes.error(&path, message, "write \"15 min\"");
        }
    }

    fn as_bound(&self) -> Bound {
        let (limit, deadband) = (self.limit, 0.0);
        match self.side {
            Side::Above => Bound::Above { limit, deadband },
            Side::Below => Bound::Below { limit, deadband },
        }
    }

    /// How soon is soon, in minutes.
    fn soon(&self, active: bool) -> f64 {
        self.within.milliseconds() as f64 / 60_000.0 * if active { BACK } else { 1.0 }
    }

    fn forecast(&self, memory: Option<&Memory>, at: Timestamp) -> Option<forecast::Forecast> {
        match memory {
            Some(Memory::Forecast(shared)) => shared.forecaster()?.reaches(self.limit, at),
            _ => None,
        }
    }
}

impl Kind for Forecast {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        self.check_at(&[Key("when"), Key("forecast")], mistakes);
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        if !matches!(memory, Some(Memory::Forecast(_))) {
            *memory = Some(Memory::Forecast(Shared::default()));
        }
        if let Some(Memory::Forecast(shared)) = memory {
            shared.push(at, value);
        }
    }

    fn looks_back(&self) -> Duration {
        // What is usual is that of the last hour and a half.
        Duration::from_hours(2)
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        let value = seen.value?;
        if self.as_bound().ahead_of(value).is_none() {
            return Some(self.as_bound().is_passed(value));
        }
        let forecast = self.forecast(seen.memory, seen.at);
        Some(forecast.is_some_and(|forecast| forecast.likely <= self.soon(seen.active)))
    }

    fn holds_along(&self, run: &mut Run<'_>, memory: Option<&Memory>, active: bool) -> Option<bool> {
        let Some(Memory::Forecast(shared)) = memory else {
            return None;
        };
        let forecaster = shared.forecaster()?;
        let (low, high) = run.extremes();
        let nearest = match self.side {
            Side::Above => high,
            Side::Below => low,
        };
        self.as_bound().ahead_of(nearest)?;
        let (readings, ahead) = run.parts();
        let soonest = ahead.soonest(forecaster, self.limit, readings);
        (soonest > self.soon(active)).then_some(false)
    }

    fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        let (readings, ahead) = run.parts();
        if let Some(Memory::Forecast(shared)) = memory {
            ahead.go_on(shared.own(), readings);
        } else {
            for (at, value) in readings {
                self.remember(memory, *at, *value);
            }
        }
    }

    fn is_of_an_instant(&self) -> bool {
        false
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Foreseen {
            value: beginning.value,
            limit: self.limit,
            forecast: self.forecast(beginning.memory, beginning.since),
        }
    }
}
