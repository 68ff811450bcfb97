//! When whom the storm hits: the kills and the starts after them, and how long they keep each away.

use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;

use crate::{AGENTS, KILLS, STORM};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    Collector,
    Broker,
    Agent(usize),
}

#[derive(Debug)]
pub(crate) struct Blow {
    pub(crate) at: Duration,
    pub(crate) target: Target,
    /// Or starts it again.
    pub(crate) kills: bool,
}

/// Everyone is killed once in each twelfth of the storm, at a moment of its own, and away for up to five seconds.
pub(crate) fn blows(random: &mut StdRng) -> Vec<Blow> {
    let slot = u64::try_from(STORM.as_millis()).unwrap() / KILLS as u64;
    let mut blows = Vec::new();
    let agents = (0..AGENTS).map(Target::Agent);
    for target in [Target::Collector, Target::Broker].into_iter().chain(agents) {
        for kill in 0..KILLS as u64 {
            let wait = random.random_range(0..slot * 3 / 4);
            let longest = slot - wait;
            let away = if random.random_bool(0.25) {
                longest
            } else {
                longest.min(1_500)
            };
            let away = random.random_range(20..away);
            for (at, kills) in [(wait, true), (wait + away, false)] {
                let at = Duration::from_millis(kill * slot + at);
                blows.push(Blow { at, target, kills });
            }
        }
    }
    blows.sort_by_key(|blow| blow.at);
    blows
}

/// For how many milliseconds each was away; the agents' are added up.
#[derive(Debug, Default)]
pub(crate) struct Away {
    pub(crate) collector: i64,
    pub(crate) broker: i64,
    pub(crate) agents: i64,
}

impl Away {
    /// Whoever is killed is away until it is started again.
    pub(crate) fn count(&mut self, blow: &Blow) {
        let place = match blow.target {
            Target::Collector => &mut self.collector,
            Target::Broker => &mut self.broker,
            Target::Agent(_) => &mut self.agents,
        };
        let milliseconds = i64::try_from(blow.at.as_millis()).unwrap();
        *place += if blow.kills { -milliseconds } else { milliseconds };
    }
}
