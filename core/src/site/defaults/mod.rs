//! The built-in rules: what protects a site that has not written one. The figures are those of the reference; the words are for
//! a person who was woken. Each is replaced by a rule with its id in `site.toml`, or switched off there with `enabled = false`.

use std::sync::LazyLock;

use plenum_protocol::{Duration, Identifier, Quantity};

use crate::site::condition::{Above, Below, Condition, Is, Offline, Stale};
use crate::site::{Guard, Place, Priority, Rule, Selector, Site};
use Priority::{Critical, High, Low, Medium};
use Quantity as Q;

mod power;
mod system;

/// The built-in rules, then the site's own; one of the site's with the id of a built-in takes its place.
pub fn effective_rules(site: &Site) -> Vec<Rule> {
    let mut rules: Vec<Rule> = built_in().to_vec();
    for own in &site.rules {
        match rules.iter_mut().find(|rule| rule.id == own.id) {
            Some(rule) => *rule = own.clone(),
            None => rules.push(own.clone()),
        }
    }
    rules
}

/// The rules of a site that has written none.
pub fn built_in() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let mut rules = climate();
        rules.extend(contacts());
        rules.extend(power::rules());
        rules.extend(silence());
        rules.extend(system::rules());
        rules
    });
    &RULES
}

/// A rule before its words.
struct Draft {
    id: &'static str,
    name: &'static str,
    quantities: &'static [Quantity],
    places: &'static [Place],
    when: Condition,
    on_delay: Duration,
    off_delay: Duration,
    priority: Priority,
    only_while: Option<Guard>,
}

impl Draft {
    fn new(id: &'static str, name: &'static str, priority: Priority, when: Condition) -> Self {
        Self {
            id,
            name,
            quantities: &[],
            places: &[],
            when,
            on_delay: Duration::ZERO,
            off_delay: Duration::ZERO,
            priority,
            only_while: None,
        }
    }

    fn of(mut self, quantities: &'static [Quantity]) -> Self {
        self.quantities = quantities;
        self
    }

    fn at(mut self, places: &'static [Place]) -> Self {
        self.places = places;
        self
    }

    fn on(mut self, delay: Duration) -> Self {
        self.on_delay = delay;
        self
    }

    fn off(mut self, delay: Duration) -> Self {
        self.off_delay = delay;
        self
    }

    fn only_while(mut self, quantity: Quantity, is: bool) -> Self {
        self.only_while = Some(Guard { quantity, is });
        self
    }

    /// Adds the likely cause, what follows if nobody acts, and what to do.
    fn say(self, cause: &str, consequence: &str, response: &[&str]) -> Rule {
        Rule {
            id: identifier(self.id),
            name: self.name.to_owned(),
            enabled: true,
            select: Selector {
                quantities: self.quantities.to_vec(),
                places: self.places.to_vec(),
                ..Selector::default()
            },
            when: self.when,
            only_while: self.only_while,
            suppressed_by: Vec::new(),
            on_delay: self.on_delay,
            off_delay: self.off_delay,
            priority: self.priority,
            cause: cause.to_owned(),
            consequence: consequence.to_owned(),
            response: response.iter().map(|&step| step.to_owned()).collect(),
        }
    }
}

fn identifier(text: &str) -> Identifier {
    text.parse()
        .expect("the built-in rules' ids are identifiers, by test")
}

fn above(limit: f64, deadband: f64) -> Condition {
    Condition::Above(Above { limit, deadband })
}

fn below(limit: f64, deadband: f64) -> Condition {
    Condition::Below(Below { limit, deadband })
}

fn is(state: bool) -> Condition {
    Condition::Is(Is {
        state,
        latched: false,
    })
}

const fn seconds(count: i64) -> Duration {
    Duration::from_seconds(count)
}

const fn minutes(count: i64) -> Duration {
    Duration::from_minutes(count)
}

/// Where humid air matters: everywhere but behind the racks, where it is always dry.
const ROOM_AIR: &[Place] = &[Place::Inlet, Place::Supply, Place::Room];

fn climate() -> Vec<Rule> {
    let inlet = |id, name, priority, when| {
        Draft::new(id, name, priority, when)
            .of(&[Q::Temperature])
            .at(&[Place::Inlet])
            .off(minutes(5))
    };
    let air = |id, name, priority, quantity, when| {
        Draft::new(id, name, priority, when)
            .of(quantity)
            .at(ROOM_AIR)
            .off(minutes(5))
    };
    vec![
        inlet("inlet-high", "Inlet too warm", Medium, above(27.0, 1.0))
            .on(minutes(5))
            .say(
                "cooling too weak for the load, a blocked filter or tile, or warm air coming round the rack",
                "servers run their fans harder and age faster; if it goes on rising they shut down",
                &[
                    "Look at the other inlets of the room: one is a rack's matter, all are the cooling's.",
                    "Check that every cooling unit runs and shows no fault.",
                    "Close blanking panels and doors of the aisle.",
                ],
            ),
        inlet(
            "inlet-very-high",
            "Inlet far too warm",
            Critical,
            above(32.0, 1.0),
        )
        .on(seconds(30))
        .say(
            "the cooling failed, or air does not reach this rack at all",
            "servers shut themselves down within minutes; a rack of 10 kW has less than one",
            &[
                "Start the standby cooling unit at its panel.",
                "Open the room's doors and put fans in them.",
                "Shut down what is least needed, the hottest rack first.",
                "Call the cooling contractor.",
            ],
        ),
        inlet("inlet-low", "Inlet too cold", Low, below(15.0, 1.0))
            .on(minutes(15))
            .say(
                "cooling set too low, or outside air coming in",
                "moisture can condense when warmer air returns; energy is wasted",
                &[
                    "Check the set-points of the cooling units.",
                    "Check dampers and doors to the outside.",
                ],
            ),
        air(
            "humidity-high",
            "Air too humid",
            Medium,
            &[Q::Humidity],
            above(80.0, 3.0),
        )
        .on(minutes(15))
        .say(
            "outside air, a humidifier that is stuck, or a leak",
            "water condenses on cold surfaces, contacts corrode",
            &[
                "Check the humidifier and the drain of the cooling units.",
                "Look for water on the floor.",
            ],
        ),
        air(
            "dew-point-high",
            "Dew point too high",
            Medium,
            &[Q::DewPoint],
            above(17.0, 1.0),
        )
        .on(minutes(15))
        .say(
            "outside air, a humidifier that is stuck, or a leak",
            "water condenses on everything colder than the dew point, chilled pipes first",
            &[
                "Check the humidifier and doors to the outside.",
                "Look for drops on chilled pipes.",
            ],
        ),
        air(
            "humidity-low",
            "Air too dry",
            Low,
            &[Q::Humidity],
            below(8.0, 2.0),
        )
        .on(minutes(60))
        .say(
            "dry winter air, or a humidifier that is off",
            "static electricity can damage equipment while people work on it",
            &[
                "Check the humidifier.",
                "Wear a wrist strap before touching equipment.",
            ],
        ),
        air(
            "dew-point-low",
            "Dew point too low",
            Low,
            &[Q::DewPoint],
            below(-12.0, 1.0),
        )
        .on(minutes(60))
        .say(
            "dry winter air, or a humidifier that is off",
            "static electricity can damage equipment while people work on it",
            &[
                "Check the humidifier.",
                "Wear a wrist strap before touching equipment.",
            ],
        ),
        Draft::new("cooling-fault", "Cooling unit reports a fault", High, is(true))
            .of(&[Q::CoolingFault])
            .on(seconds(5))
            .say(
                "compressor, fan, water flow or control of the unit failed",
                "the room warms up; without a second unit it is too hot within minutes",
                &[
                    "Read the fault on the unit's panel.",
                    "Start the standby unit.",
                    "Watch the inlet temperatures; call the cooling contractor.",
                ],
            ),
    ]
}

fn contacts() -> Vec<Rule> {
    let smoke = Condition::Is(Is {
        state: true,
        latched: true,
    });
    vec![
        Draft::new("smoke", "Smoke", Critical, smoke).of(&[Q::Smoke]).say(
            "something burns or smoulders, or dust from work in the room",
            "fire; the extinguishing system may release",
            &[
                "If you see or smell fire: leave, close the door, call the fire brigade.",
                "Keep people out of the room; an extinguishing gas can kill.",
                "Cut the power of the room if that is safe.",
                "When all is clear, reset the detector and then this alarm.",
            ],
        ),
        Draft::new(
            "extinguisher-released",
            "Extinguishing system released",
            Critical,
            is(true),
        )
        .of(&[Q::ExtinguisherReleased])
        .say(
            "fire, or a false release",
            "the gas takes the oxygen out of the room's air",
            &[
                "Nobody goes in.",
                "Call the fire brigade.",
                "Ventilate before anyone enters.",
            ],
        ),
        Draft::new("water", "Water", Critical, is(true))
            .of(&[Q::Water])
            .on(seconds(2))
            .say(
                "a cooling unit's drain or pipe, a roof or pipe above, or cleaning",
                "short circuits under the floor; power to the room may trip",
                &[
                    "Find the water and shut its valve.",
                    "Keep out of water near power cables; switch off the circuits that are wet.",
                    "Call the cooling contractor or the plumber.",
                ],
            ),
        Draft::new("door-open", "Door open", Low, is(true))
            .of(&[Q::DoorOpen])
            .on(minutes(10))
            .say(
                "someone works there, or the door did not close",
                "cold air is lost and anyone can walk in",
                &["Look who is there.", "Close the door."],
            ),
        Draft::new("contact-fault", "Device reports a fault", Medium, is(true))
            .of(&[Q::ContactFault])
            .on(seconds(5))
            .say(
                "the device behind this contact reports that something is wrong with it",
                "what the device does may fail",
                &["Read the fault on the device."],
            ),
        Draft::new("not-answering", "Target does not answer", Medium, is(false))
            .of(&[Q::Answering])
            .on(minutes(1))
            .say(
                "the device, its power or the network to it is down",
                "whatever depends on it does not work",
                &[
                    "Check the device's power and its network port.",
                    "Try to reach it by another way.",
                ],
            ),
    ]
}

/// One quantity of each device is enough to say that the device is silent: those that a driver derives, or reads in the same answer,
/// are left out, so that a pulled plug is one alarm and not ten.
const ORDINARY: &[Quantity] = &[
    Q::Temperature,
    Q::Humidity,
    Q::Pressure,
    Q::DifferentialPressure,
    Q::Voltage,
    Q::Current,
    Q::Power,
    Q::Co2,
    Q::Particles,
    Q::Level,
    Q::DoorOpen,
    Q::MainsPresent,
    Q::GeneratorRunning,
    Q::GeneratorCarrying,
    Q::CoolingFault,
    Q::CoolingRunning,
    Q::ExtinguisherReleased,
    Q::ContactFault,
    Q::Answering,
];

fn silence() -> Vec<Rule> {
    let stale = || Condition::Stale(Stale { after: None });
    vec![
        Draft::new(
            "agent-offline",
            "Agent silent",
            High,
            Condition::Offline(Offline { after: None }),
        )
        .say(
            "the agent's power, its network, or the program itself",
            "everything that it measures is unknown; no alarm can come from there",
            &[
                "Check the agent's power and network light.",
                "Look whether other agents of the room are silent too: then it is the network.",
                "Its readings are kept and come when it is back.",
            ],
        ),
        Draft::new(
            "no-data-protection",
            "Smoke or water detector silent",
            High,
            stale(),
        )
        .of(&[Q::Smoke, Q::Water])
        .say(
            "the detector, its cable or its supply failed",
            "smoke or water there would not be noticed",
            &[
                "Check the detector and its cable.",
                "Have someone look at the room until it is back.",
            ],
        ),
        Draft::new("no-data-ups", "UPS silent", High, stale())
            .of(&[Q::UpsOnLine])
            .say(
                "the UPS's data cable, its card or the program that reads it",
                "a power failure or an empty battery would not be noticed",
                &["Read the UPS's own display.", "Check the data cable."],
            ),
        Draft::new(
            "no-data-ups-on-battery",
            "UPS silent while on battery",
            Critical,
            stale(),
        )
        .of(&[Q::UpsOnLine])
        .only_while(Q::UpsOnBattery, true)
        .say(
            "the UPS ran empty, or what reads it lost its power",
            "the racks behind it are without power or soon will be",
            &[
                "Go and look at the UPS.",
                "Shut down what is still running, in order.",
            ],
        ),
        Draft::new("no-data", "Sensor silent", Medium, stale())
            .of(ORDINARY)
            .say(
                "the sensor, its cable or its address; its fault says more",
                "what it measures is unknown: no alarm can come from it",
                &[
                    "Check the cable and the plug.",
                    "Run `plenum-agent read` on the agent: it says what to try.",
                ],
            ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_rule_is_whole() {
        let mut ids: Vec<&Identifier> = built_in().iter().map(|rule| &rule.id).collect();
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id occurs twice");
        for rule in built_in() {
            assert!(rule.enabled, "{}", rule.id);
            for text in [&rule.name, &rule.cause, &rule.consequence] {
                assert!(!text.is_empty(), "{}", rule.id);
            }
            assert!(!rule.response.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn a_site_replaces_a_built_in_rule_by_its_id() {
        let own = Rule {
            priority: Critical,
            ..built_in()[0].clone()
        };
        let mut site: Site = toml::from_str("[site]\nid = \"a\"\nname = \"A\"\nzone = \"UTC\"\n").unwrap();
        assert_eq!(effective_rules(&site), built_in());
        site.rules.push(own.clone());
        let rules = effective_rules(&site);
        assert_eq!(rules.len(), built_in().len());
        assert_eq!(rules[0], own);
    }
}
