//! MQTT 5 behind types of ours. The client keeps nothing: clean start, session expiry 0, and what it had not sent when
//! the connection broke is gone. The spool is the queue, and the acknowledgement topic, not a PUBACK, says what is stored.

mod address;
mod backoff;
mod client;
mod connection;
mod error;
mod message;
mod options;
mod publisher;

pub use address::{AddressError, BrokerAddress};
pub use connection::{Event, connect};
pub use error::{ConnectionError, PublishError};
pub use message::{Arrival, Held, Incoming, Message};
pub use options::{MqttOptions, Will};
pub use publisher::{Counters, Publisher};
