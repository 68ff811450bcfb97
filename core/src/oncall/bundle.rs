//! What leaves together: all that waits to be told to one recipient about one incident is one message, and leaves when something in it is worth one.
//!
//! | it waits | it leaves |
//! |---|---|
//! | a critical alarm, and they were told of nothing as bad in this incident that nobody has | at once |
//! | what a step of the ladder calls them for | at once |
//! | another alarm that is worse than what they were told | after a moment, in which those that come with it are gathered |
//! | an alarm as bad as what they were told, or less | the same, and five minutes after the message before at the soonest |
//! | the same, while its condition is gone and its off-delay runs | as an end: it is over soon, or stands again |
//! | that an alarm stands again, which somebody had or had put aside | after the same moment, however short ago the message before was: it is in nobody's hands |
//! | that an alarm is over, and another that they were told of stands, or one is about to end | a quarter of an hour after the message before, if nothing else leaves by then |
//! | that the last alarm they were told of is over | at once |
//! | that somebody has it, that it was changed, that a shelving ends | at once |
//!
//! Whatever leaves, all of it does: a message tells how the whole stands.

use std::collections::BTreeSet;

use plenum_protocol::{Duration, Timestamp};

use super::{Heard, Reason};
use crate::site::Priority;

/// News of an incident that somebody knows of, as bad as what they know or less, comes at most so often.
pub const PACE: Duration = Duration::from_minutes(5);
/// That one alarm of several is over is told so long after the message before.
pub const RESTS: Duration = Duration::from_minutes(15);

/// How long an alarm waits for those that come with it: what is critical for none. Readings of one room come within some seconds, and agents behind one switch are missed
/// within half a minute.
pub const fn gathers(priority: Priority) -> Duration {
    Duration::from_seconds(match priority {
        Priority::Critical => 0,
        Priority::High => 5,
        Priority::Medium | Priority::Low => 30,
    })
}

/// What is to be told of one alarm, after [`in_place`](super::in_place).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The alarm's number.
    pub alarm: u64,
    /// What of it.
    pub reason: Reason,
    /// How bad it is.
    pub priority: Priority,
    /// When it was meant to be told.
    pub intended: Timestamp,
    /// Whether its condition is gone for now, and its off-delay runs.
    pub is_ending: bool,
    /// Whether a step of the ladder has come to them.
    pub is_called: bool,
}

impl Word {
    /// Whether it tells that the alarm is over.
    pub fn is_end(&self) -> bool {
        Heard::by(self.reason) == Some(Heard::Over)
    }
}

/// What a recipient knows of an incident from messages that arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The alarms of which they know that they stand, and how bad each was then.
    pub stands: Vec<(u64, Priority)>,
    /// Those of which they were told since that somebody has them.
    pub had: BTreeSet<u64>,
    /// When the last message left.
    pub last: Option<Timestamp>,
}

/// When what waits leaves; none where nothing waits. What was meant for a time after `now`, since when the clock was set back, does not wait for that.
pub fn leaves_at(words: &[Word], known: &Known, now: Timestamp) -> Option<Timestamp> {
    let last = known.last.filter(|last| *last <= now);
    let ends = words.iter().filter(|word| word.is_end()).map(|word| word.alarm);
    let ends: BTreeSet<u64> = ends.collect();
    let worst = |counts: &dyn Fn(&u64) -> bool| {
        let known = known.stands.iter().filter(|(alarm, _)| counts(alarm));
        known.map(|(_, priority)| *priority).min()
    };
    // What somebody has, or what is over, is not what they are busy with; beside what is about to end it is.
    let theirs = worst(&|alarm| !known.had.contains(alarm) && !ends.contains(alarm));
    let all = worst(&|_| true);
    // What is about to end will be told with the others' ends.
    let others_stand = known.stands.iter().any(|(alarm, _)| !ends.contains(alarm))
        || words.iter().any(|word| word.is_ending && word.reason.calls());
    let after = |pause: Duration, at: Timestamp| last.map_or(at, |last| at.max(last + pause));
    let leaves = |word: &Word| {
        if word.intended > now {
            return now;
        }
        match word.reason {
            _ if word.is_called => word.intended,
            reason if reason.calls() => {
                let gathered = word.intended + gathers(word.priority);
                match if word.is_ending { all } else { theirs } {
                    Some(worst) if word.priority >= worst && word.reason != Reason::StandsAgain => {
                        after(if word.is_ending { RESTS } else { PACE }, gathered)
                    }
                    _ => gathered,
                }
            }
            _ if word.is_end() && others_stand => after(RESTS, word.intended),
            _ => word.intended,
        }
    };
    words.iter().map(leaves).min()
}

/// Which of the words the message is about before all: one that calls before one that tells of a change, and that before an end, which is of what they know before it is of
/// what was over before they could be told; what holds before what is about to end; of those the worst, then the first cause of the incident, then the oldest.
pub fn leads(words: &[Word], known: &Known, first_cause: Option<u64>) -> Option<usize> {
    let is_known = |word: &Word| known.stands.iter().any(|(alarm, _)| *alarm == word.alarm);
    let key = |word: &Word| {
        let class = match word.reason {
            reason if reason.calls() => 0,
            _ if word.is_end() && is_known(word) => 2,
            _ if word.is_end() => 3,
            _ => 1,
        };
        let is_other = first_cause != Some(word.alarm);
        let is_ending = class == 0 && word.is_ending;
        (
            class,
            is_ending,
            word.priority,
            is_other,
            word.intended,
            word.alarm,
        )
    };
    let found = words.iter().enumerate().min_by_key(|(_, word)| key(word));
    found.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(1_000_000_000);
    use Priority::{Critical, High, Low};

    fn at(seconds: i64) -> Timestamp {
        NOW + Duration::from_seconds(seconds)
    }

    fn word(alarm: u64, reason: Reason, priority: Priority, seconds: i64) -> Word {
        Word {
            alarm,
            reason,
            priority,
            intended: at(seconds),
            is_ending: false,
            is_called: reason == Reason::Reminder,
        }
    }

    fn leaves(words: &[Word], stands: &[(u64, Priority)], last: Option<i64>) -> Option<i64> {
        let known = Known {
            stands: stands.to_vec(),
            last: last.map(at),
            ..Known::default()
        };
        let leaves = leaves_at(words, &known, at(3_600))?;
        Some(leaves.since(NOW).milliseconds() / 1_000)
    }

    #[test]
    fn what_is_worse_leaves_soon_and_what_is_not_keeps_its_distance() {
        let first = |priority| word(1, Reason::First, priority, 0);
        assert_eq!(leaves(&[], &[], None), None);
        assert_eq!(leaves(&[first(Critical)], &[], None), Some(0));
        assert_eq!(leaves(&[first(High)], &[], None), Some(5));
        assert_eq!(leaves(&[first(Low)], &[], None), Some(30));
        assert_eq!(leaves(&[first(Critical)], &[(2, High)], Some(-1)), Some(0));
        assert_eq!(leaves(&[first(Critical)], &[(2, Critical)], Some(-1)), Some(299));
        assert_eq!(leaves(&[first(High)], &[(2, High)], Some(-1)), Some(299));
        assert_eq!(leaves(&[first(High)], &[(2, High)], Some(-900)), Some(5));
        let again = word(1, Reason::StandsAgain, Critical, 60);
        assert_eq!(leaves(&[again], &[(1, Critical)], Some(59)), Some(60));
        let waiting = [first(High), word(2, Reason::First, Critical, 4)];
        assert_eq!(
            leaves(&waiting, &[], None),
            Some(4),
            "the most urgent takes the others along"
        );
    }

    #[test]
    fn what_a_step_calls_for_and_what_nobody_has_beside_what_somebody_has_leaves_at_once() {
        let called = Word {
            is_called: true,
            ..word(1, Reason::First, Critical, 0)
        };
        assert_eq!(leaves(&[called], &[(2, Critical)], Some(-1)), Some(0));
        let had = Known {
            stands: vec![(2, Critical), (3, High)],
            had: [2].into(),
            last: Some(at(-1)),
        };
        let leaves_of = |priority| {
            let first = word(1, Reason::First, priority, 0);
            leaves_at(&[first], &had, at(3_600)).map(|leaves| leaves.since(NOW).milliseconds() / 1_000)
        };
        assert_eq!(leaves_of(Critical), Some(0));
        assert_eq!(
            leaves_of(High),
            Some(299),
            "of what is theirs they know something as bad"
        );
        let over = [
            word(2, Reason::Resolved, Critical, 0),
            word(1, Reason::First, Critical, 4),
        ];
        assert_eq!(leaves(&over, &[(2, Critical), (3, High)], Some(-1)), Some(4));
    }

    #[test]
    fn what_holds_leads_before_what_is_about_to_end() {
        let ending = Word {
            is_ending: true,
            ..word(1, Reason::First, Critical, 0)
        };
        let words = [
            ending,
            word(2, Reason::First, High, 1),
            word(3, Reason::Changed, Critical, 0),
        ];
        assert_eq!(leads(&words, &Known::default(), Some(1)), Some(1));
        assert_eq!(leads(&words[..1], &Known::default(), None), Some(0));
    }

    #[test]
    fn what_is_about_to_end_waits_as_an_end_unless_it_is_worse_than_what_is_known() {
        let ending = |priority| Word {
            is_ending: true,
            ..word(2, Reason::First, priority, 60)
        };
        assert_eq!(leaves(&[ending(Critical)], &[(1, Critical)], Some(10)), Some(910));
        assert_eq!(leaves(&[ending(Critical)], &[(1, High)], Some(10)), Some(60));
        assert_eq!(leaves(&[ending(High)], &[], None), Some(65));
        let end = word(1, Reason::Resolved, Critical, 70);
        assert_eq!(
            leaves(&[end, ending(High)], &[(1, Critical)], Some(10)),
            Some(910)
        );
    }

    #[test]
    fn an_end_waits_for_the_others_and_the_last_one_does_not() {
        let over = |alarm, seconds| word(alarm, Reason::Resolved, High, seconds);
        let both = [(1, High), (2, High)];
        assert_eq!(leaves(&[over(1, 60)], &both, Some(0)), Some(900));
        assert_eq!(leaves(&[over(1, 1_000)], &both, Some(0)), Some(1_000));
        assert_eq!(leaves(&[over(1, 60), over(2, 70)], &both, Some(0)), Some(60));
        assert_eq!(leaves(&[over(1, 60)], &[(1, High)], Some(0)), Some(60));
        let taken = word(2, Reason::Taken, High, 90);
        assert_eq!(leaves(&[over(1, 60), taken], &both, Some(0)), Some(90));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let words = [word(1, Reason::First, Low, 7_200)];
        assert_eq!(leaves(&words, &[], None), Some(3_600));
        let words = [word(1, Reason::First, High, 0)];
        assert_eq!(leaves(&words, &[(2, High)], Some(7_200)), Some(5));
    }

    #[test]
    fn the_worst_leads_and_among_the_like_the_cause() {
        let words = [
            word(1, Reason::Resolved, Critical, 0),
            word(2, Reason::First, High, 1),
            word(3, Reason::First, High, 2),
            word(4, Reason::Taken, Critical, 0),
        ];
        let nothing = Known::default();
        let leads = |words: &[Word], first_cause| super::leads(words, &nothing, first_cause);
        assert_eq!(leads(&words, None), Some(1));
        assert_eq!(leads(&words, Some(3)), Some(2));
        assert_eq!(leads(&words, Some(1)), Some(1));
        assert_eq!(leads(&words[..1], None), Some(0));
        assert_eq!(leads(&[], None), None);
    }

    #[test]
    fn of_ends_that_of_what_is_known_leads() {
        let words = [
            word(1, Reason::Resolved, Critical, 0),
            word(2, Reason::Resolved, High, 1),
        ];
        let known = Known {
            stands: vec![(2, High)],
            ..Known::default()
        };
        assert_eq!(leads(&words, &known, Some(1)), Some(1));
    }
}
