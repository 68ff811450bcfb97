//! The collector's one ordered log. A batch is acknowledged when it is committed here.

pub mod entry;

pub use entry::{
    Action, ActionKind, AgentName, Batch, Entry, ExpectedSensor, Gap, Item, Presence, StoredReading,
    SystemCondition,
};
