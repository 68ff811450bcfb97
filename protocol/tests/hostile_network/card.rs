//! The agent's card: rows of its streams and the database that is pinned.

use std::collections::VecDeque;

use plenum_protocol::streams::{Class, DatabaseId, Held, StreamId};

use crate::Batch;

/// What is on the card.
#[derive(Debug, Clone, Default)]
pub(crate) struct Card {
    pub(crate) streams: Vec<SpooledStream>,
    pub(crate) pinned: Option<DatabaseId>,
}

#[derive(Debug, Clone)]
pub(crate) struct SpooledStream {
    pub(crate) name: StreamId,
    pub(crate) rows: VecDeque<u64>,
    pub(crate) held: Held,
    /// Some status may have listed it.
    pub(crate) told: bool,
}

impl Card {
    pub(crate) fn stream(&mut self, name: &StreamId) -> Option<&mut SpooledStream> {
        self.streams.iter_mut().find(|stream| stream.name == *name)
    }

    pub(crate) fn open(&mut self, name: &StreamId, class: Class) {
        self.streams.push(SpooledStream {
            name: name.clone(),
            rows: VecDeque::new(),
            held: Held::opened(name.clone(), class),
            told: false,
        });
    }

    pub(crate) fn rows(&self) -> usize {
        self.streams.iter().map(|stream| stream.rows.len()).sum()
    }

    pub(crate) fn batches(&self) -> impl Iterator<Item = Batch> {
        self.streams
            .iter()
            .flat_map(|stream| stream.rows.iter().map(|seq| (stream.name.clone(), *seq)))
    }

    pub(crate) fn held(&self) -> Vec<Held> {
        self.streams.iter().map(|stream| stream.held.clone()).collect()
    }
}
