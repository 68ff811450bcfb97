//! SIGHUP makes a running server read collector.toml again: a mistake changes nothing, what can change does, the rest is named.

mod support;

use std::time::Duration;

use support::fleet::Agent;
use support::process::eventually;
use support::server::{Server, Settings};
use support::webhook::WebhookReceiver;

const PATIENCE: Duration = Duration::from_secs(30);
const SECRET: &str = "shared with the receiver";
const SENSOR: &str = "[[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\n\
    quantities.temperature = { base = 40.0 }\n";
const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"

[[rule]]
id = "hot"
name = "Too hot"
select = { quantities = ["temperature"] }
when = { above = { limit = "30 Cel", deadband = "1 Cel" } }
priority = "high"

[[channel]]
id = "ops"
kind = "webhook"
"#;

fn credential(name: &str) -> String {
    format!("[[agent]]\nsite = \"s\"\nid = \"{name}\"\npassword_file = \"{name}.password\"\n")
}

#[track_caller]
fn said(server: &mut Server, words: &str) {
    eventually(
        &format!("`{words}` in the log:\n{}", server.log()),
        PATIENCE,
        || server.log().contains(words).then_some(()),
    );
    assert!(server.runs());
}

fn heard(server: &Server, agent: &str) -> bool {
    let series = format!("s/{agent}/inlet/temperature");
    let latest = server.items("latest");
    latest
        .iter()
        .any(|item| item["series"] == series.as_str() && item["value"] == 40.0)
}

#[test]
fn a_changed_file_is_taken_while_running_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let receiver = WebhookReceiver::start(SECRET);
    write("old.password", "of the old");
    write("new.password", "of the new");
    write("ops.secret", SECRET);
    let settings = Settings {
        site: SITE.to_owned(),
        tables: credential("old"),
        ..Settings::default()
    };
    let mut server = Server::start(folder.path(), &settings);
    let at_start = std::fs::read_to_string(server.config()).unwrap();
    let mqtt = server.announced("mqtt");
    let agent = |name: &str, password: &str| Agent::new(folder.path(), "s", name, &mqtt, password, SENSOR);
    let (mut old, mut new) = (agent("old", "of the old"), agent("new", "of the new"));
    old.launch();
    new.launch();
    eventually("a reading of the old agent", PATIENCE, || {
        heard(&server, "old").then_some(())
    });
    said(&mut server, "this agent has no credential here");
    said(
        &mut server,
        "channel ops reaches nobody: collector.toml has no [[webhook]] for channel `ops`",
    );

    write("collector.toml", &at_start.replace("[[agent]]", "[[agnt]]"));
    server.hang_up();
    said(&mut server, "was not reloaded");
    said(&mut server, "collector.toml:8:3: unknown field `agnt`");
    write("collector.toml", &(at_start.clone() + &credential("missing")));
    server.hang_up();
    said(&mut server, "missing.password");
    assert!(!heard(&server, "new") && receiver.posts().is_empty());

    let hook = format!(
        "[[webhook]]\nchannel = \"ops\"\nurl = \"{}\"\nsecret_file = \"ops.secret\"\n",
        receiver.url()
    );
    let storage = "[storage]\njournal_max = \"1GiB\"\n";
    write(
        "collector.toml",
        &(at_start.replace(&credential("old"), "") + &credential("new") + &hook + storage),
    );
    server.hang_up();
    said(&mut server, "the configuration was reloaded");
    said(&mut server, "[storage] journal_max");
    eventually("a reading of the new agent", PATIENCE, || {
        heard(&server, "new").then_some(())
    });
    said(&mut server, "credential was taken away");
    receiver.wait_for("of the alarm", PATIENCE, |body| body["alarm"]["rule"] == "hot");
}
