//! How long to wait before the next attempt: decorrelated jitter, so that many agents do not return in step.

use plenum_protocol::Duration;
use rand::Rng;

/// The shortest wait.
const SHORTEST: Duration = Duration::from_milliseconds(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_seconds(30);
/// The shortest wait after a refusal: a wrong password does not become right by haste.
const AFTER_REFUSAL: Duration = Duration::from_seconds(5);

/// The waits of one connection.
pub(crate) struct Backoff {
    last: Duration,
}

impl Backoff {
    /// Begins with the shortest wait.
    pub(crate) fn new() -> Self {
        Self { last: SHORTEST }
    }

    /// Begins anew, after a connection that held.
    pub(crate) fn reset(&mut self) {
        self.last = SHORTEST;
    }

    /// The next wait: between the shortest and three times the last one, at most 30 s.
    pub(crate) fn next(&mut self, refused: bool, random: &mut impl Rng) -> Duration {
        let lowest = if refused { AFTER_REFUSAL } else { SHORTEST }.milliseconds();
        let highest = (self.last.milliseconds() * 3).max(lowest);
        let drawn = random.random_range(lowest..=highest);
        self.last = Duration::from_milliseconds(drawn).min(LONGEST);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn waits_stay_within_bounds_and_grow() {
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        let mut backoff = Backoff::new();
        assert!(backoff.next(false, &mut random) <= Duration::from_milliseconds(300));
        let waits: Vec<Duration> = (0..1_000).map(|_| backoff.next(false, &mut random)).collect();
        assert!(waits.iter().all(|wait| (SHORTEST..=LONGEST).contains(wait)));
        assert!(waits.contains(&LONGEST));
        backoff.reset();
        assert!(backoff.next(false, &mut random) <= Duration::from_milliseconds(300));
    }

    #[test]
    fn a_refusal_is_not_hurried() {
        let mut random = rand::rngs::StdRng::seed_from_u64(2);
        let mut backoff = Backoff::new();
        for _ in 0..100 {
            assert!((AFTER_REFUSAL..=LONGEST).contains(&backoff.next(true, &mut random)));
        }
    }
}
