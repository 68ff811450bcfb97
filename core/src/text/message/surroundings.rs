//! What else is known of the room, for somebody who is not there; and what is not.

use plenum_protocol::Quantity;

use super::say;
use crate::expectation::Knowledge;
use crate::text::catalogue::{self, Matter, Phrase};
use crate::text::form::Form;

/// What a sensor of the alarm's room tells, if it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// What it measures.
    pub quantity: Quantity,
    /// What is known of it now.
    pub measured: Knowledge,
}

/// States that are told, under what, and which of the two is normal.
const STATES: [(Quantity, Matter, f64); 4] = [
    (Quantity::MainsPresent, Matter::Mains, 1.0),
    (Quantity::Smoke, Matter::Smoke, 0.0),
    (Quantity::Water, Matter::Water, 0.0),
    (Quantity::CoolingRunning, Matter::Cooling, 1.0),
];

/// The room's other news, a sentence each, in the order in which it matters.
pub(super) fn news(nearby: &[Nearby], with_cooling: bool, form: &Form) -> Vec<String> {
    let of = |quantity: Quantity| nearby.iter().filter(move |one| one.quantity == quantity);
    let known = |quantity: Quantity| {
        of(quantity).filter_map(|one| Some((one.sensor.as_str(), one.measured.value()?)))
    };
    let dew_point = known(Quantity::DewPoint).take(1).map(|(_, value)| {
        let value = &form.value(Quantity::DewPoint, value);
        say(form, Phrase::DewPoint { value })
    });
    let states = STATES
        .into_iter()
        .filter(|(_, matter, _)| with_cooling || *matter != Matter::Cooling);
    let states = states.filter_map(|(quantity, matter, normal)| {
        let of_it: Vec<&Nearby> = of(quantity).collect();
        state(&of_it, quantity, matter, normal, form)
    });
    let runtimes = known(Quantity::BatteryRuntime).map(|(sensor, value)| {
        let time = &form.value(Quantity::BatteryRuntime, value);
        say(form, Phrase::Left { sensor, time })
    });
    dew_point.chain(states).chain(runtimes).collect()
}

/// All sensors of one state: which are abnormal, of which nothing is known, or that all is normal. "Normal" is said only if every one says it.
fn state(of_it: &[&Nearby], quantity: Quantity, matter: Matter, normal: f64, form: &Form) -> Option<String> {
    if of_it.is_empty() {
        return None;
    }
    let abnormal = in_state(of_it, 1.0 - normal);
    let unknown: Vec<String> = of_it.iter().filter_map(|one| unknown(one, form)).collect();
    let mut parts = Vec::new();
    // A unit that stands still beside one that runs is its spare.
    let at_work = match quantity {
        Quantity::CoolingRunning if !abnormal.is_empty() => in_state(of_it, normal),
        _ => Vec::new(),
    };
    if !at_work.is_empty() {
        parts.push(format!(
            "{}: {}",
            form.value(quantity, normal),
            at_work.join(", ")
        ));
    }
    if !abnormal.is_empty() {
        let state = form.value(quantity, 1.0 - normal);
        let state = match at_work.is_empty() {
            true => state.to_uppercase(),
            false => state,
        };
        parts.push(format!("{state}: {}", abnormal.join(", ")));
    }
    if !unknown.is_empty() {
        let sensors = &unknown.join(", ");
        parts.push(say(form, Phrase::Unknown { sensors }));
    }
    if parts.is_empty() {
        parts.push(form.value(quantity, normal));
    }
    let matter = catalogue::matter(form.language, matter);
    Some(format!("{matter}: {}", parts.join("; ")))
}

/// Those that say this.
fn in_state<'a>(of_it: &[&'a Nearby], state: f64) -> Vec<&'a str> {
    let those = of_it.iter().filter(|one| one.measured.value() == Some(state));
    those.map(|one| one.sensor.as_str()).collect()
}

/// A sensor of which nothing is known now, with what it last said.
fn unknown(one: &Nearby, form: &Form) -> Option<String> {
    let Knowledge::Unknown { last, .. } = one.measured else {
        return None;
    };
    let sensor = one.sensor.as_str();
    Some(match last {
        Some((at, last)) => {
            let (value, at) = (&form.value(one.quantity, last), &form.minute(at));
            say(form, Phrase::LastSaid { sensor, value, at })
        }
        None => sensor.to_owned(),
    })
}
