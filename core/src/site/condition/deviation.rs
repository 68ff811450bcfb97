//! A value that is not as its siblings'.

use plenum_protocol::config_key::{required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::around::{Learned, Look, Reach, Sees, View};
use crate::site::parse::Step::Key;
use crate::site::{Rule, Selector};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "deviation",
    about: "The value is further from the median of its siblings than the limit: the sensors of the same quantity at the same place of the same room. With fewer than two of them known nobody can say. Judged with each reading of the series itself.",
    quantities: "temperature",
    keys: &[
        required(
            "limit",
            "number in the quantity's unit, or text with a unit, above 0",
            "\"5 K\"",
            "How far, to either side.",
        ),
        usual(
            "deadband",
            "number in the quantity's unit, or text with a unit, at least 0",
            "0",
            "How much nearer it must come to clear.",
        ),
    ],
    example: "",
};

/// A value that is not as its siblings'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// How far it may be from their median, in the quantity's unit.
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub limit: f64,
    /// In the quantity's unit, at least 0.
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    pub deadband: f64,
}

/// So many siblings have to be known.
const SIBLINGS: usize = 2;

impl Kind for Deviation {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let at = |key| [Key("when"), Key("deviation"), Key(key)];
        if self.limit <= 0.0 {
            let suggestion = "write how far it may be, to either side";
            return mistakes.error(&at("limit"), "a deviation is above 0", suggestion);
        }
        if self.deadband < 0.0 || self.deadband >= self.limit {
            let message = "a deadband is at least 0 and less than the limit: else it could never clear";
            return mistakes.error(&at("deadband"), message, "take a smaller one");
        }
        let quantities = mistakes.rule.select.quantities.clone();
        if !mistakes.numbers(&[Key("when")], &quantities) {
            return;
        }
        let limit = self.limit;
        let too_far = |quantity: &&Quantity| {
            let (low, high) = quantity.plausible();
            quantity.kind() == QuantityKind::Number && limit > high - low
        };
        if let Some(quantity) = quantities.iter().find(too_far) {
            let (low, high) = quantity.plausible();
            let message = format!("{quantity} is never so far from another one: this rule can never hold");
            let suggestion = format!("its plausible range is {low} to {high} {}", quantity.unit());
            return mistakes.error(&at("limit"), message, suggestion);
        }
        if mistakes.most_alike().is_some_and(|most| most <= SIBLINGS) {
            let message = "a deviation is from two siblings or more: no three sensors are at the same place of one room";
            let suggestion = "look at the rule's select, and at the room and place of each [[sensor]]";
            mistakes.error(&[Key("when"), Key("deviation")], message, suggestion);
        }
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        let median = seen.elsewhere.first()?.number(seen.at)?;
        let away = (seen.value? - median).abs();
        Some(away > self.limit || (seen.active && away > self.limit - self.deadband))
    }

    fn looks_elsewhere(&self) -> bool {
        true
    }

    fn waits_for_its_own_reading(&self) -> bool {
        true
    }

    fn looks(&self, select: &Selector) -> Vec<Look> {
        let all = match select.quantities.is_empty() {
            true => Quantity::ALL,
            false => &select.quantities,
        };
        let numbers = all
            .iter()
            .filter(|quantity| quantity.kind() == QuantityKind::Number);
        let look = |quantity: &Quantity| Look {
            quantity: *quantity,
            reach: Reach::Room,
            sees: Sees::ValueThen,
        };
        numbers.map(look).collect()
    }

    /// The median of its siblings.
    fn elsewhere(&self, _rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        let mut siblings = view.others(view.series().quantity(), &Reach::Room);
        siblings.retain(|other| other.place == view.place());
        let mut known: Vec<(f64, Timestamp)> = siblings
            .iter()
            .filter_map(|one| one.known_at(view.at()))
            .collect();
        if known.len() < SIBLINGS {
            // Those that were the last to be known say until when it was.
            known = siblings.iter().filter_map(|one| one.known()).collect();
        }
        let mut untils: Vec<Timestamp> = known.iter().map(|(_, until)| *until).collect();
        untils.sort_unstable_by(|one, other| other.cmp(one));
        let mut values: Vec<f64> = known.iter().map(|(value, _)| *value).collect();
        vec![match untils.get(SIBLINGS - 1) {
            Some(until) => Learned::Number {
                number: Some(median(&mut values)),
                until: *until,
            },
            None => Learned::NOTHING,
        }]
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let median = beginning.elsewhere.first();
        Origin::Deviates {
            value: beginning.value,
            median: median.and_then(|median| median.number(beginning.at)),
            limit: self.limit,
        }
    }
}

/// The middle one, or what lies between the two in the middle. There is at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_lies_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 30.0]), 3.0);
        assert_eq!(median(&mut [7.0]), 7.0);
    }
}
