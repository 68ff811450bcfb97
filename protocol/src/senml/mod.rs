//! Sensor Measurement Lists in JSON (RFC 8428): readings in, a pack out, and back.
//!
//! [`encode`] writes what DELIVERY says: `bn` is `{site}/{agent}/`, instants are absolute or relative to the sending.
//! [`decode`] reads any RFC 8428 pack and keeps of it what are readings of the topic's agent; a record that is not one is
//! handed back as text with the reason, and the rest is kept.

pub mod decode;
pub mod encode;
mod json;
pub mod resolve;

pub use decode::{BadRecord, MessageError, Pack, decode};
pub use encode::{Times, encode};

/// The longest message that a collector takes, in bytes.
pub const MESSAGE_BYTES: usize = 256 * 1024;
/// Where an agent cuts its batches, in bytes.
pub const BATCH_BYTES: usize = 64 * 1024;
/// Where an agent cuts its batches, in records.
pub const BATCH_RECORDS: usize = 1_000;
