//! The keys of collector.toml.

use plenum_collector::notify::channels::{AddressKind, CHANNELS};
use plenum_protocol::config_key::{Key, maybe, required, usual};

use super::Table;

/// In the order of the page; those of the channels are the registry's.
pub(crate) fn tables() -> Vec<Table> {
    let channels = CHANNELS.iter().map(|entry| Table {
        title: entry.manual.heading,
        about: entry.manual.about,
        frame: format!("{}\n@", entry.manual.heading).leak(),
        keys: entry.manual.keys,
    });
    let mut tables = vec![top()];
    tables.extend(FIXED);
    tables.extend(channels);
    tables.extend([address(), AGENTS]);
    tables
}

/// The keys outside of tables, and which tables there are.
fn top() -> Table {
    let see = |name: &'static str, heading: &str| {
        let kind = if heading.starts_with("[[") {
            "list of tables"
        } else {
            "table"
        };
        maybe(name, kind, format!("See {heading}.").leak())
    };
    let mut keys = TOP.to_vec();
    keys.extend(
        CHANNELS
            .iter()
            .map(|entry| see(entry.table, entry.manual.heading)),
    );
    keys.extend(["address", "agent"].map(|name| see(name, &format!("[[{name}]]"))));
    Table {
        title: "(top)",
        about: "Every key may be left out: an empty file runs a collector on this host alone.",
        frame: "@",
        keys: keys.leak(),
    }
}

/// A person's addresses: one at least, of any kind.
fn address() -> Table {
    let kinds: Vec<AddressKind> = CHANNELS.iter().filter_map(|entry| entry.address).collect();
    let mut keys = vec![required(
        "person",
        "identifier",
        "\"sanne\"",
        "The person's id in site.toml.",
    )];
    let mut frame = "[[address]]\n@".to_owned();
    match kinds.as_slice() {
        [only] => {
            let example = format!("\"{}\"", only.example).leak();
            keys.push(required(only.key, only.kind, example, only.meaning));
        }
        several => {
            frame += &format!("\n{} = \"{}\"", several[0].key, several[0].example);
            keys.extend(
                several
                    .iter()
                    .map(|kind| maybe(kind.key, kind.kind, kind.meaning)),
            );
        }
    }
    Table {
        title: "[[address]]",
        about: "Where a person is reached: here and not in site.toml, whose revisions are kept for ever.",
        frame: frame.leak(),
        keys: keys.leak(),
    }
}

/// What stands between the top and the channels' tables.
const FIXED: &[Table] = &[
    Table {
        title: "[http]",
        about: "The dashboard. A change needs a restart; a new pair in the files of `certificate` and `key` does not.",
        frame: "[http]\n@",
        keys: HTTP,
    },
    Table {
        title: "[people]",
        about: "What people need to log in. A change counts at once when the file is read again, also for whoever is logged in.",
        frame: "[people]\n@",
        keys: PEOPLE,
    },
    Table {
        title: "[people.single_sign_on]",
        about: "The provider (OpenID Connect) that lets people in beside their passwords here. A change counts at once when the file is read again; the secret and the certificates are read again too.",
        frame: "[http]\nbase_url = \"https://plenum.example.org\"\n[people.single_sign_on]\n@\n[[people.single_sign_on.group]]\ngroup = \"a\"\nrole = \"viewer\"",
        keys: SINGLE_SIGN_ON,
    },
    Table {
        title: "[[people.single_sign_on.group]]",
        about: "A group of the provider's, and what whoever is in it is here: the first in the file that somebody is in counts. Who is in none is not let in.",
        frame: "[http]\nbase_url = \"https://plenum.example.org\"\n[people.single_sign_on]\nissuer = \"https://id.example.org\"\nclient_id = \"plenum\"\n[[people.single_sign_on.group]]\n@",
        keys: GROUP,
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
        title: "[[beat]]",
        about: "Somebody else who is told that this collector is well, and notices when it says so no more: see [heartbeats.md](../heartbeats.md). Of `url` and `url_file` it has one. A change needs a restart.",
        frame: "[[beat]]\nurl = \"https://second.example.org/api/v1/heartbeats/first\"\n@",
        keys: BEAT,
    },
];

const BEAT: &[Key] = &[
    required(
        "id",
        "identifier",
        "\"second\"",
        "What it is called in the log and in `/metrics`.",
    ),
    maybe(
        "url",
        "URL",
        "Where it is posted to, by http or https. Whatever answers with 2xx has taken it; redirects are not followed.",
    ),
    maybe(
        "url_file",
        "path",
        "File with that address instead, where whoever knows it may beat, as at healthchecks.io.",
    ),
    maybe(
        "token_file",
        "path",
        "File with the token that goes along (`Authorization: Bearer`), on one line.",
    ),
    usual(
        "every",
        "duration",
        "\"60s\"",
        "How often, as long as the collector is well.",
    ),
    usual(
        "insecure",
        "true or false",
        "false",
        "With `http` to another host: the network to it is yours alone. Without it `plenum check` and each start warn of it.",
    ),
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
    maybe(
        "key_file",
        "path",
        "File with the key under which secrets are sealed, or a credential's name. Without it the credential `plenum.key` if systemd gives one, else a file in the data folder that Plenum makes. A change needs a restart.",
    ),
    maybe("http", "table", "See [http]."),
    maybe("people", "table", "See [people]."),
    maybe("broker", "table", "See [broker]."),
    maybe("storage", "table", "See [storage]."),
    maybe("beat", "list of tables", "See [[beat]]."),
];

const PEOPLE: &[Key] = &[
    maybe(
        "second_factor",
        "list of roles",
        "Roles whose people need a code of their phone beside the password, as [\"administrator\"]. Whoever of them has none is asked to set it up and can do nothing else before. Everybody else may set one up. Without it no role needs one.",
    ),
    maybe("single_sign_on", "table", "See [people.single_sign_on]."),
];

const SINGLE_SIGN_ON: &[Key] = &[
    required(
        "issuer",
        "URL",
        "\"https://id.example.org/realms/example\"",
        "By which the provider names itself, letter for letter. `/.well-known/openid-configuration` behind it has to be its description.",
    ),
    required(
        "client_id",
        "text",
        "\"plenum\"",
        "By which the provider knows Plenum. There `base_url` with `/signed-on` behind it is the address to send people back to.",
    ),
    maybe(
        "client_secret_file",
        "path",
        "File with the secret that the provider has given out, on one line, or a credential's name. Without it Plenum is a public client, by PKCE alone.",
    ),
    usual(
        "button",
        "text",
        "\"single sign-on\"",
        "What the log-in's button says behind \"Log in with\".",
    ),
    usual(
        "scopes",
        "list of texts",
        "[\"profile\"]",
        "What is asked for beside `openid`, so that name and groups are in the ID token.",
    ),
    usual(
        "name_claim",
        "text",
        "\"preferred_username\"",
        "The claim of the ID token that names the person, when they come for the first time.",
    ),
    usual(
        "groups_claim",
        "text",
        "\"groups\"",
        "The claim of the ID token with the groups: a text or a list of texts.",
    ),
    maybe(
        "ca",
        "path",
        "PEM file with certificates that are believed about the provider, beside the system's.",
    ),
    maybe(
        "second_factor_amr",
        "list of texts",
        "Words in the claim `amr` that show a second factor, as [\"mfa\", \"otp\"]. A role of `second_factor` is let in with one of them alone.",
    ),
    maybe(
        "second_factor_acr",
        "list of texts",
        "Values of the claim `acr` that show one; the provider is asked for them (`acr_values`).",
    ),
    usual(
        "second_factor_always",
        "flag",
        "false",
        "The provider asks everybody for one who goes to Plenum, whatever its tokens say.",
    ),
    usual(
        "log_out_at_provider",
        "flag",
        "false",
        "Whoever logs out here is sent to the provider, which asks whether they log out there too. It has to know `base_url` with `/` behind it as an address to send back to after a log-out.",
    ),
    maybe(
        "group",
        "list of tables",
        "See [[people.single_sign_on.group]]. One at least.",
    ),
];

const GROUP: &[Key] = &[
    required(
        "group",
        "text",
        "\"server-room\"",
        "As it stands in the claim: a name or, at some providers, a number.",
    ),
    required(
        "role",
        "role",
        "\"operator\"",
        "What they are: viewer, operator, administrator, auditor or customer.",
    ),
    maybe(
        "rooms",
        "list of identifiers",
        "The rooms that viewers and operators are limited to; without it the whole site.",
    ),
    maybe(
        "customers",
        "list of texts",
        "Whose services a customer sees, as services name their customer.",
    ),
];

const HTTP: &[Key] = &[
    usual(
        "listen",
        "address:port",
        "\"127.0.0.1:8080\"",
        "Where the dashboard listens. Beyond loopback it needs a certificate or a proxy. Port 0 picks a free one.",
    ),
    maybe(
        "base_url",
        "URL",
        "What links in messages begin with, and the host behind a reverse proxy; without it the address where it listens.",
    ),
    maybe(
        "certificate",
        "path",
        "PEM file with the certificate for HTTPS, the server's own first. Read again when it changes and on SIGHUP.",
    ),
    maybe(
        "key",
        "path",
        "PEM file with its private key, without a passphrase and not readable by everybody.",
    ),
    maybe(
        "trusted_proxies",
        "list of addresses and networks",
        "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, as [\"10.0.0.5\", \"10.0.1.0/24\"]. Without a certificate nobody else gets in from beyond this host.",
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
        "tls_listen",
        "address:port",
        "Where the embedded broker listens in TLS as well, with a certificate of Plenum's own authority.",
    ),
    maybe(
        "url",
        "URL",
        "An external MQTT 5 broker, as mqtts://broker.example.org:8883; without it the embedded one is used.",
    ),
    maybe("user", "text", "Name for log-in at the external broker."),
    maybe(
        "password_file",
        "path",
        "File with the password for it, on one line.",
    ),
    maybe(
        "ca",
        "path",
        "For TLS with it: file with the certificates of those that are believed about its own; without it those behind the one in `identity`.",
    ),
    maybe(
        "identity",
        "path",
        "For TLS with it: file with the collector's key, its certificate and those behind it, where it asks for one.",
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
        "series",
        "number",
        "2000",
        "Series that one agent may have; what it sends under further names goes to the dead letters.",
    ),
    usual(
        "journal_max",
        "size",
        "\"4GiB\"",
        "What the journal may grow to before a slow export is left behind and refilled from the history. This version has no export yet: nothing is left behind.",
    ),
    usual(
        "alarm_history",
        "duration",
        "\"730d\"",
        "How long it is kept which message went to whom. The alarms' own log is kept for ever.",
    ),
];

const AGENTS: Table = Table {
    title: "[[agent]]",
    about: "An agent that may log in at the embedded broker, as site/agent.",
    frame: "[[agent]]\n@",
    keys: AGENT,
};

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
