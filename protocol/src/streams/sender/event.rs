//! What happens to the sender and what the shell has to do about it.

use crate::Timestamp;
use crate::payload::Ack;
use crate::streams::{DatabaseId, Envelope, Held, StreamId};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// The link is up and subscribed to the ack topic. `fresh` is a new random stream, used if one is needed.
    Connected {
        /// A stream name that was never used.
        fresh: StreamId,
    },
    /// The link is down.
    Disconnected,
    /// The spool has opened a stream of its own accord, to tell a loss that fits nowhere else.
    Adopted(Held),
    /// A batch is durable in the spool. Its number is the stream's last plus one.
    Spooled {
        /// The stream that it was added to.
        stream: &'a StreamId,
        /// Its number.
        seq: u64,
    },
    /// An acknowledgement arrived.
    Acknowledged(&'a Ack),
    /// Batches were deleted from the spool.
    Removed(Removal),
    /// A person said that the next database met is the right one.
    Join,
    /// Time went on: call it at `next_wakeup`.
    Tick,
}

/// Batches that the spool deleted: everything of `stream` up to `through`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The stream that became shorter.
    pub stream: StreamId,
    /// The highest number deleted.
    pub through: u64,
    /// The earliest instant among the readings deleted unacknowledged, if known.
    pub from: Option<Timestamp>,
    /// The latest of them.
    pub to: Option<Timestamp>,
    /// How many readings were deleted unacknowledged.
    pub count: u64,
    /// Why: `full spool`, `earlier boot without a clock`.
    pub why: String,
}

/// What the shell has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Publish the status, with [`Sender::listed`].
    PublishStatus,
    /// Spool routine batches in this stream from now on; its first batch has number 1.
    OpenedRoutine(StreamId),
    /// Keep in the spool: this database is the one. Before the effects that follow it.
    Pin(DatabaseId),
    /// Mark the stream's batches up to `through` as acknowledged now, unless they are already.
    Acknowledged {
        /// The stream that the collector has taken further.
        stream: StreamId,
        /// The highest number acknowledged.
        through: u64,
    },
    /// Take the mark off the batches above `through`: the collector was restored and wants them again.
    Withdrawn {
        /// The stream that the collector has less of.
        stream: StreamId,
        /// The highest number that is still acknowledged.
        through: u64,
    },
    /// Forget the stream: it is empty, and has been for as long as that is worth telling.
    Closed(StreamId),
    /// An acknowledgement of a database that is neither pinned nor follows the pinned one was ignored: tell a person.
    ForeignDatabase(DatabaseId),
}

/// A batch to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    /// Its position and what goes with it, as user properties.
    pub envelope: Envelope,
}
