//! Three-valued logic over time: a condition is true, false or unknown, in stretches without holes.

use plenum_protocol::Timestamp;

pub use crate::truth::Truth;

/// A condition's truth from `from` until the next stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// What is known.
    pub truth: Truth,
    /// Why, in words, for the list of interruptions.
    pub cause: String,
}
