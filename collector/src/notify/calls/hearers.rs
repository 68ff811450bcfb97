//! Who hears what is new of an incident: whom its ladder has reached, and once somebody has it, they.

use std::collections::BTreeSet;

use plenum_core::oncall::call::Way;
use plenum_core::site::{Channel, Ladder, Site};
use plenum_protocol::{Identifier, Timestamp};
use rusqlite::Connection;

use super::Standing;
use crate::notify::channels;

/// Who hears what is new of an incident.
#[derive(Debug, Default)]
pub(in crate::notify) struct Hearers {
    /// Whom its ladder has reached, and the channels that it names; none where no ladder takes it, so that everybody whom the channels reach is told.
    climbed: Option<(BTreeSet<Way>, BTreeSet<Identifier>)>,
    /// Who has what a ladder takes, of those who can be told of more. Without a ladder nobody goes on calling should they be done with a part of it, so that everybody is told of
    /// each alarm.
    holders: BTreeSet<String>,
}

impl Hearers {
    /// Of an incident as the outbox counts it: an alarm that is part of none has neither a ladder nor a holder.
    pub(in crate::notify) fn of(
        connection: &Connection,
        incident: i64,
        site: &Site,
    ) -> rusqlite::Result<Self> {
        let Ok(incident) = u64::try_from(incident) else {
            return Ok(Self::default());
        };
        if site.ladders.is_empty() {
            return Ok(Self::default());
        }
        let standing = Standing::read(connection, incident, site, Timestamp::MIN)?;
        let told = |call: &plenum_core::oncall::call::Call| call.told.keys().cloned().collect();
        // Of what is over the one that it climbed: nobody else hears of what came and went.
        let ladder = standing.ladder(site).or_else(|| standing.begun(site));
        let climbed = ladder.map(|ladder| {
            (
                standing.call.as_ref().map(told).unwrap_or_default(),
                named(ladder),
            )
        });
        let is_held = standing.situation.is_some_and(|situation| situation.is_held);
        let holders = match climbed.is_some() && is_held {
            true => standing.holders,
            false => BTreeSet::new(),
        };
        Ok(Self { climbed, holders })
    }

    /// Whether they hear it over this channel. Programs that no step of the ladder names hear everything.
    pub(in crate::notify) fn contain(&self, channel: &Channel, recipient: &str) -> bool {
        let is_program = !channels::reaches_people(channel.kind.as_str());
        if !is_program && !self.holders.is_empty() {
            return self.holders.contains(recipient);
        }
        self.climbed.as_ref().is_none_or(|(told, named)| {
            let way = Way {
                channel: channel.id.to_string(),
                recipient: recipient.to_owned(),
            };
            told.contains(&way) || (is_program && !named.contains(&channel.id))
        })
    }

    /// Whether somebody else than they has it.
    pub(in crate::notify) fn leave_to_another(&self, recipient: &str) -> bool {
        !self.holders.is_empty() && !self.holders.contains(recipient)
    }
}

/// The channels that its steps name.
fn named(ladder: &Ladder) -> BTreeSet<Identifier> {
    ladder
        .steps
        .iter()
        .flat_map(|step| step.channels.iter().cloned())
        .collect()
}
