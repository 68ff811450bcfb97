//! One alarm that comes again and again: raises that follow each other within the time after which it counts as quiet.

use plenum_protocol::Timestamp;

use crate::alarms::Episode;
use crate::alarms::chatter::QUIET;

/// Raises of one alarm that follow each other closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// The first.
    pub since: Timestamp,
    /// The last.
    pub until: Timestamp,
    /// How many.
    pub raises: u64,
}

/// So many raises are worth a proposal.
const WORTH: u64 = 3;

/// The burst that goes on, and the one with the most raises.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bursts {
    current: Option<Burst>,
    worst: Option<Burst>,
}

impl Bursts {
    /// The alarm was raised, not before the last time.
    pub(super) fn raised(&mut self, at: Timestamp) {
        let burst = match self.current {
            Some(burst) if at.since(burst.until) <= QUIET => Burst {
                until: at,
                raises: burst.raises + 1,
                ..burst
            },
            _ => Burst {
                since: at,
                until: at,
                raises: 1,
            },
        };
        self.current = Some(burst);
        if self.worst.is_none_or(|worst| worst.raises < burst.raises) {
            self.worst = Some(burst);
        }
    }

    /// The worst, if it is worth a proposal.
    pub(super) fn worst(&self) -> Option<Burst> {
        self.worst.filter(|burst| burst.raises >= WORTH)
    }
}

/// The worst burst of an alarm's episodes, which are the newest first, if it is worth a proposal.
pub fn worst(episodes: &[Episode]) -> Option<Burst> {
    let mut bursts = Bursts::default();
    episodes
        .iter()
        .rev()
        .for_each(|episode| bursts.raised(episode.raised_at));
    bursts.worst()
}
