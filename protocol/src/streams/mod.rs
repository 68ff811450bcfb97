//! Delivery streams: how a batch that an agent spooled reaches the collector's journal once, whatever dies in between.
//!
//! Two pure state machines. [`Sender`] is the agent's end: one for the whole agent, over all its streams. [`Receiver`] is
//! the collector's end: one for each agent. Neither reads a clock or a disk: they take `now` and say what to do. The
//! protocol is DELIVERY's; what these two add to it is told where it stands, and `protocol/tests/hostile_network`
//! runs both against everything that can go wrong.
//!
//! The agent's shell, in outline:
//! - at start: streams of earlier starts are folded as [`fold()`] says; then [`Sender::new`] with what the spool holds and two fresh stream names;
//! - a batch is spooled durably in `sender.current(class)` with the next number, then `Event::Spooled`;
//! - connected and subscribed to the ack topic: `Event::Connected`, then publish the status with `sender.listed()`;
//! - while the link has space: `sender.next(now)` names a batch; read it, encode it, publish it with its envelope;
//! - an ack arrives: `Event::Acknowledged`; do the effects (mark rows, pin the database) in one transaction;
//! - space is needed: [`next_eviction`] names what goes; delete it, in the transaction that needed the space, with the
//!   loss noted in the stream's row ([`Held::lose`]), then `Event::Removed`;
//! - sleep until `sender.next_wakeup()`.
//!
//! The collector's shell:
//! - at start: [`Receiver::new`] with the stored records of an agent; `ack_due` says yes at once;
//! - a batch arrives: `receiver.offer(..)`. `Take` goes into the group that gathers, with the records and gaps it names;
//! - the group is committed: `receiver.committed(..)` with the records written. It failed: `rolled_back()`, and
//!   whatever gathered meanwhile is thrown away as well;
//! - a status arrives: `receiver.status(..)`, whose records and gaps go into the group like a batch's;
//! - when `ack_due(now)`: publish `receiver.ack(..)`, then `ack_sent(now)`.

pub mod envelope;
pub mod floors;
pub mod fold;
pub mod held;
pub mod identity;
pub mod receiver;
pub mod sender;
pub mod starts;

pub use envelope::{Class, Envelope, EnvelopeError, Lost, Position};
pub use floors::{AHEAD, Circumstances, Floors, Placed};
pub use fold::{Earlier, Folding, fold};
pub use held::{Eviction, Held, next_eviction};
pub use identity::{DatabaseId, NameError, StreamId};
pub use receiver::{Drop, FoundGap, Offer, Receiver, StreamRecord, Taken};
pub use sender::{Effect, Event, Removal, Sender, Transmission};
pub use starts::{Starts, Verdict};

/// Batches of one stream that may be under way at once.
pub const WINDOW: u64 = 32;

/// Unsent batches with which a reconnecting agent opens a fresh routine stream.
pub const BACKLOG: u64 = 32;

/// So many batches of the routine stream in use wait for the few of earlier ones; with more it goes on without them, whatever it is that they wait for.
pub const HELD_BACK: u64 = 8 * BACKLOG;
