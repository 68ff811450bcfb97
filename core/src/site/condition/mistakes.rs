//! Where a kind of condition tells what is wrong with its rule, and what limits have in common.

use plenum_protocol::Quantity;
use plenum_protocol::quantity::Kind as QuantityKind;

use super::Bound;
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Rule, amount};

/// The mistakes of one rule; paths begin at its table.
pub(in crate::site) struct Mistakes<'a, 'text> {
    pub(super) rule: &'a Rule,
    number: usize,
    findings: &'a mut Findings<'text>,
}

impl<'a, 'text> Mistakes<'a, 'text> {
    /// Of the rule that stands at this place of its file.
    pub(in crate::site) fn of(rule: &'a Rule, number: usize, findings: &'a mut Findings<'text>) -> Self {
        Self {
            rule,
            number,
            findings,
        }
    }

    fn path<'step>(&self, path: &[Step<'step>]) -> Vec<Step<'step>> {
        [&[Key("rule"), Item(self.number)], path].concat()
    }

    pub(super) fn error(
        &mut self,
        path: &[Step<'_>],
        message: impl std::fmt::Display,
        suggestion: impl Into<String>,
    ) {
        let path = self.path(path);
        self.findings.error(&path, message, Some(suggestion.into()));
    }

    /// The first quantity of this kind that the rule selects by name.
    pub(super) fn selects(&self, kind: QuantityKind) -> Option<Quantity> {
        let quantities = self.rule.select.quantities.iter().copied();
        quantities.into_iter().find(|quantity| quantity.kind() == kind)
    }

    /// A limit under `when.<word>`: of numbers, in their unit, within reach, with a deadband that lets it clear.
    pub(super) fn limit(&mut self, word: &'static str, bound: Bound) {
        let (Bound::Above { limit, deadband } | Bound::Below { limit, deadband }) = bound else {
            return;
        };
        if let Some(state) = self.selects(QuantityKind::Boolean) {
            let message = format!("{state} is a state, not a number");
            self.error(&[Key("when")], message, "write when = { is = { state = true } }");
            return;
        }
        let limit_path = [Key("when"), Key(word), Key("limit")];
        let deadband_path = [Key("when"), Key(word), Key("deadband")];
        if !self.has_unit(&limit_path) || !self.has_unit(&deadband_path) {
            return;
        }
        if deadband < 0.0 {
            let suggestion = "it is where the alarm clears, inside the limit";
            self.error(&deadband_path, "a deadband is at least 0", suggestion);
        }
        for quantity in &self.rule.select.quantities {
            self.reach(*quantity, bound, limit, &limit_path);
        }
    }

    /// How far something moves: more than nothing, in the quantities' unit, and not further than they reach.
    pub(super) fn difference(&mut self, path: &[Step<'_>], by: f64) {
        if by <= 0.0 {
            self.error(
                path,
                "a difference is above 0",
                "write how far it moves either way",
            );
            return;
        }
        if !self.has_unit(path) {
            return;
        }
        for quantity in &self.rule.select.quantities {
            let (low, high) = quantity.plausible();
            if by > high - low {
                let unit = quantity.unit();
                let message = format!("{quantity} never moves so far: this rule can never hold");
                let suggestion = format!("its plausible range is {low} to {high} {unit}");
                self.error(path, message, suggestion);
            }
        }
    }

    /// Whether an amount that is written with a unit has one of its quantities'.
    fn has_unit(&mut self, path: &[Step<'_>]) -> bool {
        let Some(text) = self.findings.string_at(&self.path(path)) else {
            return true;
        };
        let Some((_, unit)) = amount::split(&text).filter(|(_, unit)| !unit.is_empty()) else {
            return true;
        };
        let mut quantities = self.rule.select.quantities.iter();
        let Some(other) = quantities.find(|quantity| !amount::units(**quantity).contains(&unit)) else {
            return true;
        };
        let usual = amount::units(*other).first().copied().unwrap_or_default();
        let message = format!("`{text}`: {other} has no unit `{unit}`");
        // Not the same number in that unit: it would be another value.
        self.error(path, message, format!("write it in {usual}"));
        false
    }

    /// A limit that its quantity can never pass, or never come back inside of.
    fn reach(&mut self, quantity: Quantity, bound: Bound, limit: f64, path: &[Step<'_>]) {
        let (low, high) = quantity.plausible();
        let (word, best, worst) = match bound {
            Bound::Below { .. } => ("below", high, low),
            Bound::Above { .. } | Bound::Is { .. } => ("above", low, high),
        };
        let unit = quantity.unit();
        let range = format!("its plausible range is {low} to {high} {unit}");
        if !bound.is_passed(worst) {
            let suggestion = match unit {
                "/" => format!("write a share with its unit, as \"{limit} %\""),
                _ => range,
            };
            let message = format!("{quantity} is never {word} {worst} {unit}: this rule can never hold");
            self.error(path, message, suggestion);
        } else if bound.still_holds(best) {
            let message = format!("with this deadband {quantity} can never clear: {range}");
            self.error(path, message, "take a smaller deadband");
        }
    }
}
