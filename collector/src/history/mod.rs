//! Time series: the newest readings in memory, the others compressed in `history.db`, one chunk a series and 6 h.
//!
//! A reader of the journal fills it; killed anywhere, it goes on from its cursor. A reading is (series, instant), and
//! the first committed of two stays. Queries see memory and disk as one.

mod check;
mod chunk;
mod expect;
mod file;
mod gaps;
mod past;
mod point;
mod query;
mod scan;
mod schema;
mod sealer;
mod segment;
mod set;
mod store;
mod tail;
mod window;

pub use gaps::GapSpan;
pub use past::Folded;
pub use query::{Latest, Readings, SeriesInfo};
pub use scan::{Scan, Scanned};
pub use store::{History, HistoryError, Statistics};
pub use window::Window;

#[cfg(test)]
mod tests;
