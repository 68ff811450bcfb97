//! What keeps the house in order: pure modules stay pure, crates import in the drawn direction, and documents name files that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "node_modules", "web"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The code without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default()
        .to_owned()
}

const CRATES: [&str; 5] = ["protocol", "link", "agent", "collector", "dashboard"];

#[test]
fn every_file_begins_with_what_it_is_for() {
    let folders = CRATES.iter().copied().chain(["src", "tests"]);
    let silent: Vec<String> = folders
        .flat_map(sources)
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//! "))
        .map(|path| name(&path))
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not begin with a `//!` sentence: {silent:?}"
    );
}

#[test]
fn pure_modules_have_no_clock_lock_file_or_task() {
    // Each is a function of what it is handed: `now` is an argument, effects are a return value.
    let pure = [
        "protocol/src/streams",
        "protocol/src/senml",
        "agent/src/sampler.rs",
        "agent/src/schedule.rs",
        "collector/src/alarms/core",
        "collector/src/availability/timeline.rs",
        "collector/src/availability/calendar.rs",
        "collector/src/availability/fold.rs",
        "collector/src/availability/truth.rs",
        "collector/src/notify/decision.rs",
        "collector/src/notify/message.rs",
        "collector/src/notify/trend.rs",
    ];
    let impure = [
        "async fn",
        ".await",
        "tokio::",
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
    let mut offences = Vec::new();
    for place in pure {
        let path = root().join(place);
        assert!(path.exists(), "{place} is named here and does not exist");
        let files = if path.is_dir() { sources(place) } else { vec![path] };
        for file in files {
            let code = code(&file);
            let lines = code
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"));
            for (number, line) in lines {
                if let Some(word) = impure.iter().find(|word| has_word(line, word)) {
                    offences.push(format!("{}:{}: {word}", name(&file), number + 1));
                }
            }
        }
    }
    assert!(
        offences.is_empty(),
        "pure modules reach for the world: {offences:#?}"
    );
}

/// Whether the word stands in the line and is not a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let ends_open = word.ends_with("::");
        (!word.starts_with(part) || !before.ends_with(part)) && (ends_open || !after.starts_with(part))
    })
}

#[test]
fn crates_import_in_the_drawn_direction() {
    let allowed = |crate_name: &str| -> &[&str] {
        match crate_name {
            "protocol" => &[],
            "link" => &["protocol"],
            "agent" | "collector" => &["protocol", "link"],
            _ => &["protocol", "link", "collector"],
        }
    };
    for crate_name in CRATES {
        let manifest = fs::read_to_string(root().join(crate_name).join("Cargo.toml")).unwrap();
        let (normal, _) = manifest
            .split_once("[dev-dependencies]")
            .unwrap_or((&manifest, ""));
        for other in CRATES {
            let imports = normal
                .lines()
                .any(|line| line.starts_with(&format!("plenum-{other}")));
            assert!(
                !imports || allowed(crate_name).contains(&other),
                "{crate_name} must not import {other}"
            );
        }
    }
}

#[test]
fn architecture_names_only_what_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let paths = text.split('`').skip(1).step_by(2).filter(|word| {
        word.contains('/') && !word.contains([' ', '{', '*', '<', ':']) && !word.starts_with(['/', '.'])
    });
    let missing: Vec<&str> = paths.filter(|path| !root().join(path).exists()).collect();
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names paths that do not exist: {missing:?}"
    );
}

#[test]
fn nothing_of_one_machine_is_in_the_tree() {
    let home = ["/ro", "ot/"].concat();
    let folders = CRATES.iter().copied().chain(["src", "tests"]);
    let named: Vec<String> = folders
        .flat_map(sources)
        .filter(|path| fs::read_to_string(path).unwrap().contains(&home))
        .map(|path| name(&path))
        .collect();
    assert!(named.is_empty(), "a path of somebody's machine: {named:?}");
}

#[test]
fn every_driver_and_channel_is_listed_for_people() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let sample = fs::read_to_string(root().join("configs/agent.toml")).unwrap();
    for driver in plenum_agent::drivers::DRIVERS {
        assert!(
            readme.contains(&format!("| `{}` |", driver.name)),
            "README.md's table lacks the driver {}",
            driver.name
        );
        assert!(
            sample.contains(&format!("driver = \"{}\"", driver.name)),
            "configs/agent.toml lacks the driver {}",
            driver.name
        );
    }
    for channel in ["email", "webhook"] {
        assert!(
            readme.contains(&format!("| `{channel}` |")),
            "README.md's table lacks the channel {channel}"
        );
    }
}
