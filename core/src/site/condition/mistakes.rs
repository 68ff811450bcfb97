//! Where a kind of condition tells what is wrong with its rule, and what limits have in common.

use std::collections::BTreeMap;

use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{AgentName, Identifier, Quantity, Series};

use super::Bound;
use crate::around::Reach;
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Rule, Sensor, Site, amount};

/// The mistakes of one rule; paths begin at its table.
pub(in crate::site) struct Mistakes<'a, 'text> {
    pub(super) rule: &'a Rule,
    site: &'a Site,
    number: usize,
    findings: &'a mut Findings<'text>,
}

impl<'a, 'text> Mistakes<'a, 'text> {
    /// Of the rule that stands at this place of its file.
    pub(in crate::site) fn of(
        site: &'a Site,
        rule: &'a Rule,
        number: usize,
        findings: &'a mut Findings<'text>,
    ) -> Self {
        Self {
            rule,
            site,
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
        if let Some(state) = self.selects(QuantityKind::Boolean) {
            let message = format!("{state} is a state, not a number");
            self.error(&[Key("when")], message, "write when = { is = { state = true } }");
            return;
        }
        let quantities = self.rule.select.quantities.clone();
        self.bound(&[Key("when"), Key(word)], &quantities, bound);
    }

    /// A limit or a state of these quantities, at this path: of their kind, and a limit in their unit, within reach, with a deadband that lets it
    /// clear.
    pub(super) fn bound(&mut self, path: &[Step<'_>], quantities: &[Quantity], bound: Bound) {
        let (Bound::Above { limit, deadband } | Bound::Below { limit, deadband }) = bound else {
            let mut numbers = quantities
                .iter()
                .filter(|quantity| quantity.kind() == QuantityKind::Number);
            if let Some(number) = numbers.next() {
                let message = format!("{number} is a number, not a state");
                self.error(path, message, "write above = { limit = ... } or below");
            }
            return;
        };
        if !self.numbers(path, quantities) {
            return;
        }
        let deadband_path = [path, &[Key("deadband")]].concat();
        // Where the path leads to a number it is the limit.
        let limit_path = match self.findings.is_table(&self.path(path)) {
            true => [path, &[Key("limit")]].concat(),
            false => path.to_vec(),
        };
        if !self.has_unit(&limit_path, quantities) || !self.has_unit(&deadband_path, quantities) {
            return;
        }
        if deadband < 0.0 {
            let suggestion = "it is where the alarm clears, inside the limit";
            self.error(&deadband_path, "a deadband is at least 0", suggestion);
        }
        for quantity in quantities {
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
        let quantities = self.rule.select.quantities.clone();
        if !self.has_unit(path, &quantities) {
            return;
        }
        for quantity in &quantities {
            let (low, high) = quantity.plausible();
            if by > high - low {
                let unit = quantity.unit();
                let message = format!("{quantity} never moves so far: this rule can never hold");
                let suggestion = format!("its plausible range is {low} to {high} {unit}");
                self.error(path, message, suggestion);
            }
        }
    }

    /// Whether these quantities are numbers, as a limit needs them.
    pub(super) fn numbers(&mut self, path: &[Step<'_>], quantities: &[Quantity]) -> bool {
        let mut states = quantities
            .iter()
            .filter(|quantity| quantity.kind() == QuantityKind::Boolean);
        let Some(state) = states.next() else { return true };
        let message = format!("{state} is a state, not a number");
        self.error(path, message, "write is = { state = true }");
        false
    }

    /// Only one quantity can be judged, and why.
    pub(super) fn only(&mut self, path: &[Step<'_>], wanted: Quantity, why: &str) {
        let mut others = self
            .rule
            .select
            .quantities
            .iter()
            .filter(|quantity| **quantity != wanted);
        if let Some(other) = others.next() {
            let message = format!("{other} is not {wanted}: {why}");
            self.error(
                path,
                message,
                format!("write select = {{ quantities = [\"{wanted}\"] }}"),
            );
        }
    }

    /// A sensor that has to be placed, or a zone that has to be there.
    pub(super) fn look_place(&mut self, path: &[Step<'_>], reach: &Reach) {
        let path = self.path(path);
        super::super::check::known_reach(self.site, reach, &path, self.findings);
    }

    /// How many of the sensors that the rule selects are together in one room, or on the site; and whether there cannot be more of them.
    pub(super) fn sensors_together(&self, in_room: bool) -> (usize, bool) {
        let select = &self.rule.select;
        let placed = self.site.sensors.iter().filter(|sensor| {
            let quantity = select
                .quantities
                .first()
                .copied()
                .unwrap_or(Quantity::Temperature);
            let agent = AgentName::new(self.site.site.id.clone(), sensor.agent.clone());
            let series = Series::new(agent, sensor.id.clone(), quantity);
            self.site.selects(select, &series)
        });
        if in_room {
            let mut rooms: BTreeMap<&Identifier, usize> = BTreeMap::new();
            for sensor in placed {
                *rooms.entry(&sensor.room).or_default() += 1;
            }
            // A file that places nothing yet says nothing of how many there are.
            return (
                rooms.into_values().max().unwrap_or(0),
                !self.site.sensors.is_empty(),
            );
        }
        let is_of_placed =
            !(select.rooms.is_empty() && select.places.is_empty() && select.sensors.is_empty());
        (placed.count(), is_of_placed)
    }

    /// How many sensors are at most at the same place of one room with one that the rule selects, itself among them; none where the site places none yet.
    pub(super) fn most_alike(&self) -> Option<usize> {
        let all = &self.site.sensors;
        let chosen = &self.rule.select.quantities;
        let is_selected = |sensor: &&Sensor| {
            let mut quantities = Quantity::ALL
                .iter()
                .filter(|quantity| chosen.is_empty() || chosen.contains(quantity));
            let agent = AgentName::new(self.site.site.id.clone(), sensor.agent.clone());
            quantities.any(|quantity| {
                let series = Series::new(agent.clone(), sensor.id.clone(), *quantity);
                self.site.selects(&self.rule.select, &series)
            })
        };
        let alike = |one: &Sensor| {
            let others = all.iter();
            others
                .filter(|other| (&other.room, other.place) == (&one.room, one.place))
                .count()
        };
        let most = all.iter().filter(is_selected).map(alike).max();
        (!all.is_empty()).then(|| most.unwrap_or(0))
    }

    /// Whether an amount that is written with a unit has one of its quantities'.
    fn has_unit(&mut self, path: &[Step<'_>], quantities: &[Quantity]) -> bool {
        let Some(text) = self.findings.string_at(&self.path(path)) else {
            return true;
        };
        let Some((_, unit)) = amount::split(&text).filter(|(_, unit)| !unit.is_empty()) else {
            return true;
        };
        let Some(other) = quantities
            .iter()
            .find(|quantity| !amount::units(**quantity).contains(&unit))
        else {
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
