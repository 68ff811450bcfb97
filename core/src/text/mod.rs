//! How it is said: values, places and instants in words, an alarm's sentence, a whole message. Facts go in; here alone they become sentences, in the
//! language of whoever reads them.

pub mod alarm;
pub mod answer;
mod around;
pub mod audit;
pub mod button;
pub mod call;
mod catalogue;
pub mod drill;
pub mod duty;
pub mod figures;
pub mod foreign;
mod form;
pub mod incident;
pub mod message;
pub mod monitor;
pub mod redact;
pub mod rules;
pub mod test_page;

pub use catalogue::priority;
pub use form::{Form, Letters};
pub use message::Message;
pub use plenum_protocol::quantity::Language;
