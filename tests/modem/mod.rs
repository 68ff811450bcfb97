//! A house with a modem: a real mosquitto, collector and agent, a mail server, and two people on a ladder. Sanne is called by text alone, then Joris by text
//! and mail, ten minutes later: whoever is called second within a story is called for another reason than time.

use std::fs;
use std::time::Duration;

use plenum_link::SystemClock;
use plenum_link::testing::Mosquitto;
use plenum_protocol::{Clock, Duration as Span, Timestamp};
use serde_json::Value;

use crate::support::fleet::Agent;
use crate::support::mail::MailSink;
use crate::support::modem::Modem;
use crate::support::server::{Server, Settings};

pub(crate) const SANNE: &str = "+31612345678";
pub(crate) const JORIS: &str = "+31687654321";
/// What does not depend on how long something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// So soon whatever is wrong with the modem is told, and somebody else called.
pub(crate) const ESCALATED: Span = Span::from_minutes(2);

const ROOMS: [&str; 2] = ["a", "b"];

const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "Europe/Amsterdam"
language = "en"
[[rule]]
id = "hot"
name = "Too hot"
select = { quantities = ["temperature"] }
when = { above = { limit = "40 Cel" } }
priority = "critical"
[[rule]]
id = "modem-signal-low"
name = "Modem's signal weak"
select = { quantities = ["signal"] }
when = { below = { limit = "-101 dBm" } }
priority = "medium"
[[person]]
id = "sanne"
name = "Sanne de Vries"
[[person]]
id = "joris"
name = "Joris Bakker"
[[channel]]
id = "sms"
kind = "sms"
people = ["sanne", "joris"]
[[channel]]
id = "mail"
kind = "email"
people = ["joris"]
[[ladder]]
id = "night"
fallback = "joris"
[[ladder.step]]
whom = { person = "sanne" }
channels = ["sms"]
[[ladder.step]]
whom = { person = "joris" }
after = "10min"
"#;

/// The house. What is dropped first ends first.
pub(crate) struct House {
    _agent: Agent,
    pub(crate) server: Server,
    pub(crate) modem: Modem,
    pub(crate) mail: MailSink,
    _broker: Mosquitto,
    folder: tempfile::TempDir,
}

impl House {
    /// All is well: both rooms are cool, and the modem is heard. `keys` are further keys of `[[sms]]`, and `before` comes before the modem is used.
    pub(crate) fn start(keys: &str, before: impl FnOnce(&mut Modem, &std::path::Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broker = Mosquitto::start().unwrap();
        let mut modem = Modem::start(folder.path());
        before(&mut modem, folder.path());
        let mail = MailSink::start();
        let url = format!("mqtt://127.0.0.1:{}", broker.port());
        let settings = Settings {
            site: site(),
            broker: format!("url = \"{url}\"\n"),
            tables: tables(&modem, mail.port(), keys),
            ..Settings::default()
        };
        for room in ROOMS {
            let chip = folder.path().join("hwmon").join(room);
            fs::create_dir_all(&chip).unwrap();
            fs::write(chip.join("name"), format!("{room}\n")).unwrap();
        }
        let server = Server::start(folder.path(), &settings);
        let mut agent = Agent::new(folder.path(), "hall", "pi", &url, "-", &sensors(folder.path()));
        let house = Self {
            server,
            modem,
            mail,
            _broker: broker,
            folder,
            _agent: {
                agent.launch();
                agent
            },
        };
        ROOMS.iter().for_each(|room| house.is(room, 21));
        house.wait("reading of each room", || {
            let latest = house.server.items("latest");
            let read = latest.iter().filter(|one| {
                one["series"]
                    .as_str()
                    .is_some_and(|series| series.starts_with("hall/pi/"))
            });
            (read.count() >= ROOMS.len()).then_some(())
        });
        house
    }

    /// A room's temperature from now on.
    pub(crate) fn is(&self, room: &str, celsius: u32) {
        let input = self.folder.path().join("hwmon").join(room).join("temp1_input");
        let next = input.with_extension("next");
        fs::write(&next, format!("{celsius}000\n")).unwrap();
        fs::rename(next, input).unwrap();
    }

    /// It is hot there: the alarm's number.
    pub(crate) fn heat(&self, room: &str) -> u64 {
        self.is(room, 60);
        self.wait(&format!("alarm of room {room}"), || {
            let alarms = self.server.items("alarms?state=active").into_iter();
            let mut hot = alarms.filter(|alarm| alarm["rule"] == "hot" && alarm["room"] == room);
            hot.next()?["id"].as_u64()
        })
    }

    /// Waits; where it does not come, says what the server wrote meanwhile.
    pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        self.wait_for(what, PATIENCE, &mut look)
    }

    /// Waits for what comes with the next minute.
    pub(crate) fn wait_longer<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        self.wait_for(what, Duration::from_secs(180), &mut look)
    }

    fn wait_for<T>(&self, what: &str, patience: Duration, look: &mut dyn FnMut() -> Option<T>) -> T {
        let naps = patience.as_millis() / 50;
        for _ in 0..naps {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "no {what} within {patience:?}\nserver:\n{}\nmodem: {:#?}\nmail: {:#?}",
            self.server.log(),
            self.modem.events("sent"),
            self.mail.mails()
        );
    }

    /// The text beyond the first `after` that left for somebody and has these words.
    pub(crate) fn text(&self, to: &str, after: usize, words: &str) -> String {
        self.wait(&format!("text to {to} with `{words}`"), || {
            let texts = self.modem.texts(to).into_iter().skip(after);
            texts.into_iter().find(|text| text.contains(words))
        })
    }

    /// Somebody writes this, and what they are answered has these words.
    pub(crate) fn answers(&mut self, from: &str, text: &str, words: &str) {
        let before = self.modem.texts(from).len();
        self.modem.receive(from, text);
        self.text(from, before, words);
    }

    /// An alarm as it stands.
    pub(crate) fn alarm(&self, number: u64) -> Value {
        self.server.get(&format!("alarms/{number}"))
    }

    /// The incident that an alarm is part of.
    pub(crate) fn incident(&self, alarm: u64) -> u64 {
        self.wait("incident", || self.alarm(alarm)["incident"].as_u64())
    }

    /// The messages of the incident's thread, each as `channel to state`.
    pub(crate) fn thread(&self, incident: u64) -> Vec<Value> {
        let timeline = self
            .server
            .items(&format!("incidents/{incident}/timeline?order=oldest"));
        let messages = timeline.into_iter().map(|entry| entry["message"].clone());
        messages.filter(|message| !message.is_null()).collect()
    }

    /// Within two minutes of `since` this is an alarm of the channel, or of somebody on it, with these words.
    pub(crate) fn delivery_fails(&self, since: Timestamp, subject: &str, words: &str) {
        let patience = Duration::from_secs(240);
        let alarm = self.wait_for(&format!("delivery-failed of {subject}"), patience, &mut || {
            let alarms = self.server.items("alarms?state=active").into_iter();
            let mut failed = alarms.filter(|alarm| alarm["rule"] == "delivery-failed");
            failed.find(|alarm| alarm["message"].as_str().is_some_and(|said| said.contains(words)))
        });
        let raised: Timestamp = alarm["raised_at"].as_str().unwrap().parse().unwrap();
        assert!(
            raised.since(since) <= ESCALATED,
            "raised {raised}, {} after it began: {alarm}",
            raised.since(since)
        );
    }

    /// Within two minutes of `since` Joris is called by mail for what Sanne was to be told of.
    pub(crate) fn joris_is_called(&self, since: Timestamp, alarm: u64) {
        self.mail
            .wait_for(&["CRITICAL", &format!("[{alarm}]")], Duration::from_secs(240));
        let took = SystemClock.now().since(since);
        assert!(took <= ESCALATED, "Joris is called {took} after it began");
    }

    /// The trouble is over.
    pub(crate) fn is_well_again(&self) {
        let patience = Duration::from_secs(240);
        self.wait_for("end of delivery-failed", patience, &mut || {
            let alarms = self.server.items("alarms?state=active");
            let failed = alarms.iter().any(|alarm| alarm["rule"] == "delivery-failed");
            (!failed).then_some(())
        });
    }
}

/// Now, by the clock of the server too.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

fn site() -> String {
    let rooms = ROOMS.map(|room| {
        format!(
            "[[room]]\nid = \"{room}\"\nname = \"Room {}\"\nwidth_m = 4.0\ndepth_m = 3.0\n\
             [[sensor]]\nagent = \"pi\"\nid = \"{room}\"\nname = \"Sensor {room}\"\nroom = \"{room}\"\nplace = \"other\"\nx_m = 1.0\ny_m = 1.0\n",
            room.to_uppercase()
        )
    });
    format!("{SITE}{}", rooms.concat())
}

fn sensors(folder: &std::path::Path) -> String {
    let root = folder.join("hwmon").display().to_string();
    let sensor = |room: &str| {
        format!(
            "[[sensor]]\nid = \"{room}\"\ndriver = \"hwmon\"\nchip = \"{room}\"\nroot = {root:?}\ninterval = \"1s\"\n"
        )
    };
    ROOMS.map(sensor).concat()
}

fn tables(modem: &Modem, smtp: u16, keys: &str) -> String {
    let device = modem.device().display().to_string();
    format!(
        "[[sms]]\nchannel = \"sms\"\ndevice = {device:?}\n{keys}\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"none\"\nfrom = \"Plenum <plenum@hall.example>\"\n\
         [[address]]\nperson = \"sanne\"\nphone = \"+31 6 12345678\"\n\
         [[address]]\nperson = \"joris\"\nphone = \"0031 (0)6 87654321\"\nemail = \"joris@hall.example\"\n\
         [storage]\ndisk_reserve = \"1MiB\"\n"
    )
}
