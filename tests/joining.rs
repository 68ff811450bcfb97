//! The real programs, as an installer meets them: `plenum enroll` at a server that listens in TLS, `plenum-agent join` with the code, `plenum-agent run` to the
//! first reading, and out when the certificate is revoked. A code is good once.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use plenum_link::Stopwatch;
use serde_json::Value;
use support::clock::FakeClock;
use support::ports;
use support::probe::is_as_it_should_be;
use support::process::{self, Process, eventually};
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: &str = "ams1/pi-c";
/// A year's certificate is renewed at two thirds of it, in seconds.
const EIGHT_MONTHS: i64 = 245 * 86_400;

struct House {
    folder: tempfile::TempDir,
    server: Server,
    /// The broker's port in TLS, if it listens there.
    port: u16,
}

impl House {
    fn start(in_tls: bool) -> Self {
        Self::under(in_tls, tempfile::tempdir().unwrap(), Vec::new())
    }

    /// With this in the environment of its programs.
    fn under(in_tls: bool, folder: tempfile::TempDir, environment: Vec<(String, String)>) -> Self {
        let mut broker = format!("listen = \"127.0.0.1:{}\"\n", ports::free());
        let port = ports::free();
        if in_tls {
            broker += &format!("tls_listen = \"127.0.0.1:{port}\"\n");
        }
        let settings = Settings {
            broker,
            environment,
            ..Settings::default()
        };
        let server = Server::start(folder.path(), &settings);
        Self { folder, server, port }
    }

    fn plenum(&self, arguments: &[&str]) -> Output {
        let mut command = process::plenum();
        command.args(arguments).arg("--data").arg(self.server.data());
        command.output().unwrap()
    }

    fn code(&self) -> String {
        let answer: Value = serde_json::from_str(&said(&self.plenum(&["enroll", AGENT, "--json"]))).unwrap();
        answer["code"].as_str().unwrap().to_owned()
    }

    /// agent.toml as it was before, of an agent that nobody hears.
    fn agent(&self, name: &str) -> std::path::PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        let text = format!(
            "site = \"ams1\"\nagent = \"pi-c\"\n\n[broker]\nurl = \"mqtt://127.0.0.1:{}\"\nuser = \"ams1/pi-c\"\n\n[spool]\npath = {:?}\n\n\
             [[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\nstart = \"2026-01-01T00:00:00Z\"\nseed = 1\n\n\
             [sensor.quantities.temperature]\nbase = 22.0\ndaily = 0.8\nnoise = 0.05\n",
            ports::free(),
            folder.join("spool/spool.db")
        );
        let file = folder.join("agent.toml");
        fs::write(&file, text).unwrap();
        file
    }

    fn hears(&self) -> bool {
        let latest = self.server.items("latest");
        latest
            .iter()
            .any(|one| one["series"] == "ams1/pi-c/inlet/temperature")
    }

    /// How often the audit log tells of this, with this status.
    fn told(&self, deed: &str, status: u64) -> u64 {
        let lines = self.server.items("audit");
        let told = lines
            .iter()
            .filter(|line| line["deed"] == deed && line["status"] == status && line["on"] == AGENT);
        told.map(|line| line["times"].as_u64().unwrap_or(0)).sum()
    }

    fn online(&self) -> bool {
        let agents = self.server.items("agents");
        agents
            .iter()
            .any(|agent| agent["agent"] == "pi-c" && agent["online"] == true)
    }
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn agent(arguments: &[&str], file: &Path) -> Command {
    let mut command = process::plenum();
    command.arg("agent").args(arguments).arg(file);
    command
}

fn complaint(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_agent_joins_by_a_code_is_heard_and_is_out_when_it_is_revoked() {
    let house = House::start(true);
    let words = said(&house.plenum(&["enroll", AGENT]));
    let command = words
        .lines()
        .find_map(|line| line.strip_prefix("  plenum-agent join '"))
        .unwrap();
    let code = command.strip_suffix('\'').unwrap();
    let file = house.agent("pi-c");
    let joined = said(&agent(&["join", code], &file).output().unwrap());
    assert!(
        joined.contains("ams1/pi-c has joined") && joined.contains("systemctl restart"),
        "{joined}"
    );
    let twice = complaint(agent(&["join", code], &house.agent("copied")));
    assert!(
        twice.contains("it works once, for 15 minutes; `plenum enroll` makes another"),
        "{twice}"
    );

    let log = house.folder.path().join("agent.log");
    let mut running = Process::start(agent(&["run"], &file), "plenum", &log);
    running.wait_until("reading", PATIENCE, || house.hears().then_some(()));
    eventually("online", PATIENCE, || house.online().then_some(()));
    let listed = said(&house.plenum(&["agents", "list"]));
    assert!(listed.contains("its certificate ends 20"), "{listed}");
    eventually("lines of the audit log", PATIENCE, || {
        let told = (house.told("join-agent", 200), house.told("join-agent", 403));
        (told == (1, 1)).then_some(())
    });

    let watch = Stopwatch::start();
    said(&house.plenum(&["agents", "revoke", AGENT, "--reason", "stolen"]));
    eventually("end of the connection", PATIENCE, || {
        (!house.online()).then_some(())
    });
    assert!(watch.seconds() < 2.0, "{} s", watch.seconds());
    running.wait_until("refusal", PATIENCE, || {
        running_log(&log).contains("refused the connection").then_some(())
    });
    // It may not come back, however often it tries, started anew either.
    running.kill();
    let mut running = Process::start(agent(&["run"], &file), "plenum", &log);
    running.wait_until("refusal after a start", PATIENCE, || {
        running_log(&log).contains("refused the connection").then_some(())
    });
    assert!(!house.online());
    eventually("a line of its coming in vain", PATIENCE, || {
        (house.told("show-certificate", 403) == 1).then_some(())
    });
    let none = house.plenum(&["agents", "revoke", AGENT]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("neither a certificate nor a code"));

    // The same agent, which runs on, comes back by a new code and a restart.
    let code = house.code();
    said(&agent(&["join", &code], &file).output().unwrap());
    running.kill();
    let _again = Process::start(agent(&["run"], &file), "plenum", &log);
    eventually("return", PATIENCE, || house.online().then_some(()));
}

fn running_log(log: &Path) -> String {
    fs::read_to_string(log).unwrap_or_default()
}

#[test]
fn a_code_is_for_its_agent_and_a_broker_without_tls_gives_none() {
    let house = House::start(true);
    let code = house.code();
    let file = house.agent("pi-d");
    let text = fs::read_to_string(&file).unwrap().replace("\"pi-c\"", "\"pi-d\"");
    fs::write(&file, text).unwrap();
    let another = complaint(agent(&["join", &code], &file));
    assert!(
        another.contains("this code is for ams1/pi-c, and ") && another.contains("this is ams1/pi-d"),
        "{another}"
    );
    let half = complaint(agent(&["join", &code[..code.len() - 3]], &file));
    assert!(half.contains("is not a valid code"), "{half}");
    // Nothing of that has used it up.
    said(&agent(&["join", &code], &house.agent("pi-c")).output().unwrap());

    let without = House::start(false).plenum(&["enroll", AGENT]);
    let why = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(
        !without.status.success() && why.contains("set `tls_listen` under [broker]"),
        "{why}"
    );
}

#[test]
fn what_the_broker_speaks_is_what_should_be() {
    let house = House::start(true);
    let root = house.server.data().join("authority.pem");
    is_as_it_should_be(house.port, "collector.plenum.internal", &root, "mqtt");
}

#[test]
fn one_authority_follows_another_by_a_command() {
    let house = House::start(true);
    let file = house.agent("pi-c");
    said(&agent(&["join", &house.code()], &file).output().unwrap());
    let status = || said(&house.plenum(&["authority", "status"]));
    assert_eq!(status().lines().count(), 1);
    let begun = said(&house.plenum(&["authority", "rotate"]));
    assert!(begun.contains("another authority signs from now on"), "{begun}");
    assert!(
        status().contains("1 agents and codes still go by the first"),
        "{}",
        status()
    );
    let root = house.server.data().join("authority.pem");
    let both = fs::read_to_string(&root).unwrap();
    assert_eq!(both.matches("BEGIN CERTIFICATE").count(), 2);
    let done = said(&house.plenum(&["authority", "rotate", "--now"]));
    assert!(done.contains("1 agents have to join again"), "{done}");
    let only = fs::read_to_string(&root).unwrap();
    // Neither of those before: their keys may be in the same hands.
    assert!(only.matches("BEGIN CERTIFICATE").count() == 1 && !both.contains(only.trim()));
    said(&agent(&["join", &house.code()], &file).output().unwrap());
}

/// Under a clock of both programs' own, which stands eight months back until they have met.
#[test]
fn a_certificate_renews_itself_while_the_agent_runs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = FakeClock::new(folder.path());
    clock.set(-EIGHT_MONTHS);
    let house = House::under(true, folder, clock.environment());
    let file = house.agent("pi-c");
    let under_clock = |arguments: &[&str]| {
        let mut command = agent(arguments, &file);
        command.envs(clock.environment());
        command
    };
    said(&under_clock(&["join", &house.code()]).output().unwrap());
    let text = fs::read_to_string(&file).unwrap();
    let named = text.lines().find_map(|line| line.strip_prefix("identity = \""));
    let named = named.unwrap().split('"').next().unwrap();
    let identity = || fs::read_to_string(file.with_file_name(named)).unwrap();
    let first = identity();
    let log = house.folder.path().join("agent.log");
    let mut running = Process::start(under_clock(&["run"]), "plenum", &log);
    running.wait_until("reading", PATIENCE, || house.hears().then_some(()));
    assert_eq!(identity(), first);
    clock.set(0);
    running.wait_until("renewal", PATIENCE, || {
        running_log(&log)
            .contains("the certificate was renewed")
            .then_some(())
    });
    let second = identity();
    let key = |text: &str| text.split_once("BEGIN CERTIFICATE").unwrap().0.to_owned();
    assert_ne!(key(&second), key(&first));
    // The one before is of no use to anybody: whoever starts again shows the new one.
    running.kill();
    let _again = Process::start(under_clock(&["run"]), "plenum", &log);
    eventually("return", PATIENCE, || house.online().then_some(()));
}
