//! iCalendar (RFC 5545), as far as duties need it: somebody's shifts are written, a file of holidays is read.
//!
//! No crate does this for `core`: those that read the format guess where they should refuse, or bring a clock and a second calendar with them.

mod holidays;
mod written;

pub use holidays::holidays;
pub use written::written;

/// The longest line that is written, in octets without its end (RFC 5545, 3.1).
const LINE: usize = 75;
