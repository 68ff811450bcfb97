//! When the status is said again, though nothing in it has changed: a message may be lost, and a collector may have forgotten. Pure.

use plenum_protocol::{Duration, Steady};

/// How often it is said in any case.
const EVERY: Duration = Duration::from_minutes(10);
/// How often at most because a collector seems not to have heard it.
const UNHEARD_EVERY: Duration = Duration::from_seconds(10);
/// How soon after the connection had no room for it.
const REFUSED_AFTER: Duration = Duration::from_seconds(1);

/// When it was said, and when it is said again.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    said: Option<Steady>,
    due: Option<Steady>,
}

impl Repeats {
    /// It was handed to the connection.
    pub(super) fn said(&mut self, now: Steady) {
        self.said = Some(now);
        self.due = Some(now + EVERY);
    }

    /// There was no room for it.
    pub(super) fn refused(&mut self, now: Steady) {
        self.advance(now + REFUSED_AFTER);
    }

    /// An acknowledgement says nothing of a stream that the status has listed.
    pub(super) fn unheard(&mut self, now: Steady) {
        self.advance(self.said.map_or(now, |said| said + UNHEARD_EVERY));
    }

    /// The connection is gone; with the next it is said anyway.
    pub(super) fn disconnected(&mut self) {
        self.due = None;
    }

    /// Whether to say it now.
    pub(super) fn is_due(&self, now: Steady) -> bool {
        self.due.is_some_and(|due| now >= due)
    }

    /// When to look again.
    pub(super) fn next_wakeup(&self) -> Option<Steady> {
        self.due
    }

    fn advance(&mut self, due: Steady) {
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn it_is_said_every_ten_minutes_and_sooner_where_it_was_not_heard() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.next_wakeup(), None);
        repeats.said(at(0));
        assert!(!repeats.is_due(at(599)) && repeats.is_due(at(600)));
        repeats.unheard(at(3));
        repeats.unheard(at(4));
        assert_eq!(repeats.next_wakeup(), Some(at(10)));
        repeats.said(at(10));
        repeats.unheard(at(25));
        assert!(repeats.is_due(at(25)));
        repeats.refused(at(25));
        assert!(repeats.is_due(at(25)), "sooner is sooner");
        repeats.said(at(26));
        repeats.refused(at(26));
        assert_eq!(repeats.next_wakeup(), Some(at(27)));
        repeats.disconnected();
        assert!(!repeats.is_due(at(9_999)));
    }
}
