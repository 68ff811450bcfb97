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
    /// When its rule's condition holds, otherwise than by its limit.
    Condition,
}

/// What two changes, one after the other, are together. What is as it was before has not changed.
pub fn together(first: &[Change], then: &[Change]) -> Vec<Change> {
    let mut all = first.to_vec();
    for later in then {
        let earlier = all.iter().position(|earlier| earlier.is_of_the_same(later));
        match earlier.map(|place| all.remove(place)) {
            Some(earlier) => all.extend(earlier.then(later)),
            None => all.push(later.clone()),
        }
    }
    all
}

impl Change {
    fn is_of_the_same(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// From before this one to after a later one of the same; none where that is nothing.
    fn then(self, later: &Self) -> Option<Self> {
        match (self, later.clone()) {
            (Self::Priority { before, .. }, Self::Priority { after, .. }) => {
                (before != after).then_some(Self::Priority { before, after })
            }
            (Self::Limit { before, .. }, Self::Limit { after, .. }) => {
                (before != after).then_some(Self::Limit { before, after })
            }
            (Self::Name { before, .. }, Self::Name { after, .. }) => {
                (before != after).then_some(Self::Name { before, after })
            }
            (Self::Room { before, .. }, Self::Room { after, .. }) => {
                (before != after).then_some(Self::Room { before, after })
            }
            // There are two of them: what changes twice is as it was.
            (Self::Latched { .. }, _) => None,
            (_, later) => Some(later),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_are_from_the_first_to_the_last_and_nothing_where_that_is_the_same() {
        let limit = |before: f64, after: f64| Change::Limit {
            before: Some(before),
            after: Some(after),
        };
        let worse = Change::Priority {
            before: Priority::Medium,
            after: Priority::High,
        };
        let latched = |after| Change::Latched { after };
        let both = together(
            &[limit(27.0, 28.0), latched(true)],
            &[limit(28.0, 30.0), worse.clone()],
        );
        assert_eq!(both, [latched(true), limit(27.0, 30.0), worse]);
        let back = together(
            &[limit(27.0, 28.0), latched(true)],
            &[limit(28.0, 27.0), latched(false)],
        );
        assert_eq!(back, []);
    }
}
