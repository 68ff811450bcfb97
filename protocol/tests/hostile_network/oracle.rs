//! What the model knows and the two ends do not, and what must be true in the end.

use std::collections::BTreeSet;

use plenum_protocol::streams::{FoundGap, StreamId};

use crate::Batch;
use crate::agent::Agent;
use crate::collector::Collector;
use crate::surroundings::Surroundings;

/// What the model knows and the two ends do not.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) spooled: Vec<Batch>,
    pub(crate) given_up: BTreeSet<Batch>,
    /// Lost with a card that lied or was thrown away.
    pub(crate) lost_with_card: BTreeSet<Batch>,
    /// Streams that a restored collector cannot get again: their card is gone, or all was kept for 48 h.
    pub(crate) gone: BTreeSet<StreamId>,
    pub(crate) restored: bool,
}

impl Oracle {
    /// No silent loss, and nothing stored twice.
    pub(crate) fn check(&self, around: &Surroundings, agent: &Agent, collector: &Collector) {
        let journal = &collector.journal;
        let stored: BTreeSet<&Batch> = journal.stored.iter().collect();
        assert_eq!(stored.len(), journal.stored.len(), "something was stored twice");
        let in_gap = |(stream, seq): &Batch| {
            let covers = |gap: &&FoundGap| gap.stream == *stream && (gap.from_seq..=gap.to_seq).contains(seq);
            journal.gaps.iter().find(covers)
        };
        for batch in &self.spooled {
            let excused =
                self.lost_with_card.contains(batch) || (self.restored && self.gone.contains(&batch.0));
            assert!(
                stored.contains(batch) || in_gap(batch).is_some() || excused,
                "{batch:?} was lost in silence; given up: {}; {:?}; held {:?}; known {:?}",
                self.given_up.contains(batch),
                around.hostility,
                agent.spool.held().iter().find(|held| held.stream == batch.0),
                journal.records.get(&batch.0),
            );
            if around.hostility.is_orderly()
                && let Some(gap) = in_gap(batch)
            {
                assert!(
                    self.given_up.contains(batch),
                    "{batch:?} is called lost and was not: {gap:?}"
                );
                assert!(!stored.contains(batch), "{batch:?} is both stored and lost");
                assert_eq!(gap.why, "full spool", "the agent's own words tell why");
            }
        }
    }
}
