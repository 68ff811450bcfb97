//! The keys of agent.toml, those of every driver among them.

use plenum_protocol::config_key::{Key, maybe, required, usual};

use super::Table;

/// In the order of the page, each driver's keys behind those of every sensor.
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

/// The own keys of each driver, and of the tables below them.
pub(crate) const DRIVERS: &[Table] = &[
    driver(
        "contact",
        "A contact on a GPIO line: smoke relay, leak detector, door, mains relay.",
        CONTACT,
    ),
    driver(
        "hwmon",
        "What the kernel already reads, under /sys/class/hwmon.",
        HWMON,
    ),
    driver("lm75", "LM75 and its kin on I2C.", LM75),
    driver(
        "megatec",
        "A UPS that speaks Megatec (Q1) on a serial line.",
        MEGATEC,
    ),
    driver("nut", "A UPS that Network UPS Tools watches.", NUT),
    driver(
        "sht3x",
        "SHT30, SHT31 and SHT35 on I2C, with the dew point.",
        SHT3X,
    ),
    driver(
        "simulated",
        "A script of curves: no hardware, to try out and for tests.",
        SIMULATED,
    ),
];

/// Tables below a driver's keys.
pub(crate) const BELOW: &[Table] = &[Table {
    title: "simulated: quantities.QUANTITY",
    about: "The course of one quantity: the sum of its parts, rounded to the resolution.",
    frame: "start = \"2026-01-01T00:00:00Z\"\nseed = 1\n[quantities.temperature]\n@",
    keys: CURVE,
}];

const fn driver(name: &'static str, about: &'static str, keys: &'static [Key]) -> Table {
    Table {
        title: name,
        about,
        frame: "@",
        keys,
    }
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
    required("url", "URL", "\"mqtt://127.0.0.1:1883\"", "The broker."),
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

const CONTACT: &[Key] = &[
    required(
        "quantity",
        "quantity that is a state",
        "\"smoke\"",
        "What the contact means.",
    ),
    maybe(
        "chip",
        "path or name",
        "The GPIO chip, as gpiochip0; may be left out where the line has a name.",
    ),
    required(
        "line",
        "number or name",
        "17",
        "The line's number on its chip, or its name as gpioinfo lists it.",
    ),
    usual(
        "active_low",
        "flag",
        "false",
        "The state holds while the line is low: a contact to ground that closes.",
    ),
    usual(
        "bias",
        "one of `as-is`, `pull-up`, `pull-down`, `disabled`",
        "\"as-is\"",
        "The resistor in the chip.",
    ),
    usual(
        "debounce",
        "duration, 0ms to 10s",
        "\"20ms\"",
        "A state counts once it has stood for this long.",
    ),
];

const HWMON: &[Key] = &[
    required(
        "chip",
        "text",
        "\"cpu_thermal\"",
        "The chip's name, as its file `name` has it.",
    ),
    maybe(
        "device",
        "text",
        "Which of several chips of that name: the folder that its link `device` leads to, as 1-0048 for I2C.",
    ),
    usual(
        "input",
        "text",
        "\"temp1\"",
        "The input by its file (temp1, in2, humidity1) or by the words in its label.",
    ),
    maybe("quantity", "quantity", "Without it what the input's kind says."),
    usual(
        "root",
        "path",
        "\"/sys/class/hwmon\"",
        "Where the kernel shows them.",
    ),
];

const LM75: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual("address", "number, 0x48 to 0x4f", "0x48", "By the pins A2 to A0."),
    usual(
        "chip",
        "one of `lm75`, `lm75a`, `pct2075`, `tmp75`, `tmp105`",
        "\"lm75\"",
        "They differ in how many bits mean something.",
    ),
];

const MEGATEC: &[Key] = &[
    required(
        "port",
        "path",
        "\"/dev/ttyUSB0\"",
        "The serial line; a name under /dev/serial/by-id stays the same.",
    ),
    usual(
        "timeout",
        "duration, 300ms to 1min",
        "\"2s\"",
        "How long an answer may take.",
    ),
    usual(
        "cells",
        "number, 1 to 500",
        "1",
        "The battery's cells in series, where the UPS reports volts per cell.",
    ),
];

const NUT: &[Key] = &[
    required(
        "ups",
        "text",
        "\"ups1\"",
        "The UPS's name at upsd, as upsc -l lists it.",
    ),
    usual("host", "text", "\"127.0.0.1\"", "Where upsd runs."),
    usual("port", "number, 1 to 65535", "3493", "Its port."),
    maybe("username", "text", "Name for log-in."),
    maybe("password", "text", "Password for log-in; needs `username`."),
    usual(
        "timeout",
        "duration, 100ms to 1min",
        "\"5s\"",
        "How long an answer may take.",
    ),
    maybe(
        "quantities",
        "list of quantities",
        "Exactly these; without it every state, and every number that the UPS turns out to have.",
    ),
];

const SHT3X: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual(
        "address",
        "number, 0x44 or 0x45",
        "0x44",
        "0x45 with the pin ADDR high.",
    ),
];

const SIMULATED: &[Key] = &[
    maybe(
        "start",
        "instant",
        "The instant that relative moments count from; without it the first reading's.",
    ),
    maybe(
        "seed",
        "number",
        "What the noise is drawn from; without it the sensor's name.",
    ),
    usual(
        "dew_point",
        "flag",
        "false",
        "Whether the dew point of temperature and humidity is given as well.",
    ),
    required(
        "quantities",
        "table",
        "{ temperature = { base = 22.0 } }",
        "A course for each quantity, by its name.",
    ),
];

const CURVE: &[Key] = &[
    required(
        "base",
        "number in the quantity's unit, or flag",
        "22.0",
        "The mean of a number, or a state.",
    ),
    usual(
        "daily",
        "number in the quantity's unit",
        "0.0",
        "The amplitude of a daily cycle; greatest at 15:00 UTC.",
    ),
    maybe(
        "cycle",
        "table",
        "A compressor that cuts in and out: `amplitude` in the quantity's unit, `period` as a duration.",
    ),
    usual(
        "noise",
        "number in the quantity's unit",
        "0.0",
        "The standard deviation of each reading.",
    ),
    maybe(
        "resolution",
        "number in the quantity's unit",
        "The step between neighbouring values; without it what a usual sensor of the quantity has.",
    ),
    maybe("toggle", "duration", "A state flips this often."),
    maybe(
        "events",
        "list of tables",
        "What happens on top of it: `at`, `until`, `every` and `effect`; the demo's own are in src/demo/scripts.rs.",
    ),
];
