//! The built-in rules: what protects a site that has not written one. The figures are those of the reference; the words, for a person who was
//! woken, stand in each language's catalogue in `core/src/text/rules`. Each is replaced by a rule with its id in `site.toml`, or switched off there with `enabled = false`.

use std::sync::LazyLock;

use plenum_protocol::quantity::Language;
use plenum_protocol::{Duration, Identifier, Quantity};

use crate::around::Reach;
use crate::site::condition::{Above, Below, Condition, DewPoint, DewPointTest, Is, Offline, Stale};
use crate::site::{Guard, Place, Priority, Rule, Selector, Site};
use crate::text::rules::BuiltIn;
use Priority::{Critical, High, Low, Medium};
use Quantity as Q;

mod cooling;
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
        rules.extend(cooling::rules());
        rules.extend(contacts());
        rules.push(drill());
        rules.extend(modem());
        rules.extend(power::rules());
        rules.extend(silence());
        rules.extend(system::rules());
        rules
    });
    &RULES
}

/// A rule before its words.
struct Draft {
    rule: BuiltIn,
    quantities: &'static [Quantity],
    places: &'static [Place],
    when: Condition,
    on_delay: Duration,
    off_delay: Duration,
    priority: Priority,
    only_while: Option<Guard>,
    not_while: Vec<Guard>,
    suppressed_by: &'static [BuiltIn],
    two_readings: Option<bool>,
}

impl Draft {
    fn new(rule: BuiltIn, priority: Priority, when: Condition) -> Self {
        Self {
            rule,
            quantities: &[],
            places: &[],
            when,
            on_delay: Duration::ZERO,
            off_delay: Duration::ZERO,
            priority,
            only_while: None,
            not_while: Vec::new(),
            suppressed_by: &[],
            two_readings: None,
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
        self.only_while = Some(Guard::near(quantity, is));
        self
    }

    /// The same, looked for on the whole site where there is none nearer.
    fn only_while_nearest(mut self, quantity: Quantity, is: bool) -> Self {
        self.only_while = Some(Guard {
            reach: Reach::Nearest,
            ..Guard::near(quantity, is)
        });
        self
    }

    fn not_while(mut self, quantity: Quantity, is: bool) -> Self {
        self.not_while.push(Guard::near(quantity, is));
        self
    }

    fn suppressed_by(mut self, rules: &'static [BuiltIn]) -> Self {
        self.suppressed_by = rules;
        self
    }

    /// A state that may be one bad poll.
    fn seen_twice(mut self) -> Self {
        self.two_readings = Some(true);
        self
    }

    /// With its words, as `plenum site show` and the screens of an English site have them.
    fn rule(self) -> Rule {
        let words = self.rule.words(Language::English);
        Rule {
            id: identifier(self.rule.id()),
            name: words.name.to_owned(),
            enabled: true,
            select: Selector {
                quantities: self.quantities.to_vec(),
                places: self.places.to_vec(),
                ..Selector::default()
            },
            when: self.when,
            only_while: self.only_while,
            not_while: self.not_while,
            suppressed_by: self
                .suppressed_by
                .iter()
                .map(|rule| identifier(rule.id()))
                .collect(),
            on_delay: self.on_delay,
            off_delay: self.off_delay,
            two_readings: self.two_readings,
            priority: self.priority,
            cause: words.cause.to_owned(),
            consequence: words.consequence.to_owned(),
            response: words.response.iter().map(|&step| step.to_owned()).collect(),
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

/// The dew point of a sensor that measures temperature and humidity and does not tell it.
fn computed(test: DewPointTest) -> Condition {
    Condition::DewPoint(DewPoint {
        test,
        deadband: 1.0,
        unless_told: true,
        own_humidity: true,
    })
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
    let inlet = |rule, priority, when| {
        Draft::new(rule, priority, when)
            .of(&[Q::Temperature])
            .at(&[Place::Inlet])
            .off(minutes(5))
    };
    let air = |rule, priority, quantity, when| {
        Draft::new(rule, priority, when)
            .of(quantity)
            .at(ROOM_AIR)
            .off(minutes(5))
    };
    vec![
        inlet(BuiltIn::InletHigh, Medium, above(27.0, 1.0))
            .on(minutes(5))
            .suppressed_by(&[
                BuiltIn::InletHigh,
                BuiltIn::CoolingFailing,
                BuiltIn::CoolingFailed,
            ])
            .rule(),
        inlet(BuiltIn::InletVeryHigh, Critical, above(32.0, 1.0))
            .on(seconds(30))
            .suppressed_by(&[BuiltIn::InletVeryHigh])
            .rule(),
        inlet(BuiltIn::InletLow, Low, below(15.0, 1.0))
            .on(minutes(15))
            .rule(),
        air(BuiltIn::HumidityHigh, Medium, &[Q::Humidity], above(80.0, 3.0))
            .on(minutes(15))
            .rule(),
        air(BuiltIn::DewPointHigh, Medium, &[Q::DewPoint], above(17.0, 1.0))
            .on(minutes(15))
            .rule(),
        air(
            BuiltIn::DewPointHighComputed,
            Medium,
            &[Q::Temperature],
            computed(DewPointTest::Above(17.0)),
        )
        .on(minutes(15))
        .rule(),
        air(BuiltIn::HumidityLow, Low, &[Q::Humidity], below(8.0, 2.0))
            .on(minutes(60))
            .rule(),
        air(BuiltIn::DewPointLow, Low, &[Q::DewPoint], below(-12.0, 1.0))
            .on(minutes(60))
            .rule(),
        air(
            BuiltIn::DewPointLowComputed,
            Low,
            &[Q::Temperature],
            computed(DewPointTest::Below(-12.0)),
        )
        .on(minutes(60))
        .rule(),
    ]
}

fn contacts() -> Vec<Rule> {
    let smoke = Condition::Is(Is {
        state: true,
        latched: true,
    });
    vec![
        Draft::new(BuiltIn::Smoke, Critical, smoke).of(&[Q::Smoke]).rule(),
        Draft::new(BuiltIn::ExtinguisherReleased, Critical, is(true))
            .of(&[Q::ExtinguisherReleased])
            .rule(),
        Draft::new(BuiltIn::Water, Critical, is(true))
            .of(&[Q::Water])
            .on(seconds(2))
            .rule(),
        Draft::new(BuiltIn::DoorOpen, Low, is(true))
            .of(&[Q::DoorOpen])
            .on(minutes(10))
            .rule(),
        Draft::new(BuiltIn::ContactFault, Medium, is(true))
            .of(&[Q::ContactFault])
            .on(seconds(5))
            .rule(),
        Draft::new(BuiltIn::NotAnswering, Medium, is(false))
            .of(&[Q::Answering])
            .on(minutes(1))
            .rule(),
    ]
}

/// A drill of the whole chain: told as each `[[drill]]` says.
fn drill() -> Rule {
    Draft::new(BuiltIn::Drill, Critical, is(true))
        .of(&[Q::Drill])
        .rule()
}

/// What leaves the building when nothing else does, before it does not: a modem that carries nothing is `delivery-failed` of its channel.
fn modem() -> Vec<Rule> {
    vec![
        Draft::new(BuiltIn::ModemSignalLow, Medium, below(-101.0, 4.0))
            .of(&[Q::Signal])
            .on(minutes(15))
            .off(minutes(15))
            .rule(),
        Draft::new(BuiltIn::ModemCreditLow, Medium, is(true))
            .of(&[Q::CreditLow])
            .rule(),
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

/// A UPS that was silent is back when it goes on talking: by then the values that were lost with it are back as well.
const BACK: Duration = seconds(10);

/// What a UPS measures and may lose while the rest goes on. Where the whole UPS is silent, that is told.
const UPS_VALUES: &[Quantity] = &[
    Q::BatteryCharge,
    Q::BatteryRuntime,
    Q::BatteryVoltage,
    Q::BatteryTemperature,
    Q::UpsTemperature,
    Q::UpsTestFailed,
    Q::Load,
    Q::InputVoltage,
    Q::OutputVoltage,
    Q::Frequency,
    Q::ApparentPower,
];

fn silence() -> Vec<Rule> {
    let stale = || Condition::Stale(Stale::default());
    let lost = || {
        Condition::Stale(Stale {
            once_known: true,
            ..Stale::default()
        })
    };
    vec![
        Draft::new(
            BuiltIn::AgentOffline,
            High,
            Condition::Offline(Offline { after: None }),
        )
        .rule(),
        Draft::new(BuiltIn::NoDataProtection, High, stale())
            .of(&[Q::Smoke, Q::Water])
            .rule(),
        Draft::new(BuiltIn::NoDataUps, High, stale())
            .of(&[Q::UpsOnLine])
            .off(BACK)
            .rule(),
        Draft::new(BuiltIn::NoDataUpsOnBattery, Critical, stale())
            .of(&[Q::UpsOnLine])
            .only_while(Q::UpsOnBattery, true)
            .off(BACK)
            .rule(),
        Draft::new(BuiltIn::UpsValueLost, Medium, lost())
            .of(UPS_VALUES)
            .on(minutes(4))
            .suppressed_by(&[BuiltIn::NoDataUps, BuiltIn::NoDataUpsOnBattery])
            .rule(),
        Draft::new(BuiltIn::NoData, Medium, stale()).of(ORDINARY).rule(),
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
