//! From an alarm's transition to a person: the decision, the words, the durable outbox, the channels, and the
//! courier who carries messages until they arrive or says that they do not.

pub mod annunciator;
pub mod caller;
pub(crate) mod calls;
pub mod channels;
pub mod courier;
pub mod duty;
pub mod lookout;
pub mod outbox;
pub mod pruner;
mod reach;
mod ways;

pub use annunciator::{Annunciator, Muted};
pub use courier::{Courier, CourierOptions, FactsSource, Known};
