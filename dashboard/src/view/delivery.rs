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
        /// A newer one about the same alarm went in its place.
        Replaced = "replaced",
        /// Somebody had the alarm before it left, so that nobody else was called.
        Withheld = "withheld",
    }
}

/// A message about an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// When it was intended, before its first attempt.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The channel's id in site.toml.
    pub channel: String,
    /// The person's id in site.toml; the channel's own where its kind does not reach people.
    pub to: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts made; 0 while it waits for its first.
    pub attempts: u32,
    /// What the last attempt met; null before it and once the message is sent, but while a telephone has not confirmed a text message.
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
                outbox::DeliveryState::Replaced => DeliveryState::Replaced,
                outbox::DeliveryState::Withheld => DeliveryState::Withheld,
            },
            attempts: delivered.attempts,
            error: delivered.error,
        }
    }
}
