//! What we ship of others is listed, by `.ci/third-party`, for whoever packs a release: held against the lock files, and against what cargo says that the
//! programs are made of.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// Collectors run on the first two, agents on all of them.
const PLATFORMS: [&str; 3] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "armv7-unknown-linux-gnueabihf",
];
const WRITE: &str = "`.ci/third-party` says otherwise";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is listed, and the notices with the licences' texts.
fn listed() -> &'static (Value, String) {
    static LISTED: LazyLock<(Value, String)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let output = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/third-party"))
            .arg(folder.path())
            .output()
            .expect("python3 is here; tests/run installs it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
        let bill = serde_json::from_str(&read("sbom.cdx.json")).expect("JSON");
        (bill, read("notices.txt"))
    });
    &LISTED
}

fn purls(bill: &Value) -> BTreeSet<String> {
    let components = bill["components"].as_array().expect("components");
    let purls = components
        .iter()
        .map(|one| one["purl"].as_str().expect("a purl").to_owned());
    purls.collect()
}

/// What a program is made of on a platform, as `pkg:cargo/NAME@VERSION`.
fn made_of(program: &str, platform: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ])
        .args(["--package", program, "--target", platform])
        .output()
        .expect("cargo is here");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    let foreign = text.lines().filter(|line| !line.contains(" (/"));
    let purl = |line: &str| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some(format!("pkg:cargo/{name}@{version}"))
    };
    foreign.filter_map(purl).collect()
}

#[test]
fn every_crate_that_the_programs_are_made_of_is_listed_and_no_other() {
    let mut made = BTreeSet::new();
    for platform in PLATFORMS {
        for program in ["plenum", "plenum-agent"] {
            made.append(&mut made_of(program, platform));
        }
    }
    assert!(made.len() > 100, "{made:?}");
    let listed: BTreeSet<String> = purls(&listed().0)
        .into_iter()
        .filter(|purl| purl.starts_with("pkg:cargo/"))
        .collect();
    let differing: Vec<_> = listed.symmetric_difference(&made).collect();
    assert!(differing.is_empty(), "{differing:?}: {WRITE}");
}

#[test]
fn every_package_of_the_screens_is_listed_as_it_is_locked() {
    let lock: Value = serde_json::from_str(&read("dashboard/web/package-lock.json")).expect("JSON");
    let listed = purls(&listed().0);
    let mut waiting = vec!["svelte".to_owned(), "uplot".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let one = &lock["packages"][format!("node_modules/{name}")];
        let version = one["version"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} is not locked"));
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        assert!(listed.contains(&purl), "{purl}: {WRITE}");
        let used = one["dependencies"].as_object().into_iter().flatten();
        waiting.extend(used.map(|(name, _)| name.clone()));
    }
    let npm = listed.iter().filter(|purl| purl.starts_with("pkg:npm/")).count();
    assert_eq!(npm, seen.len(), "{WRITE}");
}

/// Whoever asks a list of known holes asks for SQLite, not for the crate that brings it.
#[test]
fn the_database_that_is_built_from_c_is_listed_by_its_own_name() {
    let bill = &listed().0;
    let mut components = bill["components"].as_array().expect("components").iter();
    let sqlite = components.find(|one| one["name"] == "sqlite").expect("sqlite");
    let (purl, version) = (
        sqlite["purl"].as_str().expect("a purl"),
        sqlite["version"].as_str().expect("a version"),
    );
    let name = format!("cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*");
    assert_eq!(sqlite["cpe"].as_str(), Some(name.as_str()));
    let mut edges = bill["dependencies"].as_array().expect("dependencies").iter();
    let brings = |edge: &&Value| {
        edge["dependsOn"]
            .as_array()
            .is_some_and(|all| all.contains(&purl.into()))
    };
    let by = edges.find(brings).expect("whoever brings it")["ref"].as_str();
    assert!(
        by.is_some_and(|by| by.starts_with("pkg:cargo/libsqlite3-sys@")),
        "{by:?}"
    );
}

#[test]
fn each_has_a_licence_that_is_allowed_its_checksum_and_its_notice() {
    let (bill, notices) = listed();
    let lock = read("Cargo.lock");
    assert_eq!(
        (&bill["bomFormat"], &bill["specVersion"]),
        (&"CycloneDX".into(), &"1.6".into())
    );
    let allowed = read("deny.toml");
    for one in bill["components"].as_array().expect("components") {
        let (name, version) = (
            one["name"].as_str().expect("a name"),
            one["version"].as_str().expect("a version"),
        );
        let licence = &one["licenses"][0];
        let licence = licence["expression"]
            .as_str()
            .or(licence["license"]["id"].as_str());
        let licence = licence.unwrap_or_else(|| panic!("{name}: no licence"));
        let any = licence
            .split(" OR ")
            .flat_map(|option| option.split(" AND "))
            .any(|option| allowed.contains(&format!("\"{}\"", option.trim_matches(['(', ')']))));
        // What a crate builds from C of others is not asked of deny.toml.
        assert!(
            any || name == "sqlite" && licence == "blessing",
            "{name} {version}: {licence}"
        );
        let line = format!("{name} {version}  {licence}");
        assert!(notices.lines().any(|have| have == line), "{line}: {WRITE}");
        let headed = notices.lines().any(|have| {
            let mut names = have.split(", ");
            names.any(|have| have == format!("{name} {version}"))
        });
        assert!(headed, "{name} {version} has no text: {WRITE}");
        let sum = one["hashes"][0]["content"].as_str().expect("a checksum");
        let is_locked = one["hashes"][0]["alg"] != "SHA-256" || lock.contains(sum);
        assert!(is_locked || name == "sqlite", "{name} {version}");
    }
}
