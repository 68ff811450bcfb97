//! How it is said: values, places and instants in words, an alarm's sentence, a whole message.

pub mod message;
pub mod sentence;
pub mod words;

pub use message::Message;
pub use plenum_protocol::quantity::Language;
