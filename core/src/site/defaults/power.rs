//! Built-in rules for mains, generator and UPS.

use plenum_protocol::Quantity as Q;

use super::{Draft, above, below, is, minutes, seconds};
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
            .on(seconds(5))
            .rule(),
        Draft::new(BuiltIn::GeneratorNotCarrying, Critical, is(false))
            .of(&[Q::GeneratorCarrying])
            .only_while_nearest(Q::MainsPresent, false)
            .on(seconds(15))
            .rule(),
    ]
}

/// Rules on what the UPS says of itself.
fn states() -> Vec<Rule> {
    let state = |quantities, rule, priority| Draft::new(rule, priority, is(true)).of(quantities);
    vec![
        state(&[Q::UpsBatteryLow], BuiltIn::UpsBatteryLow, Critical).rule(),
        state(&[Q::UpsForcedShutdown], BuiltIn::UpsForcedShutdown, Critical).rule(),
        state(&[Q::UpsOff], BuiltIn::UpsOff, Critical).rule(),
        state(&[Q::UpsOverload], BuiltIn::UpsOverload, Critical).rule(),
        state(&[Q::UpsFault], BuiltIn::UpsFault, Critical)
            .on(seconds(2))
            .rule(),
        state(&[Q::UpsAlarm], BuiltIn::UpsAlarm, High)
            .on(seconds(2))
            .rule(),
        state(&[Q::UpsBypass], BuiltIn::UpsBypass, High)
            .on(seconds(5))
            .rule(),
        state(&[Q::UpsReplaceBattery], BuiltIn::UpsReplaceBattery, Medium)
            .on(minutes(1))
            .rule(),
        state(&[Q::UpsOtherFlag], BuiltIn::UpsOtherState, Medium)
            .on(seconds(5))
            .rule(),
    ]
}

fn measures() -> Vec<Rule> {
    let measure = |rule, priority, when: Condition| Draft::new(rule, priority, when);
    vec![
        measure(BuiltIn::UpsRuntimeVeryLow, Critical, below(300.0, 60.0))
            .of(&[Q::BatteryRuntime])
            .only_while(Q::UpsOnBattery, true)
            .rule(),
        measure(BuiltIn::UpsRuntimeLow, High, below(900.0, 120.0))
            .of(&[Q::BatteryRuntime])
            .on(seconds(10))
            .rule(),
        measure(BuiltIn::UpsChargeVeryLow, Critical, below(30.0, 5.0))
            .of(&[Q::BatteryCharge])
            .on(minutes(1))
            .rule(),
        measure(BuiltIn::UpsChargeLow, Medium, below(60.0, 5.0))
            .of(&[Q::BatteryCharge])
            .on(minutes(5))
            .rule(),
        measure(BuiltIn::UpsLoadVeryHigh, Critical, above(0.95, 0.10))
            .of(&[Q::Load])
            .on(minutes(10))
            .rule(),
        measure(BuiltIn::UpsLoadHigh, Medium, above(0.80, 0.10))
            .of(&[Q::Load])
            .on(minutes(10))
            .rule(),
        measure(BuiltIn::UpsBatteryWarm, Medium, above(28.0, 1.0))
            .of(&[Q::BatteryTemperature])
            .on(minutes(5))
            .off(minutes(5))
            .rule(),
    ]
}
