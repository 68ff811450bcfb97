//! A test of the ways to one person: a message over each channel that reaches them, past the outbox. It is not an alarm, so that nobody else hears of it, nothing is repeated, and
//! what does not arrive is told to whoever asked and raises no alarm of its own.

use std::sync::PoisonError;

use futures::future::join_all;
use plenum_core::alarms::{Alarm, Chatter, Held, Input, State, Subject};
use plenum_core::oncall::Reason;
use plenum_core::site::{self, Priority};
use plenum_core::text::{Language, Message};
use plenum_protocol::{Duration, Identifier, Timestamp};

use super::Courier;
use crate::notify::channels::{Delivery, Links, Outcome};
use crate::notify::outbox::Along;

/// How long an attempt may take: whoever asked looks at the screen.
const WITHIN: Duration = Duration::from_seconds(30);
/// How often one person may ask.
const PAUSE: Duration = Duration::from_minutes(1);

/// The subject that says that it is a test.
const SUBJECT: &str = "test-page";

/// What came of a test over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The channel.
    pub channel: Identifier,
    /// Its kind.
    pub kind: String,
    /// What came of it.
    pub ending: Tried,
}

/// How a test over one channel ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// Its server took it.
    Sent,
    /// The network took it; the telephone has not confirmed it yet.
    Unproved,
    /// It was refused, or did not arrive, in the words of whoever said so.
    Refused(String),
    /// There is no way to try: an address or a table of collector.toml is missing.
    NoWay(String),
}

impl Courier {
    /// Tries each of these channels to one person at once. How long they have to wait first, where they asked a moment ago.
    ///
    /// # Errors
    /// The time until they may ask again.
    pub(crate) async fn test_page(
        &self,
        person: &Identifier,
        channels: Vec<&site::Channel>,
        (message, language): (Message, Language),
    ) -> Result<Vec<Tested>, Duration> {
        self.may_test(person)?;
        let delivery = Self::test_of(person, (message, language), self.clock.now());
        let tests = channels
            .into_iter()
            .map(|channel| self.test(person, channel, delivery.clone()));
        Ok(join_all(tests).await)
    }

    fn may_test(&self, person: &Identifier) -> Result<(), Duration> {
        let now = self.clock.steady();
        let mut tested = self.tested.lock().unwrap_or_else(PoisonError::into_inner);
        tested.retain(|_, until| *until > now);
        if let Some(until) = tested.get(person) {
            return Err(until.since(now));
        }
        tested.insert(person.clone(), now + PAUSE);
        Ok(())
    }

    async fn test(&self, person: &Identifier, channel: &site::Channel, delivery: Delivery) -> Tested {
        let ways = self.channels();
        let kind = channel.kind.as_str();
        let ending = match ways.way(kind, channel.id.as_str(), person.as_str()) {
            Err(missing) => Tried::NoWay(missing),
            Ok((way, address)) => {
                let delivery = Delivery {
                    address: address.to_owned(),
                    ..delivery
                };
                let ended = tokio::select! {
                    biased;
                    outcome = way.send(&delivery) => Some(outcome),
                    () = self.clock.sleep(WITHIN) => None,
                };
                ended.map_or_else(
                    || Tried::Refused(format!("no answer within {} s", WITHIN.milliseconds() / 1_000)),
                    Into::into,
                )
            }
        };
        tracing::info!(channel = %channel.id, to = %person, ?ending, "a test was sent");
        Tested {
            channel: channel.id.clone(),
            kind: kind.to_owned(),
            ending,
        }
    }

    /// As loud as an alarm: whether it wakes somebody is what is tried.
    fn test_of(about: &Identifier, (message, language): (Message, Language), now: Timestamp) -> Delivery {
        Delivery {
            key: uuid::Uuid::new_v4().to_string(),
            address: String::new(),
            reason: Reason::First,
            alarm: no_alarm(about.clone(), now),
            incident: None,
            goes_on: false,
            along: Along::default(),
            message,
            links: Links::default(),
            language,
            is_last_way: false,
            now,
        }
    }
}

impl Delivery {
    /// Whether it is a test of the ways.
    pub(in crate::notify) fn is_test(&self) -> bool {
        self.alarm.id == 0 && self.alarm.subject == Subject::System(SUBJECT.to_owned())
    }
}

/// What stands in the place of an alarm, for channels that look at one: number 0 is never given, and its rule is named as whoever asked.
fn no_alarm(rule: Identifier, now: Timestamp) -> Alarm {
    Alarm {
        id: 0,
        rule,
        subject: Subject::System(SUBJECT.to_owned()),
        name: "Test".to_owned(),
        room: None,
        priority: Priority::High,
        state: State::ActiveUnacknowledged,
        input: Input::Known,
        raised_at: now,
        heard_at: None,
        returned_at: None,
        value: None,
        fault: None,
        limit: None,
        latched: false,
        origin: None,
        message: String::new(),
        acknowledged: None,
        given_back: None,
        cover: None,
        first_out: false,
        unwatched: false,
        words: None,
        chatter: Chatter::default(),
        held: Held::default(),
        changed: None,
    }
}

impl From<Outcome> for Tried {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Sent => Self::Sent,
            Outcome::Unproved => Self::Unproved,
            Outcome::Retry(why) | Outcome::Refused(why) | Outcome::GiveUp(why) => Self::Refused(why),
        }
    }
}
