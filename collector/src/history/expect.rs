//! What is expected of each series, as the journal's items say it one after the other.

use plenum_core::expectation::{self, Era, Expected, Why};
use plenum_core::fact::{Expectation, ExpectationChange, Item, Presence};
use plenum_protocol::{AgentName, Channel, Series, Timestamp};

use super::tail::Tails;

impl Tails {
    /// What an item of the journal changes of what is expected.
    pub(super) fn expect(&mut self, item: &Item, received: Timestamp) -> Vec<(Series, Era)> {
        match item {
            Item::Presence(Presence { agent, sensors, .. }) => expectation::told(sensors)
                .filter_map(|(channel, expected)| self.change(agent, channel, received, Some(expected)))
                .collect(),
            Item::Expectation(Expectation { agent, change }) => match change {
                ExpectationChange::Learned {
                    channel,
                    interval,
                    at,
                } => {
                    let expected = Expected {
                        interval: *interval,
                        why: Why::Learned,
                    };
                    let changed = self.change(agent, channel.clone(), *at, Some(expected));
                    changed.into_iter().collect()
                }
                ExpectationChange::Retired { sensor, .. } => self
                    .of_sensor(agent, sensor)
                    .into_iter()
                    .filter_map(|series| self.change(agent, series.channel, received, None))
                    .collect(),
            },
            _ => Vec::new(),
        }
    }

    fn change(
        &mut self,
        agent: &AgentName,
        channel: Channel,
        said: Timestamp,
        expected: Option<Expected>,
    ) -> Option<(Series, Era)> {
        let series = Series {
            agent: agent.clone(),
            channel,
        };
        let has_readings = self.find(&series).is_some();
        let known = self.expectations.entry(series.clone()).or_default();
        let era = known.change(said, expected, has_readings)?;
        Some((series, era))
    }
}
