//! What is known of a room's cooling, for an alarm about its air: the units and how they are, the hottest inlet, and whether there is a unit to start.

use super::{Facts, Nearby, Siblings, say};
use crate::expectation::Knowledge;
use crate::text::catalogue::Phrase;
use crate::text::form::Form;
use plenum_protocol::Quantity;

/// What is known of the inlets of an alarm's room.
#[derive(Debug, Clone, PartialEq)]
pub struct Climate {
    /// The hottest of those that are known.
    pub hottest: Option<Hottest>,
    /// How many are above the limit.
    pub inlets: Siblings,
    /// The limit that they are counted against, in degrees Celsius.
    pub limit: Option<f64>,
    /// The response leaves it to the message which unit is to be started.
    pub advises: bool,
}

/// The hottest inlet.
#[derive(Debug, Clone, PartialEq)]
pub struct Hottest {
    /// Its name.
    pub sensor: String,
    /// Where it hangs.
    pub position: String,
    /// In degrees Celsius.
    pub value: f64,
}

/// A cooling unit of which something is measured.
struct Unit<'a> {
    name: &'a str,
    fault: Option<Knowledge>,
    running: Option<Knowledge>,
}

fn units(nearby: &[Nearby]) -> Vec<Unit<'_>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    for one in nearby {
        if !matches!(one.quantity, Quantity::CoolingFault | Quantity::CoolingRunning) {
            continue;
        }
        let name = one.sensor.as_str();
        if !units.iter().any(|unit| unit.name == name) {
            let (fault, running) = (None, None);
            units.push(Unit { name, fault, running });
        }
        if let Some(unit) = units.iter_mut().find(|unit| unit.name == name) {
            match one.quantity {
                Quantity::CoolingFault => unit.fault = Some(one.measured),
                _ => unit.running = Some(one.measured),
            }
        }
    }
    units.sort_by_key(|unit| unit.name);
    units
}

impl Unit<'_> {
    fn is(known: Option<Knowledge>) -> Option<bool> {
        Some(known?.value()? != 0.0)
    }

    fn is_faulty(&self) -> bool {
        Self::is(self.fault) == Some(true)
    }

    /// Whether it stands still and shows no fault.
    fn can_be_started(&self) -> bool {
        Self::is(self.running) == Some(false) && !self.is_faulty()
    }

    /// How it is. `own`: the alarm is about it, and its fault is told there.
    fn said(&self, own: bool, form: &Form) -> Option<String> {
        let unit = self.name;
        if self.is_faulty() {
            return (!own).then(|| say(form, Phrase::UnitFault { unit }));
        }
        match (Self::is(self.running), self.running.or(self.fault)?) {
            (Some(true), _) => Some(say(form, Phrase::UnitRuns { unit })),
            (Some(false), _) => Some(say(form, Phrase::UnitStands { unit })),
            (None, Knowledge::Unknown { since, .. }) => {
                let since = since.map(|since| form.minute(since));
                let since = since.as_deref();
                Some(say(form, Phrase::UnitUnknown { unit, since }))
            }
            // It shows no fault, and nobody measures whether it runs.
            (None, Knowledge::Known { .. }) => None,
        }
    }
}

impl Facts {
    /// How the room's cooling units are, a sentence each.
    pub(super) fn units_said(&self) -> Vec<String> {
        if self.climate.is_none() {
            return Vec::new();
        }
        let own = |unit: &Unit<'_>| unit.name == self.sensor;
        let units = units(&self.nearby).into_iter();
        units
            .filter_map(|unit| unit.said(own(&unit), &self.form))
            .collect()
    }

    /// What to do, in steps: the first is to start a unit that stands still, where there is one or might be.
    pub(super) fn steps(&self) -> Vec<String> {
        let form = &self.form;
        let advises = self.climate.as_ref().is_some_and(|climate| climate.advises);
        let mut steps = Vec::new();
        if advises {
            let units = units(&self.nearby);
            let mut others = units.iter().filter(|unit| unit.name != self.sensor);
            let might = |unit: &Unit<'_>| Unit::is(unit.running).is_none() && !unit.is_faulty();
            if let Some(unit) = others.clone().find(|unit| unit.can_be_started()) {
                let unit = unit.name;
                let phrase = match self.has_lost_mains() {
                    true => Phrase::StartUnitWithPower { unit },
                    false => Phrase::StartUnit { unit },
                };
                steps.push(say(form, phrase));
            } else if let Some(unit) = others.find(|unit| might(unit)) {
                let unit = unit.name;
                steps.push(say(form, Phrase::StartUnitIf { unit }));
            } else if units.is_empty() {
                steps.push(say(form, Phrase::StartStandby));
            }
        }
        steps.extend(self.response.iter().cloned());
        steps
    }

    /// Whether the room is known to have no mains: a unit that stands still may have no power.
    fn has_lost_mains(&self) -> bool {
        let mut mains = self.nearby.iter();
        mains.any(|one| one.quantity == Quantity::MainsPresent && one.measured.value() == Some(0.0))
    }

    /// The hottest inlet, where the alarm's own is not it, and how many are above their limit.
    pub(super) fn inlets_said(&self) -> Vec<String> {
        let (form, Some(climate)) = (&self.form, &self.climate) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        if let Some(hottest) = climate
            .hottest
            .as_ref()
            .filter(|hottest| hottest.sensor != self.sensor)
        {
            let sensor = &match hottest.position.is_empty() {
                true => hottest.sensor.clone(),
                false => format!("{} ({})", hottest.sensor, hottest.position),
            };
            let value = &form.value(Quantity::Temperature, hottest.value);
            parts.push(say(form, Phrase::Hottest { sensor, value }));
        }
        if let Some(limit) = climate.limit.filter(|_| climate.inlets.total > 1) {
            let Siblings {
                beyond,
                unknown,
                total,
            } = climate.inlets;
            let limit = &form.limit(Quantity::Temperature, limit);
            let phrase = Phrase::Inlets {
                beyond,
                unknown,
                total,
                limit,
            };
            parts.push(say(form, phrase));
        }
        parts
    }
}
