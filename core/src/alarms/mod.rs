//! Alarms: a rule's condition over a series, an alarm's life, and the engine that folds the journal into both.

pub mod alarm;
pub mod chatter;
mod compact;
pub mod cover;
pub mod engine;
pub mod episode;
pub mod figures;
pub mod forecast;
mod life;
pub mod memory;
pub mod origin;
pub mod remark;
mod tracker;

pub use alarm::*;
pub use chatter::Chatter;
pub use cover::{Cover, CoverKind, OutOfService, Shelving, Suppression, Underway};
pub use engine::{AgentRow, Effect, Engine, Head, Refusal, SeriesRow, Snapshot};
pub use episode::Episode;
pub use memory::Memory;
pub use origin::{LateReading, Origin};
pub use remark::Remark;
pub use tracker::{Block, Change, ConditionTracker, Run};
