//! What else is known of the room, for somebody who is not there; and what is not.

use plenum_protocol::{Quantity, Timestamp};

use super::{Facts, say};
use crate::expectation::Knowledge;
use crate::text::catalogue::{self, Matter, Phrase};
use crate::text::foreign;
use crate::text::form::Form;
use crate::work::Work;

/// What a sensor of the alarm's room tells, if it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// What it measures.
    pub quantity: Quantity,
    /// What is known of it now.
    pub measured: Knowledge,
    /// Its agent is there, and would tell what changes. Of one that is away is said when it told what is known, and not as of now.
    pub is_answered: bool,
}

impl Nearby {
    /// When it told what is known, where it would not tell what has changed since.
    fn heard(&self) -> Option<Timestamp> {
        match self.measured {
            Knowledge::Known { at, .. } if !self.is_answered => Some(at),
            _ => None,
        }
    }
}

/// States that are told, under what, and which of the two is normal.
const STATES: [(Quantity, Matter, f64); 4] = [
    (Quantity::MainsPresent, Matter::Mains, 1.0),
    (Quantity::Smoke, Matter::Smoke, 0.0),
    (Quantity::Water, Matter::Water, 0.0),
    (Quantity::CoolingRunning, Matter::Cooling, 1.0),
];

/// The work that goes on there, a sentence each.
pub(super) fn works(facts: &Facts) -> Vec<String> {
    let form = &facts.form;
    let said = |work: &Work| {
        let (until, who) = (&form.instant(work.until), &foreign::cut(&form.who(&work.by), 60));
        let reason = &foreign::cut(work.reason.trim_end_matches('.'), 200);
        say(form, Phrase::WorkGoesOn { until, reason, who })
    };
    facts.works.iter().map(said).collect()
}

/// The room's other news, a sentence each, in the order in which it matters.
pub(super) fn news(nearby: &[Nearby], with_cooling: bool, form: &Form) -> Vec<String> {
    let of = |quantity: Quantity| nearby.iter().filter(move |one| one.quantity == quantity);
    let known = |quantity: Quantity| of(quantity).filter_map(|one| Some((one, one.measured.value()?)));
    let unknown = |quantity: Quantity| -> Option<String> {
        let those: Vec<String> = of(quantity).filter_map(|one| unknown(one, form)).collect();
        (!those.is_empty()).then(|| those.join(", "))
    };
    // What is damp is damp by the highest.
    let highest = known(Quantity::DewPoint).max_by(|left, right| left.1.total_cmp(&right.1));
    let dew_point = match highest {
        Some((one, value)) => {
            let value = &heard(form.value(Quantity::DewPoint, value), one.heard(), form);
            Some(say(form, Phrase::DewPoint { value }))
        }
        None => unknown(Quantity::DewPoint).map(|sensors| {
            let sensors = &sensors;
            say(form, Phrase::DewPointUnknown { sensors })
        }),
    };
    let states = STATES
        .into_iter()
        .filter(|(_, matter, _)| with_cooling || *matter != Matter::Cooling);
    let states = states.filter_map(|(quantity, matter, normal)| {
        let of_it: Vec<&Nearby> = of(quantity).collect();
        state(&of_it, quantity, matter, normal, form)
    });
    let runtimes = known(Quantity::BatteryRuntime).map(|(one, value)| {
        let time = &form.value(Quantity::BatteryRuntime, value);
        heard(say(form, runtime(nearby, &one.sensor, time)), one.heard(), form)
    });
    let dark = unknown(Quantity::BatteryRuntime);
    let dark = dark
        .as_deref()
        .map(|sensors| say(form, Phrase::LeftUnknown { sensors }));
    dew_point
        .into_iter()
        .chain(states)
        .chain(runtimes)
        .chain(dark)
        .collect()
}

/// How long a battery lasts: what is left of it while it carries the load, as far as its UPS says whether it does.
fn runtime<'a>(nearby: &[Nearby], sensor: &'a str, time: &'a str) -> Phrase<'a> {
    let says = |quantity: Quantity| {
        let mut of_it = nearby.iter();
        let one = of_it.find(|one| one.sensor == sensor && one.quantity == quantity)?;
        one.measured.value().map(|value| value != 0.0)
    };
    match (says(Quantity::UpsOnBattery), says(Quantity::UpsOnLine)) {
        (Some(true), _) => Phrase::Left { sensor, time },
        (_, on_line) => Phrase::Lasts {
            sensor,
            time,
            on_mains: on_line == Some(true),
        },
    }
}

/// All sensors of one state: which are abnormal, of which nothing is known, or that all is normal. "Normal" is said only if every one says it.
fn state(of_it: &[&Nearby], quantity: Quantity, matter: Matter, normal: f64, form: &Form) -> Option<String> {
    if of_it.is_empty() {
        return None;
    }
    let abnormal = in_state(of_it, 1.0 - normal, form);
    let unknown: Vec<String> = of_it.iter().filter_map(|one| unknown(one, form)).collect();
    let mut parts = Vec::new();
    // A unit that stands still beside one that runs is its spare.
    let at_work = match quantity {
        Quantity::CoolingRunning if !abnormal.is_empty() => in_state(of_it, normal, form),
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
        let oldest = of_it.iter().filter_map(|one| one.heard()).min();
        parts.push(heard(form.value(quantity, normal), oldest, form));
    }
    let matter = catalogue::matter(form.language, matter);
    Some(format!("{matter}: {}", parts.join("; ")))
}

/// Those that say this.
fn in_state(of_it: &[&Nearby], state: f64, form: &Form) -> Vec<String> {
    let those = of_it.iter().filter(|one| one.measured.value() == Some(state));
    those
        .map(|one| heard(one.sensor.clone(), one.heard(), form))
        .collect()
}

/// What somebody told, with when that was, where it would not tell what has changed since.
fn heard(what: String, at: Option<Timestamp>, form: &Form) -> String {
    match at {
        Some(at) => say(
            form,
            Phrase::Heard {
                what: &what,
                at: &form.minute(at),
            },
        ),
        None => what,
    }
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
