//! What the model knows and the two ends do not, and what must be true in the end.

use std::collections::{BTreeMap, BTreeSet};

use plenum_protocol::Timestamp;
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
    /// The readings of each batch: their instants, as its agent stamped them.
    pub(crate) readings: BTreeMap<Batch, Vec<Timestamp>>,
    /// Batches of a second host under the agent's name.
    pub(crate) of_the_twin: BTreeSet<Batch>,
    /// Whether it is the second host that acts.
    pub(crate) twin_at_work: bool,
}

impl Oracle {
    /// A batch has another name from here on.
    pub(crate) fn renamed(&mut self, from: Batch, to: Batch) {
        if self.twin_at_work {
            // The first host may have it too, under the old name.
            if let Some(readings) = self.readings.get(&from).cloned() {
                self.readings.insert(to.clone(), readings);
            }
            self.of_the_twin.insert(to);
            return;
        }
        for batch in self.spooled.iter_mut().filter(|batch| **batch == from) {
            *batch = to.clone();
        }
        for set in [
            &mut self.given_up,
            &mut self.lost_with_card,
            &mut self.of_the_twin,
        ] {
            if set.remove(&from) {
                set.insert(to.clone());
            }
        }
        // It may still be on its way under the name that a lying card has forgotten.
        if let Some(readings) = self.readings.get(&from).cloned() {
            self.readings.insert(to, readings);
        }
    }

    /// As many readings are stored as came: no two of the series stand at one instant.
    fn check_instants(&self, around: &Surroundings, collector: &Collector) {
        let copied = around.hostility.twin && around.hostility.cloned;
        if around.hostility.lying_disk || around.hostility.new_cards || copied {
            // A card that forgets, or that there is twice, may send the same reading under two names.
            return;
        }
        let stored: usize = collector
            .journal
            .stored
            .iter()
            .map(|batch| self.readings[batch].len())
            .sum();
        let instants: BTreeSet<Timestamp> = collector.journal.instants.iter().copied().collect();
        // After a restart a late reading of its own may meet an instant that was given away before: once in a thousand milliseconds.
        let may_meet = usize::from(around.hostility.wrong_clock && collector.forgot) * 3;
        assert!(
            instants.len() <= stored && stored - instants.len() <= may_meet,
            "{stored} readings stand at {} instants: {:?}",
            instants.len(),
            around.hostility
        );
    }

    /// Of a second host nothing is acknowledged that is not stored.
    pub(crate) fn check_twin(&self, twin: &Agent, collector: &Collector) {
        if self.restored {
            return;
        }
        let stored: BTreeSet<&Batch> = collector.journal.stored.iter().collect();
        for stream in &twin.spool.streams {
            for seq in 1..=stream.held.through {
                let batch = (stream.name.clone(), seq);
                let gap = collector
                    .journal
                    .gaps
                    .iter()
                    .any(|gap| gap.stream == batch.0 && (gap.from_seq..=gap.to_seq).contains(&seq));
                assert!(
                    stored.contains(&batch) || gap,
                    "{batch:?} of the second host was acknowledged and not stored"
                );
            }
        }
    }

    /// No silent loss, and nothing stored twice.
    pub(crate) fn check(&self, around: &Surroundings, agent: &Agent, collector: &Collector) {
        let journal = &collector.journal;
        let stored: BTreeSet<&Batch> = journal.stored.iter().collect();
        assert_eq!(stored.len(), journal.stored.len(), "something was stored twice");
        self.check_instants(around, collector);
        let in_gap = |(stream, seq): &Batch| {
            let covers = |gap: &&FoundGap| gap.stream == *stream && (gap.from_seq..=gap.to_seq).contains(seq);
            journal.gaps.iter().find(covers)
        };
        for batch in self
            .spooled
            .iter()
            .filter(|batch| !self.of_the_twin.contains(batch))
        {
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
