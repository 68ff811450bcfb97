//! docs/reference/configuration.md holds every key of every configuration file, and says of each what the program does: the keys, the
//! words that may stand there, what is required and the defaults are asked of the program itself. README and the samples hold every driver and
//! channel, as its registry has it.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod keys;

use std::collections::BTreeSet;
use std::fmt::Write;

use keys::{Table, agent, collector, site};
use plenum_agent::AgentConfig;
use plenum_agent::drivers::DRIVERS;
use plenum_collector::config::Config;
use plenum_protocol::config_key::{Absent, Key};
use plenum_protocol::quantity::{Kind, Quantity};

const PAGE: &str = "docs/reference/configuration.md";
const WRITE: &str = ".ci/write";

/// Reads a file: its value as the program has it, or its mistakes.
type Parse = fn(&str) -> Result<String, String>;

fn parse_agent(text: &str) -> Result<String, String> {
    AgentConfig::parse("agent.toml", text)
        .map(|config| format!("{config:?}"))
        .map_err(|errors| {
            errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        })
}

fn parse_collector(text: &str) -> Result<String, String> {
    Config::parse("collector.toml", text)
        .map(|config| format!("{config:?}"))
        .map_err(|error| error.to_string())
}

fn parse_site(text: &str) -> Result<String, String> {
    plenum_core::site::parse::parse("site.toml", text, &plenum_collector::notify::channels::kinds())
        .map(|parsed| format!("{:?}", parsed.site))
        .map_err(|errors| {
            errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        })
}

/// The words that the program expects instead of one that does not exist.
fn expected(error: &str, word: &str) -> BTreeSet<String> {
    // So it speaks of the keys of a condition.
    if let Some((_, keys)) = error.split_once(&format!("unexpected keys in table: {word}, available keys: "))
    {
        let keys = keys.lines().next().unwrap_or_default();
        return keys.split(", ").map(str::to_owned).collect();
    }
    // So it speaks of the words of a registry.
    if error.contains(&format!("`{word}` is not a kind of"))
        && let Some((_, words)) = error.split_once("known here: ")
    {
        let words = words.lines().next().unwrap_or_default();
        return words.split(", ").map(str::to_owned).collect();
    }
    let start = error.find(&format!("`{word}`, expected"));
    let start = start.unwrap_or_else(|| panic!("`{word}` is not refused with what is expected: {error}"));
    let sentence = error[start..].split([';', '\n']).next().unwrap_or_default();
    let words = sentence.split('`').skip(1).step_by(2).skip(1);
    words.map(str::to_owned).collect()
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Holds a table against the program.
fn check(table: &Table, parse: Parse) {
    let title = table.title;
    let whole = parse(&table.file("", "")).unwrap_or_else(|error| panic!("{title}: {error}"));
    let unknown = parse(&table.file("", "zzz = 1")).expect_err(title);
    let keys: BTreeSet<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(
        keys,
        expected(&unknown, "zzz"),
        "{title}: the keys differ; bring tests/keys up to date, then: {WRITE}"
    );
    for key in table.keys {
        match key.default {
            Absent::Required(_) => {
                parse(&table.file(key.name, "")).expect_err(&format!("{title} {} is not required", key.name));
            }
            Absent::Nothing => {}
            Absent::Value(value) => {
                let same = parse(&table.file("", &format!("{} = {value}", key.name)));
                assert_eq!(same.as_ref(), Ok(&whole), "{title} {}: another default", key.name);
            }
        }
        if let Some(words) = key.kind.find("one of `") {
            let line = match key.kind.starts_with("table of one key") {
                true => format!("{} = {{ zzz = 1 }}", key.name),
                false => format!("{} = \"zzz\"", key.name),
            };
            let refused = parse(&table.file(key.name, &line)).expect_err(title);
            assert_eq!(
                quoted(&key.kind[words..]),
                expected(&refused, "zzz"),
                "{title} {}: other words",
                key.name
            );
        }
    }
}

/// A driver's own keys are checked by the driver alone.
fn check_driver(table: &Table) {
    let name = table.title.split(':').next().unwrap();
    let entry = DRIVERS.iter().find(|entry| entry.name == name).expect(name);
    let open = |text: &str| -> Result<String, String> {
        let keys: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
        let opened = (entry.open)(&"a".parse().unwrap(), keys);
        opened.map(|_| String::new()).map_err(|error| error.to_string())
    };
    let unknown = open(&table.file("", "zzz = 1")).expect_err(name);
    let keys: BTreeSet<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(
        keys,
        expected(&unknown, "zzz"),
        "{}: the keys differ",
        table.title
    );
    open(&table.file("", "")).unwrap_or_else(|error| panic!("{name}: {error}"));
    for key in table.keys {
        match key.default {
            Absent::Required(_) => {
                open(&table.file(key.name, "")).expect_err(&format!("{name} {} is not required", key.name));
            }
            Absent::Nothing => {}
            Absent::Value(value) => {
                open(&table.file("", &format!("{} = {value}", key.name)))
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        if key.kind.starts_with("one of `") {
            let refused = open(&table.file(key.name, &format!("{} = \"zzz\"", key.name))).expect_err(name);
            assert_eq!(
                quoted(key.kind),
                expected(&refused, "zzz"),
                "{name} {}: other words",
                key.name
            );
        }
    }
}

/// `[[sensor]]` with a driver that needs few keys.
fn sensor_tables() -> Table {
    Table {
        title: "[[sensor]]",
        about: "A sensor.",
        frame: "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[[sensor]]\nbus = \"/dev/i2c-1\"\n@",
        keys: agent::SENSOR,
    }
}

#[test]
fn the_keys_are_those_of_the_program() {
    agent::TABLES.iter().for_each(|table| check(table, parse_agent));
    collector::tables()
        .iter()
        .for_each(|table| check(table, parse_collector));
    site::tables().iter().for_each(|table| check(table, parse_site));
    let sensor = sensor_tables();
    let whole = parse_agent(&sensor.file("", "")).unwrap();
    assert_eq!(parse_agent(&sensor.file("", "interval = \"10s\"")), Ok(whole));
    for name in ["id", "driver"] {
        parse_agent(&sensor.file(name, "")).unwrap_err();
    }
    agent::drivers().iter().for_each(check_driver);
}

#[test]
fn the_sample_of_a_site_places_what_the_sample_of_an_agent_reads() {
    let sensors = |file: &str| -> BTreeSet<String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let sensors = table["sensor"].as_array().unwrap().iter();
        let name = |sensor: &toml::Value| {
            let agent = sensor.get("agent").or_else(|| table.get("agent")).unwrap();
            format!("{}/{}", agent.as_str().unwrap(), sensor["id"].as_str().unwrap())
        };
        sensors.map(name).collect()
    };
    assert_eq!(sensors("configs/agent.toml"), sensors("configs/site.toml"));
}

#[test]
fn the_reference_is_up_to_date() {
    let page = page();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "{PAGE} differs from the program; write it with: {WRITE}"
    );
}

fn page() -> String {
    let mut page = String::from(HEAD);
    let mut file = |name: &str, about: &str, tables: &[Table]| {
        let _ = write!(page, "\n## {name}\n\n{about}\n");
        tables.iter().for_each(|table| section(&mut page, table));
    };
    let mut of_agent = agent::TABLES.to_vec();
    of_agent.push(sensor_tables());
    file(
        "agent.toml",
        "Read by `plenum-agent run`; SIGHUP reads it again.",
        &of_agent,
    );
    file(
        "agent.toml: drivers",
        "The own keys of each driver, in its `[[sensor]]`.",
        &agent::drivers(),
    );
    file(
        "collector.toml",
        "Read by `plenum serve`; SIGHUP reads it again.",
        &collector::tables(),
    );
    file(
        "site.toml",
        "Loaded at the first start, then changed by `plenum site apply`.",
        &site::tables(),
    );
    page += "\n## Quantities\n\n| quantity | unit |\n|---|---|\n";
    for quantity in Quantity::ALL {
        let unit = match quantity.kind() {
            Kind::Boolean => "a state".to_owned(),
            Kind::Number => format!("`{}`", quantity.unit()),
        };
        let _ = writeln!(page, "| `{quantity}` | {unit} |");
    }
    page
}

fn section(page: &mut String, table: &Table) {
    let _ = write!(
        page,
        "\n### {}\n\n{}\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
        table.title, table.about
    );
    for Key {
        name,
        kind,
        default,
        meaning,
    } in table.keys
    {
        let default = match default {
            Absent::Required(example) => format!("required, as `{example}`"),
            Absent::Nothing => String::new(),
            Absent::Value(value) => format!("`{value}`"),
        };
        let _ = writeln!(page, "| `{name}` | {kind} | {default} | {meaning} |");
    }
}

const HEAD: &str = "# Configuration keys

This page is written from the program by `.ci/write`, and a test holds it against the program. The files in
[configs](../../configs) show each key where it stands; `plenum check FILE` explains every mistake. An unknown key is refused.

| value | is written |
|---|---|
| text, path | in quotes; a relative path counts from the file's folder |
| identifier | in quotes: 1 to 63 small letters, digits and hyphens, beginning with a letter or digit |
| duration | a whole number with its unit, in quotes: `500ms`, `10s`, `5min`, `8h`, `30d` |
| size | a whole number with its unit, in quotes: `64KiB`, `256MiB`, `4GiB` |
| address:port | in quotes: `127.0.0.1:8080` |
| flag | `true` or `false` |
| instant | in quotes, RFC 3339: `2026-01-01T00:00:00Z` |
| civil time | in quotes, without a zone: `2026-01-01T00:00`; of a day: `02:00` |
| time zone | in quotes, an IANA name: `Europe/Amsterdam` |
| quantity | in quotes, one of the last table |
";
