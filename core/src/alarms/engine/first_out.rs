//! First-out: of the alarms that a room raises within a minute, which was the first. What broke first is mostly what broke the others.

use std::collections::HashMap;

use plenum_protocol::{Duration, Identifier, Timestamp};

use crate::alarms::{Alarm, State};

/// What is raised within so long of the first belongs to it.
const TOGETHER: Duration = Duration::from_minutes(1);

/// The newest group of each room: when its first alarm was raised, and which.
#[derive(Debug, Default)]
pub(super) struct FirstOut(HashMap<Identifier, (Timestamp, u64)>);

/// Whose mark changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// It is the first of several.
    pub(super) first: Option<u64>,
    /// It was taken for the first, and an earlier one has come.
    pub(super) not_first: Option<u64>,
}

impl FirstOut {
    /// As it was, from the alarms as they stand.
    pub(super) fn restore<'a>(alarms: impl Iterator<Item = &'a Alarm>) -> Self {
        let mut groups = Self::default();
        let mut standing: Vec<&Alarm> = alarms.filter(|alarm| alarm.state != State::Normal).collect();
        standing.sort_by_key(|alarm| (alarm.raised_at, alarm.id));
        for alarm in standing {
            groups.raised(alarm.id, alarm.room.as_ref(), alarm.raised_at);
        }
        groups
    }

    /// An alarm was raised.
    pub(super) fn raised(&mut self, id: u64, room: Option<&Identifier>, at: Timestamp) -> Marks {
        let Some(room) = room else {
            return Marks::default();
        };
        let Some((first_at, first)) = self.0.get(room).copied() else {
            self.0.insert(room.clone(), (at, id));
            return Marks::default();
        };
        if first_at.since(at) > TOGETHER {
            return Marks::default();
        }
        if first == id || at.since(first_at) > TOGETHER {
            self.0.insert(room.clone(), (at, id));
            return Marks::default();
        }
        if at >= first_at {
            return Marks {
                first: Some(first),
                not_first: None,
            };
        }
        self.0.insert(room.clone(), (at, id));
        Marks {
            first: Some(id),
            not_first: Some(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Raises (second, number) in one room; tells whose mark stands in the end.
    fn check(raised: &[(i64, u64)], expected: &[u64]) {
        let (mut groups, mut marked) = (FirstOut::default(), std::collections::BTreeSet::new());
        let room: Identifier = "room-a".parse().unwrap();
        for (second, id) in raised {
            let marks = groups.raised(*id, Some(&room), Timestamp::from_milliseconds(second * 1_000));
            marks.not_first.map(|id| marked.remove(&id));
            marked.extend(marks.first);
        }
        assert_eq!(marked.into_iter().collect::<Vec<_>>(), expected, "{raised:?}");
    }

    #[test]
    fn the_first_of_a_minute_is_marked_and_a_lone_alarm_is_not() {
        check(&[(0, 1)], &[]);
        check(&[(0, 1), (60, 2), (61, 3)], &[1]);
        check(&[(0, 1), (60, 2), (90, 3), (150, 4)], &[1, 3]);
        check(&[(0, 1), (200, 2), (230, 3)], &[2]);
    }

    #[test]
    fn one_that_is_known_later_may_have_been_the_first() {
        check(&[(30, 1), (10, 2), (40, 3)], &[2]);
        check(&[(30, 1), (35, 2), (10, 3)], &[3]);
        check(&[(100, 1), (10, 2), (110, 3)], &[1]);
    }

    #[test]
    fn the_first_that_comes_again_begins_anew() {
        check(&[(0, 1), (20, 1)], &[]);
        check(&[(0, 1), (20, 1), (70, 2)], &[1]);
    }

    #[test]
    fn what_is_in_no_room_has_no_first() {
        let mut groups = FirstOut::default();
        for id in [1, 2] {
            assert_eq!(
                groups.raised(id, None, Timestamp::from_milliseconds(0)),
                Marks::default()
            );
        }
    }
}
