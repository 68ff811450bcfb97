//! From an alarm's transition to a person: the decision, the words, the durable outbox and the channels.

pub mod channels;
pub mod decision;
pub mod message;
pub mod outbox;
pub mod trend;

pub use decision::{Reason, Why, decide};
pub use message::Message;
