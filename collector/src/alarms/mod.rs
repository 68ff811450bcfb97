//! The alarms' shell: the pure engine run over the journal, its state and its effects in one commit.

mod figures;
pub mod store;
pub mod task;
pub(crate) mod teller;
pub mod unstored;

pub use task::{Acted, ActionError, AlarmTask, Alarms, Target, WorkCursor, WorkError, open};
