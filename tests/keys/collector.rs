//! The keys of collector.toml.

use super::{Key, Table, maybe, required, usual};

/// In the order of the page.
pub(crate) const TABLES: &[Table] = &[
    Table {
        title: "(top)",
        about: "Every key may be left out: an empty file runs a collector on this host alone.",
        frame: "@",
        keys: TOP,
    },
    Table {
        title: "[http]",
        about: "The dashboard. A change needs a restart.",
        frame: "[http]\n@",
        keys: HTTP,
    },
    Table {
        title: "[broker]",
        about: "The broker: embedded, or with `url` any MQTT 5 broker. A change of anything but `accept_new_agents` needs a restart.",
        frame: "[broker]\n@",
        keys: BROKER,
    },
    Table {
        title: "[storage]",
        about: "Bounds of the store. A change of `journal_max` or `alarm_history` needs a restart.",
        frame: "[storage]\n@",
        keys: STORAGE,
    },
    Table {
        title: "[smtp]",
        about: "The mail server. Without it no mail leaves.",
        frame: "[smtp]\n@",
        keys: SMTP,
    },
    Table {
        title: "[[address]]",
        about: "A person's mail address: here and not in site.toml, whose revisions are kept for ever.",
        frame: "[[address]]\n@",
        keys: ADDRESS,
    },
    Table {
        title: "[[webhook]]",
        about: "A receiver of signed posts.",
        frame: "[[webhook]]\n@",
        keys: WEBHOOK,
    },
    Table {
        title: "[[agent]]",
        about: "An agent that may log in at the embedded broker, as site/agent.",
        frame: "[[agent]]\n@",
        keys: AGENT,
    },
];

const TOP: &[Key] = &[
    maybe(
        "data",
        "path",
        "The folder of the databases. Before it counts what `--data` or PLENUM_DATA names; without any of them it is /var/lib/plenum if that is there, else ./data. A change needs a restart.",
    ),
    maybe(
        "site",
        "path",
        "site.toml, loaded at the first start; afterwards the database is the truth (`plenum site apply`).",
    ),
    maybe("http", "table", "See [http]."),
    maybe("broker", "table", "See [broker]."),
    maybe("storage", "table", "See [storage]."),
    maybe("smtp", "table", "See [smtp]."),
    maybe("address", "list of tables", "See [[address]]."),
    maybe("webhook", "list of tables", "See [[webhook]]."),
    maybe("agent", "list of tables", "See [[agent]]."),
];

const HTTP: &[Key] = &[
    usual(
        "listen",
        "address:port",
        "\"127.0.0.1:8080\"",
        "Where the dashboard listens; on loopback only. Port 0 picks a free one.",
    ),
    maybe(
        "base_url",
        "URL",
        "What links in messages begin with, and the host behind a reverse proxy; without it the address where it listens.",
    ),
];

const BROKER: &[Key] = &[
    usual(
        "listen",
        "address:port",
        "\"127.0.0.1:1883\"",
        "Where the embedded broker listens. Port 0 picks a free one.",
    ),
    usual(
        "accept_new_agents",
        "flag",
        "false",
        "Names without a credential may publish and appear as new agents.",
    ),
    maybe(
        "url",
        "URL",
        "An external MQTT 5 broker, as mqtt://broker.example.org:1883; without it the embedded one is used.",
    ),
    maybe("user", "text", "Name for log-in at the external broker."),
    maybe(
        "password_file",
        "path",
        "File with the password for it, on one line.",
    ),
    usual(
        "insecure",
        "flag",
        "false",
        "Plain MQTT beyond this host is wanted: anyone on the way reads and writes it.",
    ),
];

const STORAGE: &[Key] = &[
    usual(
        "disk_reserve",
        "size",
        "\"256MiB\"",
        "Free disk below which only urgent readings and alarms are taken; the rest waits in the agents' spools.",
    ),
    usual(
        "dead_letters",
        "size",
        "\"64MiB\"",
        "Messages that cannot be read, kept for each agent; past it that agent is no longer acknowledged.",
    ),
    usual(
        "journal_max",
        "size",
        "\"4GiB\"",
        "What the journal may grow to before a slow export is left behind and refilled from the history.",
    ),
    usual(
        "alarm_history",
        "duration",
        "\"730d\"",
        "How long it is kept which message went to whom. The alarms' own log is kept for ever.",
    ),
];

const SMTP: &[Key] = &[
    required(
        "host",
        "text",
        "\"mail.example.org\"",
        "The mail server's host name.",
    ),
    required("port", "number, 1 to 65535", "587", "Usually 25, 465 or 587."),
    required(
        "from",
        "mail address",
        "\"Plenum <plenum@example.org>\"",
        "The sender.",
    ),
    usual(
        "security",
        "one of `none`, `starttls`, `tls`",
        "\"starttls\"",
        "`tls` for port 465; `none` only for a relay on this host.",
    ),
    maybe("user", "text", "Name for log-in."),
    maybe("password_file", "path", "File with the password, on one line."),
];

const ADDRESS: &[Key] = &[
    required(
        "person",
        "identifier",
        "\"sanne\"",
        "The person's id in site.toml.",
    ),
    required(
        "email",
        "mail address",
        "\"sanne@example.org\"",
        "Where mail goes.",
    ),
];

const WEBHOOK: &[Key] = &[
    required(
        "channel",
        "identifier",
        "\"ops\"",
        "The channel's id in site.toml.",
    ),
    required(
        "url",
        "URL",
        "\"https://chat.example.org/hooks/plenum\"",
        "Where posts go, by http or https.",
    ),
    required(
        "secret_file",
        "path",
        "\"ops.secret\"",
        "File with the secret that signs them, on one line.",
    ),
];

const AGENT: &[Key] = &[
    required("site", "identifier", "\"zaandam\"", "Its site."),
    required("id", "identifier", "\"pi-a1\"", "Its name in agent.toml."),
    required(
        "password_file",
        "path",
        "\"pi-a1.password\"",
        "File with its password, on one line.",
    ),
];
