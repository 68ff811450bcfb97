//! The demo's two rooms as scripts: what each sensor gives at every instant of the past fourteen days and of the story that begins now.
//!
//! History and live agents play the same scripts, so the charts run on without a seam. Moments are minutes or seconds from the live start.

use std::collections::BTreeMap;

use plenum_agent::drivers::simulated::{Curve, Cycle, Effect, Event, Level, Moment, Script};
use plenum_protocol::{Duration, Fault, Identifier, Quantity, Timestamp};

/// A simulated sensor of one of the demo's agents.
#[derive(Debug, Clone)]
pub(crate) struct DemoSensor {
    /// Which of the demo's agents reads it.
    pub(crate) agent: &'static str,
    /// Its identifier below the agent.
    pub(crate) id: Identifier,
    /// What it gives.
    pub(crate) script: Script,
}

/// How long the demo's past is.
pub(crate) const HISTORY: Duration = Duration::from_hours(14 * 24);
/// When in the story the cooling of room A trips, in seconds from its beginning, as all that follow.
const COOLING_FAILS: i64 = 60;
/// When it runs again.
const COOLING_BACK: i64 = 300;
/// When mains fails.
const MAINS_FAILS: i64 = 150;
/// When it is back.
const MAINS_BACK: i64 = 240;

/// By identifier; the first is the one that [`silence`] tells of.
pub(crate) const AGENTS: [&str; 2] = ["pi-a", "pi-b"];

/// The collector itself, whose modem is read too: in the past by script, from the beginning of the story on by itself.
pub(crate) const OWN: &str = "plenum";

/// When agent pi-a was off in the past, for two minutes and twenty seconds: a hole that the charts and the services show.
pub(crate) fn silence(start: Timestamp) -> (Timestamp, Timestamp) {
    let from = start - HISTORY + Duration::from_hours(11 * 24 + 5);
    (from, from + Duration::from_seconds(140))
}

/// Every sensor of both rooms and the modem, for a story that begins at `start`.
pub(crate) fn sensors(start: Timestamp) -> Vec<DemoSensor> {
    let mut sensors = room_a(start);
    sensors.extend(room_b(start));
    sensors.push(modem(start));
    for (index, sensor) in sensors.iter_mut().enumerate() {
        sensor.script.seed = 1 + index as u64;
    }
    sensors
}

/// As the real one says it from the beginning of the story on: `phones/modem/mod.rs`.
fn modem(start: Timestamp) -> DemoSensor {
    let signal = super::phones::SIGNAL_DBM;
    let quantities = vec![
        (Quantity::Signal, number(signal)),
        (Quantity::NetworkPresent, flag(true)),
    ];
    new(OWN, super::phones::CHANNEL, start, quantities)
}

fn room_a(start: Timestamp) -> Vec<DemoSensor> {
    let sensor = |id: &str, curves: Vec<(Quantity, Curve)>| new("pi-a", id, start, curves);
    let inlet = |id: &str, base: f64, rise: f64| {
        let mut events = cooling_trip(rise);
        if id == "inlet-b5" {
            events.push(span(
                days(-2) - minutes(600),
                days(-2) - minutes(586),
                Effect::Fault(Fault::Corrupt),
            ));
        }
        sensor(id, vec![(Quantity::Temperature, air(base, events))])
    };
    let outlet = |id: &str, base: f64, rise: f64| {
        sensor(id, vec![(Quantity::Temperature, air(base, cooling_trip(rise)))])
    };
    let mut air_a = new(
        "pi-a",
        "air-a",
        start,
        vec![
            (Quantity::Temperature, air(23.4, cooling_trip(11.0))),
            (
                Quantity::Humidity,
                Curve {
                    daily: 2.0,
                    noise: 0.15,
                    events: cooling_trip(-12.0),
                    ..number(44.0)
                },
            ),
        ],
    );
    air_a.script.dew_point = true;
    let trips = |state: bool| {
        vec![
            span(COOLING_FAILS, COOLING_BACK, Effect::Level(Level::State(state))),
            span(
                days(-9),
                days(-9) + minutes(11),
                Effect::Level(Level::State(state)),
            ),
        ]
    };
    vec![
        inlet("inlet-a3", 22.9, 16.0),
        inlet("inlet-a5", 22.5, 14.5),
        inlet("inlet-b2", 22.2, 13.5),
        inlet("inlet-b5", 21.7, 11.5),
        outlet("outlet-a3", 36.4, 12.0),
        outlet("outlet-a5", 35.1, 11.0),
        outlet("outlet-b2", 34.6, 10.0),
        sensor(
            "supply-1",
            vec![(Quantity::Temperature, air(17.2, cooling_trip(11.0)))],
        ),
        air_a,
        sensor(
            "ac-1",
            vec![
                (
                    Quantity::CoolingFault,
                    Curve {
                        events: trips(true),
                        ..flag(false)
                    },
                ),
                (
                    Quantity::CoolingRunning,
                    Curve {
                        events: trips(false),
                        ..flag(true)
                    },
                ),
            ],
        ),
        sensor(
            "ac-2",
            vec![
                (Quantity::CoolingFault, flag(false)),
                (
                    Quantity::CoolingRunning,
                    Curve {
                        events: vec![span(
                            COOLING_BACK - 40,
                            COOLING_BACK + 600,
                            Effect::Level(Level::State(true)),
                        )],
                        ..flag(false)
                    },
                ),
            ],
        ),
        sensor("smoke-a", vec![(Quantity::Smoke, flag(false))]),
        sensor("leak-a", vec![(Quantity::Water, flag(false))]),
        sensor(
            "door-a",
            vec![(
                Quantity::DoorOpen,
                Curve {
                    events: vec![daily_visit(420)],
                    ..flag(false)
                },
            )],
        ),
        mains("pi-a", "mains-a", start, 231.0),
        ups("pi-a", "ups-a", start, 0.52, 2_460.0),
        sensor(
            "strip-a",
            vec![(
                Quantity::Power,
                Curve {
                    daily: 600.0,
                    noise: 60.0,
                    resolution: Some(10.0),
                    ..number(18_200.0)
                },
            )],
        ),
    ]
}

fn room_b(start: Timestamp) -> Vec<DemoSensor> {
    let sensor = |id: &str, curves: Vec<(Quantity, Curve)>| new("pi-b", id, start, curves);
    let inlet = |id: &str, base: f64| sensor(id, vec![(Quantity::Temperature, air(base, Vec::new()))]);
    let mut air_b = new(
        "pi-b",
        "air-b",
        start,
        vec![
            (Quantity::Temperature, air(22.0, Vec::new())),
            (
                Quantity::Humidity,
                Curve {
                    daily: 1.5,
                    noise: 0.15,
                    ..number(46.0)
                },
            ),
        ],
    );
    air_b.script.dew_point = true;
    vec![
        inlet("inlet-c2", 22.3),
        inlet("inlet-c4", 21.9),
        inlet("inlet-d3", 21.6),
        sensor("outlet-c2", vec![(Quantity::Temperature, air(33.8, Vec::new()))]),
        air_b,
        sensor(
            "ac-3",
            vec![
                (Quantity::CoolingFault, flag(false)),
                (Quantity::CoolingRunning, flag(true)),
            ],
        ),
        sensor("smoke-b", vec![(Quantity::Smoke, flag(false))]),
        sensor("leak-b", vec![(Quantity::Water, flag(false))]),
        sensor(
            "door-b",
            vec![(
                Quantity::DoorOpen,
                Curve {
                    events: vec![daily_visit(505)],
                    ..flag(false)
                },
            )],
        ),
        mains("pi-b", "mains-b", start, 230.0),
        ups("pi-b", "ups-b", start, 0.34, 3_480.0),
        sensor(
            "strip-b",
            vec![(
                Quantity::Power,
                Curve {
                    daily: 300.0,
                    noise: 40.0,
                    resolution: Some(10.0),
                    ..number(9_700.0)
                },
            )],
        ),
    ]
}

fn mains(agent: &'static str, id: &str, start: Timestamp, volts: f64) -> DemoSensor {
    new(
        agent,
        id,
        start,
        vec![
            (
                Quantity::MainsPresent,
                Curve {
                    events: outages(Effect::Level(Level::State(false))),
                    ..flag(true)
                },
            ),
            (
                Quantity::Voltage,
                Curve {
                    daily: -1.5,
                    noise: 0.4,
                    resolution: Some(0.1),
                    events: outages(Effect::Level(Level::Number(0.0))),
                    ..number(volts)
                },
            ),
        ],
    )
}

fn ups(agent: &'static str, id: &str, start: Timestamp, load: f64, runtime: f64) -> DemoSensor {
    // A battery gives up its charge evenly while it carries the load, and takes it back as slowly.
    let drain = |full: f64| Effect::Ramp {
        by: -full,
        over: Duration::from_seconds((runtime * 0.9) as i64),
    };
    new(
        agent,
        id,
        start,
        vec![
            (
                Quantity::InputVoltage,
                Curve {
                    noise: 0.4,
                    resolution: Some(0.1),
                    events: outages(Effect::Level(Level::Number(0.0))),
                    ..number(230.6)
                },
            ),
            (
                Quantity::OutputVoltage,
                Curve {
                    noise: 0.1,
                    resolution: Some(0.1),
                    ..number(230.0)
                },
            ),
            (
                Quantity::Load,
                Curve {
                    daily: 0.02,
                    noise: 0.003,
                    resolution: Some(0.01),
                    ..number(load)
                },
            ),
            (
                Quantity::BatteryCharge,
                Curve {
                    resolution: Some(1.0),
                    events: outages(drain(90.0)),
                    ..number(100.0)
                },
            ),
            (
                Quantity::BatteryRuntime,
                Curve {
                    noise: 6.0,
                    resolution: Some(10.0),
                    events: outages(drain(runtime * 0.9)),
                    ..number(runtime)
                },
            ),
            (
                Quantity::BatteryTemperature,
                Curve {
                    daily: 0.3,
                    noise: 0.03,
                    resolution: Some(0.1),
                    ..number(24.1)
                },
            ),
            (
                Quantity::UpsOnLine,
                Curve {
                    events: outages(Effect::Level(Level::State(false))),
                    ..flag(true)
                },
            ),
            (
                Quantity::UpsOnBattery,
                Curve {
                    events: outages(Effect::Level(Level::State(true))),
                    ..flag(false)
                },
            ),
            (Quantity::UpsBatteryLow, flag(false)),
            (Quantity::UpsReplaceBattery, flag(false)),
            (Quantity::UpsOff, flag(false)),
        ],
    )
}

fn new(agent: &'static str, id: &str, start: Timestamp, curves: Vec<(Quantity, Curve)>) -> DemoSensor {
    let id = id
        .parse()
        .unwrap_or_else(|error| unreachable!("the demo's own names are identifiers: {error}"));
    let mut quantities: BTreeMap<Quantity, Curve> = curves.into_iter().collect();
    // As instants, so that a script can also stand in an agent's configuration, where no moment lies before the start.
    let absolute = |moment: Moment| match moment {
        Moment::After(duration) => Moment::At(start + duration),
        at @ Moment::At(_) => at,
    };
    for event in quantities.values_mut().flat_map(|curve| &mut curve.events) {
        event.at = absolute(event.at);
        event.until = event.until.map(absolute);
    }
    DemoSensor {
        agent,
        id,
        script: Script {
            start,
            seed: 0,
            dew_point: false,
            quantities,
        },
    }
}

fn number(base: f64) -> Curve {
    Curve::flat(base)
}

fn flag(state: bool) -> Curve {
    Curve::state(state)
}

/// Air of a cooled room: a compressor's saw tooth, a little of the day, a little noise.
fn air(base: f64, events: Vec<Event>) -> Curve {
    Curve {
        daily: 0.25,
        cycle: Some(Cycle {
            amplitude: 0.25,
            period: Duration::from_minutes(19),
        }),
        noise: 0.04,
        resolution: Some(0.01),
        events,
        ..number(base)
    }
}

/// What a trip of AC 1 does to a quantity of room A: now in the story, and eleven minutes long nine days ago.
fn cooling_trip(by: f64) -> Vec<Event> {
    let rise = |by: f64| Effect::Exponential {
        by,
        time_constant: Duration::from_seconds(150),
    };
    vec![
        span(COOLING_FAILS, COOLING_BACK, rise(by)),
        span(days(-9), days(-9) + minutes(11), rise(by * 0.75)),
    ]
}

/// Mains fails now in the story, and failed for four minutes five days ago.
fn outages(effect: Effect) -> Vec<Event> {
    vec![
        span(MAINS_FAILS, MAINS_BACK, effect.clone()),
        span(days(-5) - minutes(200), days(-5) - minutes(196), effect),
    ]
}

/// Somebody goes in every day, for three minutes, `minute` minutes after the story's time of day.
fn daily_visit(minute: i64) -> Event {
    let begin = days(-15) + minutes(minute);
    Event {
        every: Some(Duration::from_hours(24)),
        ..span(begin, begin + minutes(3), Effect::Level(Level::State(true)))
    }
}

fn span(from: i64, to: i64, effect: Effect) -> Event {
    let after = |seconds: i64| Moment::After(Duration::from_seconds(seconds));
    Event {
        at: after(from),
        until: Some(after(to)),
        every: None,
        effect,
    }
}

const fn days(count: i64) -> i64 {
    count * 86_400
}

const fn minutes(count: i64) -> i64 {
    count * 60
}
