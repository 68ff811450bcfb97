//! The worst quarter of an hour: a room of fifty sensors loses its cooling, then the site its mains, then a switch takes half of the sensors away; and
//! another in which twenty agents go dark at once. A real collector, real agents, a real broker, a switch that can go off and a real mail server.
//! Nobody answers. Whoever is called gets few messages, the cause first, and the log has all of it.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use plenum_core::alarms::Subject;
use plenum_protocol::Duration;
use support::house::House;
use support::switch::Switch;

/// The clock's.
const FACTOR: i64 = 15;
/// From when the agents read.
const COOLING_LOST: Duration = Duration::from_minutes(2);
const MAINS_LOST: Duration = Duration::from_minutes(4);
const SWITCH_OFF: Duration = Duration::from_minutes(6);
/// How long messages are counted, from the loss of cooling.
const COUNTED: Duration = Duration::from_minutes(10);
/// What one person may get in that time.
const MOST: usize = 10;
/// How many inlets each of the two agents reads; the first also the cooling unit, mains, a UPS and the switch.
const INLETS: [usize; 2] = [22, 24];
/// How many agents go dark together.
const DARK: usize = 20;
const PEOPLE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[person]]
id = "sanne"
name = "Sanne"
[[person]]
id = "joris"
name = "Joris"
[[team]]
id = "operations"
name = "Operations"
members = ["sanne", "joris"]
[[channel]]
id = "mail"
kind = "email"
people = ["sanne", "joris"]
[[ladder]]
id = "operations"
fallback = "joris"
again = "10min"
[[ladder.step]]
whom = { person = "sanne" }
[[ladder.step]]
whom = { team = "operations" }
after = "5min"
"#;
/// The switch, of which the first agent knows, and who speaks through it.
const SUPPLY: &str = "[[supply]]\nfrom = \"pi-1/switch-1\"\nagents = [\"pi-2\"]\n";

fn site() -> String {
    let mut text = [PEOPLE, SUPPLY].concat();
    let mut sensor = |agent: usize, id: &str, place: &str| {
        write!(
            text,
            "[[sensor]]\nagent = \"pi-{agent}\"\nid = \"{id}\"\nname = \"{id}\"\nroom = \"room-a\"\nplace = \"{place}\"\n"
        )
        .unwrap();
    };
    for (id, place) in [
        ("ac-1", "cooling"),
        ("mains", "mains"),
        ("ups", "ups"),
        ("switch-1", "other"),
    ] {
        sensor(1, id, place);
    }
    for agent in [1, 2] {
        for number in 1..=INLETS[agent - 1] {
            sensor(agent, &format!("inlet-{agent}-{number}"), "inlet");
        }
    }
    text
}

/// The sensors of one agent: half of the inlets, and with the first what else there is.
fn sensors(house: &House, agent: usize) -> String {
    let mut text = String::new();
    let flips = |quantity: &str, from: bool, at: Duration| {
        let event = format!("{{ at = \"{at}\", effect = {{ level = {} }} }}", !from);
        format!("quantities.{quantity} = {{ base = {from}, events = [{event}] }}\n")
    };
    for inlet in 1..=INLETS[agent - 1] {
        // Each a little warmer than the one before, and as fast as a full room.
        let (base, by) = (20.0 + 0.1 * inlet as f64, 16.0 + 0.2 * inlet as f64);
        let rises = format!("{{ exponential = {{ by = {by:.1}, time-constant = \"5min\" }} }}");
        let course = format!(
            "base = {base:.1}, noise = 0.04, resolution = 0.01, events = [{{ at = \"{COOLING_LOST}\", effect = {rises} }}]"
        );
        let quantities = format!("quantities.temperature = {{ {course} }}\n");
        text += &house.sensor(&format!("inlet-{agent}-{inlet}"), "5s", &quantities);
    }
    if agent == 1 {
        for (id, courses) in [
            (
                "ac-1",
                [
                    flips("cooling-fault", false, COOLING_LOST),
                    flips("cooling-running", true, COOLING_LOST),
                ],
            ),
            ("mains", [flips("mains-present", true, MAINS_LOST), String::new()]),
            (
                "ups",
                [
                    flips("ups-on-line", true, MAINS_LOST),
                    flips("ups-on-battery", false, MAINS_LOST),
                ],
            ),
            (
                "switch-1",
                [flips("contact-fault", false, SWITCH_OFF), String::new()],
            ),
        ] {
            text += &house.sensor(id, "5s", &courses.concat());
        }
    }
    text
}

/// What the log has of every alarm that came: the rules by what they are about, and all incidents.
async fn log(house: &House) -> (BTreeMap<Subject, Vec<String>>, BTreeSet<u64>) {
    let (mut rules, mut incidents) = (BTreeMap::<_, Vec<String>>::new(), BTreeSet::new());
    for alarm in house.collector.alarms.alarms(true) {
        let episodes = house
            .collector
            .alarms
            .episodes_of(alarm.id, house.begun, house.clock.now());
        assert_eq!(episodes.await.unwrap().len(), 1, "{alarm:?}");
        incidents.extend(house.collector.alarms.incident_of(alarm.id));
        rules
            .entry(alarm.subject)
            .or_default()
            .push(alarm.rule.to_string());
    }
    (rules, incidents)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sensors_lose_cooling_mains_and_a_switch_and_whoever_is_called_gets_few_messages_the_cause_first()
 {
    let house = House::begin(FACTOR, site(), &["sanne", "joris"], "").await;
    let switch = Switch::before(&house.broker);
    house.agent("pi-1", &house.broker, &sensors(&house, 1)).await;
    house.agent("pi-2", &switch.url(), &sensors(&house, 2)).await;
    house.wait_until(SWITCH_OFF).await;
    switch.off();
    house.wait_until(COOLING_LOST + COUNTED).await;
    let (rules, incidents) = log(&house).await;
    house.end().await;

    let (first, second) = (house.subjects("sanne"), house.subjects("joris"));
    assert!(
        first.len() <= MOST && second.len() <= MOST,
        "{first:#?}\n{second:#?}"
    );
    assert!(
        first[0].contains("cooling unit reports a fault, ac-1"),
        "{first:#?}"
    );
    assert!(
        first.iter().any(|subject| subject.starts_with("CRITICAL")),
        "{first:#?}"
    );
    assert!(!second.is_empty(), "nobody had it, and the second was not called");
    for mail in house.mail.mails() {
        let text = mail["text"].as_str().unwrap();
        assert!(
            !text.contains("DELAYED"),
            "it waited for what it was meant to wait for: {text}"
        );
    }

    // One event in the room, and the switch with whoever speaks through it.
    assert_eq!(incidents.len(), 2);
    for (agent, inlets) in INLETS.into_iter().enumerate() {
        for inlet in 1..=inlets {
            let subject = series(&format!("hall/pi-{0}/inlet-{0}-{inlet}/temperature", agent + 1));
            assert!(
                rules[&subject].iter().any(|rule| rule == "cooling-failed"),
                "{subject:?}: {rules:?}"
            );
        }
    }
    for (subject, rule) in [
        (series("hall/pi-1/ac-1/cooling-fault"), "cooling-fault"),
        (series("hall/pi-1/mains/mains-present"), "mains-lost"),
        (series("hall/pi-1/ups/ups-on-battery"), "ups-on-battery"),
        (series("hall/pi-1/switch-1/contact-fault"), "contact-fault"),
        (Subject::Agent("hall/pi-2".parse().unwrap()), "agent-offline"),
    ] {
        assert_eq!(rules.get(&subject), Some(&vec![rule.to_owned()]), "{subject:?}");
    }
}

fn series(name: &str) -> Subject {
    Subject::Series(name.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_agents_that_go_dark_together_are_one_message_that_names_how_many() {
    let mut site = PEOPLE.to_owned();
    for agent in 1..=DARK {
        write!(
            site,
            "[[sensor]]\nagent = \"pi-{agent}\"\nid = \"air\"\nname = \"Air {agent}\"\nroom = \"room-a\"\nplace = \"room\"\n"
        )
        .unwrap();
    }
    let house = House::begin(FACTOR, site, &["sanne", "joris"], "").await;
    let switch = Switch::before(&house.broker);
    for agent in 1..=DARK {
        let air = house.sensor(
            "air",
            "5s",
            "quantities.temperature = { base = 21.0, noise = 0.04 }\n",
        );
        house.agent(&format!("pi-{agent}"), &switch.url(), &air).await;
    }
    house.wait_until(Duration::from_minutes(1)).await;
    switch.off();
    house.wait_until(Duration::from_minutes(5)).await;
    let (rules, incidents) = log(&house).await;
    house.end().await;
    let told = house.subjects("sanne");
    assert_eq!((rules.len(), incidents.len()), (DARK, 1), "{rules:?}");
    let [subject] = told.as_slice() else {
        panic!("{told:#?}")
    };
    assert!(subject.contains(&format!("and {} more", DARK - 1)), "{subject}");
}
