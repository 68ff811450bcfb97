//! Many UPSes through the real driver and the built-in rules: of those that are well nobody is woken, and of those that are not somebody is. The
//! devices are in tests/scenarios/upses; its README says how a folder of dumps is played as well.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use plenum_agent::driver::Driver;
use plenum_agent::drivers;
use plenum_protocol::{Duration, Timestamp};
use support::nut::Upsd;
use support::upsd::{SmallUpsd, Variables};
use support::watch::Watch;

/// Each UPS is polled for so long.
const WATCHED: Duration = Duration::from_minutes(10);
/// The share of calm UPSes that may have an alarm on their first day.
const TOLERATED: f64 = 0.02;
/// So many of a folder are held against the real upsd.
const SAMPLE: usize = 20;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ups: Vec<Device>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Device {
    what: String,
    variables: Variables,
    alarms: BTreeSet<String>,
}

fn ours(name: &str) -> Vec<Device> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/upses");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    file.ups
}

fn driver(port: u16, ups: &str) -> Box<dyn Driver> {
    let entry = drivers::find("nut").unwrap();
    let keys = format!("ups = '{ups}'\nport = {port}");
    (entry.open)(&"ups".parse().unwrap(), keys.parse().unwrap())
        .unwrap()
        .driver
}

/// Polls a UPS through the driver and the built-in rules. Gives the sentence of each alarm that there was, by its rule.
fn alarms(driver: Box<dyn Driver>, every: Duration) -> BTreeMap<String, String> {
    let site = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"Europe/Amsterdam\"\n";
    let start: Timestamp = "2026-06-18T00:00:00Z".parse().unwrap();
    let mut watch = Watch::new(site, driver, every, start);
    watch.run_until(start + WATCHED + Duration::from_milliseconds(1));
    let told = watch.told.into_iter();
    told.map(|told| (told.alarm.rule.to_string(), told.sentence))
        .collect()
}

/// The names under which devices are played, in their order.
fn named<'a>(devices: impl Iterator<Item = &'a Variables>) -> BTreeMap<String, Variables> {
    let names = (0..).map(|number| format!("ups-{number:03}"));
    names.zip(devices.cloned()).collect()
}

fn check(file: &str) {
    let devices = ours(file);
    let upses = named(devices.iter().map(|device| &device.variables));
    let server = SmallUpsd::playing(upses.clone());
    for (device, ups) in devices.iter().zip(upses.keys()) {
        for every in [1, 10, 60] {
            let found = alarms(driver(server.port(), ups), Duration::from_seconds(every));
            let rules: BTreeSet<String> = found.keys().cloned().collect();
            assert_eq!(
                rules, device.alarms,
                "{}, read every {every} s: {found:#?}",
                device.what
            );
        }
    }
}

#[test]
fn of_calm_upses_nobody_is_told() {
    check("calm.toml");
}

#[test]
fn of_each_bad_ups_somebody_is_told_what_is_wrong() {
    check("bad.toml");
}

/// What the driver reads of each at the small server and at the real one.
fn check_against_upsd(devices: &BTreeMap<String, Variables>) {
    let small = SmallUpsd::playing(devices.clone());
    let real = Upsd::dummies(devices);
    for ups in devices.keys() {
        let read = |port| driver(port, ups).read(Timestamp::from_milliseconds(0));
        let wanted = read(small.port());
        support::process::eventually(ups, std::time::Duration::from_secs(20), || {
            (read(real.port()) == wanted).then_some(())
        });
    }
}

#[test]
fn the_small_server_is_to_the_driver_what_upsd_is() {
    let devices: Vec<Device> = [ours("calm.toml"), ours("bad.toml")]
        .into_iter()
        .flatten()
        .collect();
    let some = devices.iter().map(|device| &device.variables).step_by(6);
    check_against_upsd(&named(some));
}

/// The `.dev` files of the folder that the environment names; none without it.
fn dumps() -> Vec<(String, Variables)> {
    let Some(folder) = std::env::var_os("PLENUM_NUT_DUMPS").map(PathBuf::from) else {
        return Vec::new();
    };
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dev"));
    files.sort();
    let named = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (name, dump(&String::from_utf8_lossy(&fs::read(file).unwrap())))
    };
    files.iter().map(named).collect()
}

/// `name: value` in lines; what stands behind a # is a remark.
fn dump(text: &str) -> Variables {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let variable = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let value = value.split('#').next().unwrap_or_default();
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    lines.filter_map(variable).collect()
}

/// Whether a UPS says that it is on mains; `bad` if it says as well that something is wrong.
fn says(variables: &Variables) -> (bool, bool) {
    let value = |name: &str| variables.get(name).map_or("", String::as_str);
    let has = |flag: &&str| value("ups.status").split_whitespace().any(|own| own == *flag);
    let wrong = ["OB", "LB", "RB", "OVER", "ALARM", "FSD", "OFF", "BYPASS"];
    let alarm = !matches!(value("ups.alarm"), "" | "0");
    let test = value("ups.test.result");
    let bad = wrong.iter().any(has) || alarm || test.contains("error") || test.contains("warning");
    (has(&"OL") && !bad, bad)
}

#[test]
fn a_folder_of_dumps_has_few_alarms_on_calm_upses_and_some_on_every_bad_one() {
    let dumps = dumps();
    let upses = named(dumps.iter().map(|(_, variables)| variables));
    let server = SmallUpsd::playing(upses.clone());
    let (mut calm, mut alarmed, mut bad, mut missed) = (0, Vec::new(), 0, Vec::new());
    for ((name, variables), ups) in dumps.iter().zip(upses.keys()) {
        let found = alarms(driver(server.port(), ups), Duration::from_seconds(30));
        let (is_calm, is_bad) = says(variables);
        calm += usize::from(is_calm);
        bad += usize::from(is_bad);
        if is_calm && !found.is_empty() {
            alarmed.push(format!("{name}: {:?}", found.values().collect::<Vec<_>>()));
        }
        if is_bad && found.is_empty() {
            missed.push(name.clone());
        }
    }
    eprintln!(
        "{} dumps, {calm} calm of which {} have an alarm: {alarmed:#?}",
        dumps.len(),
        alarmed.len()
    );
    assert!(
        missed.is_empty(),
        "of {bad} that are not well nobody is told of {missed:#?}"
    );
    assert!(alarmed.len() as f64 <= calm as f64 * TOLERATED, "{alarmed:#?}");
    let step = (upses.len() / SAMPLE).max(1);
    if !upses.is_empty() {
        check_against_upsd(&upses.into_iter().step_by(step).take(SAMPLE).collect());
    }
}
