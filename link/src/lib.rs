//! What agent and collector share: the MQTT connection, the system clock, private files, and how a process of ours logs, stops and says how it ended.

pub mod causes;
pub mod clock;
pub mod descriptors;
pub mod exit;
pub mod histogram;
mod listener;
pub mod logs;
pub mod mqtt;
mod neighbourhood;
pub mod output;
pub mod private;
pub mod shutdown;
pub mod stopwatch;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tls;
mod waiting_room;

pub use bytes::Bytes;
pub use clock::{BootClock, SystemClock};
pub use exit::Exit;
pub use histogram::Histogram;
pub use listener::Listener;
pub use neighbourhood::neighbourhood;
pub use shutdown::Shutdown;
pub use stopwatch::Stopwatch;
pub use waiting_room::{Waiting, WaitingRoom};
