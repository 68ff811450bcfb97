//! What is known of a recipient when it is a queue's turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_core::oncall::bundle::Word;
use plenum_core::site::{Priority, Site};
use plenum_protocol::{Duration, Timestamp};

/// How long a message waits for the end of quiet hours before that is looked at again: the plan, the site or the clock may be another by then.
const LOOK: Duration = Duration::from_hours(1);

/// What is known of a recipient when it is a queue's turn.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// Whether the channel reaches them.
    pub is_reached: bool,
    /// The site, where they are a person.
    pub person_of: Option<Arc<Site>>,
    /// Until when they are not to be told of a priority.
    pub quiet: BTreeMap<Priority, Timestamp>,
}

impl Turn {
    /// The site that says who is called, where the recipient is a person who is.
    pub(super) fn calls_a_person(&self, calls: bool) -> Option<&Site> {
        self.person_of.as_deref().filter(|_| calls)
    }

    /// Until when all of it waits for the end of quiet hours; none where something of it does not.
    pub(super) fn quiet_until(&self, words: &[Word], now: Timestamp) -> Option<Timestamp> {
        let ends = words.iter().map(|word| self.quiet.get(&word.priority).copied());
        let first = ends.collect::<Option<Vec<_>>>()?.into_iter().min()?;
        Some(first.min(now + LOOK)).filter(|until| *until > now)
    }
}
