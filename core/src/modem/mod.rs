//! Text messages by a GSM modem: what goes over the air, and how its line is spoken. Pure: whoever owns the serial line hands in bytes and instants.

mod line;
pub mod machine;
pub mod number;
pub mod pdu;
pub mod reply;
mod trouble;

pub use trouble::{ModemError, Trouble};
