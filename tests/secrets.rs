//! No secret is told: what the files of passwords, secrets and keys hold stands in no database, revision, log, answer or export. And a key that is not as it
//! should be stops nothing, is named with what to do, and is never replaced by itself.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::fleet::Agent;
use support::process;
use support::server::{Server, Settings};
use support::webhook::WebhookReceiver;

const PATIENCE: Duration = Duration::from_secs(60);
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

/// In the file of each setting that is a secret.
const WEBHOOK: &str = "marker-of-the-webhook-5b1c";
const SMTP: &str = "marker-of-the-mail-server-77aa";
const AGENT: &str = "marker-of-the-agent-90fe";
const BROKER: &str = "marker-of-the-broker-31d8";
/// Of every channel over HTTP that has one, as a token and within an address.
const CHANNEL: &str = "marker0of0the0channels0c7e19b4";

/// Channels of these kinds, each with its table: their server repeats all that it hears and takes nothing.
fn channels(server: &str) -> (String, String) {
    let at = format!("server = \"{server}\"\n");
    let kinds = [
        (
            "matrix",
            format!("homeserver = \"{server}\"\ntoken_file = \"token\"\n"),
        ),
        ("mattermost", "url_file = \"url\"\n".to_owned()),
        ("ntfy", format!("{at}token_file = \"token\"\n")),
        ("pagerduty", format!("{at}routing_key_file = \"token\"\n")),
        ("pushover", format!("{at}token_file = \"token\"\n")),
        ("slack", "url_file = \"url\"\n".to_owned()),
        ("teams", "url_file = \"url\"\n".to_owned()),
        ("telegram", format!("{at}token_file = \"token\"\n")),
    ];
    let mut site = "[[person]]\nid = \"anna\"\nname = \"Anna\"\n".to_owned();
    let mut tables = "[[address]]\nperson = \"anna\"\nmatrix = \"!room:example.org\"\nntfy = \"anna-1\"\n\
         pushover = \"uQiRzpo4DXghDmr9QzzfQu27cmVRsG\"\ntelegram = \"987654321\"\n"
        .to_owned();
    for (kind, table) in kinds {
        site += &format!("[[channel]]\nid = \"by-{kind}\"\nkind = \"{kind}\"\n");
        if ["matrix", "ntfy", "pushover", "telegram"].contains(&kind) {
            site += "people = [\"anna\"]\n";
        }
        tables += &format!("[[{kind}]]\nchannel = \"by-{kind}\"\n{table}");
    }
    (site, tables)
}

/// A server that repeats what it hears, and how much that was.
fn parrot() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let times = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&times);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut heard = vec![0; 64 * 1_024];
            let length = stream.read(&mut heard).unwrap_or(0);
            let head = format!("HTTP/1.1 404 No\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), &heard[..length]].concat());
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    (url, times)
}

fn key(server: &Server, word: &str) -> Output {
    let mut command = process::plenum();
    command.args(["key", word, "--data"]).arg(server.data());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(error)
}

#[track_caller]
fn status(server: &Server, code: i32, words: &str) -> String {
    let output = key(server, "status");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "`{words}` is not in: {said}");
    said
}

#[test]
fn a_key_that_is_not_as_it_should_be_stops_nothing_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        site: SITE.to_owned(),
        ..Settings::default()
    };
    let mut server = Server::start(folder.path(), &settings);
    let path = server.data().join("plenum.key");
    let first = status(&server, 0, "plenum.key\n  1 under ");
    let rotated = key(&server, "rotate");
    assert!(rotated.status.success(), "{}", said(&rotated));
    let second = status(&server, 0, "plenum.key\n  1 under ");
    assert_ne!(first, second);

    let again = |server: &mut Server| {
        server.kill();
        server.launch();
        server.wait_until_up();
    };
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    again(&mut server);
    let open =
        "plenum.key: others on this host may read or change the key (mode 644), so it is not used: chmod 600";
    status(&server, 1, open);
    assert!(server.log().contains(open), "{}", server.log());
    let mut check = process::plenum();
    let check = check.arg("check").arg(server.config()).output().unwrap();
    assert!(
        check.status.success() && said(&check).contains(open),
        "{}",
        said(&check)
    );
    let rotated = key(&server, "rotate");
    assert!(said(&rotated).contains(open), "{}", said(&rotated));

    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    again(&mut server);
    status(&server, 1, "plenum.key: the key is not there: put the file back");
    assert!(!path.exists());
    assert!(server.runs() && server.get("alarms")["items"].is_array());

    fs::write(&path, kept).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    again(&mut server);
    assert_eq!(status(&server, 0, ""), second);
    let lines = server.items("audit");
    for (deed, status) in [("open-key", 200), ("open-key", 503), ("rotate-key", 200)] {
        let is = |line: &serde_json::Value| line["deed"] == deed && line["status"] == status;
        assert!(lines.iter().any(is), "{deed} {status}: {lines:#?}");
    }
}

#[test]
fn no_secret_is_told_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let receiver = WebhookReceiver::start(WEBHOOK);
    let (parrot, repeated) = parrot();
    let (channels, tables) = channels(&parrot);
    write_secrets(folder.path(), &parrot);
    // Only the service manager has this one.
    fs::write(credentials.join("smtp.password"), SMTP).unwrap();
    let settings = Settings {
        site: format!("{SITE}{channels}"),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\npassword_file = \"broker.password\"\n",
            support::ports::free()
        ),
        tables: tables
            + &format!(
                "[smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nfrom = \"p@example.org\"\nuser = \"p\"\npassword_file = \"smtp.password\"\n\
             [[webhook]]\nchannel = \"ops\"\nurl = \"{}\"\nsecret_file = \"ops.secret\"\n\
             [[agent]]\nsite = \"s\"\nid = \"pi\"\npassword_file = \"pi.password\"\n",
                receiver.url()
            ),
        environment: vec![
            (
                "CREDENTIALS_DIRECTORY".to_owned(),
                credentials.display().to_string(),
            ),
            ("PLENUM_LOG".to_owned(), "debug".to_owned()),
        ],
        ..Settings::default()
    };
    let server = Server::start(folder.path(), &settings);
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), AGENT, SENSOR);
    agent.launch();
    // So each of them was read, and used.
    receiver.wait_for("of the alarm", PATIENCE, |body| body["alarm"]["rule"] == "hot");
    process::eventually("an attempt by each channel", PATIENCE, || {
        (repeated.load(Ordering::Relaxed) >= 8).then_some(())
    });
    let revision = serde_json::json!({"text": format!("{SITE}{channels}").replace("Too hot", "Hot"), "base": 1, "comment": "c"});
    let applied = server.post("site/revisions", &revision);
    assert!(applied.is_ok(), "{applied:?}");

    let told = told(&server);
    let seal = fs::read_to_string(server.data().join("plenum.key")).unwrap();
    let seal = seal.lines().find(|line| !line.starts_with('#')).unwrap();
    for secret in [WEBHOOK, SMTP, CHANNEL, AGENT, BROKER, seal] {
        for (place, bytes) in &told {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found || place.ends_with("plenum.key"), "{place} holds {secret}");
        }
    }
}

/// The file of each setting that is a secret, as far as it lies beside the settings.
fn write_secrets(folder: &Path, parrot: &str) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("broker.password", BROKER);
    write("ops.secret", WEBHOOK);
    write("pi.password", AGENT);
    write("token", CHANNEL);
    write("url", &format!("{parrot}/hooks/{CHANNEL}?sig={CHANNEL}"));
}

/// Whatever can be read of it: the log, all answers, all files, each with where it stands.
fn told(server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut told = vec![("the log".to_owned(), server.log().into_bytes())];
    let document = server.get("openapi.json");
    let paths = document["paths"].as_object().unwrap().iter();
    let asked = paths.filter(|(path, methods)| methods.get("get").is_some() && !path.ends_with("/live"));
    for (path, _) in asked {
        let path = path.replace("{number}", "1").replace("{id}", "1");
        let answer = server.fetch(&path).unwrap_or_else(|refused| refused);
        told.push((path, answer.into_bytes()));
    }
    assert!(told.len() > 30);
    files(server.data(), &mut told);
    told
}

fn files(folder: &Path, told: &mut Vec<(String, Vec<u8>)>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        match path.is_dir() {
            true => files(&path, told),
            false => told.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
}
