//! What would this revision have done? The rules of two revisions of the site over the same past, each as if it had been in force all the time: when
//! each alarm would have been raised and would have returned, by the same trackers as the engine's.
//!
//! A [`Plan`] says which series have to be read, and which of them together: those whose rules look at others are folded in the order of instants, all
//! others alone, by as many threads as there are. Whoever runs it hands in readings; blocks of them that no tracker can be changed by are passed over in
//! one step ([`crate::alarms::Block`]). [`compare()`] puts the two outcomes side by side.
//!
//! What people do does not count: nothing is acknowledged, shelved or reset. Late readings count as if they had come in time, and alarms of the monitor
//! about itself are not tried. Who was there counts as far as the alarm log tells it: an absence that raised nothing left no trace.

mod alone;
mod compare;
mod happening;
mod load;
mod night;
mod plan;
mod point;
mod together;

pub use alone::{Alone, Measured};
pub use compare::{Comparison, Difference, IN_FORCE, RuleCounts, Side, TRIED, compare};
pub use load::Load;
pub use night::Woken;
pub use plan::{Absence, Alarm, Alarms, Decided, Known, Plan, Task};
pub use point::Stood;
pub use together::Together;

#[cfg(test)]
mod tests;
