//! Who may import whom, and who may touch the world.

use std::collections::BTreeSet;

use super::named::{has_word, imported};
use super::none;
use super::tree::{read, rust_at};

pub(crate) const CRATES: [&str; 7] = [
    "protocol",
    "migration",
    "core",
    "link",
    "agent",
    "collector",
    "dashboard",
];

#[test]
fn crates_import_in_the_drawn_direction() {
    let may_import = |crate_name: &str| -> &[&str] {
        match crate_name {
            "protocol" | "migration" => &[],
            "link" => &["kernel-clock", "protocol"],
            "core" => &["protocol"],
            "agent" => &["protocol", "link", "migration"],
            "collector" => &["protocol", "core", "link", "migration"],
            _ => &["protocol", "core", "link", "collector"],
        }
    };
    let wrong = CRATES.iter().flat_map(|name| {
        let imported = dependencies(name).into_iter();
        let ours = imported.filter_map(|other| Some(other.strip_prefix("plenum-")?.to_owned()));
        let beyond = ours.filter(|other| !may_import(name).contains(&other.as_str()));
        beyond.map(move |other| format!("{name} imports {other}"))
    });
    none("ARCHITECTURE.md draws another direction", wrong);
}

/// What a crate depends on, tests aside.
fn dependencies(crate_name: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read(&format!("{crate_name}/Cargo.toml"))
        .parse()
        .expect("Cargo reads it too");
    let table = manifest["dependencies"].as_table().expect("a table");
    table.keys().cloned().collect()
}

#[test]
fn the_core_depends_on_nothing_that_could_do_anything() {
    let allowed = ["jiff", "plenum-protocol", "serde", "thiserror", "toml"];
    let beyond = dependencies("core").into_iter();
    none(
        "core may depend on these alone: a clock, a runtime or a database must not creep in",
        beyond.filter(|name| !allowed.contains(&name.as_str())),
    );
}

/// What a module of the collector may import of the others. Each stands below all that it may import.
const COLLECTOR: &[(&str, &[&str])] = &[
    ("broker", &[]),
    ("database", &[]),
    ("people", &["database"]),
    ("journal", &["database"]),
    ("audit", &["database", "journal"]),
    ("intake", &["broker", "database", "journal"]),
    ("history", &["database", "journal"]),
    ("notify", &["database", "journal"]),
    ("revisions", &["database", "journal", "notify"]),
    ("alarms", &["database", "journal", "notify", "revisions"]),
    ("availability", &["database", "history", "revisions"]),
    ("facts", &["alarms", "history", "intake", "notify"]),
    ("trials", &["alarms", "database", "history", "notify"]),
];

/// These put the others together, and nobody imports them.
const COMPOSITION: [&str; 5] = ["collector", "config", "lib", "open", "reload"];

#[test]
fn the_collectors_modules_import_in_the_drawn_direction() {
    let modules = rust_at("collector/src")
        .into_iter()
        .filter(|file| !file.is_test());
    let wrong = modules.flat_map(|file| {
        let module = file.name["collector/src/".len()..]
            .split(['/', '.'])
            .next()
            .unwrap_or_default();
        let may = COLLECTOR.iter().find(|(name, _)| *name == module);
        let free = COMPOSITION.contains(&module);
        let imported = file.code_lines().flat_map(|(_, line)| imported(line));
        let beyond = imported.filter(move |other| {
            !free && *other != module && may.is_none_or(|(_, others)| !others.contains(other))
        });
        beyond
            .map(move |other| format!("{module} imports {other}"))
            .collect::<Vec<_>>()
    });
    let message = "the collector's modules import each other in another direction";
    none(message, wrong);
    let back = COLLECTOR
        .iter()
        .enumerate()
        .flat_map(|(number, (module, others))| {
            let stands_above = move |other: &str| COLLECTOR[..number].iter().any(|(name, _)| *name == other);
            let below = others.iter().filter(move |other| !stands_above(other));
            below.map(move |other| format!("{module} may import {other}, which does not stand above it"))
        });
    none("there is no way back", back);
}

/// Each is a function of what it is handed: `now` is an argument, effects are a return value.
const PURE: [&str; 5] = [
    "agent/src/sampler.rs",
    "agent/src/schedule.rs",
    "agent/src/still.rs",
    "core/src",
    "protocol/src",
];

const IMPURE: [&str; 15] = [
    "async fn",
    ".await",
    "tokio::",
    "tracing::",
    "std::fs",
    "std::net",
    "std::thread",
    "Mutex",
    "RwLock",
    "rusqlite",
    "dyn Clock",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "rand::",
];

/// The simulated clock is a clock: it says so and has a lock.
const IMPURE_BY_NAME: [&str; 1] = ["protocol/src/clock.rs"];

#[test]
fn pure_modules_have_no_clock_lock_file_or_task() {
    let pure = PURE.iter().flat_map(|path| rust_at(path));
    let pure = pure.filter(|file| !file.is_test() && !IMPURE_BY_NAME.contains(&file.name.as_str()));
    let offences = pure.flat_map(|file| {
        file.code_lines().filter_map(move |(number, line)| {
            let word = IMPURE.iter().find(|word| has_word(line, word))?;
            Some(format!("{}:{number}: {word}", file.name))
        })
    });
    none("pure modules reach for the world", offences);
}
