//! Built-in rules for mains, generator and UPS.

use plenum_protocol::Quantity as Q;

use super::{Draft, above, below, is, minutes, seconds};
use crate::site::condition::{All, Bound, Mean, Part, Past, Rises};
use crate::site::{Condition, Priority, Rule};
use crate::text::rules::BuiltIn;
use Priority::{Critical, High, Medium};

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = mains();
    rules.extend(states());
    rules.extend(measures());
    rules
}

fn mains() -> Vec<Rule> {
    vec![
        Draft::new(BuiltIn::MainsLost, High, is(false))
            .of(&[Q::MainsPresent])
            .on(seconds(5))
            .rule(),
        Draft::new(BuiltIn::UpsOnBattery, High, is(true))
            .of(&[Q::UpsOnBattery])
            .not_while(Q::UpsCalibrating, true)
            .on(seconds(5))
            .rule(),
        state(&[Q::UpsPhaseLost], BuiltIn::UpsPhaseLost, High)
            .on(seconds(5))
            .rule(),
        Draft::new(BuiltIn::GeneratorNotCarrying, Critical, is(false))
            .of(&[Q::GeneratorCarrying])
            .only_while_nearest(Q::MainsPresent, false)
            .on(seconds(15))
            .rule(),
    ]
}

fn state(quantities: &'static [Q], rule: BuiltIn, priority: Priority) -> Draft {
    Draft::new(rule, priority, is(true)).of(quantities)
}

/// What the UPS says of its output, its battery and itself. Real ones say a thing for a poll that is not so: beside mains most is looked at twice before
/// anybody is woken, on battery nothing is.
fn states() -> Vec<Rule> {
    vec![
        state(&[Q::UpsBatteryLow], BuiltIn::UpsBatteryLow, Critical)
            .only_while(Q::UpsOnBattery, true)
            .not_while(Q::UpsCalibrating, true)
            .rule(),
        state(&[Q::UpsBatteryLow], BuiltIn::UpsBatteryLowOnMains, Critical)
            .not_while(Q::UpsOnBattery, true)
            .not_while(Q::UpsCalibrating, true)
            .on(seconds(10))
            .seen_twice()
            .rule(),
        state(&[Q::UpsForcedShutdown], BuiltIn::UpsForcedShutdown, Critical).rule(),
        state(&[Q::UpsOff], BuiltIn::UpsOff, Critical)
            .not_while(Q::UpsOnLine, true)
            .rule(),
        state(&[Q::UpsOff], BuiltIn::UpsOffOnMains, Critical)
            .only_while(Q::UpsOnLine, true)
            .on(seconds(30))
            .seen_twice()
            .rule(),
        state(&[Q::UpsOverload], BuiltIn::UpsOverload, Critical).rule(),
        state(&[Q::UpsFault], BuiltIn::UpsFault, Critical)
            .on(seconds(2))
            .rule(),
        state(&[Q::UpsAlarm], BuiltIn::UpsAlarm, High)
            .on(seconds(10))
            .seen_twice()
            .rule(),
        state(&[Q::UpsBypass], BuiltIn::UpsBypass, High)
            .on(seconds(5))
            .rule(),
        state(&[Q::UpsReplaceBattery], BuiltIn::UpsReplaceBattery, Medium)
            .on(minutes(1))
            .seen_twice()
            .rule(),
        state(&[Q::UpsTestFailed], BuiltIn::UpsTestFailed, Medium)
            .on(minutes(1))
            .seen_twice()
            .rule(),
        state(&[Q::UpsOtherFlag], BuiltIn::UpsOtherState, Medium)
            .on(seconds(5))
            .rule(),
    ]
}

/// What a UPS measures; its test uses the battery up on purpose.
fn measures() -> Vec<Rule> {
    let measure =
        |rule, priority, when: Condition, quantities| Draft::new(rule, priority, when).of(quantities);
    let on_battery = |rule, priority, when: Condition| {
        measure(rule, priority, when, &[Q::BatteryRuntime])
            .only_while(Q::UpsOnBattery, true)
            .not_while(Q::UpsCalibrating, true)
    };
    let charge = |rule, priority, when: Condition| {
        measure(rule, priority, when, &[Q::BatteryCharge]).not_while(Q::UpsCalibrating, true)
    };
    let battery = |rule, priority, when: Condition| {
        measure(rule, priority, when, &[Q::BatteryTemperature]).off(minutes(5))
    };
    vec![
        on_battery(BuiltIn::UpsRuntimeVeryLow, Critical, below(300.0, 60.0)).rule(),
        on_battery(BuiltIn::UpsRuntimeLow, High, below(900.0, 120.0))
            .on(seconds(10))
            .rule(),
        charge(BuiltIn::UpsChargeVeryLow, Critical, below(30.0, 5.0))
            .on(minutes(1))
            .rule(),
        charge(BuiltIn::UpsChargeLow, Medium, low_and_not_rising())
            .not_while(Q::UpsOnBattery, true)
            .on(minutes(30))
            .rule(),
        measure(BuiltIn::UpsLoadVeryHigh, Critical, mean_above(0.95), &[Q::Load]).rule(),
        measure(BuiltIn::UpsLoadHigh, Medium, mean_above(0.80), &[Q::Load]).rule(),
        battery(BuiltIn::UpsBatteryHot, High, above(45.0, 2.0))
            .on(minutes(5))
            .rule(),
        // From 28 degrees on, in the tenths in which it is told. Warmth ages a battery over months: an afternoon of it is no news.
        battery(BuiltIn::UpsBatteryWarm, Medium, above(27.9, 0.9))
            .on(minutes(24 * 60))
            .rule(),
    ]
}

/// The mean of ten minutes is above this; it clears a tenth of the UPS below.
fn mean_above(limit: f64) -> Condition {
    Condition::Mean(Mean {
        bound: Bound::Above {
            limit,
            deadband: 0.10,
        },
        within: minutes(10),
    })
}

/// A charge below 60 % that has not become a percent more in half an hour, whatever the UPS says of its charger.
fn low_and_not_rising() -> Condition {
    let low = Part::Bound {
        of: None,
        bound: Bound::Below {
            limit: 60.0,
            deadband: 5.0,
        },
    };
    let rises = Rises {
        by: 1.0,
        within: minutes(30),
        above: None,
        deadband: 0.0,
    };
    let rising = Part::Past(Past::Rises(rises));
    Condition::All(All::from(vec![low, Part::Not(Box::new(rising))]))
}
