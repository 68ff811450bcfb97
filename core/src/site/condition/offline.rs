//! An agent is not there.

use plenum_protocol::Duration;
use plenum_protocol::config_key::maybe;
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Watches};
use crate::alarms::Origin;
use crate::site::parse::Step::Key;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "offline",
    about: "An agent is not there.",
    quantities: "",
    keys: &[maybe("after", "duration", "For so long; without it at once.")],
    example: "",
};

/// An agent is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offline {
    /// For this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
}

impl Kind for Offline {
    fn watches(&self) -> Watches {
        Watches::Agents
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let select = &mistakes.rule.select;
        if !(select.quantities.is_empty()
            && select.places.is_empty()
            && select.rooms.is_empty()
            && select.sensors.is_empty())
        {
            let message = "an offline rule is about agents alone";
            mistakes.error(&[Key("select")], message, "write select = { agents = [...] }");
        }
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Away {
            since: Some(beginning.since),
        }
    }

    fn patience(&self) -> Option<Duration> {
        self.after
    }
}
