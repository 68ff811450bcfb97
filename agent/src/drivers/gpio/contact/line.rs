//! A line with two states, and one that is watched: what it shows at opening and what settles on it.

use std::time::Duration as Span;

use plenum_protocol::{Duration, Timestamp};

use super::debounce::Debounce;
use crate::driver::Problem;

/// What a wait takes from a line at most; a relay that chatters must not hold the thread.
pub(super) const MOST_CHANGES: usize = 64;

/// A line with two states. It need not debounce.
pub trait Line: Send {
    /// Whether the state holds now.
    ///
    /// # Errors
    /// The line is gone or cannot be read.
    fn is_active(&mut self) -> Result<bool, Problem>;

    /// Waits at most `timeout` for changes and gives those that there are, oldest first; there may be none.
    ///
    /// # Errors
    /// The line is gone or cannot be read.
    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem>;

    /// Whether changes come debounced already.
    fn debounces(&self) -> bool {
        false
    }
}

/// A line's change to a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// When; absent where the line cannot know.
    pub at: Option<Timestamp>,
    /// To which state.
    pub active: bool,
}

/// An open line with its debounced state.
pub(super) struct Watched {
    line: Box<dyn Line>,
    debounce: Debounce,
    /// What it showed at opening, until that is told: it must not wait for the next edge.
    shown: Option<Change>,
}

impl Watched {
    /// Looks at the line's state. A state counts once it has stood for `period`, where the line does not see to that itself.
    pub(super) fn new(mut line: Box<dyn Line>, period: Duration) -> Result<Self, Problem> {
        let active = line.is_active()?;
        let period = if line.debounces() { Duration::ZERO } else { period };
        Ok(Self {
            line,
            debounce: Debounce::new(period, active),
            shown: Some(Change { at: None, active }),
        })
    }

    /// Waits once, at most `timeout`, and adds what has settled, also where it then fails. Gives how long it was quiet.
    pub(super) fn listen(&mut self, timeout: Span, settled: &mut Vec<Change>) -> Result<Span, Problem> {
        let shown = self.shown.take();
        let timeout = if shown.is_some() { Span::ZERO } else { timeout };
        settled.extend(shown);
        let rest = self.debounce.settles_in();
        let step = rest.map_or(timeout, |rest| rest.min(timeout));
        let changes = self.line.wait(step)?;
        if changes.is_empty() {
            settled.extend(self.debounce.quiet(step));
            return Ok(step);
        }
        let changes = changes.into_iter();
        settled.extend(changes.filter_map(|change| self.debounce.change(change)));
        Ok(Span::ZERO)
    }

    /// The debounced state, by looking at the line itself; adds what settled by that.
    pub(super) fn look(&mut self, settled: &mut Vec<Change>) -> Result<bool, Problem> {
        let active = self.line.is_active()?;
        settled.extend(self.debounce.change(Change { at: None, active }));
        Ok(self.debounce.state())
    }
}
