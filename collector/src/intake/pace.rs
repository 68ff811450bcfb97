//! How often an agent's statuses are taken: some at once, one each two seconds after that. Of those beyond the newest waits for its turn. Pure.

use plenum_protocol::{Duration, Steady};

/// So many at once.
pub(super) const AT_ONCE: u32 = 30;
/// How long until one more is taken.
pub(super) const ONE_MORE: Duration = Duration::from_seconds(2);

/// What may be taken of one agent.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    left: u32,
    filled: Steady,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            left: AT_ONCE,
            filled: Steady::MIN,
        }
    }
}

impl Pace {
    /// Takes one, if one may be taken now.
    pub(super) fn take(&mut self, now: Steady) -> bool {
        if self.left == AT_ONCE {
            self.filled = now;
        }
        while self.left < AT_ONCE && now.since(self.filled) >= ONE_MORE {
            self.left += 1;
            self.filled = self.filled + ONE_MORE;
        }
        let taken = self.left > 0;
        self.left -= u32::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_one_each_two_seconds() {
        let mut pace = Pace::default();
        let taken = |pace: &mut Pace, millisecond: i64| pace.take(Steady::from_milliseconds(millisecond));
        let burst = (0..100).filter(|_| taken(&mut pace, 5)).count();
        assert_eq!(burst, AT_ONCE as usize);
        let later = (0..1_000)
            .filter(|number| taken(&mut pace, 5 + 60 * number))
            .count();
        assert_eq!(later, 29);
    }
}
