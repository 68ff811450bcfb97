//! What is sent in place of what waits for one recipient about one alarm: never two messages of which the later one has overtaken the first.

use super::{Heard, Reason};

/// What is sent in place of messages that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InPlace {
    /// Which of them stays, with its alarm as it was at its transition.
    pub stays: usize,
    /// What it tells.
    pub reason: Reason,
    /// How many before it are replaced by it.
    pub replaced: usize,
    /// Whether a step of the ladder has come to them: it waits for nothing more.
    pub is_called: bool,
}

/// Of messages that wait for one recipient about one alarm, the oldest first: which leaves now, and as what. None where nothing waits.
///
/// | they wait | what leaves |
/// |---|---|
/// | raised, then returned | one: that it was raised and is over |
/// | raised, then changed, taken or told again | one: that it stands, as it is by then |
/// | returned, then raised again | one: that it stands |
/// | changed, then taken | one: the newest |
/// | a reminder that a shelving ends | by itself, in its turn |
pub fn in_place(waiting: &[Reason]) -> Option<InPlace> {
    let is_reminder = |reason: &Reason| *reason == Reason::ShelvingEnds;
    if waiting.first().is_some_and(is_reminder) {
        return Some(InPlace {
            stays: 0,
            reason: Reason::ShelvingEnds,
            replaced: 0,
            is_called: false,
        });
    }
    let together = waiting.iter().take_while(|reason| !is_reminder(reason)).count();
    let together = waiting.get(..together)?;
    let stays = together.len().checked_sub(1)?;
    let newest = together[stays];
    let words: Vec<(Heard, Reason)> = together
        .iter()
        .filter_map(|reason| Some((Heard::by(*reason)?, *reason)))
        .collect();
    // Who was not yet told that it stands is told so, not that something about it is another.
    let since_over = words
        .iter()
        .rev()
        .take_while(|(heard, _)| *heard == Heard::Stands);
    let mut calls = since_over
        .map(|(_, reason)| *reason)
        .filter(|reason| reason.calls());
    let is_called = calls.clone().any(|reason| reason == Reason::Reminder);
    // Nor that it stands still.
    let call = calls
        .clone()
        .find(|reason| *reason != Reason::Reminder)
        .or_else(|| calls.next());
    let reason = match (newest, words.last()) {
        // Whoever is only told again knows of it: that somebody has it is news.
        (Reason::Taken, _) if call == Some(Reason::Reminder) => Reason::Taken,
        (Reason::Changed | Reason::Taken | Reason::Reminder, _) if call.is_some() => call?,
        (Reason::Taken, Some((_, standing))) => *standing,
        (reason, _) => reason,
    };
    Some(InPlace {
        stays,
        reason,
        replaced: stays,
        is_called: reason.calls() && is_called,
    })
}

#[cfg(test)]
mod tests {
    use super::Reason::{Changed, First, Reminder, Resolved, ShelvingEnds, Taken, Withdrawn};
    use super::*;

    fn check(waiting: &[Reason], expected: Option<(usize, Reason)>) {
        let found = in_place(waiting).map(|found| (found.stays, found.reason));
        assert_eq!(found, expected, "{waiting:?}");
    }

    #[test]
    fn what_was_overtaken_is_replaced_and_what_was_not_yet_told_stays_news() {
        check(&[], None);
        check(&[First], Some((0, First)));
        check(&[First, Resolved], Some((1, Resolved)));
        check(&[First, Withdrawn], Some((1, Withdrawn)));
        check(&[First, Changed], Some((1, First)));
        check(&[First, Taken], Some((1, First)));
        check(&[First, Changed, Taken], Some((2, First)));
        check(&[Changed, Taken], Some((1, Changed)));
        check(&[Taken, Changed], Some((1, Changed)));
        check(&[Taken], Some((0, Taken)));
        check(&[First, Reminder], Some((1, First)));
        check(&[Reminder, Taken], Some((1, Taken)));
        check(&[First, Resolved, Reminder], Some((2, Reminder)));
        check(&[Reminder, Resolved], Some((1, Resolved)));
        check(&[Resolved, First], Some((1, First)));
        check(&[First, Resolved, First], Some((2, First)));
        check(&[First, Resolved, First, Taken], Some((3, First)));
        check(&[First, Resolved, First, Resolved], Some((3, Resolved)));
    }

    #[test]
    fn what_a_step_asks_for_is_called_whatever_it_is_told_as() {
        let check = |waiting: &[Reason], expected| {
            let found = in_place(waiting).map(|found| (found.reason, found.is_called));
            assert_eq!(found, Some(expected), "{waiting:?}");
        };
        check(&[First], (First, false));
        check(&[First, Reminder], (First, true));
        check(&[First, Reminder, Changed], (First, true));
        check(&[Reminder], (Reminder, true));
        check(&[First, Reminder, Resolved], (Resolved, false));
        check(&[Reminder, Resolved, First], (First, false));
    }

    #[test]
    fn a_reminder_replaces_nothing_and_nothing_replaces_it() {
        check(&[ShelvingEnds, First], Some((0, ShelvingEnds)));
        check(&[Resolved, ShelvingEnds, First], Some((0, Resolved)));
        check(&[First, Resolved, ShelvingEnds], Some((1, Resolved)));
    }
}
