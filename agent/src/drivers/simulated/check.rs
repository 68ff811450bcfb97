//! Whether a script makes sense.

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Quantity, Timestamp};

use super::script::{Curve, Effect, Event, Level, Script};

/// The first thing that makes no sense, naming its key.
pub(super) fn check(script: &Script) -> Result<(), String> {
    for (quantity, curve) in &script.quantities {
        check_curve(*quantity, curve)?;
        for event in &curve.events {
            check_event(*quantity, event, script.start)?;
        }
    }
    if script.dew_point && !(script.has(Quantity::Temperature) && script.has(Quantity::Humidity)) {
        return Err("`dew_point` needs the quantities temperature and humidity".to_owned());
    }
    if script.quantities.is_empty() {
        return Err(
            "`quantities` is empty: give at least one, as in quantities.temperature = { base = 22.0 }"
                .to_owned(),
        );
    }
    Ok(())
}

fn is_state(quantity: Quantity) -> bool {
    quantity.kind() == Kind::Boolean
}

fn fits(quantity: Quantity, level: Level) -> bool {
    matches!(level, Level::State(_)) == is_state(quantity)
}

fn check_curve(quantity: Quantity, curve: &Curve) -> Result<(), String> {
    let numbers = curve.daily != 0.0 || curve.noise != 0.0 || curve.cycle.is_some();
    let periods = [curve.cycle.map(|cycle| cycle.period), curve.toggle];
    if !fits(quantity, curve.base) {
        let wanted = if is_state(quantity) {
            "true or false"
        } else {
            "a number"
        };
        return Err(format!("`base` of {quantity} must be {wanted}"));
    }
    if is_state(quantity) && numbers {
        return Err(format!(
            "{quantity} is a state: it has no `daily`, `noise` or `cycle`"
        ));
    }
    if curve.toggle.is_some() && !is_state(quantity) {
        return Err(format!("{quantity} is a number: it has no `toggle`"));
    }
    if periods
        .into_iter()
        .flatten()
        .any(|period| period <= Duration::ZERO)
    {
        return Err(format!(
            "`cycle` and `toggle` of {quantity} need a period above zero"
        ));
    }
    Ok(())
}

fn check_event(quantity: Quantity, event: &Event, start: Timestamp) -> Result<(), String> {
    let misfit = match event.effect {
        Effect::Level(level) => !fits(quantity, level),
        Effect::Fault(_) => false,
        _ => is_state(quantity),
    };
    if misfit {
        return Err(format!("an event's `effect` does not fit {quantity}"));
    }
    let begin = event.at.from(start);
    if event.until.is_some_and(|until| until.from(start) <= begin) {
        return Err(format!("an event of {quantity} has its `until` before its `at`"));
    }
    if event.every.is_some_and(|every| every <= Duration::ZERO) {
        return Err(format!("`every` of an event of {quantity} must be above zero"));
    }
    Ok(())
}
