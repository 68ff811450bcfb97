//! So many of a rule's sensors are beyond a limit, or in a state, at once.

use plenum_protocol::Quantity;
use plenum_protocol::config_key::{maybe, required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use serde::{Deserialize, Serialize};

use super::{Above, Beginning, Below, Bound, Is, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::alarms::origin::Side;
use crate::around::{Learned, Look, Reach, Sees, Sure, View};
use crate::site::parse::Step::Key;
use crate::site::{Rule, Selector};
use crate::truth::Truth;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "vote",
    about: "So many of the sensors that the rule selects are beyond a limit, or in a state, at once, this one among them: each of those has its alarm. One of `above`, `below` and `is` says what. Silent sensors, and placed ones that were never heard, are unknown.",
    quantities: "smoke",
    keys: &[
        required("at_least", "number, at least 2", "2", "How many."),
        usual("within", "one of `room`, `site`", "\"room\"", "Of which."),
        maybe(
            "above",
            "table, as when.above has it",
            "Each is above this limit.",
        ),
        maybe(
            "below",
            "table, as when.below has it",
            "Each is below this limit.",
        ),
        required(
            "is",
            "table, as when.is has it",
            "{ state = true }",
            "Each is in this state; for numbers `above` or `below`.",
        ),
    ],
    example: "",
};

/// So many sensors at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Vote {
    /// How many, the judged one among them.
    pub at_least: usize,
    /// Of which.
    pub within: Group,
    /// What each of them must be.
    pub bound: Bound,
}

/// Which sensors are counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Those of the room.
    #[default]
    Room,
    /// Those of the site.
    Site,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    at_least: usize,
    #[serde(default)]
    within: Group,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    above: Option<Above>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<Is>,
}

/// What can be wrong with one.
#[derive(Debug, thiserror::Error)]
enum Mistake {
    #[error("a vote needs one of `above`, `below` and `is`")]
    NotOne,
    #[error("a vote is not latched; write a rule of its own for what only a person may end")]
    Latched,
}

impl TryFrom<Written> for Vote {
    type Error = Mistake;

    fn try_from(written: Written) -> Result<Self, Mistake> {
        let bound = match (written.above, written.below, written.is) {
            (Some(Above { limit, deadband }), None, None) => Bound::Above { limit, deadband },
            (None, Some(Below { limit, deadband }), None) => Bound::Below { limit, deadband },
            (None, None, Some(Is { latched: true, .. })) => return Err(Mistake::Latched),
            (None, None, Some(Is { state, .. })) => Bound::Is { state },
            _ => return Err(Mistake::NotOne),
        };
        Ok(Self {
            at_least: written.at_least,
            within: written.within,
            bound,
        })
    }
}

impl From<Vote> for Written {
    fn from(vote: Vote) -> Self {
        let mut written = Self {
            at_least: vote.at_least,
            within: vote.within,
            above: None,
            below: None,
            is: None,
        };
        let latched = false;
        match vote.bound {
            Bound::Above { limit, deadband } => written.above = Some(Above { limit, deadband }),
            Bound::Below { limit, deadband } => written.below = Some(Below { limit, deadband }),
            Bound::Is { state } => written.is = Some(Is { state, latched }),
        }
        written
    }
}

impl Kind for Vote {
    fn watches(&self) -> Watches {
        match self.bound {
            Bound::Is { .. } => Watches::States,
            Bound::Above { .. } | Bound::Below { .. } => Watches::Numbers,
        }
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let at_least = [Key("when"), Key("vote"), Key("at_least")];
        let (sensors, is_all) = mistakes.sensors_together(self.within == Group::Room);
        match self.at_least {
            0 => mistakes.error(&at_least, "at least 0 is always true", "write 2 or more"),
            1 => {
                let message = "at least 1 of the sensors is what a rule without a vote watches";
                mistakes.error(
                    &at_least,
                    message,
                    "write 2 or more, or the limit itself under `when`",
                );
            }
            count if is_all && count > sensors => {
                let message = format!("a vote of {count} over {sensors} sensors can never hold");
                let suggestion = match sensors {
                    0 | 1 => "select more sensors".to_owned(),
                    _ => format!("write at_least = {sensors}, or select more sensors"),
                };
                mistakes.error(&at_least, message, suggestion);
            }
            _ => {}
        }
        let word = match self.bound {
            Bound::Above { .. } => "above",
            Bound::Below { .. } => "below",
            Bound::Is { .. } => "is",
        };
        let quantities = mistakes.rule.select.quantities.clone();
        mistakes.bound(&[Key("when"), Key("vote"), Key(word)], &quantities, self.bound);
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        let own: Truth = self.bound.holds(seen).into();
        let others = seen.elsewhere.first().unwrap_or(&Learned::NOTHING);
        own.and(others.truth(seen.at, seen.active)).known()
    }

    fn counts_sensors(&self) -> bool {
        true
    }

    fn looks_elsewhere(&self) -> bool {
        true
    }

    fn looks(&self, select: &Selector) -> Vec<Look> {
        let wanted = |quantity: &&Quantity| {
            let kind = match self.watches() {
                Watches::States => QuantityKind::Boolean,
                _ => QuantityKind::Number,
            };
            quantity.kind() == kind
        };
        let all = match select.quantities.is_empty() {
            true => Quantity::ALL,
            false => &select.quantities,
        };
        let look = |quantity: &Quantity| Look {
            quantity: *quantity,
            reach: match self.within {
                Group::Room => Reach::Room,
                Group::Site => Reach::Site,
            },
            sees: Sees::Bound(self.bound),
        };
        all.iter().filter(wanted).map(look).collect()
    }

    /// The vote of the others, how many of them hold, and how many there are.
    fn elsewhere(&self, rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        let (others, unheard) = view.selected(&rule.id, self.within == Group::Room);
        let unheard_ones = || (0..unheard).map(|_| Sure::always(Truth::Unknown));
        let beyond: Vec<Sure> = others.iter().map(|one| one.is_beyond(self.bound)).collect();
        let kept = others.iter().map(|one| one.is_kept_by(self.bound));
        let holding = beyond
            .iter()
            .filter(|sure| sure.at(view.at()) == Truth::True)
            .count();
        let least = self.at_least.saturating_sub(1);
        vec![
            Learned::Holds {
                beyond: Sure::at_least(least, beyond.iter().copied().chain(unheard_ones())),
                kept: Sure::at_least(least, kept.chain(unheard_ones())),
            },
            Learned::count(holding),
            Learned::count(others.len() + unheard),
        ]
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let count = |place: usize| {
            let learned = beginning.elsewhere.get(place);
            learned
                .and_then(|learned| learned.number(beginning.at))
                .unwrap_or(0.0) as u64
                + 1
        };
        Origin::Vote {
            value: beginning.value,
            side: Side::of(self.bound),
            holding: count(1),
            of: count(2),
        }
    }
}
