//! How an incident stands: its alarms, and the ladder that it climbs.

use std::collections::BTreeSet;

use plenum_core::alarms::{Alarm, State};
use plenum_core::fact::SystemKind;
use plenum_core::oncall::call::{Call, Situation, Way, calls_for};
use plenum_core::site::{Channel, Climb, Ladder, Priority, Site};
use plenum_protocol::{Identifier, Timestamp};
use rusqlite::Connection;

use super::table;
use crate::database::who::recipient;
use crate::database::{drills, from_json, incidents, known};
use crate::journal::condition;
use crate::notify::channels;

const OF_ALARM: &str = "
select coalesce(max(case when incident.over_at is null then incident.id end), max(incident_member.incident)) from incident_member
left join incident on incident.id = incident_member.incident where incident_member.alarm = ?1";
const ALARMS: &str = "
select alarm.id, alarm.alarm from incident_member
join alarm on alarm.id = incident_member.alarm where incident_member.incident = ?1";

/// The incident that counts for an alarm: the open one that it is part of, which may be older than one that it was part of since and that is over; else the last.
pub(in crate::notify) fn incident_of(connection: &Connection, alarm: u64) -> rusqlite::Result<Option<u64>> {
    let found: Option<i64> = connection
        .prepare_cached(OF_ALARM)?
        .query_row([alarm.cast_signed()], |row| row.get(0))?;
    Ok(found.map(i64::cast_unsigned))
}

/// The alarm that the others of an incident most likely come from. Nobody waits for an incident that a later program wrote.
pub(in crate::notify) fn first_cause(connection: &Connection, incident: u64) -> Option<u64> {
    let found = incidents::one(connection, incident).unwrap_or_else(|error| {
        tracing::warn!(incident, %error, "an incident cannot be read; whom to tell goes by its alarms alone");
        None
    });
    Some(found?.first_cause()?.alarm)
}

/// An incident as it stands in the tables.
pub(in crate::notify) struct Standing {
    /// Its alarms that are open.
    pub(in crate::notify) alarms: Vec<Alarm>,
    /// None where nothing of it stands.
    pub(in crate::notify) situation: Option<Situation>,
    /// How far its call has come, where a ladder has taken it.
    pub(in crate::notify) call: Option<Call>,
    /// Who has it, of those who can be told of more.
    pub(in crate::notify) holders: BTreeSet<String>,
    /// Whether the first step of its ladder is the last, since it is of a drill that says so.
    pub(in crate::notify) is_first_alone: bool,
}

impl Standing {
    /// What was raised before `deliver_from` is history, and nobody is called for it.
    pub(in crate::notify) fn read(
        connection: &Connection,
        incident: u64,
        site: &Site,
        deliver_from: Timestamp,
    ) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(ALARMS)?;
        let rows = statement.query([incident.cast_signed()])?;
        let mut alarms: Vec<Alarm> = known("alarm", rows, |row| from_json(row, 1))?;
        let may_call = |alarm: &Alarm| alarm.is_open() || alarm.chatter.running().is_some();
        alarms.retain(|alarm| may_call(alarm) && alarm.raised_at >= deliver_from);
        let climb = match alarms.iter().find(|alarm| alarm.is_drill()) {
            Some(drill) => drills::climb(connection, drill)?,
            None => Some(Climb::Whole),
        };
        if climb.is_none() {
            // It is over, or nobody began it: nobody is called for it.
            alarms.clear();
        }
        let standing = Self::of(connection, alarms, table::of(connection, incident)?, site)?;
        Ok(Self {
            is_first_alone: climb == Some(Climb::First),
            ..standing
        })
    }

    fn of(
        connection: &Connection,
        alarms: Vec<Alarm>,
        call: Option<Call>,
        site: &Site,
    ) -> rusqlite::Result<Self> {
        let mut situation = Situation::of(&alarms);
        let mut holders = BTreeSet::new();
        if let Some(situation) = situation.as_mut().filter(|situation| situation.is_held) {
            holders = holders_of(connection, &alarms, situation.priority, site)?;
            // Whoever has it and cannot be told of more has no more than they took.
            situation.is_held = !holders.is_empty() || !alarms.iter().any(calls_for);
        }
        Ok(Self {
            situation,
            alarms,
            call,
            holders,
            is_first_alone: false,
        })
    }

    /// As it would stand if somebody gave back what they have of it, and what that is: alarms, each with its occurrence.
    pub(in crate::notify) fn given_back_by(
        self,
        connection: &Connection,
        person: &str,
        site: &Site,
    ) -> rusqlite::Result<(Self, Vec<(u64, Timestamp)>)> {
        let (mut alarms, mut theirs) = (self.alarms.clone(), Vec::new());
        for alarm in &mut alarms {
            let held = alarm.acknowledged.as_ref();
            let Some(held) = held.filter(|held| alarm.is_held_by(&held.by)) else {
                continue;
            };
            if recipient(connection, &held.by, site)?.is_some_and(|by| by == person) {
                theirs.push((alarm.id, alarm.raised_at));
                (alarm.state, alarm.acknowledged) = (State::ActiveUnacknowledged, None);
            }
        }
        let standing = match theirs.is_empty() {
            true => self,
            false => Self::of(connection, alarms, self.call, site)?,
        };
        Ok((standing, theirs))
    }

    /// The ladder that it climbs: by how bad it was at its worst since it began to, and the one that it has begun where no other takes what is left. None where the channels'
    /// own people are told.
    pub(in crate::notify) fn ladder<'a>(&self, site: &'a Site) -> Option<&'a Ladder> {
        let now = self.situation?.priority;
        let worst = self.call.as_ref().map_or(now, |call| call.priority.min(now));
        let counts = |alarm: &&Alarm| alarm.state.is_active() || calls_for(alarm);
        let standing = self.alarms.iter().filter(counts);
        let rooms: Vec<Option<Identifier>> = standing.map(|alarm| alarm.room.clone()).collect();
        site.ladder(worst, &rooms).or_else(|| self.begun(site))
    }

    /// The ladder that its call has begun to climb.
    pub(in crate::notify) fn begun<'a>(&self, site: &'a Site) -> Option<&'a Ladder> {
        let call = self.call.as_ref()?;
        site.ladders.iter().find(|ladder| ladder.id == call.ladder)
    }
}

/// Who has one of these alarms that is as bad as what nobody has, of those whom a way reaches that works and takes what is as bad as this. Whoever has something lesser has not
/// taken that.
fn holders_of(
    connection: &Connection,
    alarms: &[Alarm],
    priority: Priority,
    site: &Site,
) -> rusqlite::Result<BTreeSet<String>> {
    let mut holders = BTreeSet::new();
    let is_left = alarms.iter().any(calls_for);
    let held = alarms
        .iter()
        .filter(|alarm| alarm.state == State::ActiveAcknowledged && (!is_left || alarm.priority <= priority));
    for taken in held.filter_map(|alarm| alarm.acknowledged.as_ref()) {
        holders.extend(recipient(connection, &taken.by, site)?);
    }
    let broken = match holders.is_empty() {
        true => BTreeSet::new(),
        false => broken(connection, site)?,
    };
    holders.retain(|person| {
        site.channels.iter().any(|channel| {
            let way = Way {
                channel: channel.id.to_string(),
                recipient: person.clone(),
            };
            channel.takes(priority) && ways(channel).any(|of| of == way) && !broken.contains(&way)
        })
    });
    Ok(holders)
}

/// The ways that are known not to work: those of whoever cannot be reached.
pub(in crate::notify) fn broken(connection: &Connection, site: &Site) -> rusqlite::Result<BTreeSet<Way>> {
    let held = condition::holding(connection, SystemKind::DeliveryFailed)?;
    let is_broken = |way: &Way| {
        let own = format!("{}/{}", way.channel, way.recipient);
        held.iter()
            .any(|held| held.subject == way.channel || held.subject == own)
    };
    let all = site.channels.iter().flat_map(ways);
    Ok(all.filter(is_broken).collect())
}

/// To each whom a channel reaches.
fn ways(channel: &Channel) -> impl Iterator<Item = Way> + '_ {
    let way = |recipient: &str| Way {
        channel: channel.id.to_string(),
        recipient: recipient.to_owned(),
    };
    channels::recipients(channel).into_iter().map(way)
}
