//! A siren, a lamp or a buzzer that an agent switches: it sounds in the building while nobody has an alarm, and needs nothing outside. Whether it is to sound, the
//! sounder knows; a message that goes over this channel makes sure that the agent has heard it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use plenum_core::oncall::sounding::Lasts;
use plenum_protocol::config_key::{required, usual};
use plenum_protocol::{AgentName, Duration, Identifier};
use serde::{Deserialize, Deserializer};

use super::{Channel, Delivery, Entry, Hears, Manual, Outcome, Settings, Sounds, Switched, setting};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "relay",
    summary: "whoever is in the building, by a siren or lamp that an agent switches; it counts as a way to nobody",
    table: "relay",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[relay]]",
        about: "An [[output]] of an agent, which sounds while nobody has an alarm of the channel's priorities: docs/sirens.md.",
        keys: &[
            setting::channel("\"siren\""),
            required(
                "agent",
                "site/agent",
                "\"zaandam/pi-a1\"",
                "The agent that switches it.",
            ),
            required(
                "output",
                "identifier",
                "\"siren\"",
                "The output's id in its agent.toml.",
            ),
            usual(
                "for",
                "duration, 10s to 1d, or `until-taken`",
                "\"3min\"",
                "How long it sounds for one alarm at most. `until-taken` is for a lamp: it shines until somebody has it.",
            ),
        ],
        collector: "\
# A siren in the building, which an agent switches: docs/sirens.md.
# [[relay]]
# channel = \"siren\"
# agent = \"zaandam/pi-a1\"
# output = \"siren\"
# for = \"3min\"                           # or \"until-taken\", for a lamp
",
        site: "\
# [[channel]]
# id = \"siren\"
# kind = \"relay\"
# priorities = [\"critical\"]
",
    },
};

/// It sounds at least so long.
const LEAST: Duration = Duration::from_seconds(10);
/// And so long at most.
const GREATEST: Duration = Duration::from_hours(24);

/// `[[relay]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    agent: AgentName,
    output: Identifier,
    #[serde(rename = "for", default = "default_lasts", deserialize_with = "lasts")]
    lasts: Lasts,
}

fn default_lasts() -> Lasts {
    Lasts::For(Duration::from_minutes(3))
}

fn lasts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lasts, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "until-taken" {
        return Ok(Lasts::UntilTaken);
    }
    let refused = |why: &dyn std::fmt::Display| {
        serde::de::Error::custom(format!(
            "`for`: {why}: write {LEAST} to {GREATEST}, or until-taken"
        ))
    };
    let duration: Duration = text.parse().map_err(|why| refused(&why))?;
    match (LEAST..=GREATEST).contains(&duration) {
        true => Ok(Lasts::For(duration)),
        false => Err(refused(&format_args!("{duration} is not between them"))),
    }
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, _: &mut dyn FnMut(&mut PathBuf)) {}

    fn switches(&self) -> Option<Switched> {
        Some(Switched {
            agent: self.agent.clone(),
            output: self.output.clone(),
            lasts: self.lasts,
        })
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Box::new(Relay {
            channel: self.channel.clone(),
            sounds: OnceLock::new(),
        }))
    }
}

struct Relay {
    channel: Identifier,
    sounds: OnceLock<Arc<dyn Sounds>>,
}

#[async_trait]
impl Channel for Relay {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        match self.sounds.get() {
            Some(sounds) => sounds.sound(&self.channel, delivery.is_test()).await,
            None => Outcome::Retry("nothing in the building is switched yet".to_owned()),
        }
    }

    fn start(&self, hears: Hears) {
        if let Some(sounds) = hears.sounds {
            // Once more changes nothing.
            self.sounds.set(sounds).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_it_sounds_is_said_in_words_or_refused() {
        let read = |lasts: &str| {
            let text = format!("channel = 'siren'\nagent = 'ams1/pi-a1'\noutput = 'siren'\n{lasts}");
            toml::from_str::<Config>(&text).map(|config| config.lasts)
        };
        assert_eq!(read(""), Ok(Lasts::For(Duration::from_minutes(3))));
        assert_eq!(read("for = '30s'"), Ok(Lasts::For(Duration::from_seconds(30))));
        assert_eq!(read("for = 'until-taken'"), Ok(Lasts::UntilTaken));
        for wrong in ["for = '5s'", "for = 'ever'", "for = '2d'"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("write 10s to 1d, or until-taken"), "{error}");
        }
    }
}
