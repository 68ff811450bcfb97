//! Where a value is going: its slope now and, where it rises or falls towards a limit, when it gets there.
//!
//! After a loss of cooling a room approaches a new equilibrium exponentially, so the forecast fits
//! `value = final + (start - final) * exp(-t / constant)` by its slopes in two halves of the window, and falls back to the straight line
//! where the curve is not bending away from the limit. The line is the earlier answer: it never comforts.

/// A value's movement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Units per minute over the window, by least squares.
    pub per_minute: f64,
    /// The curve's own estimate of the slope's decay per minute; 0 for a straight line.
    pub decay_per_minute: f64,
}

/// When a limit is reached, in minutes from the newest point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// By the straight line: the earliest.
    pub earliest: f64,
    /// By the fitted curve.
    pub likely: f64,
    /// If the curve bends twice as fast as it seems to; absent where it would then never get there.
    pub latest: Option<f64>,
}

/// The least time that points must span for a slope to mean anything, in minutes.
const LEAST_SPAN: f64 = 0.25;
/// What is not a movement, in units per minute.
const STEADY: f64 = 0.03;

/// The trend of points (milliseconds, value), oldest first; `None` for too few or too short.
pub fn trend(points: &[(i64, f64)]) -> Option<Trend> {
    let first = points.first()?.0;
    let span = minutes(points.last()?.0 - first);
    if points.len() < 4 || span < LEAST_SPAN {
        return None;
    }
    let per_minute = slope(points)?;
    let (early, late) = points.split_at(points.len() / 2);
    let decay_per_minute = match (slope(early), slope(late)) {
        (Some(early), Some(late)) if early * late > 0.0 && late.abs() < early.abs() => {
            (early / late).ln() / (span / 2.0)
        }
        _ => 0.0,
    };
    Some(Trend {
        per_minute: slope(late).filter(|_| points.len() >= 8).unwrap_or(per_minute),
        decay_per_minute,
    })
}

impl Trend {
    /// Neither rising nor falling to speak of.
    pub fn is_steady(&self) -> bool {
        self.per_minute.abs() < STEADY
    }

    /// When `value` reaches `limit`; `None` if it moves away from it, stands still, or is past it.
    pub fn reaches(&self, value: f64, limit: f64) -> Option<Forecast> {
        let distance = limit - value;
        if self.is_steady() || distance * self.per_minute <= 0.0 {
            return None;
        }
        let earliest = distance / self.per_minute;
        let curve = |decay: f64| {
            if decay <= 1e-6 {
                return Some(earliest);
            }
            let share = distance * decay / self.per_minute;
            (share < 1.0).then(|| -(1.0 - share).ln() / decay)
        };
        let likely = curve(self.decay_per_minute).unwrap_or(earliest * 2.0);
        Some(Forecast {
            earliest,
            likely,
            latest: curve(self.decay_per_minute * 2.0).map(|latest| latest.max(likely)),
        })
    }
}

fn slope(points: &[(i64, f64)]) -> Option<f64> {
    let first = points.first()?.0;
    let count = points.len() as f64;
    let mean_time = points.iter().map(|(at, _)| minutes(at - first)).sum::<f64>() / count;
    let mean_value = points.iter().map(|(_, value)| value).sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for (at, value) in points {
        let time = minutes(at - first) - mean_time;
        above += time * (value - mean_value);
        below += time * time;
    }
    (below > 0.0).then(|| above / below)
}

fn minutes(milliseconds: i64) -> f64 {
    milliseconds as f64 / 60_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(value: impl Fn(f64) -> f64) -> Vec<(i64, f64)> {
        (0..30)
            .map(|index| (index * 10_000, value(index as f64 / 6.0)))
            .collect()
    }

    #[test]
    fn a_straight_rise_reaches_the_limit_when_it_should() {
        let trend = trend(&points(|minute| 25.0 + 0.8 * minute)).unwrap();
        assert!((trend.per_minute - 0.8).abs() < 1e-6);
        let forecast = trend.reaches(29.4, 32.0).unwrap();
        assert!((forecast.likely - 3.25).abs() < 0.01, "{forecast:?}");
    }

    #[test]
    fn an_exponential_rise_is_later_than_the_line_and_earlier_than_never() {
        let curve = |minute: f64| 40.0 - 17.0 * (-minute / 10.0).exp();
        let trend = trend(&points(curve)).unwrap();
        let now = curve(29.0 / 6.0);
        let truth = -10.0 * (8.0f64 / 17.0).ln() - 29.0 / 6.0;
        let forecast = trend.reaches(now, 32.0).unwrap();
        assert!(
            forecast.earliest < truth && (forecast.likely - truth).abs() < 0.7,
            "{forecast:?} {truth}"
        );
    }

    #[test]
    fn a_steady_or_falling_value_has_no_forecast() {
        assert!(trend(&points(|_| 22.0)).unwrap().reaches(22.0, 27.0).is_none());
        assert!(
            trend(&points(|minute| 30.0 - minute))
                .unwrap()
                .reaches(25.0, 27.0)
                .is_none()
        );
        assert_eq!(trend(&[(0, 1.0), (1, 2.0)]), None);
    }
}
