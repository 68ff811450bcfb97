//! The registries' parts of README and of the samples under `configs`, held against the registries.

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

#[test]
fn the_readme_and_the_samples_are_written_from_the_registry() {
    channels();
}

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
# People's addresses stand here and not in site.toml, whose revisions are kept for ever.
[[address]]
person = \"sanne\"
";

fn heading(what: &str) -> String {
    format!("# --- {what} {}\n", "-".repeat(113 - what.len()))
}
