//! A message as a broker hands it over.

use plenum_link::Bytes;

/// One publish, embedded or external broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The topic's full name.
    pub topic: String,
    /// The payload, of whatever form.
    pub payload: Bytes,
    /// MQTT 5 user properties, in order; empty for a 3.1.1 publisher.
    pub user_properties: Vec<(String, String)>,
    /// The broker had kept it: it was published before we came.
    pub retain: bool,
}
