//! How it is said: values, places and instants in words, an alarm's sentence, a whole message.

pub mod language;
pub mod message;
pub mod sentence;
pub mod words;

pub use language::Language;
pub use message::Message;
