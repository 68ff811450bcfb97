//! The monitor reports something about itself.

use serde::{Deserialize, Serialize};

use super::{Kind, Watches};
use crate::fact::SystemKind;

/// The monitor itself reports this condition about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Which: `delivery-failed`, `disk-reserve`, `gap` and so on.
    pub kind: SystemKind,
}

impl Kind for System {
    fn watches(&self) -> Watches {
        Watches::Monitor(self.kind)
    }
}
