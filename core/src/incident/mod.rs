//! "Is it one event or many?" as a pure machine: alarms with one cause are one incident.
//!
//! | an alarm is raised | it belongs to |
//! |---|---|
//! | it is a member of an incident that is open, or was until five minutes ago | that one again |
//! | another alarm stands for it (suppression by design) | that one's |
//! | something that may be its cause stands | that one's: the closest cause's, of those the newest |
//! | something of the same kind stands in the same area | that one's |
//! | what it may be the cause of was raised within a quarter of an hour before, and did not begin before it | that one's, as its first cause; several become one, the oldest |
//! | none of these | an incident of its own |
//!
//! What may be the cause of what stands in [`topology`]. An alarm that a person has shelved or taken out of service belongs to none as long as that lasts.
//! An incident has the worst priority of its members that stand, and is over when none does. Nothing here is decided by a clock: only by the instants of
//! the alarms' transitions, so that a replay gives the same incidents, with the same numbers.

pub mod concern;
mod fold;
mod index;
pub mod note;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod topology;

pub use concern::Concern;
pub use fold::{Changes, Incidents};
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
pub use topology::{Spot, Topology};

use crate::site::Priority;

/// Alarms with one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number for ever.
    pub id: u64,
    /// When the first of its members was raised.
    pub began_at: Timestamp,
    /// Since when none of its members stands; none while one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_at: Option<Timestamp>,
    /// The incident that it turned out to be part of. Its members are that one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<u64>,
    /// Every alarm that was ever one of it, in the order in which they came.
    pub members: Vec<Member>,
}

/// An alarm of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The alarm's number.
    pub alarm: u64,
    /// Where it is, as far as causes go.
    pub spot: Spot,
    /// How bad it is, or was when it ended.
    pub priority: Priority,
    /// Since when its condition held when it was first raised in this incident, before any delay.
    pub began_at: Timestamp,
    /// When it was first raised in this incident.
    pub raised_at: Timestamp,
    /// Since when it is over; none while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_at: Option<Timestamp>,
}

impl Incident {
    /// Whether one of its members stands.
    pub fn is_open(&self) -> bool {
        self.over_at.is_none() && self.part_of.is_none()
    }

    /// Its members that stand.
    pub fn standing(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.over_at.is_none())
    }

    /// The worst priority of what stands; of all that was where nothing does.
    pub fn priority(&self) -> Option<Priority> {
        let standing = self.standing().map(|member| member.priority).min();
        standing.or_else(|| self.members.iter().map(|member| member.priority).min())
    }

    /// The member that the others most likely come from: of what supplies others the first, else whatever came first. Of what stands, as long as anything does.
    pub fn first_cause(&self) -> Option<&Member> {
        let key = |member: &&Member| (member.spot.depth(), member.raised_at, member.alarm);
        let standing = self.standing().min_by_key(key);
        standing.or_else(|| self.members.iter().min_by_key(key))
    }

    /// What an alarm of it most likely comes from: the first cause, where that is another part of the site, and not merely the first of its like.
    pub fn cause_of(&self, alarm: u64) -> Option<&Member> {
        let first = self.first_cause()?;
        let own = self.members.iter().find(|member| member.alarm == alarm)?;
        (first.spot.depth() < own.spot.depth()).then_some(first)
    }
}
