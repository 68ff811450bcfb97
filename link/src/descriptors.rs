//! File descriptors: as many as the system allows, and shares of them, so that neither agents nor screens take those that disks, mail and
//! each other need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What databases, mail, webhooks and the listeners themselves need.
const RESERVE: u64 = 128;
/// More than this many connections of screens are of no use.
const MOST_SCREENS: u64 = 512;
/// More than this many sockets of agents are of no use.
const MOST_AGENTS: u64 = 11_000;

/// How many sockets each door may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Of the embedded broker.
    pub agents: usize,
    /// Of the dashboard.
    pub screens: usize,
}

/// Raises the limit of this process to what the system allows it, and returns what it is now.
pub fn raise() -> u64 {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: before.maximum,
        maximum: before.maximum,
    };
    if before.current != before.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    limit()
}

/// The shares under the limit as it is now.
pub fn shares() -> Shares {
    shares_of(limit())
}

fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn shares_of(limit: u64) -> Shares {
    let free = limit.saturating_sub(RESERVE).max(16);
    let screens = (free / 4).min(MOST_SCREENS);
    let agents = (free - screens).min(MOST_AGENTS);
    let number = |share: u64| usize::try_from(share).unwrap_or(usize::MAX);
    Shares {
        agents: number(agents),
        screens: number(screens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_and_the_reserve_are_within_the_limit() {
        for (limit, agents, screens) in [
            (256, 96, 32),
            (1_024, 672, 224),
            (4_096, 3_456, 512),
            (u64::MAX, 11_000, 512),
        ] {
            assert_eq!(shares_of(limit), Shares { agents, screens }, "{limit}");
            assert!((agents + screens) as u64 + RESERVE <= limit);
        }
    }

    #[test]
    fn the_limit_is_raised_to_what_is_allowed() {
        let raised = raise();
        assert_eq!(getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX), raised);
    }
}
