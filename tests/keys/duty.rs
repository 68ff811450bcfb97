//! The keys of site.toml that say who is on duty and who is called.

use plenum_protocol::config_key::{Key, maybe, required, usual};

use super::Table;

/// A file with two people and a team, that goes on like this.
macro_rules! people {
    ($rest:literal) => {
        concat!(
            "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n\
             [[person]]\nid = \"sanne\"\nname = \"S\"\n[[person]]\nid = \"joris\"\nname = \"J\"\n\
             [[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"sanne\", \"joris\"]\n",
            $rest
        )
    };
}

/// The same with a team.
macro_rules! team {
    ($rest:literal) => {
        concat!(
            people!("[[team]]\nid = \"operations\"\nname = \"O\"\nmembers = [\"sanne\", \"joris\"]\n"),
            $rest
        )
    };
}

/// The same with a rota.
macro_rules! rota {
    ($rest:literal) => {
        concat!(
            team!(
                "[[rota]]\nid = \"on-call\"\nname = \"O\"\nteam = \"operations\"\n[[rota.layer]]\npeople = [\"sanne\"]\nevery = \"week\"\nhand_over = \"mon 09:00\"\nstart = \"2026-01-05\"\n"
            ),
            $rest
        )
    };
}

/// In the order of the page.
pub(crate) const TABLES: [Table; 8] = [
    Table {
        title: "[[team]]",
        about: "People who look after the site together.",
        frame: people!("[[team]]\n@"),
        keys: TEAM,
    },
    Table {
        title: "[[team.quiet]]",
        about: "Hours in which nothing is sent of some priorities, by the site's clock.",
        frame: people!(
            "[[team]]\nid = \"operations\"\nname = \"O\"\nmembers = [\"sanne\"]\n[[team.quiet]]\n@"
        ),
        keys: QUIET,
    },
    Table {
        title: "[[rota]]",
        about: "Who of a team is on duty when: the last layer that covers an instant says it, and an override above all of them.",
        frame: team!("[[rota]]\n@"),
        keys: ROTA,
    },
    Table {
        title: "[[rota.layer]]",
        about: "People who take turns.",
        frame: team!("[[rota]]\nid = \"on-call\"\nname = \"O\"\nteam = \"operations\"\n[[rota.layer]]\n@"),
        keys: LAYER,
    },
    Table {
        title: "[[override]]",
        about: "One who stands in for whoever is on duty by a rota's layers.",
        frame: rota!("[[override]]\n@"),
        keys: OVERRIDE,
    },
    Table {
        title: "[[holiday]]",
        about: "A day on which people do not work. `plenum site holidays FILE` prints those of a calendar file.",
        frame: people!("[[holiday]]\n@"),
        keys: HOLIDAY,
    },
    Table {
        title: "[[ladder]]",
        about: "Whom an incident reaches, one step after the other, until somebody has it: the first ladder that takes it counts.",
        frame: rota!("[[ladder]]\n@"),
        keys: LADDER,
    },
    Table {
        title: "[[ladder.step]]",
        about: "A step of it.",
        frame: rota!("[[ladder]]\nid = \"operations\"\nfallback = \"joris\"\n[[ladder.step]]\n@"),
        keys: STEP,
    },
];

const TEAM: &[Key] = &[
    required("id", "identifier", "\"operations\"", "Its identifier."),
    required("name", "text", "\"Operations\"", "Its name."),
    required(
        "members",
        "list of identifiers",
        "[\"sanne\", \"joris\"]",
        "Who is in it.",
    ),
    maybe(
        "fallback",
        "identifier",
        "The person who is called where a rota of the team has nobody on duty; without it the first member.",
    ),
    usual("quiet", "list of tables", "[]", "When what can wait does wait."),
];

const QUIET: &[Key] = &[
    required(
        "hours",
        "list of hours of the week",
        "[\"mon-sun 22:00-07:00\"]",
        "When; written as in a layer.",
    ),
    required(
        "priorities",
        "list of priorities, never `critical`",
        "[\"low\"]",
        "What waits until they are over.",
    ),
];

const ROTA: &[Key] = &[
    required("id", "identifier", "\"on-call\"", "Its identifier."),
    required("name", "text", "\"Operations on call\"", "Its name."),
    required(
        "team",
        "identifier",
        "\"operations\"",
        "The team whose duty it is.",
    ),
    maybe(
        "zone",
        "time zone",
        "Of its hand-overs and hours; without it the site's.",
    ),
    required(
        "layer",
        "list of tables",
        "[{ people = [\"sanne\"], every = \"week\", hand_over = \"mon 09:00\", start = \"2026-01-05\" }]",
        "Its layers, each above those before it.",
    ),
];

const LAYER: &[Key] = &[
    required(
        "people",
        "list of identifiers",
        "[\"sanne\", \"joris\"]",
        "In turn, from the first on and round.",
    ),
    required(
        "every",
        "\"day\", \"week\", \"2 weeks\", \"3 days\"",
        "\"week\"",
        "How long a turn is, a year at most.",
    ),
    required(
        "hand_over",
        "day of the week and time of day; a time of day alone where turns are not whole weeks",
        "\"mon 09:00\"",
        "When one turn ends and the next begins, by the rota's clock. A time that does not exist on a day moves forward, one that occurs twice means the first.",
    ),
    required(
        "start",
        "local date",
        "\"2026-01-05\"",
        "The date of the first hand-over, at which the first turn begins.",
    ),
    maybe(
        "until",
        "local date",
        "The date of the last hand-over: from then on the layer covers nothing.",
    ),
    usual(
        "hours",
        "list of hours of the week, as \"mon-fri 08:00-18:00\", \"sat,sun 00:00-24:00\" or \"fri 18:00-mon 08:00\"",
        "[]",
        "The only hours that it covers; empty means all.",
    ),
    usual(
        "holidays",
        "one of `as-usual`, `as-sunday`, `off`",
        "\"as-usual\"",
        "What it covers of a holiday, from midnight to midnight: as on any day of that weekday, as on a Sunday, nothing.",
    ),
];

const OVERRIDE: &[Key] = &[
    required("rota", "identifier", "\"on-call\"", "The rota."),
    required("person", "identifier", "\"joris\"", "Who stands in."),
    required(
        "from",
        "local date and time",
        "\"2026-12-24T09:00\"",
        "From then on, by the rota's clock.",
    ),
    required("to", "local date and time", "\"2026-12-27T09:00\"", "Until then."),
    maybe("asked_by", "identifier", "The person who asked for it."),
    usual("why", "text", "\"\"", "Why."),
];

const HOLIDAY: &[Key] = &[
    required("date", "local date", "\"2026-12-25\"", "The day."),
    usual("name", "text", "\"\"", "What it is called."),
];

const LADDER: &[Key] = &[
    required("id", "identifier", "\"operations\"", "Its identifier."),
    usual(
        "priorities",
        "list of priorities",
        "[]",
        "Only incidents of these; empty means all.",
    ),
    usual(
        "rooms",
        "list of identifiers",
        "[]",
        "Only incidents of these rooms; empty means all, and those of no room.",
    ),
    usual(
        "rounds",
        "number, at least 1",
        "3",
        "How often all steps are gone through before everybody is told.",
    ),
    usual(
        "again",
        "duration",
        "\"10min\"",
        "How long after the last step the first comes again.",
    ),
    required(
        "fallback",
        "identifier",
        "\"joris\"",
        "The person who is told after the last step of each round, and where a step comes to nobody.",
    ),
    required(
        "step",
        "list of tables",
        "[{ whom = \"everybody\" }]",
        "One after the other.",
    ),
];

const STEP: &[Key] = &[
    required(
        "whom",
        "`{ rota = \"...\" }`, `{ person = \"...\" }`, `{ team = \"...\" }` or `\"everybody\"`",
        "\"everybody\"",
        "Who is told: whoever is on duty by that rota then, or its team's fallback; that person; all members of that team; all people of the site.",
    ),
    usual(
        "channels",
        "list of identifiers",
        "[]",
        "By which channels; empty means all that reach them.",
    ),
    usual(
        "after",
        "duration",
        "\"0s\"",
        "How long after the step before; of the first, after the incident began.",
    ),
];
