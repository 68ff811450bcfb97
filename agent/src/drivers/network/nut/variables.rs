//! A UPS's variables as upsd lists them: which quantities they make, and its own words for the log.

use plenum_protocol::{Fault, Quantity};

use super::numbers::{is_number, number, numbers_in};
use super::status::{Status, alarm_text, further_state, is_ups, states};
use crate::driver::{Sample, state};

/// The UPS's variables with their values, as upsd lists them.
pub(super) type Variables = Vec<(String, String)>;

/// The states that not every UPS has.
const FURTHER_STATES: &[Quantity] = &[Quantity::UpsTestFailed, Quantity::UpsPhaseLost];

/// The value of the first of `names` that is there and says something.
pub(super) fn find<'a>(variables: &'a Variables, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let (_, value) = variables.iter().find(|(variable, _)| variable == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    })
}

/// Whether a variable is listed, whatever it says.
pub(super) fn has(variables: &Variables, name: &str) -> bool {
    variables.iter().any(|(variable, _)| variable == name)
}

/// The listed quantities from upsd's variables. Without a status there is no data: then no state has a value.
pub(super) fn convert(variables: &Variables, listed: &[Quantity]) -> Vec<Sample> {
    let status = Status::of(variables);
    // A UPS whose status says nothing is one without data; another kind of device, a socket strip for one, has no states.
    let silent = has(variables, "ups.status") && is_ups(variables);
    let stateless = if silent { Fault::Timeout } else { Fault::NotPresent };
    let sample = |quantity: Quantity| match &status {
        _ if is_number(quantity) => number(variables, quantity).unwrap_or((quantity, Err(Fault::NotPresent))),
        _ if FURTHER_STATES.contains(&quantity) => match further_state(variables, quantity) {
            Some(holds) => state(quantity, holds),
            None => (quantity, Err(Fault::NotPresent)),
        },
        Some(status) if is_state(quantity) => state(quantity, status.holds(quantity)),
        None if is_state(quantity) => (quantity, Err(stateless)),
        _ => (quantity, Err(Fault::NotPresent)),
    };
    listed.iter().copied().map(sample).collect()
}

/// Whether upsd can give a quantity at all.
pub(super) fn known(quantity: Quantity) -> bool {
    is_state(quantity) || is_number(quantity) || FURTHER_STATES.contains(&quantity)
}

/// All that a device turns out to have: every state if it is a UPS, and whichever numbers there are.
pub(super) fn quantities_in(variables: &Variables) -> Vec<Quantity> {
    let further = FURTHER_STATES.iter().copied();
    let further = further.filter(|quantity| further_state(variables, *quantity).is_some());
    let states = states().filter(|_| is_ups(variables));
    states.chain(numbers_in(variables)).chain(further).collect()
}

fn is_state(quantity: Quantity) -> bool {
    states().any(|state| state == quantity)
}

/// What was last said about alarms and unknown flags, so that each is logged once.
#[derive(Debug, Default)]
pub(super) struct Remarks(String);

impl Remarks {
    /// Logs alarm texts and unknown flags when they change: a state says that there is one, the log says which.
    pub(super) fn look(&mut self, ups: &str, variables: &Variables) {
        let alarm = alarm_text(variables).unwrap_or_default();
        let status = Status::of(variables);
        let unknown = status.iter().flat_map(Status::unknown_flags);
        let flags = unknown.collect::<Vec<_>>().join(" ");
        let remark = format!("{flags} {alarm}").trim().to_owned();
        if remark != self.0 {
            tracing::warn!(ups, alarm, flags, "the UPS's own words changed");
            self.0 = remark;
        }
    }
}
