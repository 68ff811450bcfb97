//! Conversations with a modem that answers as a table says, in simulated time.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

mod ring;
mod stored;

/// A modem of a few lines: it answers each command as `says` tells, or OK.
struct Rig {
    machine: Machine,
    now: Steady,
    answers: Vec<(&'static str, &'static str)>,
    /// Whether it answers at all.
    is_alive: bool,
    /// What was written, without what is asked all the time.
    written: Vec<String>,
    news: Vec<Effect>,
    reopened: u32,
    reference: u8,
}

const PDU_OK: &str = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37";

impl Rig {
    fn new(settings: Settings) -> Self {
        Self {
            machine: Machine::new(settings),
            now: Steady::from_milliseconds(0),
            answers: vec![
                ("AT+CPIN?", "+CPIN: READY\r\n\r\nOK"),
                ("AT+CREG?", "+CREG: 0,1\r\n\r\nOK"),
                ("AT+CSQ", "+CSQ: 17,99\r\n\r\nOK"),
                ("AT+CEREG?", "ERROR"),
                ("AT+COPS?", "+COPS: 0,0,\"KPN\",2\r\n\r\nOK"),
                ("AT+CPMS=\"SM\",\"SM\",\"SM\"", "+CPMS: 1,10,1,10,1,10\r\n\r\nOK"),
                ("AT+CPMS?", "+CPMS: \"SM\",1,10,\"SM\",1,10,\"SM\",1,10\r\n\r\nOK"),
            ],
            is_alive: true,
            written: Vec::new(),
            news: Vec::new(),
            reopened: 0,
            reference: 0,
        }
    }

    fn ready(settings: Settings) -> Self {
        let mut rig = Self::new(settings);
        rig.input(Input::Opened);
        assert_eq!(rig.news(), [Effect::Trouble(None)]);
        rig.written.clear();
        rig
    }

    fn says(&mut self, command: &'static str, answer: &'static str) {
        self.answers.retain(|(other, _)| *other != command);
        self.answers.push((command, answer));
    }

    fn input(&mut self, input: Input<'_>) {
        let mut effects: VecDeque<Effect> = self.machine.step(input, self.now).into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Write(bytes) => {
                    let text = String::from_utf8(bytes).unwrap();
                    let answer = self.answer(&text);
                    if let Some(answer) = answer {
                        effects.extend(self.machine.step(Input::Bytes(answer.as_bytes()), self.now));
                    }
                }
                Effect::Reopen(after) => {
                    self.reopened += 1;
                    self.now = self.now + after;
                    effects.extend(self.machine.step(Input::Opened, self.now));
                }
                news => self.news.push(news),
            }
        }
    }

    fn answer(&mut self, text: &str) -> Option<String> {
        let command = text.trim();
        const ASKED: [&str; 4] = ["AT+CSQ", "AT+CREG?", "AT+CEREG?", "\u{1B}"];
        if !ASKED.contains(&command) {
            self.written.push(command.to_owned());
        }
        if !self.is_alive || command == "\u{1B}" {
            return None;
        }
        if let Some((_, answer)) = self.answers.iter().find(|(other, _)| *other == command) {
            return Some(format!("\r\n{answer}\r\n"));
        }
        if command.starts_with("AT+CMGS=") {
            return Some("\r\n> ".to_owned());
        }
        if text.ends_with('\u{1A}') {
            self.reference += 1;
            return Some(match self.answers.iter().find(|(other, _)| *other == "PDU") {
                Some((_, answer)) => format!("\r\n{answer}\r\n"),
                None => format!("\r\n+CMGS: {}\r\n\r\nOK\r\n", self.reference),
            });
        }
        Some("\r\nOK\r\n".to_owned())
    }

    /// Time goes by, from one wake-up to the next.
    fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(next) = self.machine.next_wakeup().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.input(Input::Tick);
        }
        self.now = self.now.max(end);
        self.input(Input::Tick);
    }

    fn hears(&mut self, text: &str) {
        self.input(Input::Bytes(text.as_bytes()));
    }

    fn send(&mut self, id: u64, text: &str) {
        let (to, text) = ("+31612345678".to_owned(), text.to_owned());
        self.input(Input::Send {
            id,
            to,
            text,
            ring: false,
        });
    }

    fn news(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.news)
    }

    fn report(&mut self, reference: u8, status: &str) {
        let report = format!(
            "+CDS: 25\r\n0006{reference:02X}0B911316325476F86280113221008062801132311080{status}\r\n"
        );
        self.hears(&report);
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_seconds(seconds)
}

#[test]
fn a_modem_is_set_and_looked_at() {
    let mut rig = Rig::new(Settings::default());
    rig.input(Input::Opened);
    let set = [
        "AT",
        "ATE0",
        "AT+CMEE=1",
        "AT+CPIN?",
        "AT+CMGF=0",
        "AT+CSCS=\"GSM\"",
        "AT+CNMI=2,1,0,1,0",
    ];
    assert_eq!(rig.written[..set.len()], set);
    let health = rig.machine.health();
    assert_eq!((health.signal, health.has_network), (Some(17), true));
    assert_eq!(health.operator.as_deref(), Some("KPN"));
    rig.wait(Duration::from_hours(1));
    assert_eq!(rig.news(), [Effect::Trouble(None)]);
}

#[test]
fn a_message_is_taken_and_then_proved() {
    let mut rig = Rig::ready(Settings::default());
    rig.send(5, "CRITICAL Room A");
    assert_eq!(rig.news(), [Effect::Taken(5)]);
    rig.report(1, "20");
    assert_eq!(rig.news(), [], "the centre goes on trying");
    rig.report(1, "00");
    assert!(matches!(rig.news()[..], [Effect::Proved(5, Some(_))]));
    rig.report(1, "00");
    assert_eq!(rig.news(), [], "once");
}

#[test]
fn a_report_that_comes_before_the_modem_is_ready_for_the_next_part_counts() {
    let mut rig = Rig::ready(Settings::default());
    let early = "+CMGS: 7\r\n+CDS: 25\r\n0006070B911316325476F8628011322100806280113231108000\r\nOK";
    rig.says("PDU", early);
    rig.send(5, "a");
    let news = rig.news();
    assert!(
        matches!(news[..], [Effect::Taken(5), Effect::Proved(5, Some(_))]),
        "{news:?}"
    );
}

#[test]
fn a_long_message_is_proved_when_all_its_parts_are_and_failed_with_one() {
    let mut rig = Rig::ready(Settings::default());
    rig.send(6, &"alarm ".repeat(200));
    assert_eq!(rig.news(), [Effect::Taken(6)]);
    assert_eq!(
        rig.written
            .iter()
            .filter(|line| line.starts_with("AT+CMGS"))
            .count(),
        3
    );
    rig.report(2, "00");
    rig.report(1, "00");
    assert_eq!(rig.news(), []);
    rig.report(3, "46");
    let why = "the network did not deliver it: the telephone was not reached in time (0x46)";
    assert_eq!(rig.news(), [Effect::Undelivered(6, why.to_owned())]);
}

#[test]
fn what_the_network_refuses_fails_and_twice_is_trouble() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("PDU", "+CMS ERROR: 38");
    rig.send(7, "a");
    let why = "the message was not taken: the network is out of order (+CMS ERROR 38)";
    assert_eq!(rig.news(), [Effect::Failed(7, why.to_owned())]);
    rig.send(8, "a");
    assert_eq!(rig.news()[1..], [Effect::Trouble(Some(Trouble::MessagesRefused))]);
    rig.answers.retain(|(command, _)| *command != "PDU");
    rig.send(9, "a");
    assert_eq!(rig.news(), [Effect::Taken(9), Effect::Trouble(None)]);
}

#[test]
fn a_lost_network_is_said_at_once_and_what_waits_leaves_when_it_is_back() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("AT+CREG?", "+CREG: 0,2\r\n\r\nOK");
    rig.wait(seconds(21));
    assert_eq!(rig.news(), [Effect::Trouble(Some(Trouble::NoNetwork))]);
    rig.send(1, "first");
    rig.wait(seconds(50));
    assert_eq!(
        rig.news(),
        [Effect::Failed(1, "the modem has no network".to_owned())]
    );
    rig.send(2, "second");
    rig.says("AT+CREG?", "+CREG: 0,5\r\n\r\nOK");
    rig.wait(seconds(40));
    let news = rig.news();
    assert!(
        news.contains(&Effect::Trouble(None)) && news.contains(&Effect::Taken(2)),
        "{news:?}"
    );
}

#[test]
fn a_network_that_a_message_finds_gone_is_looked_at_at_once_and_not_taken_for_lack_of_credit() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("PDU", "+CMS ERROR: 331");
    rig.says("AT+CREG?", "+CREG: 0,2\r\n\r\nOK");
    rig.send(1, "a");
    let why = "the message was not taken: no network (+CMS ERROR 331)";
    assert_eq!(
        rig.news(),
        [
            Effect::Failed(1, why.to_owned()),
            Effect::Trouble(Some(Trouble::NoNetwork))
        ]
    );
}

#[test]
fn a_wrong_pin_is_given_once_whatever_happens() {
    let mut rig = Rig::new(Settings {
        pin: Some("0000".to_owned()),
        ..Settings::default()
    });
    rig.says("AT+CPIN?", "+CPIN: SIM PIN\r\n\r\nOK");
    rig.says("AT+CPIN=\"0000\"", "+CME ERROR: 16");
    rig.input(Input::Opened);
    assert_eq!(
        rig.news(),
        [Effect::PinTried, Effect::Trouble(Some(Trouble::PinRefused))]
    );
    rig.wait(Duration::from_hours(24));
    rig.input(Input::Lost);
    rig.wait(Duration::from_hours(1));
    let tries = rig
        .written
        .iter()
        .filter(|line| line.starts_with("AT+CPIN="))
        .count();
    assert_eq!(tries, 1);
    assert!(!rig.news().contains(&Effect::PinTried));
}

#[test]
fn a_pin_that_was_not_answered_is_not_given_again_and_a_right_one_is() {
    let settings = Settings {
        pin: Some("1234".to_owned()),
        ..Settings::default()
    };
    let mut rig = Rig::new(settings.clone());
    rig.says("AT+CPIN?", "+CPIN: SIM PIN\r\n\r\nOK");
    rig.says("AT+CPIN=\"1234\"", "");
    rig.input(Input::Opened);
    rig.wait(Duration::from_hours(1));
    assert_eq!(
        rig.written
            .iter()
            .filter(|line| line.starts_with("AT+CPIN="))
            .count(),
        1
    );
    let mut rig = Rig::new(settings);
    rig.says("AT+CPIN?", "+CPIN: SIM PIN\r\n\r\nOK");
    rig.input(Input::Opened);
    assert_eq!(rig.news(), [Effect::PinTried, Effect::PinTaken]);
    rig.says("AT+CPIN?", "+CPIN: READY\r\n\r\nOK");
    rig.wait(seconds(6));
    assert_eq!(rig.news(), [Effect::Trouble(None)]);
}

#[test]
fn what_is_wrong_with_a_sim_is_said() {
    let check = |answer: &'static str, trouble| {
        let mut rig = Rig::new(Settings::default());
        rig.says("AT+CPIN?", answer);
        rig.input(Input::Opened);
        rig.wait(seconds(30));
        assert_eq!(rig.news(), [Effect::Trouble(Some(trouble))], "{answer}");
        rig.says("AT+CPIN?", "+CPIN: READY\r\n\r\nOK");
        rig.wait(seconds(30));
        assert_eq!(rig.news(), [Effect::Trouble(None)], "{answer}");
    };
    check("+CME ERROR: 10", Trouble::NoSim);
    check("+CPIN: NOT INSERTED\r\n\r\nOK", Trouble::NoSim);
    check("+CPIN: SIM PIN\r\n\r\nOK", Trouble::PinWanted);
    check("+CPIN: SIM PUK\r\n\r\nOK", Trouble::PukWanted);
}

#[test]
fn a_modem_that_hangs_is_woken_then_restarted_and_its_line_opened_anew() {
    let mut rig = Rig::ready(Settings::default());
    rig.wait(Duration::from_hours(20));
    rig.news();
    rig.is_alive = false;
    let begun = rig.now;
    while rig.news.is_empty() {
        rig.wait(seconds(1));
    }
    assert_eq!(rig.news(), [Effect::Trouble(Some(Trouble::Silent))]);
    assert!(rig.now.since(begun) < seconds(60), "{:?}", rig.now.since(begun));
    assert!(rig.written.last().unwrap().contains("AT+CFUN=1,1") || rig.reopened > 0);
    rig.wait(Duration::from_minutes(10));
    assert_eq!(rig.news(), []);
    rig.is_alive = true;
    rig.wait(seconds(60));
    assert_eq!(rig.news(), [Effect::Trouble(None)]);
}

#[test]
fn a_hang_in_the_middle_of_a_message_fails_it_and_one_behind_at_is_found_too() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("PDU", "");
    rig.send(4, "a");
    rig.wait(seconds(31));
    let why = "the modem stopped answering while it was sending";
    assert_eq!(rig.news(), [Effect::Failed(4, why.to_owned())]);
    rig.says("AT+CPIN?", "");
    rig.input(Input::Lost);
    rig.wait(Duration::from_minutes(1));
    assert!(rig.news().contains(&Effect::Trouble(Some(Trouble::Silent))));
}

#[test]
fn what_a_modem_measures_is_known_with_why_where_it_is_not() {
    let figures = |rig: &Rig| {
        rig.machine
            .figures()
            .map(|figures| figures.map(|(_, outcome)| outcome))
    };
    let mut rig = Rig::new(Settings::default());
    assert_eq!(figures(&rig), None, "nobody asked yet");
    rig.input(Input::Opened);
    assert_eq!(figures(&rig), Some([Ok(-79.0), Ok(1.0)]));
    rig.says("AT+CSQ", "+CSQ: 99,99\r\n\r\nOK");
    rig.says("AT+CREG?", "+CREG: 0,2\r\n\r\nOK");
    rig.wait(seconds(21));
    assert_eq!(figures(&rig), Some([Err(Fault::NotPresent), Ok(0.0)]));
    rig.is_alive = false;
    rig.wait(seconds(60));
    assert_eq!(figures(&rig), Some([Err(Fault::Timeout); 2]));
    rig.machine.step(Input::Lost, rig.now);
    assert_eq!(figures(&rig), Some([Err(Fault::NotPresent); 2]));
}

#[test]
fn credit_is_asked_for_and_a_way_that_is_not_proved_is_trouble_until_it_is_over() {
    let mut rig = Rig::ready(Settings {
        own_number: Some("+31600000000".to_owned()),
        credit_code: Some("*101#".to_owned()),
        ..Settings::default()
    });
    rig.says(
        "AT+CUSD=1,\"*101#\",15",
        "OK\r\n\r\n+CUSD: 0,\"Tegoed EUR 2,50\",15",
    );
    rig.wait(Duration::from_minutes(2));
    assert_eq!(rig.news(), [Effect::Credit(2.5)]);
    rig.says(
        "AT+CUSD=1,\"*101#\",15",
        "OK\r\n\r\n+CUSD: 0,\"Tegoed EUR 25\",15",
    );
    rig.wait(Duration::from_minutes(5));
    rig.wait(Duration::from_hours(24));
    assert_eq!(
        rig.news(),
        [Effect::Trouble(Some(Trouble::NotProved)), Effect::Credit(25.0)]
    );
    rig.wait(Duration::from_minutes(58));
    let text = rig.machine.proof_text();
    let parts = crate::modem::pdu::split(&crate::modem::pdu::Address::of_number("+31600000000"), &text, 9);
    let pdu = &parts[0].pdu;
    rig.hears(&format!(
        "+CMT: ,99\r\n0004{}000062801132210080{}\r\n",
        &pdu[6..22],
        &pdu[28..]
    ));
    assert_eq!(rig.news(), [Effect::Trouble(None)]);
}

#[test]
fn orders_are_bounded() {
    let mut rig = Rig::new(Settings::default());
    for id in 0..70 {
        rig.send(id, "a");
    }
    let refused = rig.news();
    assert_eq!(refused.len(), 6);
    assert_eq!(rig.machine.orders.len(), 64);
    rig.wait(seconds(46));
    assert_eq!(rig.news().len(), 64);
}

proptest! {
    #[test]
    fn babble_neither_panics_nor_piles_up(
        pieces in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            Just(b"\r\n+CMTI: \"SM\",1\r\n".to_vec()),
            Just(b"\r\n+CMGL: 1,0,,9\r\n00".to_vec()),
            Just(format!("\r\n+CMT: 9\r\n{PDU_OK}\r\n").into_bytes()),
            Just(b"\r\nOK\r\n".to_vec()), Just(b"> ".to_vec()), Just(b"\r\n+CMS ERROR: 99999\r\n".to_vec()),
        ], 0..60),
    ) {
        let mut machine = Machine::new(Settings::default());
        let mut now = Steady::from_milliseconds(0);
        machine.step(Input::Opened, now);
        for (number, piece) in pieces.iter().enumerate() {
            now = now + Duration::from_milliseconds(700);
            machine.step(Input::Send { id: number as u64, to: "+31612345678".into(), text: "x".into(), ring: true }, now);
            machine.step(Input::Bytes(piece), now);
            prop_assert!(machine.plan.len() <= 320);
            prop_assert!(machine.next_wakeup().is_some());
        }
    }
}
