//! What the engine has to say beside a transition: facts and no sentence. Each reader's is made of them in `core/src/text/monitor`.

use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};

use crate::authority::Actor;
use crate::fact::SystemKind;
use crate::site::Priority;

/// What the engine has to say beside a transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// A condition of the monitor itself is over.
    Over {
        /// Which.
        kind: SystemKind,
        /// Who said so, where a person did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
    },
    /// A revision or another program changed this of it.
    Changed(Vec<Change>),
}

/// Something of an alarm that is another than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// How bad it is.
    Priority {
        /// It was.
        before: Priority,
        /// It is.
        after: Priority,
    },
    /// Its rule's limit.
    Limit {
        /// It was.
        before: Option<f64>,
        /// It is.
        after: Option<f64>,
    },
    /// Whether it stays until somebody resets it.
    Latched {
        /// It does.
        after: bool,
    },
    /// Its rule's name.
    Name {
        /// It was.
        before: String,
        /// It is.
        after: String,
    },
    /// The room of what it is about.
    Room {
        /// It was.
        before: Option<Identifier>,
        /// It is.
        after: Option<Identifier>,
    },
}
