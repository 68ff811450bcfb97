//! While nothing can be stored the program says so: /readyz, the alarm list, and a message that goes past the outbox.

mod support;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use support::disk::SmallDisk;
use support::process::eventually;
use support::server::{Server, Settings};
use support::webhook::WebhookReceiver;

const SITE: &str =
    "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n[[channel]]\nid = \"ops\"\nkind = \"webhook\"\n";
const SECRET: &str = "a secret of the test's own";
/// Ten seconds without a commit, and a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn standing(server: &Server) -> Option<Value> {
    let alarms = server.items("alarms?state=active");
    alarms.into_iter().find(|alarm| alarm["rule"] == "commits-fail")
}

/// Over a webhook and with a beat, both to one address.
fn settings(url: &str, secret: &Path, disk: &SmallDisk) -> Settings {
    let secret = secret.display().to_string();
    Settings {
        site: SITE.to_owned(),
        tables: format!(
            "[storage]\ndisk_reserve = \"2MiB\"\n[[webhook]]\nchannel = \"ops\"\nurl = \"{url}\"\nsecret_file = {secret:?}\n\
             [[beat]]\nid = \"hook\"\nurl = \"{url}\"\nevery = \"1s\"\n"
        ),
        data: Some(disk.path().join("data")),
        ..Settings::default()
    }
}

/// How often it has tried to say that it is well. The receiver takes none of them, for they are not signed: that does not matter here.
fn beats(server: &Server) -> u64 {
    let figures = server.fetch("/metrics").expect("it answers this host");
    let of_beats = figures
        .lines()
        .filter(|line| line.starts_with("plenum_beats_total{"));
    let counts = of_beats.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

#[test]
fn a_full_disk_is_told_from_memory_and_it_is_well_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount();
    let webhook = WebhookReceiver::start(SECRET);
    let secret = folder.path().join("ops.secret");
    std::fs::write(&secret, SECRET).unwrap();
    let settings = settings(&webhook.url(), &secret, &disk);
    let mut server = Server::start(folder.path(), &settings);
    assert!(server.fetch("/readyz").is_ok() && standing(&server).is_none());
    eventually("a beat", PATIENCE, || (beats(&server) > 0).then_some(()));

    disk.fill(1_024);
    disk.fill(0);
    let alarm = eventually("the alarm from memory", PATIENCE, || standing(&server));
    assert_eq!(alarm["priority"], "critical");
    let message = alarm["message"].as_str().unwrap();
    assert!(message.starts_with("nothing can be stored: "), "{message}");
    let unready = server.fetch("/readyz").unwrap_err();
    assert!(
        unready.contains("503") && unready.contains("commits-fail"),
        "{unready}"
    );
    let about = |reason: &str| {
        webhook.wait_for(reason, PATIENCE, |body| {
            body["reason"] == reason && body["alarm"]["rule"] == "commits-fail"
        })
    };
    let first = about("first");
    assert!(
        first["message"]["text"].as_str().unwrap().contains("df -h"),
        "{first}"
    );
    let id = &alarm["id"];
    let refused = server.post(&format!("alarms/{id}/acknowledge"), &json!({"comment": "mine"}));
    let refused = refused.unwrap_err();
    assert!(
        refused.contains("409") && refused.contains("nothing can be stored"),
        "{refused}"
    );

    disk.make_room();
    eventually("well again", PATIENCE, || server.fetch("/readyz").ok());
    let before = beats(&server);
    eventually("the end of the alarm", PATIENCE, || {
        standing(&server).is_none().then_some(())
    });
    eventually("beats again", PATIENCE, || {
        (beats(&server) > before).then_some(())
    });
    about("resolved");
    let told = webhook.posts().into_iter();
    let told = told.filter(|(_, body)| body["alarm"]["rule"] == "commits-fail");
    assert_eq!(told.count(), 2, "once each");
    assert!(server.runs(), "{}", server.log());
}
