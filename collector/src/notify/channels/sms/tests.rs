//! The real channel over a pseudo-terminal to a modem that a program plays (tests/support/modem.py), under a clock that goes six times as fast; and
//! that the program plays a modem well: Debian's gammu sends and reads through it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration as Real;

use plenum_link::testing::HurriedClock;
use plenum_protocol::{Clock, Duration, Outcome as Reading, Quantity};
use serde_json::{Value, json};

use super::*;
use crate::notify::channels::News;

/// How many times as fast as the machine's its clock goes: as fast as a loaded machine still answers in time.
const FACTOR: i64 = 6;

/// The modem.
struct Emulator {
    child: Child,
    orders: ChildStdin,
    events: Receiver<Value>,
    device: PathBuf,
    folder: tempfile::TempDir,
}

impl Emulator {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("modem");
        let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/modem.py");
        let mut child = Command::new(&python)
            .arg(script)
            .arg(&device)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3"));
        let (sender, events) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let orders = child.stdin.take().unwrap();
        let emulator = Self {
            child,
            orders,
            events,
            device,
            folder,
        };
        emulator.until(
            "the modem does not start; its library: pip install python-gsmmodem-new (tests/run does)",
            |event| event["event"] == "ready",
        );
        emulator
    }

    fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self
                .events
                .recv_timeout(Real::from_secs(60))
                .unwrap_or_else(|_| panic!("{what}"));
            if fits(&event) {
                return event;
            }
        }
    }

    fn told(&mut self, order: &Value) -> Value {
        writeln!(self.orders, "{order}").unwrap();
        self.until("the modem does not do what it is told", |event| {
            event["event"] == "done"
        })
    }

    fn sent(&self) -> Value {
        self.until("no message left", |event| event["event"] == "sent")
    }

    /// The channel over it.
    fn channel(&self, more: &str) -> Rig {
        let text = format!(
            "channel = \"sms\"\ndevice = {:?}\n{more}",
            self.device.display().to_string()
        );
        let config: Config = toml::from_str(&text).unwrap();
        let settings = config.machine().unwrap();
        let sms = Sms {
            config,
            settings,
            orders: Mutex::new(None),
        };
        let (news, heard) = tokio::sync::mpsc::channel(64);
        let clock = Arc::new(HurriedClock::new(FACTOR));
        sms.start(Hears {
            channel: "sms".parse().unwrap(),
            news,
            folder: self.folder.path().to_owned(),
            clock: clock.clone(),
            sounds: None,
        });
        Rig { sms, heard, clock }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Rig {
    sms: Sms,
    heard: tokio::sync::mpsc::Receiver<(Identifier, News)>,
    clock: Arc<HurriedClock>,
}

impl Rig {
    async fn any_news(&mut self) -> News {
        let heard = tokio::time::timeout(Real::from_secs(60), self.heard.recv()).await;
        heard.expect("nothing is heard of the modem").unwrap().1
    }

    /// What it measures comes in between, each minute.
    async fn news(&mut self) -> News {
        loop {
            match self.any_news().await {
                News::Figures(_) => {}
                news => return news,
            }
        }
    }

    async fn measures(&mut self, sensor: &str) -> Vec<(Quantity, Reading)> {
        loop {
            if let News::Figures(figures) = self.any_news().await
                && figures.sensor.as_str() == sensor
            {
                return figures.read;
            }
        }
    }

    async fn is_well(&mut self) {
        assert_eq!(self.news().await, News::Trouble(None));
    }

    /// What goes wrong is told within two minutes.
    async fn tells(&mut self, words: &str) {
        let begun = self.clock.steady();
        let News::Trouble(Some(why)) = self.news().await else {
            panic!("something else than {words}")
        };
        assert!(why.contains(words), "{why}");
        let took = self.clock.steady().since(begun);
        assert!(took <= Duration::from_minutes(2), "{words}: told after {took}");
    }

    async fn send(&self, key: &str, text: &str) -> Outcome {
        let (key, text) = (Some(key.to_owned()), text.to_owned());
        self.sms.ordered(key, "0031 (0)6 12345678", text, false).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_leaves_and_is_proved_or_comes_back_undelivered() {
    let mut modem = Emulator::start();
    let mut rig = modem.channel("");
    rig.is_well().await;
    assert_eq!(rig.send("a", "CRITICAL Room A").await, Outcome::Unproved);
    let sent = modem.sent();
    assert_eq!(
        (&sent["to"], &sent["text"]),
        (&json!("+31612345678"), &json!("CRITICAL Room A"))
    );
    modem.told(&json!({"do": "set", "reports": "00"}));
    let long = "CRITICAL Room A cooling failed. ".repeat(12);
    assert_eq!(rig.send("b", &long).await, Outcome::Unproved);
    let sent = modem.sent();
    assert_eq!((&sent["parts"], &sent["text"]), (&json!(3), &json!(long)));
    assert_eq!(rig.news().await, News::Proved { key: "b".to_owned() });
    modem.told(&json!({"do": "set", "reports": "46"}));
    assert_eq!(rig.send("c", "lost").await, Outcome::Unproved);
    let why = "the network did not deliver it: the telephone was not reached in time (0x46)".to_owned();
    assert_eq!(
        rig.news().await,
        News::Undelivered {
            key: "c".to_owned(),
            why
        }
    );
    let wrong = rig.sms.ordered(None, "0612345678", "x".to_owned(), false).await;
    assert!(matches!(wrong, Outcome::Refused(why) if why.contains("begin with the country")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_heard_in_parts_backwards_and_out_of_a_full_memory() {
    let mut modem = Emulator::start();
    let mut rig = modem.channel("");
    rig.is_well().await;
    let text = "OK 4711 ".repeat(30);
    modem.told(&json!({"do": "receive", "from": "+31612345678", "text": text, "backwards": true}));
    let News::Text {
        from, text: heard, ..
    } = rig.news().await
    else {
        panic!()
    };
    assert_eq!((from.as_str(), heard), ("+31612345678", text));
    modem.told(&json!({"do": "fill", "from": "+31687654321"}));
    modem.told(&json!({"do": "receive", "from": "+31612345678", "text": "OK 4711"}));
    for _ in 0..10 {
        assert!(matches!(rig.news().await, News::Text { text, .. } if text == "full"));
    }
    assert!(matches!(rig.news().await, News::Text { text, .. } if text == "OK 4711"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_network_and_a_hang_are_told_within_two_minutes_and_end_by_themselves_and_credit_is_measured()
{
    let mut modem = Emulator::start();
    let mut rig = modem.channel("credit_code = \"*101#\"\ncredit_low = 5.0\n");
    rig.is_well().await;
    modem.told(&json!({"do": "set", "network": false}));
    rig.tells("has no network").await;
    let waits = rig.send("a", "first").await;
    assert_eq!(waits, Outcome::Retry("the modem has no network".to_owned()));
    modem.told(&json!({"do": "set", "network": true}));
    rig.is_well().await;
    assert_eq!(rig.send("a", "first again").await, Outcome::Unproved);
    assert_eq!(modem.sent()["text"], "first again");
    modem.told(&json!({"do": "set", "alive": false}));
    rig.tells("does not answer").await;
    modem.until("it is not restarted", |event| event["event"] == "restarted");
    modem.told(&json!({"do": "set", "alive": true}));
    rig.is_well().await;
    assert_eq!(rig.send("b", "second").await, Outcome::Unproved);
    drop(rig);
    modem.told(&json!({"do": "set", "credit": "0,00"}));
    let mut rig = modem.channel("credit_code = \"*101#\"\ncredit_low = 5.0\n");
    let way = [(Quantity::Signal, Ok(-79.0)), (Quantity::NetworkPresent, Ok(1.0))];
    assert_eq!(rig.measures("sms").await, way);
    // It is asked a minute after the modem is set. Nobody is out of reach for that.
    let credit = [(Quantity::Credit, Ok(0.0)), (Quantity::CreditLow, Ok(1.0))];
    assert_eq!(rig.measures("sms-credit").await, credit);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_and_comes_under_the_same_name_is_opened_anew_and_babble_does_no_harm() {
    let mut modem = Emulator::start();
    let mut rig = modem.channel("");
    rig.is_well().await;
    modem.told(&json!({"do": "unplug"}));
    rig.tells("line is not there").await;
    modem.told(&json!({"do": "plug"}));
    rig.is_well().await;
    modem.told(&json!({"do": "babble"}));
    assert_eq!(rig.send("a", "after all").await, Outcome::Unproved);
    assert_eq!(modem.sent()["text"], "after all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_is_tried_once_also_after_a_restart_and_again_when_its_file_was_written() {
    let mut modem = Emulator::start();
    modem.told(&json!({"do": "set", "pin": "1234"}));
    let pin_file = modem.folder.path().join("sms.pin");
    std::fs::write(&pin_file, "0000\n").unwrap();
    let settings = format!("pin_file = {:?}", pin_file.display().to_string());
    for _ in 0..2 {
        let mut rig = modem.channel(&settings);
        rig.tells("refused the PIN").await;
    }
    std::fs::write(&pin_file, "1234\n").unwrap();
    let mut rig = modem.channel(&settings);
    rig.is_well().await;
    let tries = std::iter::from_fn(|| modem.events.try_recv().ok()).filter(|event| event["event"] == "pin");
    let tries: Vec<_> = tries.map(|event| event["right"].clone()).collect();
    assert_eq!(tries, [json!(false), json!(true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_network_takes_nothing_the_telephone_rings() {
    let mut modem = Emulator::start();
    let mut rig = modem.channel("");
    rig.is_well().await;
    modem.told(&json!({"do": "set", "refuse": 38}));
    let failed = rig.sms.ordered(None, "+31612345678", "x".to_owned(), true).await;
    assert!(matches!(failed, Outcome::Retry(why) if why.contains("rang instead")));
    let dialled = modem.until("nobody was called", |event| event["event"] == "dialled");
    assert_eq!(dialled["number"], "+31612345678");
}

#[test]
fn gammu_sends_and_reads_through_the_emulator_as_through_a_modem() {
    let mut modem = Emulator::start();
    let settings = modem.folder.path().join("gammurc");
    let text = format!(
        "[gammu]\ndevice = {}\nconnection = at115200\n",
        modem.device.display()
    );
    std::fs::write(&settings, text).unwrap();
    let gammu = |arguments: &[&str]| {
        let mut gammu = Command::new("gammu");
        gammu.arg("-c").arg(&settings).args(arguments);
        let output = gammu
            .output()
            .unwrap_or_else(|error| panic!("gammu: {error}; install it with: apt-get install gammu"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    };
    let text =
        "Gammu says: 29.4 {C} and € in one message that is long enough for more than a part, ".repeat(3);
    gammu(&[
        "sendsms",
        "TEXT",
        "+31612345678",
        "-len",
        "400",
        "-text",
        text.trim(),
    ]);
    let sent = modem.sent();
    assert_eq!(
        (&sent["to"], &sent["text"]),
        (&json!("+31612345678"), &json!(text.trim()))
    );
    modem.told(&json!({"do": "receive", "from": "+31687654321", "text": "OK 4711"}));
    let read = gammu(&["getallsms"]);
    assert!(
        read.contains("OK 4711") && read.contains("+31687654321"),
        "{read}"
    );
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let pin_file = folder.path().join("pin");
    let check = |pin: &str, more: &str, words: &str| {
        std::fs::write(&pin_file, pin).unwrap();
        let pin_file = pin_file.display().to_string();
        let config: Config = toml::from_str(&format!(
            "channel = \"sms\"\ndevice = \"/dev/x\"\npin_file = {pin_file:?}\n{more}"
        ))
        .unwrap();
        let error = config.machine().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check("12a4", "", "4 to 8 digits");
    check("", "", "4 to 8 digits");
    check("1234", "own_number = \"0612345678\"", "begin with the country");
    check(
        "1234",
        "credit_code = \"*101#\\\",15\\rAT+CPIN=\"",
        "is not a valid code",
    );
}
