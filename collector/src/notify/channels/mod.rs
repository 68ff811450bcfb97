//! The registry of notification channels: one file each, with its settings and one `send`.

pub mod email;
pub mod webhook;

use plenum_protocol::Timestamp;

use plenum_core::alarms::Alarm;
use plenum_core::oncall::Reason;
use plenum_core::text::Message;

/// What a channel carries.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The same for every attempt at this delivery, so that a receiver can drop repeats.
    pub key: String,
    /// Where to: a mail address for e-mail, nothing for a webhook.
    pub address: String,
    /// Why it is sent.
    pub reason: Reason,
    /// The alarm at its transition.
    pub alarm: Alarm,
    /// Its words.
    pub message: Message,
    /// When this attempt is made.
    pub now: Timestamp,
}

/// How an attempt went. Whether trying again can help is the channel's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Sent,
    /// It did not arrive and may later.
    Retry(String),
    /// It will never arrive like this.
    GiveUp(String),
}
