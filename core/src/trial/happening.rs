//! What happens to a series beside its readings: losses, absences of its agent, and that it is expected no longer, or again.

use plenum_protocol::Timestamp;

use super::plan::Absence;
use crate::expectation::{Era, Expectation};

/// What happens between readings, after all that are not later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// Readings are lost from here on.
    Lost,
    /// The agent goes; when it is there again, if it is.
    Away(Option<Timestamp>),
    /// Nothing is expected of it any more.
    Retired,
    /// It is expected again.
    Expected,
}

/// All of one series, in the order of their instants, of absences that are apart; what was expected before `begin` is expected from there on, and one
/// who is not back by `end` is away.
pub(super) fn of_series(
    expectation: &Expectation,
    losses: &[Timestamp],
    absences: &[Absence],
    (begin, end): (Timestamp, Timestamp),
) -> Vec<(Timestamp, Happening)> {
    let lost = losses.iter().map(|at| (*at, Happening::Lost));
    let away = absences
        .iter()
        .map(|absence| (absence.from, Happening::Away(absence.to.filter(|to| *to < end))));
    let mut all: Vec<(Timestamp, Happening)> = lost.chain(away).collect();
    let mut was_expected = false;
    for (number, era) in expectation.eras().iter().enumerate() {
        // What holds for ever before was said at an instant, too.
        let began = |era: &Era| era.from.max(era.said.unwrap_or(Timestamp::MIN));
        let next = expectation.eras().get(number + 1);
        if next.is_some_and(|next| began(next) <= begin) {
            continue;
        }
        let happening = match (was_expected, era.expected.is_some()) {
            (true, false) => Happening::Retired,
            (false, true) => Happening::Expected,
            _ => continue,
        };
        was_expected = era.expected.is_some();
        all.push((began(era).max(begin), happening));
    }
    all.sort_unstable();
    all
}

/// Those that lie within or reach into each other as one: what an agent kept meanwhile comes when all are over.
pub(super) fn apart(absences: &[Absence]) -> Vec<Absence> {
    let mut apart: Vec<Absence> = Vec::new();
    for absence in absences {
        match apart.last_mut() {
            Some(last) if last.to.is_none_or(|to| absence.from < to) => {
                last.to = last.to.zip(absence.to).map(|(one, other)| one.max(other));
            }
            _ => apart.push(*absence),
        }
    }
    apart
}
