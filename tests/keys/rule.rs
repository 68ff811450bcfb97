//! The keys of a rule of site.toml, of what it selects, of its guards and of the parts of its condition.

use plenum_protocol::config_key::{Key, maybe, required, usual};

pub(super) const PRIORITIES: &str = "one of `critical`, `high`, `medium`, `low`";

pub(super) const RULE: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"inlet-warm\"",
        "Its identifier; that of a built-in rule replaces it.",
    ),
    required("name", "text", "\"Inlet too warm\"", "What is wrong, in words."),
    usual(
        "enabled",
        "flag",
        "true",
        "A rule can be switched off without losing it.",
    ),
    usual(
        "select",
        "table",
        "{}",
        "Which series; without it all that the condition can judge.",
    ),
    maybe("only_while", "table", "Only while another quantity has a value."),
    usual(
        "not_while",
        "list of tables, each as [[rule]] only_while",
        "[]",
        "Not while one of these has its value; one that was never seen hinders nothing.",
    ),
    usual(
        "suppressed_by",
        "list of identifiers",
        "[]",
        "While an alarm of one of these rules stands in the room, one of this rule that comes is suppressed: not told, and told as soon as the other is gone. A rule may name itself: its first alarm in a room stands for those of the next 15 min. Smoke and water never are.",
    ),
    usual(
        "on_delay",
        "duration",
        "\"0ms\"",
        "How long the condition holds before the alarm is raised.",
    ),
    usual(
        "off_delay",
        "duration",
        "\"0ms\"",
        "How long it is gone before the alarm returns.",
    ),
    maybe(
        "two_readings",
        "flag",
        "Whether an `on_delay` that is no longer than the sensor's interval waits for a second reading that says the same, so that one bad poll wakes nobody. Without it only a rule about numbers does, whose `on_delay` is shorter.",
    ),
    required(
        "priority",
        PRIORITIES,
        "\"high\"",
        "Act now, within minutes, today, this week.",
    ),
    usual("cause", "text", "\"\"", "The likely cause."),
    usual("consequence", "text", "\"\"", "What happens if nobody acts."),
    usual("response", "list of texts", "[]", "What to do, step by step."),
];

pub(super) const SELECT: &[Key] = &[
    usual("quantities", "list of quantities", "[]", "Of these quantities."),
    usual("rooms", "list of identifiers", "[]", "In these rooms."),
    usual(
        "places",
        "list of places, as [[sensor]] has them",
        "[]",
        "At these places.",
    ),
    usual("agents", "list of identifiers", "[]", "Of these agents."),
    usual(
        "sensors",
        "list of identifiers",
        "[]",
        "Of sensors with these ids.",
    ),
];

pub(super) const ONLY_WHILE: &[Key] = &[
    required("quantity", "quantity", "\"ups-on-battery\"", "Which."),
    usual("is", "flag", "true", "The state that it must be in."),
    maybe(
        "above",
        "number in the quantity's unit, or text with a unit",
        "Instead of `is`, of a number: it must be above this.",
    ),
    maybe(
        "below",
        "number in the quantity's unit, or text with a unit",
        "Instead of `is`, of a number: it must be below this.",
    ),
    maybe("within", WITHIN, WITHIN_MEANS),
    maybe(
        "sensor",
        "agent/sensor",
        "Instead of `within`: at this sensor, wherever it is.",
    ),
];

pub(super) const WITHIN: &str = "one of `sensor`, `room`, `zone`, `site`, `nearest`";

pub(super) const WITHIN_MEANS: &str = "Where to look: at the same sensor, in the same room, in the rooms of the same zone, on the whole site. `nearest`: at the same sensor, else in the same room, else on the whole site, where all that are seen must say so.";

/// A condition within another one.
pub(super) const PART: &[Key] = &[
    maybe(
        "quantity",
        "quantity",
        "Of another quantity than the rule selects; beside `above`, `below` and `is`.",
    ),
    maybe(
        "within",
        WITHIN,
        "Where the quantity is looked for, as `only_while` looks; of several sensors one is enough.",
    ),
    maybe("sensor", "agent/sensor", "Instead of `within`: at this sensor."),
    required(
        "above",
        "table, as when.above has it",
        "{ limit = 27 }",
        "This, or one of those below.",
    ),
    maybe(
        "below",
        "table, as when.below has it",
        "The value is below the limit.",
    ),
    maybe("is", "table, as when.is has it", "The state has this value."),
    maybe(
        "rises",
        "table, as when.rises has it",
        "The series itself rose so far in so long.",
    ),
    maybe(
        "falls",
        "table, as when.falls has it",
        "The series itself fell so far in so long.",
    ),
    maybe(
        "forecast",
        "table, as when.forecast has it",
        "The series itself will soon pass the limit.",
    ),
    maybe("any", "list of parts", "At least one of these holds."),
    maybe("all", "list of parts", "All of these hold."),
    maybe("not", "part", "This does not hold."),
    maybe(
        "stale",
        "table",
        "Refused, and the message says what to write: silence stands alone.",
    ),
];
