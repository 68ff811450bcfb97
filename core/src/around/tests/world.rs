//! A small site with a rule of each kind that the newest values decide, and readings of it at random, for the properties that all kinds have.

use plenum_protocol::{Fault, Outcome};

use crate::site::Site;
use crate::site::defaults::built_in;

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

const PLACES: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "a"
name = "A"
[[room]]
id = "b"
name = "B"
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
agent = "x"
id = "three"
name = "Three"
room = "a"
place = "inlet"
[[sensor]]
agent = "x"
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

/// What stands under `when` and beside it, and for how long it has to be so, and to be gone.
const RULES: &[(&str, u32, u32)] = &[
    ("when = { above = { limit = 27, deadband = 1 } }", 0, 0),
    ("when = { above = { limit = 27, deadband = 1 } }", 15, 25),
    (
        "when = { above = { limit = 23 } }\nonly_while = { quantity = \"ups-on-battery\" }",
        0,
        20,
    ),
    (
        "when = { above = { limit = 23 } }\nonly_while = { quantity = \"humidity\", above = 60, within = \"site\" }",
        5,
        15,
    ),
    (
        "when = { above = { limit = 23 } }\nnot_while = [{ quantity = \"ups-on-battery\", sensor = \"x/ups\" }]",
        5,
        15,
    ),
    (
        "when = { all = [{ above = { limit = 25, deadband = 2 } }, { quantity = \"ups-on-battery\", within = \"room\" , is = { state = true } }] }",
        5,
        25,
    ),
    (
        "when = { any = [{ above = { limit = 31 } }, { quantity = \"humidity\", within = \"nearest\", above = { limit = 70, deadband = 5 } }] }",
        0,
        25,
    ),
    (
        "when = { not = { any = [{ above = { limit = 26 } }, { quantity = \"temperature\", within = \"room\", above = { limit = 26, deadband = 1 } }] } }",
        10,
        5,
    ),
    (
        "when = { vote = { at_least = 2, above = { limit = 26, deadband = 1 } } }",
        0,
        0,
    ),
    (
        "when = { vote = { at_least = 3, within = \"site\", above = { limit = 23, deadband = 1 } } }",
        10,
        25,
    ),
    ("when = { deviation = { limit = 4, deadband = 1 } }", 10, 20),
    (
        "when = { deviation = { limit = 6 } }\nonly_while = { quantity = \"ups-on-battery\", within = \"site\" }",
        0,
        0,
    ),
    ("when = { dew-point = { above = 17, deadband = 1 } }", 0, 15),
    ("when = { dew-point = { margin = 6 } }", 10, 10),
    ("when = { ashrae = { class = \"A1\", deadband = 1 } }", 0, 10),
    ("when = { rises = { by = 4, within = \"1min\" } }", 0, 15),
];

/// The series that are read.
pub(crate) const CHANNELS: [&str; 6] = [
    "one/temperature",
    "two/temperature",
    "three/temperature",
    "far/temperature",
    "one/humidity",
    "ups/ups-on-battery",
];

/// The site, without the built-in rules.
pub(crate) fn site() -> Site {
    let mut text = PLACES.to_owned();
    for (number, (when, on, off)) in RULES.iter().enumerate() {
        text += &format!(
            "[[rule]]\nid = \"rule-{number}\"\nname = \"Rule {number}\"\nselect = {{ quantities = [\"temperature\"] }}\n{when}\n\
             on_delay = \"{on}s\"\noff_delay = \"{off}s\"\npriority = \"low\"\n"
        );
    }
    let mut site: Site = toml::from_str(&text).unwrap();
    for rule in built_in() {
        let mut off = rule.clone();
        off.enabled = false;
        site.rules.push(off);
    }
    site
}

/// The same with a few of its rules, by chance.
pub(crate) fn with_few_rules(site: &Site, dice: &mut Dice) -> Site {
    let mut few = site.clone();
    few.rules.retain(|rule| !rule.enabled || dice.roll(5) == 0);
    few
}

/// What one of them says.
pub(crate) fn outcome(dice: &mut Dice, channel: usize) -> Outcome {
    if dice.roll(9) == 0 {
        return Err(Fault::Timeout);
    }
    Ok(match channel {
        0..=3 => [20.0, 24.0, 26.5, 28.0, 33.0][dice.roll(5) as usize],
        4 => [10.0, 50.0, 67.0, 90.0][dice.roll(4) as usize],
        _ => dice.roll(2) as f64,
    })
}

/// Some of them are read together, and after how many seconds.
pub(crate) fn tick(dice: &mut Dice) -> (i64, Vec<usize>) {
    let after = match dice.roll(12) {
        0 => 60 + dice.roll(140) as i64,
        _ => 1 + dice.roll(20) as i64,
    };
    let read = (0..CHANNELS.len()).filter(|_| dice.roll(3) != 0).collect();
    (after, read)
}

#[test]
fn the_rules_can_be_written_and_come_back_as_they_were() {
    let site = site();
    let text = toml::to_string(&site).unwrap();
    assert_eq!(toml::from_str::<Site>(&text).unwrap(), site, "{text}");
}
