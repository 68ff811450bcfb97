//! What keeps the house in order: forms, and that whatever is named is there. Directions and purity are in tests/house/directions.rs.
//! What must not disappear stands in tests/house.txt, this file included; `.ci/run` looks before it runs anything.

mod house;

use std::collections::BTreeSet;

use house::commands::Commands;
use house::directions::CRATES;
use house::functions::functions;
use house::named::{command_lines, paths};
use house::tree::{Source, exists, files, read, rust};
use house::{none, none_but};

/// How a file of a kind begins: with a sentence on what it is for.
const BEGINNINGS: [(&str, &[&str]); 9] = [
    (".rs", &["//! "]),
    (".ts", &["// ", "/* "]),
    (".mjs", &["// "]),
    (".svelte", &["<!-- "]),
    (".css", &["/* "]),
    (".py", &["\"\"\""]),
    (".sql", &["-- "]),
    (".service", &["# ", "[Unit]\nDescription="]),
    ("/run", &["# "]),
];

#[test]
fn every_file_begins_with_what_it_is_for() {
    let silent = files().iter().filter(|file| {
        let text = match file.text.starts_with("#!") && !file.is(".rs") {
            true => file.text.split_once('\n').map_or("", |(_, rest)| rest),
            false => &file.text,
        };
        let kind = BEGINNINGS.iter().find(|(ending, _)| file.is(ending));
        kind.is_some_and(|(_, beginnings)| !beginnings.iter().any(|beginning| text.starts_with(beginning)))
    });
    none(
        "these files do not begin with what they are for",
        silent.map(|file| file.name.clone()),
    );
}

#[test]
fn there_is_one_style_of_modules_tests_and_exceptions() {
    let names: BTreeSet<&str> = rust().map(|file| file.name.as_str()).collect();
    let [allow, ignore] = ["#[al", "#[ig"].map(|half| half.to_owned());
    let (allow, ignore) = (allow + "low(", ignore + "nore");
    let offences = rust().flat_map(|file| {
        let folder = file.name.trim_end_matches(".rs").to_owned() + "/";
        let beside = names.range(folder.as_str()..).next();
        let beside = beside.is_some_and(|name| name.starts_with(&folder));
        let found = [
            (
                beside,
                "stands beside a folder of its name: make it the folder's mod.rs",
            ),
            (file.is("_tests.rs"), "belongs into a folder, as tests.rs"),
            (
                file.text.contains(&["#[pa", "th = "].concat()),
                "lies where its name does not say",
            ),
            (
                file.text.contains(&allow),
                "expect a lint, with its reason, instead of allowing it",
            ),
            (
                file.text.contains(&ignore),
                "a test that is not run proves nothing",
            ),
        ];
        let offences = found.into_iter().filter(|(is, _)| *is);
        offences.map(move |(_, why)| format!("{}: {why}", file.name))
    });
    none("there is one style", offences);
}

/// Longer than a file should be, because they are tables.
const TABLES: &[&str] = &["src/demo/site.toml", "tests/messages/states.txt"];

#[test]
fn no_file_is_longer_than_500_lines() {
    let code = files().iter().filter(|file| !file.is(".md"));
    let long = code.filter(|file| file.text.lines().count() > 500);
    let names = long.map(|file| file.name.clone());
    none_but("split these, by nouns", TABLES, names);
}

/// Longer than a function should be, because they are tables.
const LONG_LISTS: &[&str] = &[
    "protocol/tests/senml.rs a_record_that_is_wrong_is_refused_alone_and_with_its_reason",
    "src/demo/scripts.rs room_a",
    "src/demo/scripts.rs room_b",
    "src/demo/scripts.rs ups",
];

#[test]
fn no_function_is_longer_than_60_lines() {
    let long = rust().flat_map(|file| {
        let long = functions(&file.text)
            .into_iter()
            .filter(|function| function.lines > 60);
        long.map(|function| format!("{} {}", file.name, function.name))
    });
    none_but("split these: 60 lines, a match aside", LONG_LISTS, long);
}

/// Words that look like a path of ours and are not one: terms of site.toml, and what a tool makes.
const NO_PATHS: [&str; 2] = ["agent/sensor", "fuzz/artifacts"];

#[test]
fn every_path_that_is_named_exists() {
    let top: BTreeSet<&str> = files()
        .iter()
        .filter_map(|file| Some(file.name.split_once('/')?.0))
        .collect();
    let missing = files().iter().flat_map(|file| {
        let named = paths(&file.text)
            .filter(|path| path.split_once('/').is_some_and(|(first, _)| top.contains(first)));
        let missing =
            named.filter(move |path| !exists(path) && !file.has_beside(path) && !NO_PATHS.contains(path));
        missing.map(|path| format!("{}: {path}", file.name))
    });
    none("these are named and do not exist", missing);
}

#[test]
fn every_page_leads_to_pages_that_exist() {
    let names: BTreeSet<&str> = files()
        .iter()
        .filter_map(|file| file.name.rsplit('/').next())
        .collect();
    let missing = files().iter().filter(|file| file.is(".md")).flat_map(|page| {
        let links = page
            .text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        let dead = links.filter(move |link| !page.has_beside(link));
        let quoted = page.text.split('`').skip(1).step_by(2);
        let unknown = quoted
            .filter(|word| word.ends_with(".rs") && !word.contains(['/', ' ', '*']) && !names.contains(word));
        let missing: Vec<&str> = dead.chain(unknown).collect();
        missing.into_iter().map(|what| format!("{}: {what}", page.name))
    });
    none("these pages lead nowhere", missing);
}

/// Where packages put what lies here.
const INSTALLED: [(&str, &str); 6] = [
    ("/etc/plenum/", "configs/"),
    ("/usr/share/doc/plenum/", "docs/"),
    ("/usr/share/doc/plenum/examples/", "configs/"),
    ("/usr/share/doc/plenum-agent/", "docs/"),
    ("/usr/share/doc/plenum-agent/examples/", "configs/"),
    ("/etc/systemd/system/", "systemd/"),
];

#[test]
fn every_installed_file_that_is_named_has_its_original_here() {
    let missing = files().iter().filter(|file| !file.is_test()).flat_map(|file| {
        let named = INSTALLED.iter().flat_map(|(installed, here)| {
            let rests = file.code().split(installed).skip(1);
            let names = rests.filter_map(|rest| {
                let ends = |one: char| !one.is_ascii_alphanumeric() && !"-._".contains(one);
                let name = rest.split(ends).next()?;
                // A folder below it has a line of its own.
                (!rest[name.len()..].starts_with('/')).then_some(name)
            });
            names.map(move |name| format!("{here}{}", name.trim_end_matches('.')))
        });
        let missing = named.filter(|path| !exists(path));
        missing
            .map(|path| format!("{}: {path}", file.name))
            .collect::<Vec<_>>()
    });
    none("these are named as installed and are not here", missing);
}

#[test]
fn every_command_that_is_named_exists() {
    let mut commands = Commands::default();
    // The names of packages are those of the programs, and no commands.
    let lists_packages = |file: &&Source| {
        ["packages/", "tests/packages/"]
            .iter()
            .any(|of| file.name.starts_with(of))
    };
    let read = files().iter().filter(|file| !lists_packages(file));
    let wrong = read.flat_map(|file| {
        command_lines(&file.text)
            .into_iter()
            .map(move |line| (file, line))
    });
    let wrong = wrong.filter_map(|(file, line)| {
        let why = commands.check(&line).err()?;
        Some(format!("{}: {why}", file.name))
    });
    none("these commands are named and do not exist", wrong);
}

#[test]
fn each_daemon_has_a_state_folder_of_its_own_and_stays_down_after_a_mistake() {
    let units: Vec<&Source> = files().iter().filter(|file| file.is(".service")).collect();
    let state_of = |unit: &Source| setting(unit, "StateDirectory");
    let folders: BTreeSet<String> = units.iter().map(|unit| state_of(unit)).collect();
    assert_eq!(
        folders.len(),
        units.len(),
        "two units claim one folder: {folders:?}"
    );
    for unit in units {
        for (key, value) in [
            ("StateDirectoryMode", "0700"),
            ("UMask", "0077"),
            ("RestartPreventExitStatus", "78"),
        ] {
            assert_eq!(setting(unit, key), value, "{key} in {}", unit.name);
        }
        assert_eq!(setting(unit, "User"), state_of(unit), "{}", unit.name);
        assert!(
            !unit.text.contains("\nExecStartPre="),
            "{}: its exit code would not count",
            unit.name
        );
    }
    let strange = files().iter().flat_map(|file| {
        let rests = file.text.split("/var/lib/").skip(1);
        let names = rests.filter_map(|rest| {
            rest.split(|one: char| !one.is_ascii_alphanumeric() && one != '-')
                .next()
        });
        let ours = names.filter(|name| name.starts_with("plenum") && !folders.contains(*name));
        ours.map(|name| format!("{}: /var/lib/{name}", file.name))
            .collect::<Vec<_>>()
    });
    none("no unit makes these folders", strange);
}

fn setting(unit: &Source, key: &str) -> String {
    let mut values = unit
        .text
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values
        .next()
        .unwrap_or_else(|| panic!("{} has no {key}=", unit.name))
        .to_owned()
}

#[test]
fn what_must_not_disappear_is_listed_and_there() {
    let list = read("tests/house.txt");
    let listed: BTreeSet<&str> = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    none(
        "these are listed in tests/house.txt and gone",
        listed
            .iter()
            .filter(|path| !exists(path))
            .map(|path| (*path).to_owned()),
    );
    let must_be_listed = files().iter().map(|file| file.name.as_str()).filter(|name| {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        ["systemd", "configs", "docs/decisions", "tests"].contains(&folder)
            || folder.starts_with("packages")
            || CRATES.iter().any(|one| folder == format!("{one}/tests"))
            || name.ends_with(".sql")
    });
    let unlisted = must_be_listed.filter(|name| !listed.contains(name) && *name != "tests/house.txt");
    none(
        "list these in tests/house.txt, so that they cannot go unseen",
        unlisted.map(str::to_owned),
    );
}

#[test]
fn every_case_from_the_field_has_its_test() {
    none(
        "tests/field.md names what is not there",
        house::field::wrong(&read("tests/field.md")),
    );
}

#[test]
fn every_line_of_the_standard_is_answered() {
    none(
        "docs/security.md and the standard",
        house::security::wrong(&read("docs/security.md"), &read("tests/house/asvs.txt")),
    );
}

#[test]
fn nothing_of_one_machine_is_in_the_tree() {
    let homes = [["/ro", "ot/"].concat(), ["/ho", "me/"].concat()];
    let named = files()
        .iter()
        .filter(|file| homes.iter().any(|home| file.text.contains(home)));
    none(
        "a path of somebody's machine",
        named.map(|file| file.name.clone()),
    );
}

#[test]
fn every_driver_and_channel_is_listed_for_people() {
    let readme = read("README.md");
    let sample = read("configs/agent.toml");
    let drivers = plenum_agent::drivers::DRIVERS.iter().map(|driver| driver.name);
    let unsampled = drivers
        .clone()
        .filter(|name| !sample.contains(&format!("driver = \"{name}\"")));
    none(
        "configs/agent.toml lacks these drivers",
        unsampled.map(str::to_owned),
    );
    let unlisted = drivers
        .chain(
            plenum_collector::notify::channels::CHANNELS
                .iter()
                .map(|channel| channel.name),
        )
        .filter(|name| !readme.contains(&format!("| `{name}` |")));
    none("README.md's tables lack these", unlisted.map(str::to_owned));
}

#[test]
fn every_alarm_of_the_monitor_says_what_to_do_at_night() {
    let page = read("docs/operating.md");
    let paragraphs = |word: &str| {
        let begun = page.split(&format!("\n### {word}\n\n")).nth(1);
        begun
            .and_then(|rest| rest.split("\n#").next())
            .unwrap_or_default()
    };
    let kinds = plenum_core::fact::SystemKind::ALL.map(|kind| kind.as_str());
    let silent = kinds.into_iter().filter(|kind| paragraphs(kind).len() < 40);
    none(
        "docs/operating.md says nothing of these",
        silent.map(str::to_owned),
    );
}
