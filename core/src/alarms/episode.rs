//! When an alarm stood: its log folded into episodes, each from where its condition was found to hold until it was gone.

use plenum_protocol::Timestamp;

use super::alarm::Event;

/// One time that an alarm stood. Its first instant names the occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// Which alarm.
    pub alarm: u64,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When its condition was gone; none while it stands.
    pub returned_at: Option<Timestamp>,
}

impl Episode {
    /// Whether it stood at any instant of `from..to`.
    pub fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.raised_at < to && self.returned_at.is_none_or(|returned| returned >= from)
    }
}

/// The episodes of one alarm, newest first, from its transitions in the order of the log. A log that begins while the alarm stands tells
/// nothing of how that episode began, so that one is left out.
pub fn fold(events: &[Event]) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    for event in events {
        match (event.from.is_active(), event.to.is_active()) {
            (false, true) => episodes.push(Episode {
                alarm: event.alarm,
                raised_at: event.at,
                returned_at: None,
            }),
            (true, false) => {
                if let Some(episode) = episodes.last_mut().filter(|last| last.returned_at.is_none()) {
                    episode.returned_at = Some(event.at);
                }
            }
            _ => {}
        }
    }
    episodes.reverse();
    episodes
}

#[cfg(test)]
mod tests {
    use super::super::alarm::{Cause, State};
    use super::*;
    use crate::authority::Actor;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds)
    }

    fn log(transitions: &[(i64, State, State, Cause)]) -> Vec<Event> {
        let event = |&(milliseconds, from, to, cause): &(i64, State, State, Cause)| Event {
            at: at(milliseconds),
            alarm: 7,
            from,
            to,
            from_cover: None,
            to_cover: None,
            cause,
            actor: Actor::Monitor,
            comment: String::new(),
            remark: None,
            origin: None,
        };
        transitions.iter().map(event).collect()
    }

    fn check(transitions: &[(i64, State, State, Cause)], expected: &[(i64, Option<i64>)]) {
        let found: Vec<_> = fold(&log(transitions))
            .iter()
            .map(|one| {
                (
                    one.raised_at.milliseconds(),
                    one.returned_at.map(Timestamp::milliseconds),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn episodes_are_the_newest_first_and_the_last_may_stand() {
        use Cause::{Acknowledged, Raised, Returned};
        use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
        check(
            &[
                (1, Normal, ActiveUnacknowledged, Raised),
                (2, ActiveUnacknowledged, ActiveAcknowledged, Acknowledged),
                (3, ActiveAcknowledged, Normal, Returned),
                (5, Normal, ActiveUnacknowledged, Raised),
                (6, ActiveUnacknowledged, ReturnedUnacknowledged, Returned),
                (8, ReturnedUnacknowledged, ActiveUnacknowledged, Raised),
            ],
            &[(8, None), (5, Some(6)), (1, Some(3))],
        );
    }

    #[test]
    fn a_changed_site_ends_an_episode_and_a_late_reading_begins_none() {
        use State::{ActiveUnacknowledged, Normal};
        check(
            &[
                (1, Normal, Normal, Cause::Late),
                (2, Normal, ActiveUnacknowledged, Cause::Raised),
                (4, ActiveUnacknowledged, Normal, Cause::Configuration),
            ],
            &[(2, Some(4))],
        );
    }

    #[test]
    fn a_log_that_begins_in_the_middle_leaves_that_episode_out() {
        use State::{ActiveUnacknowledged, Normal};
        check(&[(4, ActiveUnacknowledged, Normal, Cause::Returned)], &[]);
        check(&[], &[]);
    }

    #[test]
    fn an_episode_touches_a_period_that_it_only_ends_or_only_spans() {
        let episode = |raised, returned: Option<i64>| Episode {
            alarm: 1,
            raised_at: at(raised),
            returned_at: returned.map(at),
        };
        assert!(episode(5, Some(15)).touches(at(10), at(20)));
        assert!(episode(5, None).touches(at(10), at(20)));
        assert!(episode(19, None).touches(at(10), at(20)));
        assert!(!episode(20, None).touches(at(10), at(20)));
        assert!(!episode(5, Some(9)).touches(at(10), at(20)));
    }
}
