//! The words that Plenum's parts exchange: names, quantities, readings, faults, topics, payloads,
//! and the delivery streams of both ends as pure state machines. No runtime, no I/O, no clock of its own.

pub mod agent_name;
mod as_text;
pub mod clock;
pub mod config_error;
pub mod config_key;
pub mod count;
pub mod dew_point;
pub mod enrolment;
pub mod fault;
pub mod identifier;
pub mod payload;
pub mod quantity;
pub mod reading;
pub mod senml;
pub mod series;
pub mod size;
mod steady;
pub mod streams;
pub mod timestamp;
pub mod topic;

pub use agent_name::AgentName;
pub use clock::Clock;
pub use fault::Fault;
pub use identifier::Identifier;
pub use quantity::Quantity;
pub use reading::{Outcome, Reading};
pub use series::{Channel, Series};
pub use size::Size;
pub use steady::Steady;
pub use timestamp::{Duration, Timestamp};
pub use topic::{Topic, TopicKind};
