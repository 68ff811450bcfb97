//! A message about an alarm, on its way or there.

use plenum_collector::notify::outbox::{self, Delivered};
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// How far a message has come.
    DeliveryState {
        /// It is still tried.
        Waiting = "waiting",
        /// Its server took it.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }
}

/// A message about an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// When it was intended.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The channel.
    pub channel: String,
    /// To whom.
    pub to: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// What the last attempt met.
    pub error: Option<String>,
}

impl From<Delivered> for Delivery {
    fn from(delivered: Delivered) -> Self {
        Self {
            at: delivered.at,
            channel: delivered.channel,
            to: delivered.to,
            state: match delivered.state {
                outbox::DeliveryState::Waiting => DeliveryState::Waiting,
                outbox::DeliveryState::Sent => DeliveryState::Sent,
                outbox::DeliveryState::Failed => DeliveryState::Failed,
            },
            attempts: delivered.attempts,
            error: delivered.error,
        }
    }
}
