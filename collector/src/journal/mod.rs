//! The collector's one ordered log. A batch is acknowledged when it is committed here.
//!
//! One group commit is one entry: a BLOB with CRC, number and chain hash. Entries are numbered from 1, and no number is
//! ever used again. Readers keep their cursors in the same database; an entry goes when all have passed it.

pub(crate) mod bytes;
pub(crate) mod condition;
mod encoding;
mod fails;
mod frame;
mod group;
mod head;
mod log;
mod reader;
mod recent;
mod schema;
mod verify;

pub use bytes::Damaged;
pub use fails::CommitsFail;
pub use group::Group;
pub use log::{Claim, Journal, JournalError, Options, Statistics};
pub use reader::{Live, Reader, store_cursor};

#[cfg(test)]
mod tests;
