//! The registry's order and names, and what is written from it: README's table and the samples under `configs`.

use plenum_core::site::Condition;
use plenum_core::site::condition::Above;
use plenum_core::site::parse::parse;

use super::*;

#[test]
fn entries_stand_in_order_with_names_that_are_identifiers() {
    assert!(CHANNELS.is_sorted_by(|left, right| left.name < right.name));
    for entry in CHANNELS {
        assert!(Identifier::is_valid(entry.name));
        assert!(find(entry.name).is_some_and(|found| found.summary == entry.summary));
    }
}

#[test]
fn entries_stand_in_the_readme_and_in_the_samples() {
    let readme = include_str!("../../../../README.md");
    let site = include_str!("../../../../configs/site.toml");
    let collector = include_str!("../../../../configs/collector.toml");
    for Entry { name, table, .. } in CHANNELS {
        assert!(
            readme.contains(&format!("\n| `{name}` |")),
            "README.md has no line for the channel {name}"
        );
        assert!(
            site.contains(&format!("kind = \"{name}\"")),
            "configs/site.toml has no channel of kind {name}"
        );
        assert!(
            collector.contains(&format!("[{table}]")),
            "configs/collector.toml has no [{table}]"
        );
    }
}

#[test]
fn the_sample_is_a_site_without_mistakes_that_can_be_written_back() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/site.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let parsed = parse("configs/site.toml", &text, &kinds()).unwrap();
    assert_eq!(parsed.warnings, []);
    assert_eq!(
        parsed.site.rules[2].when,
        Condition::Above(Above {
            limit: 0.6,
            deadband: 0.05
        })
    );
    let written = toml::to_string(&parsed.site).unwrap();
    assert_eq!(
        parse("written back", &written, &kinds()).unwrap().site,
        parsed.site
    );
}

/// Holds what stands in a file behind `from`, up to `to` or its end, against what is written from the registry.
fn check_written(file: &str, from: &str, to: &str, expected: &str) {
    let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
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
            "{file} differs from the registry of channels; write it with .ci/write"
        );
    }
}

#[test]
fn the_readme_and_the_samples_are_written_from_the_registry() {
    let all = |of: &dyn Fn(&Entry) -> String| CHANNELS.iter().map(of).collect::<String>();
    check_written(
        "README.md",
        "| channel | tells |\n|---|---|\n",
        "\n## ",
        &(all(&|entry| format!("| `{}` | {} |\n", entry.name, entry.summary))),
    );
    let heading = |what: &str| format!("# --- {what} {}\n", "-".repeat(113 - what.len()));
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
