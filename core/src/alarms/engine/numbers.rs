//! By which number a series goes. Names are slow to look up, and every reading bears one: an agent tells of its series in their order, so the next is
//! mostly the one behind the last.

use std::collections::HashMap;

use plenum_protocol::{Channel, Identifier};

use super::table::SeriesTable;

/// An agent's series.
#[derive(Debug, Default)]
pub(super) struct OfAgent {
    channels: HashMap<Channel, usize>,
    /// In the order in which they came.
    numbers: Vec<usize>,
    /// The place in that order behind the one that was read last.
    next: usize,
}

impl SeriesTable {
    /// A new series of an agent goes by this number.
    pub(super) fn number(&mut self, agent: usize, channel: &Channel, number: usize) {
        if self.of_agents.len() <= agent {
            self.of_agents.resize_with(agent + 1, OfAgent::default);
        }
        let of_agent = &mut self.of_agents[agent];
        of_agent.channels.insert(channel.clone(), number);
        of_agent.numbers.push(number);
    }

    /// The number of an agent's series.
    pub(super) fn find(&self, agent: usize, channel: &Channel) -> Option<usize> {
        self.of_agents.get(agent)?.channels.get(channel).copied()
    }

    /// The same of one that is read. An agent tells of its series in their order, so it is mostly the one behind the last: names are slow to look up.
    pub(super) fn find_read(&mut self, agent: usize, channel: &Channel) -> Option<usize> {
        let of_agent = self.of_agents.get_mut(agent)?;
        let next = of_agent.numbers.get(of_agent.next).or(of_agent.numbers.first());
        let next = *next?;
        if self.series[next].series.channel == *channel {
            of_agent.next = match of_agent.numbers.get(of_agent.next) {
                Some(_) => of_agent.next + 1,
                None => 1,
            };
            return Some(next);
        }
        let found = *of_agent.channels.get(channel)?;
        let place = of_agent.numbers.binary_search(&found);
        of_agent.next = place.map_or(0, |place| place + 1);
        Some(found)
    }

    /// The numbers of those that an agent's next readings are mostly of.
    pub(super) fn next_read(&self, agent: usize) -> impl Iterator<Item = usize> {
        let of_agent = self.of_agents.get(agent);
        let (numbers, next) =
            of_agent.map_or((&[][..], 0), |of_agent| (&of_agent.numbers[..], of_agent.next));
        let next = next.min(numbers.len());
        numbers[next..].iter().chain(&numbers[..next]).copied()
    }

    /// The numbers of an agent's series, in the order in which they came.
    pub(super) fn of_agent(&self, agent: usize) -> Vec<usize> {
        let of_agent = self.of_agents.get(agent);
        of_agent.map_or_else(Vec::new, |of_agent| of_agent.numbers.clone())
    }

    /// Whether anything was ever received of an agent's sensor, or its agent lists it.
    pub(super) fn is_heard(&self, agent: usize, sensor: &Identifier) -> bool {
        let numbers = self
            .of_agents
            .get(agent)
            .into_iter()
            .flat_map(|of_agent| &of_agent.numbers);
        let mut series = numbers.map(|number| &self.series[*number]);
        series.any(|state| state.watched && state.series.sensor() == sensor)
    }
}
