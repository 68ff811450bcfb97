//! Names of time series: `site/agent/sensor/quantity`, and the part below an agent, `sensor/quantity`.

use std::fmt;
use std::str::FromStr;

use crate::{AgentName, Identifier, Quantity};

/// One quantity of one sensor, as its agent names it: `sensor/quantity`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// The sensor, unique below its agent.
    pub sensor: Identifier,
    /// What it measures.
    pub quantity: Quantity,
}

/// A time series: `site/agent/sensor/quantity`. With an instant it names a reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// The agent that sends it.
    pub agent: AgentName,
    /// Sensor and quantity.
    pub channel: Channel,
}

/// Why a text is not a valid series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid series ({why}): write site/agent/sensor/quantity")]
pub struct SeriesError {
    text: String,
    why: String,
}

impl Series {
    /// Puts a series together.
    pub fn new(agent: AgentName, sensor: Identifier, quantity: Quantity) -> Self {
        Self {
            agent,
            channel: Channel { sensor, quantity },
        }
    }

    /// The first part of the name.
    pub fn site(&self) -> &Identifier {
        &self.agent.site
    }

    /// The third part, unique below the agent.
    pub fn sensor(&self) -> &Identifier {
        &self.channel.sensor
    }

    /// The last part, which gives the unit and the range.
    pub fn quantity(&self) -> Quantity {
        self.channel.quantity
    }
}

fn parts<const N: usize>(text: &str) -> Result<[&str; N], SeriesError> {
    let found: Vec<&str> = text.split('/').collect();
    let count = found.len();
    found
        .try_into()
        .map_err(|_| error(text, format!("{count} parts instead of {N}")))
}

fn error(text: &str, why: impl fmt::Display) -> SeriesError {
    SeriesError {
        text: text.chars().take(300).collect(),
        why: why.to_string(),
    }
}

impl FromStr for Channel {
    type Err = SeriesError;
    fn from_str(text: &str) -> Result<Self, SeriesError> {
        let [sensor, quantity] = parts(text)?;
        Ok(Self {
            sensor: sensor.parse().map_err(|why| error(text, why))?,
            quantity: quantity.parse().map_err(|why| error(text, why))?,
        })
    }
}

impl FromStr for Series {
    type Err = SeriesError;
    fn from_str(text: &str) -> Result<Self, SeriesError> {
        let [site, agent, sensor, quantity] = parts(text)?;
        let identifier = |part: &str| part.parse::<Identifier>().map_err(|why| error(text, why));
        let quantity = quantity.parse().map_err(|why| error(text, why))?;
        Ok(Self::new(
            AgentName::new(identifier(site)?, identifier(agent)?),
            identifier(sensor)?,
            quantity,
        ))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.sensor, self.quantity)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.agent, self.channel)
    }
}

crate::as_text!(Channel, Series);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let text = "zaandam/pi-a1/inlet-a3/temperature";
        assert_eq!(text.parse::<Series>().unwrap().to_string(), text);
        for bad in [
            "",
            "a/b/c",
            "a/b/c/temperature/x",
            "a/B/c/temperature",
            "a/b/c/warmth",
        ] {
            assert!(bad.parse::<Series>().is_err(), "{bad}");
        }
    }
}
