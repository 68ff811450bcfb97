//! The sample configuration is what the installer starts from: it parses, shows every driver, and the command line says of
//! it what the documents promise.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plenum_agent::AgentConfig;
use plenum_agent::drivers::DRIVERS;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/agent.toml")
}

fn agent(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plenum-agent"))
        .args(arguments)
        .output()
        .unwrap()
}

fn words(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What stands below `[[sensor]]` of the driver's sensor in the sample.
fn block(sample: &str, driver: &str) -> String {
    let mut blocks = sample.split("[[sensor]]");
    let driver = format!("driver = \"{driver}\"");
    blocks.find(|block| block.contains(&driver)).unwrap().to_owned()
}

#[test]
fn the_sample_parses_and_shows_every_driver() {
    let config = AgentConfig::load(&sample()).unwrap();
    for entry in DRIVERS {
        assert!(
            config.sensors.iter().any(|sensor| sensor.driver == entry.name),
            "driver `{}` does not stand in configs/agent.toml",
            entry.name
        );
    }
    for sensor in &config.sensors {
        sensor.open().unwrap();
    }
}

#[test]
fn check_says_where_and_what_and_its_exit_code_tells() {
    let good = agent(&["check", sample().to_str().unwrap()]);
    assert_eq!(good.status.code(), Some(0), "{}", words(&good));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    let text = std::fs::read_to_string(sample()).unwrap();
    let sht3x = block(&text, "sht3x");
    let cases = [
        (
            text.replace("driver = \"sht3x\"", "driver = \"sht3\""),
            "did you mean `sht3x`?",
        ),
        (
            text.replace("id = \"smoke-a\"", "id = \"door-a\""),
            "stands here twice",
        ),
        (
            text.replace("interval = \"10s\"", "interval = \"1ms\""),
            "is not between 1s and 1d",
        ),
        (
            text.replace(&sht3x, &sht3x.replace("address = 0x44", "address = 0x50")),
            "0x44 or 0x45",
        ),
        (
            text.replace("debounce = ", "debonce = "),
            "did you mean `debounce`?",
        ),
        (
            text.replace("127.0.0.1:1883", "broker.example.org"),
            "insecure = true",
        ),
    ];
    for (text, expected) in cases {
        std::fs::write(&file, &text).unwrap();
        let bad = agent(&["check", file.to_str().unwrap()]);
        let said = words(&bad);
        assert_eq!(bad.status.code(), Some(78), "{said}");
        assert!(said.contains(expected), "{said}");
        let position = said
            .strip_prefix(file.to_str().unwrap())
            .and_then(|rest| rest.strip_prefix(':'));
        let line: usize = position
            .and_then(|rest| rest.split(':').next())
            .unwrap()
            .parse()
            .unwrap();
        let original = std::fs::read_to_string(sample()).unwrap();
        let changed = text
            .lines()
            .zip(original.lines())
            .position(|(one, other)| one != other)
            .unwrap()
            + 1;
        assert_eq!(line, changed, "{said}");
    }
    assert_eq!(agent(&["chek"]).status.code(), Some(2));
    assert_eq!(agent(&["check", "/nowhere/agent.toml"]).status.code(), Some(78));
}

#[test]
fn read_prints_values_or_faults_and_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    let text = std::fs::read_to_string(sample()).unwrap();
    // Before what names a sensor.
    let head = text.split("\n[[").next().unwrap().to_owned() + "\n";
    std::fs::write(&file, format!("{head}[[sensor]]{}", block(&text, "simulated"))).unwrap();
    let good = agent(&["read", file.to_str().unwrap()]);
    assert_eq!(good.status.code(), Some(0), "{}", words(&good));
    assert!(words(&good).contains("pretended/temperature") && words(&good).contains(" Cel"));
    let absent = "[[sensor]]\nid = \"gone\"\ndriver = \"lm75\"\nbus = \"/dev/i2c-99\"\n";
    std::fs::write(&file, format!("{head}{absent}")).unwrap();
    let bad = agent(&["read", file.to_str().unwrap()]);
    assert_eq!(bad.status.code(), Some(1), "{}", words(&bad));
    assert!(
        words(&bad).contains("gone/temperature") && words(&bad).contains("not-present: "),
        "{}",
        words(&bad)
    );
    let json = agent(&["read", "--json", file.to_str().unwrap()]);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["readings"][0]["fault"], "not-present");
    assert!(
        document["readings"][0]["advice"]
            .as_str()
            .is_some_and(|advice| advice.len() > 10)
    );
}
