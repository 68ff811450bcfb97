//! What came of a test of the ways to somebody.

use plenum_collector::notify::courier;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Identifier;
use super::words::words;

words! {
    /// How a test over one channel ended.
    TestEnding {
        /// Its server took it.
        Sent = "sent",
        /// The network took it; the telephone has not confirmed it yet.
        Unproved = "unproved",
        /// It was refused, or did not arrive.
        Refused = "refused",
        /// There is no way to try: an address is missing, or the channel's table in collector.toml.
        NoWay = "no-way",
    }
}

/// What came of a test over one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tested {
    /// The channel's id in site.toml.
    #[schema(value_type = Identifier)]
    pub channel: plenum_protocol::Identifier,
    /// Its kind.
    pub kind: String,
    /// How it ended.
    pub ending: TestEnding,
    /// In the words of whoever refused it, or what is missing; null where it was taken.
    pub why: Option<String>,
}

impl From<courier::Tested> for Tested {
    fn from(tested: courier::Tested) -> Self {
        let (ending, why) = match tested.ending {
            courier::Tried::Sent => (TestEnding::Sent, None),
            courier::Tried::Unproved => (TestEnding::Unproved, None),
            courier::Tried::Refused(why) => (TestEnding::Refused, Some(why)),
            courier::Tried::NoWay(why) => (TestEnding::NoWay, Some(why)),
        };
        Self {
            channel: tested.channel,
            kind: tested.kind,
            ending,
            why,
        }
    }
}
