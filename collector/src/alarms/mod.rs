//! Alarms: a pure core that folds the journal, and a shell that keeps its state and its effects in one commit.

pub mod core;
pub mod engine;
pub mod message;
pub mod model;
pub mod store;

pub use engine::{ActionError, AlarmTask, Alarms, Annunciator, Muted, open};
pub use model::*;
