//! Plenum's MQTT connection, system clock and orderly shutdown: the shell that agent and collector share.

pub mod clock;
pub mod mqtt;
pub mod shutdown;
#[cfg(feature = "testing")]
pub mod testing;

pub use bytes::Bytes;
pub use clock::{BootClock, SystemClock};
pub use shutdown::Shutdown;
