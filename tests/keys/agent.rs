//! The keys of agent.toml, those of every driver among them.

use plenum_agent::drivers::DRIVERS;
use plenum_protocol::config_key::{Key, maybe, required, usual};

use super::Table;

/// In the order of the page; those of every sensor come behind them, then those of the drivers.
pub(crate) const TABLES: &[Table] = &[
    Table {
        title: "(top)",
        about: "Who the agent is.",
        frame: "@\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n",
        keys: TOP,
    },
    Table {
        title: "[broker]",
        about: "Where readings go.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\n@",
        keys: BROKER,
    },
    Table {
        title: "[spool]",
        about: "Where readings wait until the collector has stored them.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[spool]\n@",
        keys: SPOOL,
    },
    Table {
        title: "[[output]]",
        about: "A relay, a buzzer, a lamp: what the collector switches by command, and the agent by its own rules. [sirens.md](../sirens.md) says how to wire one.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[[output]]\n@",
        keys: OUTPUT,
    },
    Table {
        title: "[[output.rule]]",
        about: "When the output goes on by itself: the collector has been silent, and one of the inputs is in its alarm state. It ends when they are well, when the collector takes over, or at the button.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[[output]]\nid = \"siren\"\nline = 22\n[[output.rule]]\n@",
        keys: RULE,
    },
    Table {
        title: "[[output.rule.input]]",
        about: "An input of a rule, and its alarm state.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[[sensor]]\nid = \"smoke-a\"\ndriver = \"contact\"\nquantity = \"smoke\"\nline = 27\n[[output]]\nid = \"siren\"\nline = 22\n[[output.rule]]\nsilent = \"2min\"\n[[output.rule.input]]\n@",
        keys: INPUT,
    },
];

/// What every sensor has.
pub(crate) const SENSOR: &[Key] = &[
    required("id", "identifier", "\"inlet-a3\"", "Its name within this agent."),
    required(
        "driver",
        "one of the drivers below",
        "\"sht3x\"",
        "What it is. Every further key is the driver's own.",
    ),
    usual(
        "interval",
        "duration, 1s to 1d",
        "\"10s\"",
        "How often it is polled.",
    ),
];

/// The own keys of each driver, then those of the tables below them: the registry's.
pub(crate) fn drivers() -> Vec<Table> {
    let own = DRIVERS.iter().map(|entry| Table {
        title: entry.name,
        about: entry.manual.about,
        frame: "@",
        keys: entry.manual.keys,
    });
    let below = DRIVERS.iter().flat_map(|entry| {
        entry.manual.below.iter().map(|below| Table {
            title: format!("{}: {}", entry.name, below.title).leak(),
            about: below.about,
            frame: below.frame,
            keys: below.keys,
        })
    });
    own.chain(below).collect()
}

const TOP: &[Key] = &[
    required(
        "site",
        "identifier",
        "\"zaandam\"",
        "The site that it belongs to; the same as in the collector's site.toml. A change needs a restart.",
    ),
    required(
        "agent",
        "identifier",
        "\"pi-a1\"",
        "This host's name within the site. A change needs a restart.",
    ),
    usual(
        "clock",
        "one of `kernel`, `trusted`",
        "\"kernel\"",
        "What vouches for the clock. `kernel`: until NTP has set it, readings travel with their age instead of their instant. `trusted`: it is right whatever the kernel says. A change needs a restart.",
    ),
    maybe("broker", "table, required", "See [broker]."),
    maybe("spool", "table", "See [spool]."),
    maybe("sensor", "list of tables", "See [[sensor]]."),
    maybe("output", "list of tables", "See [[output]]."),
];

const BROKER: &[Key] = &[
    required(
        "url",
        "URL",
        "\"mqtt://127.0.0.1:1883\"",
        "The broker; `mqtts://` for TLS, at port 8883 where it names none.",
    ),
    maybe(
        "user",
        "text",
        "Name for log-in; without it site/agent where there is a password.",
    ),
    maybe(
        "password_file",
        "path",
        "File with the password of the credential in collector.toml, on one line.",
    ),
    maybe(
        "ca",
        "path",
        "For TLS: file with the certificates of those that are believed about the broker's; without it those behind the one in `identity`.",
    ),
    maybe(
        "identity",
        "path",
        "For TLS: file with this agent's key, its certificate and those behind it, where the broker asks for one.",
    ),
    usual(
        "insecure",
        "flag",
        "false",
        "Plain MQTT to another host is wanted: anyone on the way reads and writes it.",
    ),
];

const SPOOL: &[Key] = &[
    usual(
        "path",
        "path",
        "\"/var/lib/plenum-agent/spool.db\"",
        "The spool's file. A change needs a restart.",
    ),
    usual(
        "maximum",
        "size, at least 1MiB",
        "\"256MiB\"",
        "Past this the acknowledged go first, then the oldest routine readings, urgent ones last.",
    ),
];

const OUTPUT: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"siren\"",
        "Its name within this agent; no sensor has the same. Its state is the series of this name and the quantity `switched-on`.",
    ),
    usual(
        "what",
        "one of `relay`, `buzzer`, `lamp`",
        "\"relay\"",
        "What it is, for people. The command `identify` blinks the lamps, or beeps with the buzzers where there is no lamp.",
    ),
    maybe(
        "chip",
        "path or name",
        "The GPIO chip, as gpiochip0; may be left out where the line has a name.",
    ),
    required(
        "line",
        "number or name",
        "22",
        "The line's number on its chip, or its name as gpioinfo lists it. No sensor reads the same.",
    ),
    usual(
        "active_low",
        "flag",
        "false",
        "The relay board switches while the line is low.",
    ),
    usual(
        "rests_on",
        "flag",
        "false",
        "The line is active while the output is off: a relay that falls, and sounds, when the power does.",
    ),
    maybe("rule", "list of tables", "See [[output.rule]]."),
];

const RULE: &[Key] = &[
    required(
        "silent",
        "duration, 1min to 1d",
        "\"2min\"",
        "How long the collector has neither acknowledged nor said anything.",
    ),
    maybe(
        "input",
        "list of tables",
        "One of these is in its alarm state, see [[output.rule.input]]; without any, that the collector is silent is enough.",
    ),
    maybe(
        "silenced_by",
        "identifier",
        "A sensor of this agent with the quantity `button-pressed`: pressed, it silences the output until the inputs are well, another of them is not, or the collector answers.",
    ),
    usual(
        "blinks",
        "flag",
        "false",
        "On for a second of every four instead of throughout: for a lamp.",
    ),
];

const INPUT: &[Key] = &[
    required("sensor", "identifier", "\"smoke-a\"", "A sensor of this agent."),
    maybe(
        "quantity",
        "quantity",
        "Which of its quantities; may be left out where it has one.",
    ),
    usual(
        "is",
        "flag",
        "true",
        "For a state: whether its alarm state is that it holds, or that it does not, as for `mains-present`.",
    ),
    maybe(
        "above",
        "number",
        "For a number: it is in alarm above this, in the quantity's unit.",
    ),
    maybe(
        "below",
        "number",
        "For a number: it is in alarm below this, in the quantity's unit.",
    ),
];
