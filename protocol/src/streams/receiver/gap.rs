//! Batches that will never come, and why.

use crate::streams::{Lost, StreamId};

const GONE: &str = "the agent no longer holds these batches";
const BROKE: &str = "the agent's card lost these batches or was replaced";

/// Batches that will never come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundGap {
    /// The stream in which they are missing.
    pub stream: StreamId,
    /// The lowest number missing.
    pub from_seq: u64,
    /// The highest number missing.
    pub to_seq: u64,
    /// What the agent says of it, if it does; it may reach further than the gap.
    pub lost: Option<Lost>,
    /// Why, in words.
    pub why: String,
}

impl FoundGap {
    /// A gap that the agent's numbers, or its own notice, tell of.
    pub(super) fn gone(stream: &StreamId, (from_seq, to_seq): (u64, u64), lost: Option<&Lost>) -> Self {
        Self {
            stream: stream.clone(),
            from_seq,
            to_seq,
            lost: lost.cloned(),
            why: lost.map_or(GONE, |lost| lost.why.as_str()).to_owned(),
        }
    }

    /// A gap that a later start of the agent has without knowing it.
    pub(super) fn broke(stream: &StreamId, (from_seq, to_seq): (u64, u64)) -> Self {
        Self {
            why: BROKE.to_owned(),
            ..Self::gone(stream, (from_seq, to_seq), None)
        }
    }
}
