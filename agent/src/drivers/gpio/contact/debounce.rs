//! Debouncing without a clock. Pure.

use std::time::Duration as Span;

use plenum_protocol::{Duration, Timestamp};

use super::line::Change;

/// A state that counts once it has stood for a period. It takes the time from the changes' own instants and from how long it was
/// quiet, and asks no clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Debounce {
    period: Duration,
    state: bool,
    pending: Option<Pending>,
}

/// Another state that has not stood for long enough, the instant of its first edge, and how long it has been quiet since the last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pending {
    at: Option<Timestamp>,
    quiet: Span,
}

impl Debounce {
    /// Begins with a state that has stood for long.
    pub(super) fn new(period: Duration, state: bool) -> Self {
        Self {
            period,
            state,
            pending: None,
        }
    }

    /// The state that counts.
    pub(super) fn state(&self) -> bool {
        self.state
    }

    /// Takes a raw change and gives the change that has settled by it, if one has.
    pub(super) fn change(&mut self, change: Change) -> Option<Change> {
        let before = self.pending.take();
        let stood = |pending: Pending| {
            let (Some(from), Some(until)) = (pending.at, change.at) else {
                return false;
            };
            until.since(from) >= self.period
        };
        // It had settled before this change; nobody was there to notice.
        let settled = before
            .filter(|pending| stood(*pending))
            .map(|pending| self.settle(pending.at));
        if change.active != self.state {
            let pending = before.filter(|_| settled.is_none());
            self.pending = Some(pending.unwrap_or(Pending {
                at: change.at,
                quiet: Span::ZERO,
            }));
        }
        settled.or_else(|| self.quiet(Span::ZERO))
    }

    /// Takes the time that passed without a change.
    pub(super) fn quiet(&mut self, elapsed: Span) -> Option<Change> {
        let pending = self.pending.as_mut()?;
        pending.quiet += elapsed;
        if pending.quiet < self.period.to_std() {
            return None;
        }
        let at = pending.at;
        self.pending = None;
        Some(self.settle(at))
    }

    /// How much longer it must be quiet, if a state is pending.
    pub(super) fn settles_in(&self) -> Option<Span> {
        self.pending
            .map(|pending| self.period.to_std().saturating_sub(pending.quiet))
    }

    fn settle(&mut self, at: Option<Timestamp>) -> Change {
        self.state = !self.state;
        Change {
            at,
            active: self.state,
        }
    }
}
