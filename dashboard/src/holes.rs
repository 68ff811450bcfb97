//! Where a chart's line is broken: stretches without a window that are longer than the series may be silent, and why. Pure but for the
//! asking why.

use plenum_collector::history::{History, HistoryError, Window};
use plenum_core::expectation::Silence;
use plenum_protocol::{Duration, Series, Timestamp};

use crate::view::Hole;

/// So many of the longest holes are looked into.
const ASKED: usize = 6;
/// Readings of a hole that are looked at.
const LOOKED_AT: usize = 500;

/// The holes of a series' windows within `from..to`, the longest of them with their reason.
pub(crate) async fn explained(
    history: &History,
    series: &Series,
    windows: &[Window],
    (from, to): (Timestamp, Timestamp),
    (every, silence): (Duration, Silence<'_>),
) -> Result<Vec<Hole>, HistoryError> {
    let starts = windows.iter().map(|window| window.start);
    let mut holes = between(starts, from, to, every, silence);
    let mut longest: Vec<usize> = (0..holes.len()).collect();
    longest.sort_by_key(|index| holes[*index].from - holes[*index].to);
    for index in longest.into_iter().take(ASKED) {
        let hole = &mut holes[index];
        let at = Timestamp::from_milliseconds;
        let found = history
            .readings(series.clone(), at(hole.from), at(hole.to), LOOKED_AT)
            .await?;
        hole.fault = found.faults.first().map(|(_, fault)| *fault);
        hole.why = found.gaps.into_iter().next().map(|gap| gap.why);
    }
    Ok(holes)
}

fn between(
    starts: impl Iterator<Item = Timestamp>,
    from: Timestamp,
    to: Timestamp,
    every: Duration,
    silence: Silence<'_>,
) -> Vec<Hole> {
    // The newest window may not be full yet.
    let least = Duration::from_milliseconds((every.milliseconds() / 2).saturating_mul(3));
    let mut holes = Vec::new();
    let mut known_until = from;
    let mut look = |until: Timestamp, known_until: Timestamp| {
        let allowed = silence.known_until(known_until).unwrap_or(Timestamp::MAX);
        if until > allowed.max(known_until + least) {
            holes.push(Hole {
                from: known_until.milliseconds(),
                to: until.milliseconds(),
                fault: None,
                why: None,
            });
        }
    };
    for start in starts {
        look(start, known_until);
        known_until = known_until.max(start + every);
    }
    look(to, known_until);
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(starts: &[i64], silence: i64, expected: &[(i64, i64)]) {
        let at = |second: i64| Timestamp::from_milliseconds(second * 1_000);
        let holes = between(
            starts.iter().map(|second| at(*second)),
            at(0),
            at(600),
            Duration::from_seconds(60),
            Silence::After(Duration::from_seconds(silence)),
        );
        let found: Vec<_> = holes
            .iter()
            .map(|hole| (hole.from / 1_000, hole.to / 1_000))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_missing_window_is_a_hole_once_the_silence_is_longer_than_allowed() {
        check(&[0, 60, 120, 180, 240, 300, 360, 420, 480, 540], 60, &[]);
        check(&[0, 60, 240, 300, 360, 420, 480, 540], 60, &[(120, 240)]);
        check(&[0, 60, 240, 300, 360, 420, 480, 540], 120, &[]);
        check(&[], 60, &[(0, 600)]);
    }

    #[test]
    fn the_beginning_and_the_end_may_be_missing_and_one_short_window_is_no_hole() {
        check(&[180, 240, 300], 60, &[(0, 180), (360, 600)]);
        check(&[60, 120, 180, 240, 300, 360, 420, 480], 60, &[]);
    }

    #[test]
    fn a_window_longer_than_all_time_has_no_holes() {
        let at = Timestamp::from_milliseconds;
        let every = Duration::from_milliseconds(i64::MAX / 1_000 * 1_000);
        let silence = Silence::After(Duration::from_seconds(60));
        assert!(between(std::iter::empty(), at(0), at(600_000), every, silence).is_empty());
    }
}
