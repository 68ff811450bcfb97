//! Everything that the engine waits for, in one table.
//!
//! | timer | set when | fires | what it does |
//! |---|---|---|---|
//! | offline | an agent goes, or was never heard | at the rule's limit and on-delay | raises the agent's offline alarm |
//! | clock | an agent's clock becomes free | after the rule's on-delay | raises `clock-free` |
//! | quiet | a loss or late readings are told | 10 min after the last of them | ends that alarm |
//! | unheard | a revision places a sensor of which nothing was received yet | after the rule's on-delay | raises `never-heard` |
//! | series | a delay of one of its trackers runs, or a silence limit counts | 1 s after the first instant of them: what was measured by then is under way | lets each tracker pass its instant |
//!
//! What a timer is about knows its own instant; the table only says when to look. An instant mostly moves further away (each reading
//! moves the silence limit), so an entry is left where it is and put off when its turn comes: a reading that changes nothing costs
//! nothing, and an entry whose instant is gone does nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use plenum_protocol::{Duration, Timestamp};

/// How long the wall clock must have passed a tracker's instant before it is looked at without a reading.
pub(super) const GRACE: Duration = Duration::from_seconds(1);

/// What is waited for, in the order in which what is due together fires: who is there decides what silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// An agent's offline rule.
    Offline {
        /// The agent's number.
        agent: usize,
        /// The place of its watch.
        watch: usize,
    },
    /// An agent's free clock.
    Clock {
        /// The agent's number.
        agent: usize,
    },
    /// An alarm that ends by itself.
    Quiet {
        /// The alarm's number.
        alarm: u64,
    },
    /// Placed sensors of which nothing was ever received.
    Unheard,
    /// The trackers on a series, by its number.
    Series(usize),
}

/// A tracker: its series' number and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) series: usize,
    pub(super) tracker: usize,
}

#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Timestamp, Timer)>>);

impl Timers {
    /// Looks at `timer` at this instant.
    pub(super) fn set(&mut self, timer: Timer, at: Timestamp) {
        self.0.push(Reverse((at, timer)));
    }

    /// Makes sure that a series is looked at when the first of its trackers is due; `scheduled` is its own note of its earliest entry.
    pub(super) fn schedule(
        &mut self,
        series: usize,
        due: Option<Timestamp>,
        scheduled: &mut Option<Timestamp>,
    ) {
        if let Some(due) = due
            && scheduled.is_none_or(|earlier| due < earlier)
        {
            *scheduled = Some(due);
            self.set(Timer::Series(series), due + GRACE);
        }
    }

    /// The next instant at which something may be due.
    pub(super) fn next_wakeup(&self) -> Option<Timestamp> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes all that is due by `now`, in the order of [`Timer`].
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Timer> {
        let mut due = Vec::new();
        while self.next_wakeup().is_some_and(|at| at <= now) {
            due.extend(self.0.pop().map(|Reverse((_, timer))| timer));
        }
        due.sort();
        due
    }

    /// Forgets every series: what their trackers wait for begins anew.
    pub(super) fn forget_series(&mut self) {
        self.0
            .retain(|Reverse((_, timer))| !matches!(timer, Timer::Series(_)));
    }
}
