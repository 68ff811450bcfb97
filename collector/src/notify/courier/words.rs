//! What an attempt says, and how it leaves.

use std::collections::BTreeSet;

use plenum_core::alarms::Alarm;
use plenum_core::fact::SystemKind;
use plenum_core::oncall::Reason;
use plenum_core::site::Priority;
use plenum_core::text::Language;
use plenum_core::text::message::{self, Facts, Message};

use super::{Courier, Known};
use crate::database::DatabaseError;
use crate::journal::condition;
use crate::notify::channels::{Delivery, Links, Outcome};
use crate::notify::outbox::{self, Along, Due, Told};

/// What an attempt says.
pub(super) struct Words {
    message: Message,
    links: Links,
    language: Language,
}

impl Words {
    pub(super) fn of(facts: &Facts) -> Self {
        Self {
            message: message::write(facts),
            links: Links::of(facts),
            language: facts.form.language,
        }
    }
}

impl Courier {
    /// The words of this attempt, from how things stand now.
    pub(super) async fn words(&self, due: &Due) -> Result<Words, DatabaseError> {
        let now = self.clock.now();
        let person = self.channels().reaches_a_person(due) && due.reason.offers();
        let earlier = due.told.as_ref().and_then(|told| told.secret.clone());
        let (alarm, id, to) = (due.alarm.clone(), due.id, due.recipient.clone());
        let secret = match person {
            true => Some(
                self.database
                    .write(move |connection| outbox::secret_for(connection, (&alarm, id), &to, earlier, now))
                    .await?,
            ),
            false => None,
        };
        let (alarm, created, since) = (due.alarm.id, due.created, due.alarm.raised_at);
        let calls = due.reason.calls();
        let mut deliveries = self
            .database
            .read(move |connection| outbox::of_alarm(connection, alarm))
            .await?;
        // Who is called hears who was so far: the newest to each of this occurrence.
        let mut seen = BTreeSet::new();
        deliveries.retain(|one| {
            let is_told = one.at == created || (calls && one.at >= since);
            is_told && seen.insert((one.channel.clone(), one.to.clone()))
        });
        let known = Known {
            secret: secret.clone(),
            deliveries: Some(deliveries),
        };
        let facts = self.facts.facts(due, known, now).await;
        let words = Words::of(&facts);
        let told = Told {
            message: words.message.clone(),
            secret,
        };
        self.database
            .write(move |connection| outbox::keep_message(connection, id, &told))
            .await?;
        Ok(words)
    }

    pub(super) async fn send(&self, due: &Due, words: Words) -> Outcome {
        let channels = self.channels();
        let (channel, address) = match channels.way(&due.kind, &due.channel, &due.recipient) {
            Ok(way) => way,
            // To whoever was taken off a channel there may be no way any more.
            Err(missing) if !self.is_recipient(due) => return Outcome::GiveUp(missing),
            Err(missing) => return Outcome::Refused(missing),
        };
        let delivery = Delivery {
            key: due.key.clone(),
            address: address.to_owned(),
            reason: due.reason,
            alarm: self.facts.alarm(due),
            incident: u64::try_from(due.incident).ok().filter(|number| *number > 0),
            goes_on: !due.along.left.is_empty() || due.along.standing > 0,
            along: self.along(due),
            message: words.message,
            links: words.links,
            language: words.language,
            is_last_way: self.is_last_way(due).await,
            now: self.clock.now(),
        };
        channel.send(&delivery).await
    }

    /// Whether of all ways that would tell somebody what calls them none other is known to work. Of what is not critical it does not matter.
    async fn is_last_way(&self, due: &Due) -> bool {
        if due.alarm.priority != Priority::Critical || !due.reason.calls() {
            return false;
        }
        let others = self.facts.other_ways(due);
        let failed = self
            .database
            .read(|connection| condition::holding(connection, SystemKind::DeliveryFailed));
        // Where that cannot be known, too much is better than too little.
        let failed = failed.await.unwrap_or_default();
        others.iter().all(|channel| {
            let own = format!("{channel}/{}", due.recipient);
            failed
                .iter()
                .any(|failed| failed.subject == *channel || failed.subject == own)
        })
    }

    /// What goes along, as programs get it.
    fn along(&self, due: &Due) -> Along {
        let shown = |(alarm, reason): &(Alarm, Reason)| {
            let of = Due {
                alarm: alarm.clone(),
                reason: *reason,
                ..due.clone()
            };
            (self.facts.alarm(&of), *reason)
        };
        Along {
            alarms: due.along.alarms.iter().map(shown).collect(),
            ..due.along.clone()
        }
    }
}
