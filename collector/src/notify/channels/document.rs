//! A message as programs read it: the one JSON document of the webhook and of the command.

use plenum_core::alarms::Alarm;
use plenum_core::oncall::Reason;
use plenum_core::text::message::Message;
use serde::Serialize;

use super::Delivery;

/// The document.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    /// The same for every attempt at this delivery.
    id: &'a str,
    /// What all messages about one incident have in common.
    thread: String,
    reason: Reason,
    alarm: &'a Alarm,
    /// The incident that it is part of.
    incident: Option<u64>,
    /// Whether others of it, of which the receiver was told, stand on.
    goes_on: bool,
    /// The other alarms of it that this message tells of, a hundred at most.
    along: Vec<Other<'a>>,
    /// How many they are.
    others: usize,
    message: &'a Message,
    /// Where the alarm is shown; empty where it is not.
    link: &'a str,
}

/// Another alarm of the incident.
#[derive(Serialize)]
struct Other<'a> {
    reason: Reason,
    alarm: &'a Alarm,
}

impl<'a> Document<'a> {
    /// Of a delivery.
    pub(super) fn of(delivery: &'a Delivery) -> Self {
        let along = delivery.along.alarms.iter().map(|(alarm, reason)| Other {
            reason: *reason,
            alarm,
        });
        Self {
            id: &delivery.key,
            thread: delivery.thread().to_string(),
            reason: delivery.reason,
            alarm: &delivery.alarm,
            incident: delivery.incident,
            goes_on: delivery.goes_on,
            along: along.collect(),
            others: delivery.along.standing + delivery.along.over,
            message: &delivery.message,
            link: &delivery.links.look,
        }
    }
}
