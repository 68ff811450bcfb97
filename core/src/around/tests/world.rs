//! A small site with rules of every kind, for the properties that all kinds have. What is read there at random stands beside it, in `past`.

use crate::site::defaults::built_in;
use crate::site::{Rule, Site};

pub(crate) use super::past::{AGENTS, CHANNELS, Dice, Past, Tick};

const PLACES: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "a"
name = "A"
zone = "hall"
[[room]]
id = "b"
name = "B"
zone = "hall"
[[sensor]]
agent = "x"
id = "one"
name = "One"
room = "a"
place = "inlet"
[[sensor]]
agent = "x"
id = "two"
name = "Two"
room = "a"
place = "inlet"
[[sensor]]
agent = "y"
id = "three"
name = "Three"
room = "a"
place = "inlet"
[[sensor]]
agent = "y"
id = "far"
name = "Far"
room = "b"
place = "inlet"
[[sensor]]
agent = "x"
id = "ups"
name = "UPS"
room = "a"
place = "ups"
"#;

/// The quantity that is selected, what stands under `when` and beside it, and for how long it has to be so, and to be gone.
type Written = (&'static str, &'static str, &'static str, u32, u32);

const TEMPERATURE: &str = "temperature";
const BATTERY: &str = "ups-on-battery";

#[rustfmt::skip]
const RULES: &[Written] = &[
    ("above", TEMPERATURE, "when = { above = { limit = 27, deadband = 1 } }", 0, 0),
    ("above-for-a-while", TEMPERATURE, "when = { above = { limit = 27, deadband = 1 } }", 15, 25),
    ("above-twice", TEMPERATURE, "when = { above = { limit = 26, deadband = 1 } }\ntwo_readings = true", 10, 5),
    ("below", TEMPERATURE, "when = { below = { limit = 22, deadband = 1 } }", 8, 12),
    ("is", BATTERY, "when = { is = { state = true } }", 5, 15),
    ("is-twice", BATTERY, "when = { is = { state = true } }\ntwo_readings = true", 10, 0),
    ("latched", BATTERY, "when = { is = { state = true, latched = true } }", 0, 0),
    ("rises", TEMPERATURE, "when = { rises = { by = 4, within = \"1min\" } }", 0, 15),
    ("falls", TEMPERATURE, "when = { falls = { by = 3, within = \"2min\", deadband = 1 } }", 10, 10),
    ("drifts", TEMPERATURE, "when = { drifts = { by = 1.5, weeks = 1 } }", 0, 0),
    ("forecast", TEMPERATURE, "when = { forecast = { limit = 30, within = \"10min\" } }", 0, 20),
    ("mean", TEMPERATURE, "when = { mean = { above = 25, within = \"1min\", deadband = 1 } }", 0, 10),
    ("cycles", BATTERY, "when = { cycles = { starts = 3, within = \"3min\" } }", 0, 10),
    ("moves", TEMPERATURE, "when = { any = [{ all = [{ rises = { by = 3, within = \"1min\" } }, { not = { below = { limit = 24 } } }] }, { falls = { by = 5, within = \"2min\" } }, { forecast = { limit = 31, within = \"5min\" } }] }", 0, 15),
    ("while-it-does-not-fall", TEMPERATURE, "when = { all = [{ above = { limit = 25 } }, { not = { falls = { by = 2, within = \"1min\" } } }] }", 5, 5),
    ("stale", TEMPERATURE, "when = { stale = {} }", 0, 10),
    ("stale-after", BATTERY, "when = { stale = { after = \"45s\" } }", 10, 0),
    ("stale-once-known", TEMPERATURE, "when = { stale = { after = \"50s\", once_known = true } }\nnot_while = [{ quantity = \"ups-on-battery\", within = \"site\" }]", 0, 10),
    ("stale-on-battery", TEMPERATURE, "when = { stale = { after = \"40s\" } }\nonly_while = { quantity = \"ups-on-battery\", within = \"site\" }", 0, 10),
    ("only-while-near", TEMPERATURE, "when = { above = { limit = 23 } }\nonly_while = { quantity = \"ups-on-battery\" }", 0, 20),
    ("only-while-site", TEMPERATURE, "when = { above = { limit = 23 } }\nonly_while = { quantity = \"humidity\", above = 60, within = \"site\" }", 5, 15),
    ("only-while-zone", TEMPERATURE, "when = { below = { limit = 25 } }\nonly_while = { quantity = \"humidity\", below = 60, within = \"zone\" }", 5, 15),
    ("not-while", TEMPERATURE, "when = { above = { limit = 23 } }\nnot_while = [{ quantity = \"ups-on-battery\", sensor = \"x/ups\" }]", 5, 15),
    ("suppressed", TEMPERATURE, "when = { above = { limit = 24 } }\nsuppressed_by = [\"is\", \"above\"]", 0, 15),
    ("all", TEMPERATURE, "when = { all = [{ above = { limit = 25, deadband = 2 } }, { quantity = \"ups-on-battery\", within = \"room\", is = { state = true } }] }", 5, 25),
    ("any", TEMPERATURE, "when = { any = [{ above = { limit = 31 } }, { quantity = \"humidity\", within = \"nearest\", above = { limit = 70, deadband = 5 } }] }", 0, 25),
    ("not", TEMPERATURE, "when = { not = { any = [{ above = { limit = 26 } }, { quantity = \"temperature\", within = \"room\", above = { limit = 26, deadband = 1 } }] } }", 10, 5),
    ("vote", TEMPERATURE, "when = { vote = { at_least = 2, above = { limit = 26, deadband = 1 } } }", 0, 0),
    ("vote-site", TEMPERATURE, "when = { vote = { at_least = 3, within = \"site\", above = { limit = 23, deadband = 1 } } }", 10, 25),
    ("deviation", TEMPERATURE, "when = { deviation = { limit = 4, deadband = 1 } }", 10, 20),
    ("deviation-on-battery", TEMPERATURE, "when = { deviation = { limit = 6 } }\nonly_while = { quantity = \"ups-on-battery\", within = \"site\" }", 0, 0),
    ("dew-point", TEMPERATURE, "when = { dew-point = { above = 17, deadband = 1 } }", 0, 15),
    ("dew-point-margin", TEMPERATURE, "when = { dew-point = { margin = 6 } }", 10, 10),
    ("ashrae", TEMPERATURE, "when = { ashrae = { class = \"A1\", deadband = 1 } }", 0, 10),
    ("offline", "", "when = { offline = { after = \"30s\" } }", 0, 0),
];

/// The site, with none of the built-in rules but what the monitor says of itself.
pub(crate) fn site() -> Site {
    let mut text = PLACES.to_owned();
    for (id, quantity, when, on, off) in RULES {
        let select = match *quantity {
            "" => String::new(),
            one => format!("select = {{ quantities = [\"{one}\"] }}\n"),
        };
        text += &format!(
            "[[rule]]\nid = \"{id}\"\nname = \"{id}\"\n{select}{when}\non_delay = \"{on}s\"\noff_delay = \"{off}s\"\npriority = \"low\"\n"
        );
    }
    let mut site: Site = toml::from_str(&text).unwrap();
    for rule in built_in() {
        let mut off = rule.clone();
        off.enabled = rule.id.as_str() == "gap";
        site.rules.push(off);
    }
    site
}

/// The same with a few of its rules, by chance; those that a past of days is about are there in one.
pub(crate) fn with_few_rules(site: &Site, past: &Past, dice: &mut Dice) -> Site {
    let mut few = site.clone();
    let is_wanted =
        |rule: &Rule| rule.id.as_str() == "gap" || (past.is_long() && rule.id.as_str() == "drifts");
    few.rules
        .retain(|rule| !rule.enabled || is_wanted(rule) || dice.roll(5) == 0);
    few
}

#[test]
fn the_rules_can_be_written_and_come_back_as_they_were() {
    let site = site();
    let text = toml::to_string(&site).unwrap();
    assert_eq!(toml::from_str::<Site>(&text).unwrap(), site, "{text}");
}

#[test]
fn every_kind_of_condition_has_a_rule() {
    let site = site();
    let in_force = site.rules.iter().filter(|rule| rule.enabled);
    let text: Vec<String> = in_force.map(|rule| toml::to_string(rule).unwrap()).collect();
    for manual in crate::site::condition::MANUALS {
        let table = format!("[when.{}", manual.key);
        let list = format!("[[when.{}", manual.key);
        let value = format!("[when]\n{} = ", manual.key);
        let own = |rule: &String| rule.contains(&table) || rule.contains(&list) || rule.contains(&value);
        assert!(text.iter().any(own), "no rule is about {}", manual.key);
    }
}
