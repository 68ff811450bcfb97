//! A reading without its series, in 16 bytes: a fault is a NaN that carries its code.

use plenum_protocol::{Duration, Fault, Outcome, Timestamp};

/// Length of a chunk's period.
pub(super) const PERIOD: Duration = Duration::from_hours(6);

const FAULT: u64 = 0x7ff8_0000_0000_0100;

/// An instant in milliseconds and an outcome.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) at: i64,
    value: f64,
}

impl Point {
    pub(super) fn new(at: Timestamp, outcome: Outcome) -> Self {
        let value = match outcome {
            // No value of ours is a NaN; if one came, it would be no plausible value.
            Ok(value) if value.is_nan() => fault(Fault::OutOfRange),
            Ok(value) => value,
            Err(kind) => fault(kind),
        };
        Self {
            at: at.milliseconds(),
            value,
        }
    }

    pub(super) fn instant(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.at)
    }

    pub(super) fn outcome(&self) -> Outcome {
        if self.value.is_nan() {
            Err(Fault::from_code((self.value.to_bits() & 0xff) as u8))
        } else {
            Ok(self.value)
        }
    }
}

fn fault(kind: Fault) -> f64 {
    f64::from_bits(FAULT | u64::from(kind.code()))
}

/// The period that an instant lies in.
pub(super) fn period_of(at: i64) -> i64 {
    at.div_euclid(PERIOD.milliseconds())
}

/// The first instant of a period.
pub(super) fn period_start(period: i64) -> i64 {
    period.saturating_mul(PERIOD.milliseconds())
}

/// Both in order; where they have the same instant, the one of `first`.
pub(super) fn merge(first: Vec<Point>, second: Vec<Point>) -> Vec<Point> {
    if second.is_empty() {
        return first;
    }
    if first.is_empty() {
        return second;
    }
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let mut second = second.into_iter().peekable();
    for point in first {
        while let Some(earlier) = second.next_if(|other| other.at < point.at) {
            merged.push(earlier);
        }
        second.next_if(|other| other.at == point.at);
        merged.push(point);
    }
    merged.extend(second);
    merged
}
