//! Outputs as they are written, and what is said of mistakes in them.

use super::*;
use crate::AgentConfig;
use crate::outputs::{AlarmState, Input};
use plenum_protocol::{Duration, Quantity};

const HEAD: &str = "\
site = \"zaandam\"
agent = \"pi-a1\"
[broker]
url = \"mqtt://localhost\"
[[sensor]]
id = \"smoke-a\"
driver = \"contact\"
quantity = \"smoke\"
line = 27
[[sensor]]
id = \"button-a\"
driver = \"contact\"
quantity = \"button-pressed\"
line = 5
[[sensor]]
id = \"inlet-a3\"
driver = \"sht3x\"
bus = \"/dev/i2c-1\"
address = 0x44
";

fn parse(tail: &str) -> Result<Vec<OutputConfig>, Vec<String>> {
    let config = AgentConfig::parse("agent.toml", &format!("{HEAD}{tail}"));
    config.map(|config| config.outputs).map_err(|errors| {
        let line = |error: &ConfigError| error.to_string().lines().next().unwrap_or_default().to_owned();
        errors.iter().map(line).collect()
    })
}

fn check(tail: &str, expected: &[&str]) {
    assert_eq!(parse(tail).unwrap_err(), expected, "{tail}");
}

#[test]
fn an_output_has_a_line_a_word_and_rules() {
    let outputs = parse(
        "[[output]]\nid = \"siren\"\nline = 22\nrests_on = true\n\
         [[output.rule]]\nsilent = \"2min\"\nsilenced_by = \"button-a\"\n\
         input = [{ sensor = \"smoke-a\" }, { sensor = \"inlet-a3\", quantity = \"temperature\", above = 40 }]\n\
         [[output]]\nid = \"lamp\"\nwhat = \"lamp\"\nchip = \"gpiochip1\"\nline = \"LAMP\"\n\
         [[output.rule]]\nsilent = \"1min\"\nblinks = true\n",
    )
    .unwrap();
    assert_eq!((outputs[0].what, outputs[0].rests_on), (What::Relay, true));
    assert_eq!(outputs[0].bus, "/dev/gpiochip0/22");
    let rule = &outputs[0].rules[0];
    assert_eq!(rule.silent, Duration::from_minutes(2));
    let input = |sensor: &str, quantity, state| Input {
        sensor: sensor.parse().unwrap(),
        quantity,
        state,
    };
    let expected = [
        input("smoke-a", Quantity::Smoke, AlarmState::Is(true)),
        input("inlet-a3", Quantity::Temperature, AlarmState::Above(40.0)),
    ];
    assert_eq!(rule.inputs, expected);
    assert_eq!(
        (outputs[1].what, outputs[1].bus.as_str()),
        (What::Lamp, "/dev/gpiochip1/LAMP")
    );
    assert!(outputs[1].rules[0].blinks && outputs[1].rules[0].inputs.is_empty());
    // A line that is not there is a fault with advice, as a contact's is, and no mistake of the file.
    let error = (outputs[0].open)().err().unwrap();
    assert!(error.advice.unwrap().contains("gpioinfo"));
}

#[test]
fn a_line_is_read_or_switched_by_one() {
    let siren = "[[output]]\nid = \"siren\"\nline = 27\n";
    check(
        siren,
        &[
            "agent.toml:22:1: output `siren`: sensor `smoke-a` has the line /dev/gpiochip0/27; a line is either read or switched, by one",
        ],
    );
    let twice = "[[output]]\nid = \"siren\"\nline = 22\n[[output]]\nid = \"lamp\"\nchip = \"/dev/gpiochip0\"\nline = 22\n";
    check(
        twice,
        &[
            "agent.toml:26:1: output `lamp`: output `siren` has the line /dev/gpiochip0/22; a line is either read or switched, by one",
        ],
    );
    check(
        "[[output]]\nid = \"smoke-a\"\nline = 22\n",
        &[
            "agent.toml:21:1: output `smoke-a`: a sensor has this name; give each sensor and each output a name of its own",
        ],
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    check(
        "[[output]]\nline = 22\n",
        &["agent.toml:20:1: the first [[output]]: missing field `id`"],
    );
    check(
        "[[output]]\nid = \"siren\"\nline = 22\nwhat = \"horn\"\n",
        &[
            "agent.toml:23:1: output `siren`: unknown variant `horn`, expected one of `relay`, `buzzer`, `lamp`",
        ],
    );
    let rule = |rest: &str| {
        format!("[[output]]\nid = \"siren\"\nline = 22\n[[output.rule]]\nsilent = \"2min\"\n{rest}\n")
    };
    check(
        "[[output]]\nid = \"siren\"\nline = 22\n[[output.rule]]\nsilent = \"5s\"\n",
        &["agent.toml:24:1: output `siren`: `silent` is 5s, which is not between 1min and 1d"],
    );
    check(
        &rule("silenced_by = \"smoke-a\"\ninput = [{ sensor = \"smoke-b\" }]"),
        &[
            "agent.toml:25:1: output `siren`: sensor `smoke-a` is not a button; write `quantity = \"button-pressed\"` for the contact behind it",
            "agent.toml:26:12: output `siren`: there is no sensor `smoke-b`; did you mean `smoke-a`?",
        ],
    );
    check(
        &rule("input = [{ sensor = \"inlet-a3\" }]"),
        &[
            "agent.toml:25:10: output `siren`: sensor `inlet-a3` needs a `quantity` here; it has: temperature, humidity, dew-point",
        ],
    );
    check(
        &rule("input = [{ sensor = \"inlet-a3\", quantity = \"temperature\" }]"),
        &[
            "agent.toml:25:10: output `siren`: temperature is a number: write either `above` or `below`, in Cel",
        ],
    );
    check(
        &rule("input = [{ sensor = \"smoke-a\", above = 1 }]"),
        &[
            "agent.toml:25:32: output `siren`: smoke is a state: write `is = true` or `is = false` instead of `above`",
        ],
    );
    check(
        &rule("input = [{ sensor = \"inlet-a3\", quantity = \"temperature\", above = 400 }]"),
        &["agent.toml:25:59: output `siren`: above = 400 is not between -60 and 150 Cel"],
    );
    check(
        &rule("silence = \"button-a\""),
        &[
            "agent.toml:25:1: output `siren`: unknown field `silence`, expected one of `silent`, `input`, `silenced_by`, `blinks`; did you mean `silent`?",
        ],
    );
}
