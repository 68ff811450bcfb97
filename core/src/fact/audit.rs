//! A line of the audit log as the journal holds it: who did, read or was refused what, when, from where, and how it ended. Numbers and words of closed sets; a name
//! is looked up by whoever reads it.

// An address is a value; the network is elsewhere.
use core::net::IpAddr;

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::Deed;
use crate::authority::Actor;

/// What somebody did, read, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// When it began, by the collector's clock.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// The address that they asked from; none where there is none, or there were many.
    pub from: Option<IpAddr>,
    /// What.
    pub deed: Deed,
    /// On what, as its number or identifier stands in the address of the operation; empty where it is on nothing of its own.
    pub on: String,
    /// The HTTP status that answered it; 0 where the program ended before it was answered.
    pub status: u16,
    /// So often: what is the same again within a while is one line.
    pub times: u32,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// It was done.
    Done,
    /// It was not allowed, or not possible as it was asked.
    Refused,
    /// It was allowed and could not be done.
    Failed,
    /// The program ended before it was answered: it may have been done.
    Unknown,
}

impl Audited {
    /// How it ended.
    pub const fn ending(&self) -> Ending {
        match self.status {
            0 => Ending::Unknown,
            1..=399 => Ending::Done,
            400..=499 => Ending::Refused,
            _ => Ending::Failed,
        }
    }
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::Unknown];

    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}
