//! What happened to a call, as it is kept: who was told by which step, and why nobody was.

use serde::{Deserialize, Serialize};

use super::{Rung, Way};
use crate::authority::Actor;
use crate::site::Priority;
use plenum_protocol::Identifier;

/// Something that happened to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "kebab-case")]
pub enum Happened {
    /// It began to climb a ladder, or another one, or the same from its first step since it got worse.
    Began {
        /// Which.
        ladder: Identifier,
        /// How bad the incident was then.
        priority: Priority,
    },
    /// A step was taken.
    Stepped {
        /// Which.
        rung: Rung,
        /// Who was told for the first time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        first: Vec<Way>,
        /// Who was told again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        again: Vec<Way>,
    },
    /// Somebody has the incident: nobody else is called.
    Taken,
    /// Nobody has it any more.
    GivenBack,
    /// Somebody who was asked, or had it, passed it on.
    PassedOn {
        /// Who.
        by: Actor,
        /// To whom by name; none where that was left to the ladder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Identifier>,
    },
    /// Nothing of it stands any more, or no ladder takes it: nobody is called.
    Ended,
}
