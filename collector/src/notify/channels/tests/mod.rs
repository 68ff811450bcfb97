//! The registry's order and names, and that its channels stand in README and in the samples under `configs`.

mod payloads;
/// For the tests of what channels have in common, too.
pub(super) mod receiver;
mod schema;
mod silence;

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
    let readme = include_str!("../../../../../README.md");
    let site = include_str!("../../../../../configs/site.toml");
    let collector = include_str!("../../../../../configs/collector.toml");
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
