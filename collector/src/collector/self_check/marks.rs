//! What is not well by what was seen, and since when: pure, by elapsed time, so that a clock that is set makes nobody unwell.

use plenum_protocol::{Duration, Steady};

use super::Unwell;

/// How long what is in the journal may wait for the alarms.
const BEHIND: Duration = Duration::from_minutes(2);
/// How long messages may be due without an attempt that ended; one ends after 60 s at the latest.
const STUCK: Duration = Duration::from_minutes(5);
/// Not looked at for so long, this process did not run, and neither did what it looks at.
const STOOD_STILL: Duration = Duration::from_seconds(90);

/// What was seen at one look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// What can be seen without waiting for anybody.
    pub(super) outside: Option<Unwell>,
    pub(super) intake_answers: bool,
    /// Whether a message is due; none where that cannot be read.
    pub(super) is_due: Option<bool>,
    /// Attempts that ended since the start.
    pub(super) attempts: u64,
    /// The journal's newest entry.
    pub(super) head: u64,
    /// The newest one whose effect is committed.
    pub(super) applied: u64,
}

/// Since when something waits.
#[derive(Debug, Default)]
pub(super) struct Marks {
    looked: Option<Steady>,
    /// An entry that the alarms have to come to, and since when it is there.
    awaited: Option<(u64, Steady)>,
    /// Since when messages are due without an attempt that ended, and how many had ended by then.
    due: Option<(u64, Steady)>,
}

impl Marks {
    /// What is not well, the worst first.
    pub(super) fn look(&mut self, seen: &Seen, now: Steady) -> Option<Unwell> {
        if self.looked.is_some_and(|looked| now.since(looked) >= STOOD_STILL) {
            *self = Self::default();
        }
        self.looked = Some(now);
        let behind = self.behind(seen, now);
        let stuck = self.stuck(seen, now);
        let found = [
            (!seen.intake_answers).then_some(Unwell::IntakeStands),
            seen.is_due.is_none().then_some(Unwell::DatabaseSilent),
            behind.then_some(Unwell::AlarmsBehind),
            stuck.then_some(Unwell::OutboxStuck),
        ];
        seen.outside.or(found.into_iter().flatten().next())
    }

    fn behind(&mut self, seen: &Seen, now: Steady) -> bool {
        let (entry, since) = *self.awaited.get_or_insert((seen.head, now));
        if seen.applied >= entry {
            self.awaited = Some((seen.head, now));
            return false;
        }
        now.since(since) >= BEHIND
    }

    fn stuck(&mut self, seen: &Seen, now: Steady) -> bool {
        if seen.is_due == Some(false) {
            self.due = None;
            return false;
        }
        let (attempts, since) = *self.due.get_or_insert((seen.attempts, now));
        if seen.attempts != attempts {
            self.due = Some((seen.attempts, now));
            return false;
        }
        now.since(since) >= STUCK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Seen = Seen {
        outside: None,
        intake_answers: true,
        is_due: Some(false),
        attempts: 7,
        head: 100,
        applied: 100,
    };

    fn second(count: i64) -> Steady {
        Steady::MIN + Duration::from_seconds(count)
    }

    /// What is found of this, looked at every ten seconds: at which second first.
    fn first(seen: impl Fn(i64) -> Seen) -> Option<(i64, Unwell)> {
        let mut marks = Marks::default();
        let looks = (0..1_000).step_by(10);
        looks
            .into_iter()
            .find_map(|at| Some((at, marks.look(&seen(at), second(at))?)))
    }

    #[test]
    fn each_part_that_gets_nowhere_is_found_and_what_goes_on_is_well() {
        assert_eq!(first(|_| WELL), None);
        let outside = Some(Unwell::NothingStored);
        assert_eq!(
            first(|_| Seen { outside, ..WELL }),
            Some((0, Unwell::NothingStored))
        );
        let intake_answers = false;
        let found = first(|_| Seen {
            intake_answers,
            ..WELL
        });
        assert_eq!(found, Some((0, Unwell::IntakeStands)));
        assert_eq!(
            first(|_| Seen { is_due: None, ..WELL }),
            Some((0, Unwell::DatabaseSilent))
        );
    }

    #[test]
    fn alarms_are_behind_where_one_entry_waits_and_not_where_there_is_always_another() {
        let stands = |at: i64| Seen {
            head: 100 + at as u64,
            ..WELL
        };
        // At the first look they had come to all that there was, at the second not.
        assert_eq!(first(stands), Some((130, Unwell::AlarmsBehind)));
        let a_minute_late = |at: i64| Seen {
            head: 100 + at as u64,
            applied: 40 + at as u64,
            ..WELL
        };
        assert_eq!(first(a_minute_late), None);
    }

    #[test]
    fn an_outbox_is_stuck_where_nothing_is_tried_and_not_where_nothing_arrives() {
        let is_due = Some(true);
        assert_eq!(
            first(|_| Seen { is_due, ..WELL }),
            Some((300, Unwell::OutboxStuck))
        );
        // A mail server that hangs costs an attempt a minute.
        let hangs = |at: i64| Seen {
            is_due,
            attempts: at as u64 / 60,
            ..WELL
        };
        assert_eq!(first(hangs), None);
        let now_and_then = |at: i64| Seen {
            is_due: Some(at % 100 != 0),
            ..WELL
        };
        assert_eq!(first(now_and_then), None);
    }

    #[test]
    fn what_stood_still_with_the_look_itself_is_not_unwell() {
        let mut marks = Marks::default();
        let waits = Seen {
            is_due: Some(true),
            head: 101,
            ..WELL
        };
        assert_eq!(marks.look(&waits, second(0)), None);
        assert_eq!(marks.look(&waits, second(3_600)), None);
        assert_eq!(marks.look(&waits, second(3_680)), None);
        let late = (3_690..).step_by(60).map(second);
        let found = late.take(3).find_map(|at| marks.look(&waits, at));
        assert_eq!(found, Some(Unwell::AlarmsBehind));
    }
}
