//! What tests of the other crates start: a real broker, and a clock that goes faster.

mod hurried;
mod mosquitto;

pub use hurried::HurriedClock;
pub use mosquitto::{Mosquitto, free_port};
