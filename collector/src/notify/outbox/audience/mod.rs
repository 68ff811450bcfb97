//! Who may be told of an alarm: whoever the site's channels reach today, and whoever was told before, each with what they heard last.

use std::collections::BTreeMap;

use plenum_core::alarms::{Alarm, Cover, Subject};
use plenum_core::authority::Actor;
use plenum_core::fact::SystemKind;
use plenum_core::oncall::{Heard, Listener, Reason, Why};
use plenum_core::site::{Channel, Site};
use rusqlite::{Connection, params};

use super::{heard, recipients, words};
use crate::database::from_json;
use crate::database::who::recipient;
use crate::notify::calls::Hearers;
use crate::notify::channels::is_in_the_building;

/// The newest word to each on whether an alarm stands. One by one along the index: an alarm that comes and goes has thousands of rows.
pub(super) const HEARD: &str = concat!(
    "
with recursive way(channel, recipient) as (
    select channel, recipient from (
        select channel, recipient from outbox indexed by outbox_queue where alarm = ?1
        order by channel, recipient limit 1
    )
    union all
    select next.channel, next.recipient from way join outbox as next on next.id = (
        select id from outbox indexed by outbox_queue
        where alarm = ?1 and (channel, recipient) > (way.channel, way.recipient)
        order by channel, recipient limit 1
    )
)
select outbox.channel, outbox.recipient, kind, reason, state = 'failed' from way join outbox on id = (
    select id from outbox indexed by outbox_queue
    where alarm = ?1 and channel = way.channel and recipient = way.recipient
        and ",
    heard!(),
    "
    order by id desc limit 1
)"
);

/// One who may be told over a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The channel's id in site.toml, or what it was.
    pub(super) channel: String,
    /// Its kind.
    pub(super) kind: String,
    /// A person, or the channel itself.
    pub(super) recipient: String,
    /// What the decision is about.
    pub(super) listener: Listener,
    /// Why nothing of the alarm is for this way, whatever happens to it.
    pub(super) left_out: Option<Why>,
}

/// Everybody who may be told of an alarm, in the order of the site's channels and then whoever is on none of them any more.
pub(super) fn of(
    connection: &Connection,
    alarm: &Alarm,
    actor: &Actor,
    (site, hearers): (&Site, &Hearers),
) -> rusqlite::Result<Vec<Candidate>> {
    let mut heard = heard(connection, alarm)?;
    let acted = recipient(connection, actor, site)?;
    let acted = |recipient: &str| acted.as_deref() == Some(recipient);
    let mut all = Vec::new();
    for channel in &site.channels {
        for recipient in recipients(channel) {
            let key = (channel.id.to_string(), recipient.to_owned());
            let heard = heard.remove(&key).map_or(Heard::Nothing, |(_, heard)| heard);
            all.push(Candidate {
                channel: key.0,
                kind: channel.kind.to_string(),
                recipient: key.1,
                listener: Listener {
                    takes: channel.takes(alarm.priority) && hearers.contain(channel, recipient),
                    heard,
                    acted: acted(recipient),
                },
                left_out: left_out(alarm, (channel.id.as_str(), channel.kind.as_str()), recipient),
            });
        }
    }
    let gone = heard
        .into_iter()
        .map(|((channel, recipient), (kind, heard))| Candidate {
            left_out: left_out(alarm, (&channel, &kind), &recipient),
            listener: Listener {
                takes: false,
                heard,
                acted: acted(&recipient),
            },
            channel,
            kind,
            recipient,
        });
    all.extend(gone);
    Ok(all)
}

type HeardBy = BTreeMap<(String, String), (String, Heard)>;

fn heard(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<HeardBy> {
    let mut statement = connection.prepare_cached(HEARD)?;
    let rows = statement.query_map(params![alarm.id as i64], |row| {
        let reason: Reason = from_json(row, 3)?;
        let heard = match row.get(4)? {
            true => Heard::Perhaps,
            false => Heard::by(reason).unwrap_or_default(),
        };
        Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, heard)))
    })?;
    rows.collect()
}

/// Why nothing of an alarm is for a way. A drill is for whoever is called: a siren that is asked about it is silent and has done what it was asked, which would stand there as a
/// message of the drill that was taken.
pub(crate) fn left_out(alarm: &Alarm, (channel, kind): (&str, &str), recipient: &str) -> Option<Why> {
    match is_about(alarm, channel, recipient) {
        true => Some(Why::ChannelItself),
        false if alarm.is_drill() && is_in_the_building(kind) => Some(Why::InTheBuilding),
        false => None,
    }
}

/// Whether an alarm says of this channel, or of this person on it, that they are not reached.
pub(crate) fn is_about(alarm: &Alarm, channel: &str, recipient: &str) -> bool {
    let Subject::System(subject) = &alarm.subject else {
        return false;
    };
    let is_said = subject == channel || subject.split_once('/') == Some((channel, recipient));
    is_said && says_that_nobody_is_told(alarm)
}

/// Whether an alarm says that somebody, or nobody at all, is told what they should be.
pub(crate) fn says_that_nobody_is_told(alarm: &Alarm) -> bool {
    let ways = [SystemKind::DeliveryFailed, SystemKind::NoChannel];
    ways.iter().any(|kind| kind.as_str() == alarm.rule.as_str())
}

/// Whether a reminder of a shelving is for this one: for the person who shelved, over each channel that reaches them; where none does, for everybody
/// whom the alarm will be told to.
pub(super) fn is_reminded(
    connection: &Connection,
    alarm: &Alarm,
    candidate: &Candidate,
    site: &Site,
) -> rusqlite::Result<bool> {
    let Some(Cover::Shelved(shelving)) = &alarm.cover else {
        return Ok(false);
    };
    let shelved = recipient(connection, &shelving.by, site)?;
    let reached = |channel: &Channel| {
        let shelved = shelved.as_deref();
        shelved.is_some_and(|shelved| recipients(channel).contains(&shelved))
    };
    let on_channel = |channel: &Channel| {
        channel.id.as_str() == candidate.channel
            && recipients(channel).contains(&candidate.recipient.as_str())
    };
    Ok(match site.channels.iter().any(reached) {
        true => {
            shelved.as_deref() == Some(candidate.recipient.as_str()) && site.channels.iter().any(on_channel)
        }
        false => candidate.listener.takes,
    })
}

#[cfg(test)]
mod tests;
