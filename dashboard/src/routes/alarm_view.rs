//! An alarm as the API tells it: the engine's record with the names of its sensor and room and the words of its rule.

use std::collections::HashMap;
use std::sync::Arc;

use plenum_collector::alarms::{Alarm, Event, Subject};
use plenum_collector::notify::outbox::Delivered;
use plenum_collector::site::{self, Rule, Site};
use plenum_protocol::{Fault, Identifier, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmView {
    /// Its number for ever.
    id: u64,
    /// The rule's identifier.
    rule: String,
    /// The rule's name when it was raised.
    name: String,
    site: String,
    room: Option<String>,
    room_name: Option<String>,
    /// Which series, where it is about one.
    series: Option<String>,
    /// What it is about: a series, an agent as site/agent, or a word for the monitor itself.
    subject: String,
    sensor_name: Option<String>,
    position: Option<String>,
    /// `critical`, `high`, `medium` or `low`.
    #[schema(value_type = String)]
    priority: site::Priority,
    /// `normal`, `active-unacknowledged`, `active-acknowledged` or `returned-unacknowledged`.
    #[schema(value_type = String)]
    state: plenum_collector::alarms::State,
    /// `known` or `unknown`.
    #[schema(value_type = String)]
    input: plenum_collector::alarms::Input,
    #[schema(value_type = String, format = DateTime)]
    raised_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    returned_at: Option<Timestamp>,
    value: Option<f64>,
    limit: Option<f64>,
    unit: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    fault: Option<Fault>,
    /// It stays until it is reset.
    latched: bool,
    /// One sentence for people.
    message: String,
    /// The likely cause, by its rule.
    cause: Option<String>,
    /// What happens if nobody acts.
    consequence: Option<String>,
    /// What to do, step by step.
    response: Vec<String>,
    acknowledged: Option<AcknowledgementView>,
}

/// Who has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgementView {
    by: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    comment: String,
}

/// An alarm with its history of 90 days and what was sent about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmDetail {
    #[serde(flatten)]
    pub(crate) alarm: AlarmView,
    /// The newest first.
    pub(crate) events: Vec<EventView>,
    /// The newest first.
    pub(crate) deliveries: Vec<DeliveryView>,
}

/// A transition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    alarm: u64,
    #[schema(value_type = String)]
    from: plenum_collector::alarms::State,
    #[schema(value_type = String)]
    to: plenum_collector::alarms::State,
    /// `raised`, `returned`, `acknowledged`, `reset`, `configuration` or `late`.
    #[schema(value_type = String)]
    cause: plenum_collector::alarms::Cause,
    /// A person's name, or `plenum`.
    actor: String,
    comment: String,
}

/// A message about an alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    channel: String,
    to: String,
    /// `waiting`, `sent` or `failed`.
    state: String,
    attempts: u32,
    error: Option<String>,
}

/// What is needed to name things, of one revision of the site.
pub(crate) struct Names {
    site: Arc<Site>,
    rules: HashMap<Identifier, Rule>,
}

impl Names {
    pub(crate) fn new(site: Arc<Site>) -> Self {
        let rules = site::effective_rules(&site)
            .into_iter()
            .map(|rule| (rule.id.clone(), rule))
            .collect();
        Self { site, rules }
    }

    pub(crate) fn alarm(&self, alarm: Alarm) -> AlarmView {
        let series = match &alarm.subject {
            Subject::Series(series) => Some(series),
            Subject::Agent(_) | Subject::System(_) => None,
        };
        let (site, subject) = match &alarm.subject {
            Subject::Series(series) => (&series.site, series.to_string()),
            Subject::Agent(agent) => (&agent.site, format!("{}/{}", agent.site, agent.agent)),
            Subject::System(word) => (&self.site.site.id, word.clone()),
        };
        let sensor = series.and_then(|series| self.site.sensor(&series.agent, series.sensor()));
        let room = alarm.room.as_ref().and_then(|room| self.site.room(room));
        let rule = self.rules.get(&alarm.rule);
        let words = |text: fn(&Rule) -> &String| rule.map(text).filter(|text| !text.is_empty()).cloned();
        AlarmView {
            id: alarm.id,
            rule: alarm.rule.to_string(),
            name: alarm.name,
            site: site.to_string(),
            room: alarm.room.as_ref().map(ToString::to_string),
            room_name: room.map(|room| room.name.clone()),
            series: series.map(ToString::to_string),
            unit: series.map(|series| series.quantity().unit()),
            subject,
            sensor_name: sensor.map(|sensor| sensor.name.clone()),
            position: sensor
                .map(|sensor| sensor.position.clone())
                .filter(|position| !position.is_empty()),
            priority: alarm.priority,
            state: alarm.state,
            input: alarm.input,
            raised_at: alarm.raised_at,
            returned_at: alarm.returned_at,
            value: alarm.value,
            limit: alarm.limit,
            fault: alarm.fault,
            latched: alarm.latched,
            message: alarm.message,
            cause: words(|rule| &rule.cause),
            consequence: words(|rule| &rule.consequence),
            response: rule.map(|rule| rule.response.clone()).unwrap_or_default(),
            acknowledged: alarm.acknowledged.map(|acknowledged| AcknowledgementView {
                by: acknowledged.by,
                at: acknowledged.at,
                comment: acknowledged.comment,
            }),
        }
    }
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            alarm: event.alarm,
            from: event.from,
            to: event.to,
            cause: event.cause,
            actor: event.actor,
            comment: event.comment,
        }
    }
}

impl From<Delivered> for DeliveryView {
    fn from(delivered: Delivered) -> Self {
        Self {
            at: delivered.at,
            channel: delivered.channel,
            to: delivered.to,
            state: delivered.state,
            attempts: delivered.attempts,
            error: delivered.error,
        }
    }
}
