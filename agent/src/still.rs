//! Whether a value stands still that cannot: a thermometer or hygrometer that used to move in fine steps and has said the same for a day hangs, or
//! something between it and us does. Pure: no clock, lock or I/O.
//!
//! A sensor of coarse steps may say the same for days in a steady room, so one is judged only after it was seen to move in fine ones. What was seen
//! is forgotten when the agent ends.

use plenum_protocol::{Duration, Quantity};

/// So long a value may stand still.
const LONGEST: Duration = Duration::from_hours(24);
/// A step that is at most so large is fine, in Cel and %RH.
const FINE: f64 = 0.1;
/// So many fine steps show that a sensor moves.
const SHOWN: u8 = 10;

/// What is known of one channel's movement.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Still {
    /// The value, and since when it has been the same, by the clock that never steps.
    stands: Option<(f64, Duration)>,
    /// Fine steps seen, as far as they matter.
    steps: u8,
}

impl Still {
    /// Takes a value at an instant since boot; whether it has stood still for too long.
    pub(crate) fn take(&mut self, quantity: Quantity, value: f64, boot: Duration) -> bool {
        if !moves(quantity) {
            return false;
        }
        match self.stands {
            Some((before, since)) if before == value => self.steps >= SHOWN && boot - since >= LONGEST,
            before => {
                let fine = before.is_some_and(|(before, _)| (value - before).abs() <= FINE);
                self.steps = self.steps.saturating_add(u8::from(fine)).min(SHOWN);
                self.stands = Some((value, boot));
                false
            }
        }
    }
}

/// Quantities of air that never stand still.
fn moves(quantity: Quantity) -> bool {
    use Quantity::{DewPoint, Humidity, Temperature};
    matches!(quantity, Temperature | Humidity | DewPoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_minutes(1);

    /// Polls each minute: first a saw tooth of this step for a while, then one value for so many minutes. Gives the minute of standing still from
    /// which on it is too long.
    fn polled(quantity: Quantity, step: f64, minutes: i64) -> Option<i64> {
        let (mut still, mut boot) = (Still::default(), Duration::ZERO);
        for poll in 0..30 {
            assert!(!still.take(quantity, 21.0 + step * f64::from(poll % 5), boot));
            boot = boot + MINUTE;
        }
        let first = (0..=minutes).find(|minute| {
            let passed = Duration::from_minutes(*minute);
            still.take(quantity, 21.37, boot + passed)
        });
        let later = boot + Duration::from_minutes(minutes + 1);
        assert!(!still.take(quantity, 21.38, later), "it moves again, and is well");
        first
    }

    #[test]
    fn a_day_of_exactly_the_same_is_too_long_for_what_used_to_move() {
        assert_eq!(polled(Quantity::Temperature, 0.01, 24 * 60), Some(24 * 60));
        assert_eq!(polled(Quantity::Humidity, 0.04, 24 * 60), Some(24 * 60));
        assert_eq!(polled(Quantity::Temperature, 0.01, 24 * 60 - 1), None);
    }

    #[test]
    fn what_never_moved_or_moves_in_coarse_steps_is_not_judged() {
        assert_eq!(polled(Quantity::Temperature, 0.0, 72 * 60), None);
        assert_eq!(polled(Quantity::Temperature, 0.5, 72 * 60), None);
        assert_eq!(polled(Quantity::BatteryCharge, 0.01, 72 * 60), None);
        assert_eq!(polled(Quantity::InputVoltage, 0.1, 72 * 60), None);
    }
}
