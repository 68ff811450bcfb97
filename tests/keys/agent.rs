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
