//! The keys of site.toml.

use plenum_collector::notify::channels::CHANNELS;
use plenum_core::site::condition::{MANUALS, Manual};
use plenum_protocol::config_key::{Key, maybe, required, usual};

use super::Table;
use super::rule::{ONLY_WHILE, PART, RULE, SELECT};

/// A file that goes on like this.
macro_rules! site {
    ($rest:literal) => {
        concat!("[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n", $rest)
    };
}

/// The same with a room that has a plan.
macro_rules! room {
    ($rest:literal) => {
        concat!(
            site!("[[room]]\nid = \"r\"\nname = \"R\"\nwidth_m = 9.0\ndepth_m = 9.0\n"),
            $rest
        )
    };
}

/// The same within a rule.
macro_rules! rule {
    ($rest:literal) => {
        concat!(
            site!("[[rule]]\nid = \"r\"\nname = \"R\"\npriority = \"low\"\n"),
            $rest
        )
    };
}

/// In the order of the page.
pub(crate) fn tables() -> Vec<Table> {
    let mut tables = GROUND.to_vec();
    tables.push(rule());
    tables.push(SELECTOR);
    tables.extend(MANUALS.iter().map(|kind| condition(kind)));
    tables.extend(PROMISES);
    tables.push(channel());
    tables.extend(super::duty::TABLES);
    tables
}

/// A rule; its condition is one of the registry's.
fn rule() -> Table {
    let kinds: Vec<String> = MANUALS.iter().map(|kind| format!("`{}`", kind.key)).collect();
    let kinds = format!("table of one key: one of {}", kinds.join(", "));
    let mut keys = RULE.to_vec();
    let only_while = keys.iter().position(|key| key.name == "only_while");
    let about = "When; the tables below say more.";
    keys.insert(
        only_while.expect("it is below"),
        required("when", kinds.leak(), "{ stale = {} }", about),
    );
    Table {
        title: "[[rule]]",
        about: "An alarm rule: one alarm for each series that it selects. The built-in ones (`plenum site defaults`) hold beside these; one with the id of a built-in rule takes its place.",
        frame: site!("[[rule]]\n@"),
        keys: keys.leak(),
    }
}

/// The table of a kind of condition.
fn condition(kind: &Manual) -> Table {
    let select = match kind.quantities {
        "" => String::new(),
        quantities => format!("select = {{ quantities = [\"{quantities}\"] }}\n"),
    };
    let about = match kind.example {
        "" => kind.about.to_owned(),
        example => format!("{} As `when = {{ {} = {example} }}`.", kind.about, kind.key),
    };
    // What has no keys of its own is written as in its example; those of a part are held against the program.
    let (body, keys) = match kind.example {
        "" => ("{ @ }", kind.keys),
        example if example.starts_with('[') => ("[{ @ }]", PART),
        _ => ("{ @ }", PART),
    };
    // What the monitor reports has one rule, under its own name.
    let rule = match kind.key {
        "system" => rule!("").replace("id = \"r\"", "id = \"gap\""),
        _ => rule!("").to_owned(),
    };
    Table {
        title: format!("[[rule]] when.{}", kind.key).leak(),
        about: about.leak(),
        frame: format!("{rule}{select}when = {{ {} = {body} }}", kind.key).leak(),
        keys,
    }
}

/// The site and what stands where.
const GROUND: &[Table] = &[
    Table {
        title: "[site]",
        about: "The site itself.",
        frame: "[site]\n@",
        keys: SITE,
    },
    Table {
        title: "[[room]]",
        about: "A room.",
        frame: site!("[[room]]\n@"),
        keys: ROOM,
    },
    Table {
        title: "[[rack]]",
        about: "A rack, drawn on its room's plan. Positions count from the plan's upper left corner.",
        frame: room!("[[rack]]\n@"),
        keys: RACK,
    },
    Table {
        title: "[[sensor]]",
        about: "A sensor that an agent reads, with its name and place.",
        frame: room!("[[sensor]]\n@"),
        keys: SENSOR,
    },
    Table {
        title: "[[supply]]",
        about: "What depends on a thing that a sensor watches. When it fails, what fails there is the same incident. Without this, a cooling unit serves its room and the rooms of its zone, the mains and a UPS the whole site, an agent its sensors.",
        frame: room!(
            "[[sensor]]\nagent = \"pi-a1\"\nid = \"ac-1\"\nname = \"AC 1\"\nroom = \"r\"\nplace = \"cooling\"\n[[supply]]\n@"
        ),
        keys: SUPPLY,
    },
    Table {
        title: "[[heartbeat]]",
        about: "A job elsewhere that says each time that it ran; see [heartbeats.md](../heartbeats.md).",
        frame: site!("[[heartbeat]]\n@"),
        keys: HEARTBEAT,
    },
    Table {
        title: "[[drill]]",
        about: "A drill of the whole alarm chain, from an agent to somebody's telephone; see [drills.md](../drills.md).",
        frame: site!("[[drill]]\n@"),
        keys: DRILL,
    },
];

/// Which series a rule is about.
const SELECTOR: Table = Table {
    title: "[[rule]] select",
    about: "Which series: all given keys must hold, and a list holds if one of it does.",
    frame: rule!("when = { stale = {} }\nselect = { @ }"),
    keys: SELECT,
};

/// What else a rule says, and what was promised.
const PROMISES: &[Table] = &[
    Table {
        title: "[[rule]] only_while",
        about: "A second quantity that must have a value for the condition to count. Without `within` and `sensor` it is looked for at the same sensor, where that has none in the same room. What was last seen counts, however old; of several sensors one is enough. One that was never seen says nothing: nothing begins, and nothing ends.",
        frame: rule!(
            "select = { quantities = [\"load\"] }\nwhen = { above = { limit = 1 } }\nonly_while = { @ }"
        ),
        keys: ONLY_WHILE,
    },
    Table {
        title: "[[service]]",
        about: "What was promised to whom.",
        frame: site!("[[service]]\n@"),
        keys: SERVICE,
    },
    Table {
        title: "[[service.hours]] and [[service.maintenance]]",
        about: "A window of every week: a local start, and an elapsed length or a local end.",
        frame: site!(
            "[[service]]\nid = \"v\"\nname = \"V\"\nobjective = 0.999\nzone = \"UTC\"\nsince = \"2026-01-01T00:00\"\ndown = { rule = { rule = \"ups-off\" } }\n[[service.maintenance]]\n@\nlength = \"4h\""
        ),
        keys: WINDOW,
    },
    Table {
        title: "[[service]] down.rule",
        about: "A rule's condition holds at so many sensors. `any = [...]` and `all = [...]` combine several.",
        frame: site!(
            "[[room]]\nid = \"r\"\nname = \"R\"\n[[service]]\nid = \"v\"\nname = \"V\"\nobjective = 0.999\nzone = \"UTC\"\nsince = \"2026-01-01T00:00\"\ndown = { rule = { @ } }"
        ),
        keys: DOWN,
    },
    Table {
        title: "[[person]]",
        about: "A person; the address stands in collector.toml.",
        frame: site!("[[person]]\n@"),
        keys: PERSON,
    },
];

const SITE: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"zaandam\"",
        "The first part of every series.",
    ),
    required("name", "text", "\"Datacentre Zaandam\"", "Its name on screens."),
    required(
        "zone",
        "time zone",
        "\"Europe/Amsterdam\"",
        "Of its screens and reports.",
    ),
    usual("language", "`en` or `nl`", "\"en\"", "Of its messages."),
];

const ROOM: &[Key] = &[
    required("id", "identifier", "\"room-a\"", "Its identifier."),
    required("name", "text", "\"Room A\"", "Its name."),
    usual("floor", "text", "\"\"", "Where it is, in words."),
    maybe(
        "zone",
        "identifier",
        "What it shares with the rooms that name the same, as a cooling plant; rules look there with `within = \"zone\"`.",
    ),
    usual(
        "width_m",
        "number in metres",
        "0.0",
        "Width of the plan; with 0 it has none.",
    ),
    usual("depth_m", "number in metres", "0.0", "Depth of the plan."),
];

const RACK: &[Key] = &[
    required("id", "identifier", "\"a1\"", "Its identifier."),
    required("name", "text", "\"A1\"", "Its name."),
    required("room", "identifier", "\"r\"", "Its room."),
    required("x_m", "number in metres", "2.0", "Left edge."),
    required("y_m", "number in metres", "2.0", "Upper edge."),
    required("width_m", "number in metres", "0.6", "Width."),
    required("depth_m", "number in metres", "1.2", "Depth."),
];

const PLACES: &str = "one of `inlet`, `outlet`, `supply`, `return`, `room`, `cooling`, `ups`, `mains`, `generator`, `door`, `other`";

const SENSOR: &[Key] = &[
    required("agent", "identifier", "\"pi-a1\"", "The agent that reads it."),
    required("id", "identifier", "\"inlet-a1\"", "Its name in agent.toml."),
    required("name", "text", "\"Inlet A1\"", "Its name on screens."),
    required("room", "identifier", "\"r\"", "Its room."),
    maybe("rack", "identifier", "The rack that it hangs on."),
    required(
        "place",
        PLACES,
        "\"inlet\"",
        "What its place means: the built-in rules go by it.",
    ),
    usual(
        "position",
        "text",
        "\"\"",
        "Where it is, in words: rack A3, front, top.",
    ),
    maybe(
        "x_m",
        "number in metres",
        "Where it is on the plan; `y_m` goes with it.",
    ),
    maybe("y_m", "number in metres", "Where it is on the plan."),
];

const SERVICE: &[Key] = &[
    required("id", "identifier", "\"hosting\"", "Its identifier."),
    required("name", "text", "\"Hosting, room A\"", "Its name."),
    usual("customer", "text", "\"\"", "To whom it was promised."),
    required(
        "objective",
        "number, 0 to 1",
        "0.999",
        "The share of agreed time that it is up.",
    ),
    required(
        "zone",
        "time zone",
        "\"Europe/Amsterdam\"",
        "Of its months, hours and windows.",
    ),
    required(
        "since",
        "civil time",
        "\"2026-01-01T00:00\"",
        "Before this it counts in no month.",
    ),
    maybe("until", "civil time", "From this on it counts in no month."),
    usual(
        "hours",
        "list of tables",
        "[]",
        "The agreed hours; without any, always.",
    ),
    usual(
        "maintenance",
        "list of tables",
        "[]",
        "Windows whose time is planned.",
    ),
    required(
        "down",
        "table of one key: one of `any`, `all`, `rule`",
        "{ rule = { rule = \"ups-off\" } }",
        "What \"down\" means.",
    ),
    usual(
        "unknown",
        "one of `counted`, `excluded`",
        "\"counted\"",
        "Whether unknown time counts against us.",
    ),
];

const WINDOW: &[Key] = &[
    required(
        "days",
        "list of days, `mon` to `sun`",
        "[\"sat\"]",
        "On which days it begins.",
    ),
    required(
        "start",
        "civil time of day",
        "\"02:00\"",
        "When, in the service's zone.",
    ),
    maybe(
        "length",
        "duration",
        "How long, elapsed: a night on which the clock is changed is no longer or shorter.",
    ),
    maybe(
        "end",
        "civil time of day",
        "Until when by the clock, the next such time after the start. A window has this or `length`.",
    ),
    usual("name", "text", "\"\"", "What it is called."),
];

const DOWN: &[Key] = &[
    required(
        "rule",
        "identifier",
        "\"ups-off\"",
        "The rule, your own or a built-in one.",
    ),
    maybe("room", "identifier", "Only at sensors of this room."),
    maybe("sensor", "agent/sensor", "Only at this sensor."),
    usual(
        "at_least",
        "number, at least 1",
        "1",
        "At so many sensors at the same time.",
    ),
];

const DRILL: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"monthly\"",
        "By what the screen On call names it; no sensor of its agent has it.",
    ),
    required("agent", "identifier", "\"pi-a1\"", "The agent that begins it."),
    maybe(
        "when",
        "time of a drill",
        "When, by the site's clock: `wed 10:00` each week, `first wed 10:00` each month (first, second, third, fourth, last). Without it only when somebody begins it.",
    ),
    usual(
        "priority",
        "critical, high, medium, low",
        "\"critical\"",
        "As what it is told.",
    ),
    usual(
        "confirm",
        "true or false",
        "true",
        "Whether somebody has to answer.",
    ),
    usual(
        "within",
        "duration",
        "\"15min\"",
        "Within how long of the first message; 1 to 90 min.",
    ),
    usual(
        "ladder",
        "first, whole",
        "\"first\"",
        "How far it climbs: the first step of the ladder that takes it, or all of it until somebody answers.",
    ),
];

const HEARTBEAT: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"backup-mail\"",
        "What it says in the address.",
    ),
    required("name", "text", "\"Backup of the mail server\"", "Its name."),
    maybe("room", "identifier", "The room that it is about."),
    required(
        "every",
        "duration",
        "\"24h\"",
        "From one run to the next; 10 s to 100 days.",
    ),
    required(
        "grace",
        "duration",
        "\"2h\"",
        "How much later it may come, and how long a run may take; 10 s to 100 days.",
    ),
    usual(
        "priority",
        "priority",
        "\"medium\"",
        "How bad it is if it does not.",
    ),
];

const SUPPLY: &[Key] = &[
    required(
        "from",
        "agent/sensor",
        "\"pi-a1/ac-1\"",
        "The sensor that watches it: a cooling unit, a UPS, a switch.",
    ),
    usual(
        "rooms",
        "list of identifiers",
        "[]",
        "The rooms that it cools or feeds.",
    ),
    usual(
        "agents",
        "list of identifiers",
        "[]",
        "The agents that it feeds, or that speak through it.",
    ),
];

const PERSON: &[Key] = &[
    required("id", "identifier", "\"sanne\"", "Its identifier."),
    required(
        "name",
        "text",
        "\"Sanne de Vries\"",
        "The person's name, until a full name is set on the screen **People**. Where it is not to stand in revisions, the `id` again.",
    ),
    maybe(
        "language",
        "`en` or `nl`",
        "Of the messages to this person; without it the site's.",
    ),
];

/// The kinds are the registry's.
fn channel() -> Table {
    let kinds: Vec<String> = CHANNELS.iter().map(|entry| format!("`{}`", entry.name)).collect();
    let kinds = format!("one of {}", kinds.join(", ")).leak();
    let keys = vec![
        required(
            "id",
            "identifier",
            "\"mail\"",
            "Its identifier; a webhook's stands in collector.toml too.",
        ),
        required("kind", kinds, "\"webhook\"", "How."),
        usual(
            "people",
            "list of identifiers",
            "[]",
            "Whom it reaches; for a kind that reaches people.",
        ),
        usual(
            "priorities",
            "list of priorities",
            "[]",
            "Only these; empty means all.",
        ),
    ];
    Table {
        title: "[[channel]]",
        about: "A way to reach people or programs.",
        frame: site!("[[person]]\nid = \"sanne\"\nname = \"S\"\n[[channel]]\n@"),
        keys: keys.leak(),
    }
}
