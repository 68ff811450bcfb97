//! The shapes of which a course is made, and noise: pure functions, the same on every platform and in every version.

use std::f64::consts::TAU;

use plenum_protocol::{Duration, Quantity, Timestamp};

use crate::driver::rounded;

/// The share of a ramp that is there `since` its begin, and going back `after_end`.
pub(super) fn ramp(since: Duration, after_end: Option<Duration>, over: Duration) -> f64 {
    let share = |elapsed: Duration| elapsed.seconds() / over.seconds().max(0.001);
    (share(since).min(1.0) - after_end.map_or(0.0, share)).max(0.0)
}

/// The share of an exponential that is there.
pub(super) fn exponential(since: Duration, after_end: Option<Duration>, time_constant: Duration) -> f64 {
    let decay = |elapsed: Duration| (-elapsed.seconds() / time_constant.seconds().max(0.001)).exp();
    (1.0 - decay(since)) * after_end.map_or(1.0, decay)
}

/// The daily cycle, -1 to 1: greatest at 15:00 UTC.
pub(super) fn day(at: Timestamp) -> f64 {
    const DAY: i64 = 86_400_000;
    const WARMEST: i64 = 15 * 3_600_000;
    let phase = (at.milliseconds() - WARMEST).rem_euclid(DAY) as f64 / DAY as f64;
    (TAU * phase).cos()
}

/// A number from the standard normal distribution, always the same for the same arguments (Box and Muller).
pub(super) fn normal(seed: u64, quantity: Quantity, at: Timestamp) -> f64 {
    let name = hash(quantity.as_str().as_bytes());
    let drawn = mixed(seed ^ mixed(name ^ mixed(at.milliseconds() as u64)));
    // 1 - u lies in (0, 1], so that its logarithm is finite.
    let radius = (-2.0 * (1.0 - uniform(drawn)).ln()).sqrt();
    radius * (TAU * uniform(mixed(drawn))).cos()
}

/// A number of [0, 1) from the upper 53 bits.
fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// SplitMix64's step: spreads every bit of the input over the output.
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// FNV-1a: the same on every platform and in every version.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The nearest multiple of `resolution`, with no more digits than that has.
pub(super) fn quantised(value: f64, resolution: f64) -> f64 {
    let steps_per_unit = 1.0 / resolution;
    if resolution <= 0.0 {
        value
    } else if (steps_per_unit - steps_per_unit.round()).abs() < 1e-6 && steps_per_unit >= 1.0 {
        rounded(value, steps_per_unit.round())
    } else {
        (value / resolution).round() * resolution
    }
}
