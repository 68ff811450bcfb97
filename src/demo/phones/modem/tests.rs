//! The demo's modem at the other end of the collector's own machine: nothing between them but bytes.

use plenum_core::modem::machine::{self, Input, Machine, Settings};
use plenum_protocol::Duration;

use super::*;

const SANNE: &str = "+447700900142";

/// Both ends of a line.
struct Line {
    machine: Machine,
    modem: Modem,
    now: Steady,
    came: Vec<machine::Effect>,
    arrived: Vec<(String, String)>,
}

impl Line {
    /// Opened, and left alone until the modem is set.
    fn opened() -> Self {
        let mut line = Self {
            machine: Machine::new(Settings::default()),
            modem: Modem::new(),
            now: Steady::from_milliseconds(0),
            came: Vec::new(),
            arrived: Vec::new(),
        };
        line.step(Input::Opened);
        line.wait(3);
        line
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_milliseconds(
            1_790_000_000_000 + self.now.since(Steady::from_milliseconds(0)).milliseconds(),
        )
    }

    fn step(&mut self, input: Input<'_>) {
        for effect in self.machine.step(input, self.now) {
            match effect {
                machine::Effect::Write(bytes) => {
                    let effects = self.modem.hear(&bytes, (self.at(), self.now));
                    self.take(effects);
                }
                other => self.came.push(other),
            }
        }
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Say(bytes) => self.step(Input::Bytes(&bytes)),
                Effect::Arrived { number, text } => self.arrived.push((number, text)),
            }
        }
    }

    fn write(&mut self, text: &str) {
        let effects = self.modem.receive(SANNE, text, self.at());
        self.take(effects);
    }

    fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_seconds(1);
            self.step(Input::Tick);
        }
    }

    fn texts(&self) -> Vec<&str> {
        let texts = self.came.iter().filter_map(|effect| match effect {
            machine::Effect::Received { from, text, .. } => {
                assert_eq!(from.as_str(), SANNE);
                Some(text.as_str())
            }
            _ => None,
        });
        texts.collect()
    }
}

#[test]
fn the_collectors_machine_finds_it_well_sends_by_it_and_hears_that_it_arrived() {
    let mut line = Line::opened();
    assert_eq!(line.machine.trouble(), None);
    assert!(line.machine.health().has_network);
    assert_eq!(line.machine.health().operator.as_deref(), Some("Plenum demo"));
    let long = "CRITICAL Room A: cooling failing. ".repeat(9);
    for (id, text) in [(1, "OK?"), (2, long.as_str()), (3, "ж is not of the alphabet")] {
        let (to, text) = (SANNE.to_owned(), text.to_owned());
        line.step(Input::Send {
            id,
            to,
            text: text.clone(),
            ring: false,
        });
        line.wait(2);
        assert!(line.came.contains(&machine::Effect::Taken(id)), "{:?}", line.came);
        let proved =
            |effect: &machine::Effect| matches!(effect, machine::Effect::Proved(proved, _) if *proved == id);
        assert!(line.came.iter().any(proved), "{:?}", line.came);
        assert_eq!(line.arrived.last(), Some(&(SANNE.to_owned(), text)));
    }
    assert_eq!(line.arrived.len(), 3);
}

#[test]
fn what_is_written_on_a_telephone_is_heard_once_and_makes_room_again() {
    let mut line = Line::opened();
    line.write("OK 4711");
    line.wait(1);
    assert_eq!(line.texts(), ["OK 4711"]);
    let long = "NO 4711 because I am on a train. ".repeat(8);
    line.write(&long);
    line.wait(1);
    assert_eq!(line.texts(), ["OK 4711", &long]);
    for _ in 0..300 {
        assert!(line.modem.has_room());
        line.write("STATUS");
        line.wait(1);
    }
    line.wait(200);
    assert_eq!(line.texts().len(), 302);
    assert!(line.modem.stored.is_empty());
}

#[test]
fn a_computer_that_begins_anew_is_understood_and_what_is_no_command_is_an_error() {
    let mut modem = Modem::new();
    let now = (Timestamp::from_milliseconds(0), Steady::from_milliseconds(0));
    let mut say = |text: &str| {
        let said = modem
            .hear(text.as_bytes(), now)
            .into_iter()
            .map(|effect| match effect {
                Effect::Say(bytes) => String::from_utf8(bytes).unwrap(),
                Effect::Arrived { .. } => panic!("nothing was sent"),
            });
        said.collect::<String>()
    };
    assert_eq!(say("AT\r"), "AT\r\r\nOK\r\n");
    assert_eq!(
        say("ATE0\rAT+CSQ\r"),
        "ATE0\r\r\nOK\r\n\r\n+CSQ: 21,99\r\n\r\nOK\r\n"
    );
    // A prompt that was left open by whoever was killed.
    assert_eq!(say("AT+CMGS=23\r0031000B91"), "\r\n> ");
    assert_eq!(say("\u{1B}\rAT\r"), "\r\nOK\r\n");
    assert_eq!(
        say("AT+CMGS=23\r0031000B91\u{1A}"),
        "\r\n> \r\n+CMS ERROR: 304\r\n"
    );
    assert_eq!(say("AT+CMGS=many\r"), "\r\n+CMS ERROR: 304\r\n");
    assert_eq!(say("ATD+447700900142;\r"), "\r\nERROR\r\n");
    assert_eq!(say(&"x".repeat(5_000)), "");
}
