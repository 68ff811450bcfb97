//! Built-in rules for mains, generator and UPS.

use plenum_protocol::Quantity as Q;

use super::{Draft, above, below, is, minutes, seconds};
use crate::site::{Condition, Priority, Rule};
use Priority::{Critical, High, Medium};

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = mains();
    rules.extend(states());
    rules.extend(measures());
    rules
}

fn mains() -> Vec<Rule> {
    let lost = (
        "the grid, the main breaker or the fuse of this feed",
        "the UPS carries the load until its battery is empty; cooling stands still",
        [
            "Look at the UPS's remaining minutes.",
            "Check whether the building has mains, then the breaker of this feed.",
            "Watch the inlet temperatures: cooling is often not on the UPS.",
            "Plan an orderly shutdown before the battery is at 5 minutes.",
        ],
    );
    vec![
        Draft::new("mains-lost", "Mains lost", High, is(false))
            .of(&[Q::MainsPresent])
            .on(seconds(5))
            .say(lost.0, lost.1, &lost.2),
        Draft::new("ups-on-battery", "UPS on battery", High, is(true))
            .of(&[Q::UpsOnBattery])
            .on(seconds(5))
            .say(lost.0, lost.1, &lost.2),
        Draft::new(
            "generator-not-carrying",
            "Generator does not carry the load",
            Critical,
            is(false),
        )
        .of(&[Q::GeneratorCarrying])
        .only_while(Q::MainsPresent, false)
        .on(seconds(15))
        .say(
            "the generator did not start, is not in automatic, or the transfer switch did not switch",
            "only the UPS's battery carries the racks",
            &[
                "Go to the generator: read its panel, start it by hand.",
                "Check the transfer switch.",
                "Look at the UPS's remaining minutes and plan the shutdown.",
            ],
        ),
    ]
}

/// Rules on what the UPS says of itself: quantity, id, name, priority, seconds of on-delay, cause, consequence, response.
fn states() -> Vec<Rule> {
    let state = |quantities, id, name, priority| Draft::new(id, name, priority, is(true)).of(quantities);
    vec![
        state(
            &[Q::UpsBatteryLow],
            "ups-battery-low",
            "UPS battery low",
            Critical,
        )
        .say(
            "the battery has been carrying the load for too long, or is worn out",
            "the racks lose power within minutes",
            &[
                "Shut down the servers behind this UPS now, in order.",
                "Bring mains or the generator back.",
            ],
        ),
        state(
            &[Q::UpsForcedShutdown],
            "ups-forced-shutdown",
            "UPS is about to shut down",
            Critical,
        )
        .say(
            "the battery is at its end, or someone ordered a shutdown",
            "the racks lose power in seconds to minutes",
            &["Save what can be saved: shut down at once."],
        ),
        state(&[Q::UpsOff], "ups-off", "UPS gives no output", Critical).say(
            "the UPS was switched off, tripped or failed",
            "what hangs on it alone is without power",
            &[
                "Go to the UPS and read its display.",
                "Move the load to its bypass if it does not start.",
            ],
        ),
        state(&[Q::UpsOverload], "ups-overload", "UPS overloaded", Critical).say(
            "too much is plugged in, or a second UPS failed and this one took over",
            "the UPS goes to bypass or switches off",
            &["Take load off: the least needed servers first."],
        ),
        state(&[Q::UpsFault], "ups-fault", "UPS failed", Critical)
            .on(seconds(2))
            .say(
                "an internal failure: inverter, rectifier, fan or temperature",
                "the load may be unprotected or without power",
                &["Read the fault on the UPS's display.", "Call its supplier."],
            ),
        state(&[Q::UpsAlarm], "ups-alarm", "UPS reports an alarm", High)
            .on(seconds(2))
            .say(
                "something inside the UPS: a fan, the battery, the temperature",
                "the UPS may fail when it is needed, or burn",
                &["Read the alarm on the UPS's display; do not trust \"on line\" beside it."],
            ),
        state(&[Q::UpsBypass], "ups-bypass", "UPS on bypass", High)
            .on(seconds(5))
            .say(
                "overload, an internal fault, or someone switched it over",
                "the racks hang on raw mains: the next dip stops them",
                &[
                    "Find out who or what put it there.",
                    "Take load off if it was overloaded; switch back.",
                ],
            ),
        state(
            &[Q::UpsReplaceBattery],
            "ups-replace-battery",
            "UPS battery is worn out",
            Medium,
        )
        .on(minutes(1))
        .say(
            "the battery failed its test or is past its age",
            "at the next power failure it lasts for seconds instead of minutes",
            &[
                "Order a battery of the right type.",
                "Measure the runtime after it is replaced.",
            ],
        ),
        state(
            &[Q::UpsOtherFlag],
            "ups-other-state",
            "UPS reports an unknown state",
            Medium,
        )
        .on(seconds(5))
        .say(
            "a state that this version of Plenum does not know",
            "unknown: read it from the UPS itself",
            &["Read the UPS's display and its manual."],
        ),
    ]
}

fn measures() -> Vec<Rule> {
    let shutdown = [
        "Shut down the servers behind this UPS, in order.",
        "Bring mains or the generator back.",
    ];
    let measure = |id, name, priority, when: Condition| Draft::new(id, name, priority, when);
    vec![
        measure(
            "ups-runtime-very-low",
            "UPS runtime below 5 min on battery",
            Critical,
            below(300.0, 60.0),
        )
        .of(&[Q::BatteryRuntime])
        .only_while(Q::UpsOnBattery, true)
        .say(
            "mains has been away for long, or the battery is worn",
            "the racks lose power within minutes",
            &shutdown,
        ),
        measure(
            "ups-runtime-low",
            "UPS runtime below 15 min",
            High,
            below(900.0, 120.0),
        )
        .of(&[Q::BatteryRuntime])
        .on(seconds(10))
        .say(
            "on battery, not yet recharged, a worn battery, or more load than planned",
            "there is little time for an orderly shutdown when mains fails",
            &[
                "Look whether the UPS is on battery.",
                "If not: check its load and its battery's age.",
            ],
        ),
        measure(
            "ups-charge-very-low",
            "UPS battery below 30 %",
            Critical,
            below(30.0, 5.0),
        )
        .of(&[Q::BatteryCharge])
        .on(minutes(1))
        .say(
            "mains has been away for long, or the charger failed",
            "the racks lose power soon",
            &shutdown,
        ),
        measure(
            "ups-charge-low",
            "UPS battery below 60 %",
            Medium,
            below(60.0, 5.0),
        )
        .of(&[Q::BatteryCharge])
        .on(minutes(5))
        .say(
            "on battery, recharging after a failure, or a charger that does not charge",
            "the next power failure is bridged for less long",
            &["Look whether the UPS is on mains and charging."],
        ),
        measure(
            "ups-load-very-high",
            "UPS load above 95 %",
            Critical,
            above(0.95, 0.10),
        )
        .of(&[Q::Load])
        .on(minutes(10))
        .say(
            "equipment was added, or a second UPS failed and this one took over",
            "the UPS overloads at the next peak and drops the load",
            &["Take load off now: the least needed servers first."],
        ),
        measure("ups-load-high", "UPS load above 80 %", Medium, above(0.80, 0.10))
            .of(&[Q::Load])
            .on(minutes(10))
            .say(
                "equipment was added, or the load is not spread over the UPSes",
                "runtime is shorter, and there is no room for a second UPS's load",
                &["Move equipment to another UPS.", "Plan more capacity."],
            ),
        measure("ups-battery-warm", "UPS battery warm", Medium, above(28.0, 1.0))
            .of(&[Q::BatteryTemperature])
            .on(minutes(5))
            .off(minutes(5))
            .say(
                "warm surroundings, blocked air, or a battery that ages",
                "every 8 K halves the battery's life; a hot cell can run away",
                &[
                    "Check the UPS's air and fan.",
                    "If it goes on rising on mains: have the battery disconnected.",
                ],
            ),
    ]
}
