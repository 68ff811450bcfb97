//! The registries' parts of README and of the samples under `configs`, held against the registries.

use plenum_agent::drivers::DRIVERS;
use plenum_collector::notify::channels::{AddressKind, CHANNELS, Entry};

/// Holds what stands in a file behind `from`, up to `to` or its end, against what is written from a registry.
fn check_written(file: &str, from: &str, to: &str, expected: &str) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("{file} lacks {from}"));
    let found = rest
        .split_once(to)
        .filter(|_| !to.is_empty())
        .map_or(rest, |(found, _)| found);
    let after = &rest[found.len()..];
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{from}{expected}{after}")).unwrap();
    } else {
        assert!(
            found == expected,
            "{file} differs from the registries; write it with .ci/write"
        );
    }
}

// One test, because both registries have their table in README.
#[test]
fn the_readme_and_the_samples_are_written_from_the_registries() {
    drivers();
    channels();
}

fn drivers() {
    let rows = DRIVERS
        .iter()
        .map(|entry| format!("| `{}` | {} |\n", entry.name, entry.summary));
    check_written(
        "README.md",
        "| driver | reads |\n|---|---|\n",
        "\n| channel |",
        &rows.collect::<String>(),
    );
    let samples = DRIVERS.iter().map(|entry| format!("\n{}", entry.manual.sample));
    check_written(
        "configs/agent.toml",
        &heading("Sensors"),
        "",
        &format!("{SENSORS}{}", samples.collect::<String>()),
    );
}

const SENSORS: &str = "
# `id` names a sensor within this agent, `interval` (1s to 1d, default 10s) is how often it is polled, `driver` says what it is.
# Every other key is the driver's own. Each driver has its sample here; delete what you do not have.
";

fn channels() {
    let all = |of: &dyn Fn(&Entry) -> String| CHANNELS.iter().map(of).collect::<String>();
    check_written(
        "README.md",
        "| channel | tells |\n|---|---|\n",
        "\n## ",
        &(all(&|entry| format!("| `{}` | {} |\n", entry.name, entry.summary))),
    );
    check_written(
        "configs/site.toml",
        &heading("Channels"),
        "",
        &all(&|entry| format!("\n{}", entry.manual.site)),
    );
    let addresses = all(&|entry| match entry.address {
        Some(AddressKind { key, example, .. }) => format!("{key} = \"{example}\"\n"),
        None => String::new(),
    });
    check_written(
        "configs/collector.toml",
        &heading("Where messages go"),
        &heading("Agents"),
        &format!(
            "{}\n{ADDRESSES}{addresses}\n",
            all(&|entry| format!("\n{}", entry.manual.collector))
        ),
    );
}

const ADDRESSES: &str = "\
# People's addresses are set on the screen People or with `plenum user reach`, which counts first, or stand here; never in site.toml, whose revisions are kept for
# ever.
[[address]]
person = \"sanne\"
";

fn heading(what: &str) -> String {
    format!("# --- {what} {}\n", "-".repeat(113 - what.len()))
}
