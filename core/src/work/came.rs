//! What came while some work went on and was hidden by it, read from the alarms' log.

use std::collections::BTreeMap;

use plenum_protocol::Timestamp;

use super::Work;
use crate::alarms::{Cause, CoverKind, Event};

/// An alarm that some work hid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// Its number.
    pub alarm: u64,
    /// When it first came.
    pub at: Timestamp,
    /// How often it did meanwhile, at least.
    pub times: u32,
    /// How it came out of the work.
    pub out: Out,
}

/// How an alarm came out of the work that hid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    /// Over, or not at all yet: it was told to nobody.
    Untold,
    /// It stood in the open from then on: at the work's end, or once it was worse than what the work names.
    Told(Timestamp),
    /// Another alarm stood for it by then.
    Suppressed,
}

impl Came {
    /// It came out of the work by this transition, the first that did so.
    #[must_use]
    pub fn left(self, by: &Event) -> Self {
        let out = match by.to_cover {
            None if by.to.is_active() => Out::Told(by.at),
            Some(CoverKind::Suppressed) => Out::Suppressed,
            _ => Out::Untold,
        };
        Self { out, ..self }
    }
}

/// What came during `work`, the first first. `log`: the alarms' transitions while it went on, as far as work lay over an alarm after them, in their order.
pub fn came(work: &Work, log: &[Event]) -> Vec<Came> {
    let until = work.ended_at.unwrap_or(work.until);
    let went_on = |event: &&Event| {
        event.to_cover == Some(CoverKind::Work) && event.at >= work.from && event.at <= until
    };
    let mut found: BTreeMap<u64, Came> = BTreeMap::new();
    for event in log.iter().filter(went_on) {
        // Whose work it was stands in the log, and what for; its number does not.
        let is_ours = event.actor == work.by && event.comment == work.reason;
        if event.cause == Cause::Work && is_ours {
            found.entry(event.alarm).or_insert(Came {
                alarm: event.alarm,
                at: event.at,
                times: 0,
                out: Out::Untold,
            });
        }
        if let Some(came) = found.get_mut(&event.alarm)
            && matches!(event.cause, Cause::Raised | Cause::Late)
        {
            came.times += 1;
        }
    }
    let mut all: Vec<Came> = found.into_values().collect();
    for came in &mut all {
        came.times = came.times.max(1);
    }
    all.sort_by_key(|came| (came.at, came.alarm));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use plenum_protocol::Duration;

    use super::*;
    use crate::alarms::State;
    use crate::authority::Actor;
    use crate::work::{WorkKind, WorkState};

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_milliseconds(0) + Duration::from_minutes(minute)
    }

    fn work() -> Work {
        Work {
            id: 7,
            room: None,
            kinds: BTreeSet::from([WorkKind::Smoke]),
            from: minute(10),
            until: minute(70),
            reason: "fire test".to_owned(),
            by: Actor::named("Anna"),
            at: minute(10),
            state: WorkState::Over,
            planned: false,
            ended_at: Some(minute(60)),
            ended_by: None,
        }
    }

    /// What lies over an alarm goes from `covers.0` to `covers.1`.
    fn event(at: i64, alarm: u64, cause: Cause, covers: (bool, bool), (by, why): (&str, &str)) -> Event {
        let under = |is: bool| is.then_some(CoverKind::Work);
        Event {
            at: minute(at),
            alarm,
            from: State::ActiveUnacknowledged,
            to: State::ActiveUnacknowledged,
            from_cover: under(covers.0),
            to_cover: under(covers.1),
            cause,
            actor: if by.is_empty() {
                Actor::Monitor
            } else {
                Actor::named(by)
            },
            comment: why.to_owned(),
            remark: None,
            origin: None,
        }
    }

    const ANNA: (&str, &str) = ("Anna", "fire test");
    const NOBODY: (&str, &str) = ("", "");

    #[test]
    fn what_it_hid_is_listed_once_with_how_often_it_came_and_nothing_of_other_work() {
        let log = [
            event(5, 9, Cause::Work, (false, true), ANNA),
            event(11, 2, Cause::Work, (false, true), ANNA),
            event(11, 2, Cause::Raised, (true, true), NOBODY),
            event(12, 3, Cause::Work, (false, true), ("Bert", "fire test")),
            event(12, 3, Cause::Raised, (true, true), NOBODY),
            event(13, 4, Cause::Work, (false, true), ("Anna", "another test")),
            event(14, 2, Cause::Returned, (true, true), NOBODY),
            event(15, 2, Cause::Raised, (true, true), NOBODY),
            event(60, 1, Cause::Work, (false, true), ANNA),
            event(61, 5, Cause::Work, (false, true), ANNA),
        ];
        let found = came(&work(), &log);
        let short: Vec<_> = found
            .iter()
            .map(|came| (came.alarm, came.at, came.times))
            .collect();
        assert_eq!(short, [(2, minute(11), 2), (1, minute(60), 1)]);
    }

    #[test]
    fn it_was_told_where_it_stood_in_the_open_then_and_not_where_it_was_over_or_another_stood_for_it() {
        let [came] = &came(&work(), &[event(11, 2, Cause::Work, (false, true), ANNA)])[..] else {
            panic!("one came")
        };
        let left = event(60, 2, Cause::WorkEnded, (true, false), NOBODY);
        assert_eq!(came.clone().left(&left).out, Out::Told(minute(60)));
        let over = Event {
            to: State::ReturnedUnacknowledged,
            ..left.clone()
        };
        assert_eq!(came.clone().left(&over).out, Out::Untold);
        let suppressed = Event {
            to_cover: Some(CoverKind::Suppressed),
            ..left
        };
        assert_eq!(came.clone().left(&suppressed).out, Out::Suppressed);
    }
}
