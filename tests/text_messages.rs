//! People who are reached by text when nothing else leaves the building, with real processes: who is called, what their answers do, and that a modem which
//! carries nothing is told and gone round within two minutes, whatever is wrong with it.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod modem;
mod support;

use modem::{House, JORIS, SANNE, now};
use serde_json::json;

const STRANGER: &str = "+31699999999";

#[test]
fn a_text_calls_the_first_and_their_answer_decides_who_is_called_next() {
    let mut house = House::start("", |modem, _| modem.told(&json!({"do": "set", "reports": "00"})));
    let a = house.heat("a");
    sanne_is_called(&house, a);
    whoever_was_not_called_changes_nothing(&mut house, a);
    a_no_calls_joris(&mut house, a);
    joris_takes_it(&mut house, a);
    of_the_other_room_sanne_alone_is_told(&mut house);
    it_is_over(&mut house, a);
    whoever_writes_again_and_again_is_answered_no_more(&mut house, a);
}

fn sanne_is_called(house: &House, a: u64) {
    let called = house.text(SANNE, 0, "CRITICAL");
    assert!(
        called.contains("Room A")
            && called.contains(&format!("Reply OK {a} to take it, NO {a} to pass it on.")),
        "{called}"
    );
    let incident = house.incident(a);
    house.wait("telephone's word in the thread", || {
        let thread = house.thread(incident);
        let [message] = &thread[..] else {
            panic!("{thread:#?}")
        };
        assert_eq!(
            (&message["channel"], &message["to"]),
            (&json!("sms"), &json!("sanne"))
        );
        (message["state"] == "sent" && message["error"].is_null()).then_some(())
    });
}

fn whoever_was_not_called_changes_nothing(house: &mut House, a: u64) {
    house.modem.receive(STRANGER, &format!("OK {a}"));
    house.answers(JORIS, &format!("OK {a}"), "was not told to you");
    house.answers(SANNE, "status?", "Alarms that stand: 1. Nobody has 1 of them.");
    assert_eq!(house.modem.texts(STRANGER), [""; 0], "a stranger costs nothing");
    let refused = house.server.items("audit?limit=200");
    assert!(
        refused.iter().any(|line| line["deed"] == "answer-by-text"
            && line["who"]["kind"] == "nobody"
            && line["status"] == 403),
        "{refused:#?}"
    );
    assert_eq!(house.alarm(a)["state"], "active-unacknowledged");
    assert!(
        house.mail.mails().is_empty(),
        "it is not Joris's turn: {:#?}",
        house.mail.mails()
    );
}

fn a_no_calls_joris(house: &mut House, a: u64) {
    // Two texts come close together, the second while the first is read.
    let before = house.modem.texts(SANNE).len();
    house.modem.receive(SANNE, &format!("NO {a}"));
    house.modem.receive(SANNE, "STATUS");
    house.text(SANNE, before, "somebody else is called now");
    house.text(SANNE, before, "Alarms that stand");
    house
        .mail
        .wait_for(&["CRITICAL", &format!("[{a}]")], modem::PATIENCE);
    let called = house.text(JORIS, 1, "CRITICAL");
    assert!(
        called.contains("passed it on at") && called.contains(&format!("Reply OK {a} to take it")),
        "{called}"
    );
}

fn joris_takes_it(house: &mut House, a: u64) {
    let before = house.modem.texts(SANNE).len();
    house.answers(JORIS, &format!("ok {a} on my way"), "is yours");
    let taken = house.text(SANNE, before, "TAKEN");
    assert!(taken.contains("Joris"), "{taken}");
    let alarm = house.alarm(a);
    assert_eq!(alarm["state"], "active-acknowledged");
    assert_eq!(alarm["acknowledged"]["comment"], "on my way");
    house.answers(SANNE, &format!("OK {a}"), "nothing to take");
    let incident = house.incident(a);
    let call = house.server.get(&format!("incidents/{incident}/call"));
    assert_eq!(
        (&call["state"], &call["next"]),
        (&json!("held"), &json!(null)),
        "{call}"
    );
}

/// Joris cannot take what he was not told of, also while he has another.
fn of_the_other_room_sanne_alone_is_told(house: &mut House) {
    let before = house.modem.texts(SANNE).len();
    let b = house.heat("b");
    house.text(SANNE, before, "Room B");
    house.answers(JORIS, &format!("OK {b}"), "was not told to you");
    house.answers(SANNE, &format!("OK {b}"), "is yours");
    assert_eq!(
        house
            .modem
            .texts(JORIS)
            .iter()
            .filter(|text| text.contains("Room B"))
            .count(),
        0
    );
}

fn it_is_over(house: &mut House, a: u64) {
    let before = (house.modem.texts(SANNE).len(), house.modem.texts(JORIS).len());
    house.is("a", 21);
    house.text(SANNE, before.0, "RETURNED");
    house.text(JORIS, before.1, "RETURNED");
    house.answers(JORIS, &format!("OK {a}"), "nothing to take");
    assert_eq!(house.modem.texts(STRANGER), [""; 0]);
}

/// Sanne's number is forged: it costs six answers, and nobody else misses theirs.
fn whoever_writes_again_and_again_is_answered_no_more(house: &mut House, a: u64) {
    let before = house.modem.texts(SANNE).len();
    for _ in 0..12 {
        house.modem.receive(SANNE, "STATUS");
    }
    house.answers(JORIS, &format!("OK {a}"), "nothing to take");
    let answered = house.modem.texts(SANNE).len() - before;
    assert!((1..=6).contains(&answered), "{answered} answers");
}

#[test]
fn what_the_network_gives_up_calls_the_next_within_two_minutes() {
    let house = House::start("", |modem, _| modem.told(&json!({"do": "set", "reports": "46"})));
    let since = now();
    let a = house.heat("a");
    house.joris_is_called(since, a);
    house.delivery_fails(since, "Sanne", "the telephone was not reached in time");
    let thread = house.thread(house.incident(a));
    let to_sanne = thread.iter().find(|message| message["to"] == "sanne").unwrap();
    assert!(
        to_sanne["error"]
            .as_str()
            .is_some_and(|error| error.contains("did not deliver it")),
        "the thread says what came of it: {thread:#?}"
    );
}

#[test]
fn a_network_that_is_lost_is_told_and_gone_round_within_two_minutes_and_what_waited_leaves_afterwards() {
    let mut house = House::start("", |_, _| {});
    house.wait("modem that is well", || {
        house.server.log().contains("a channel is well").then_some(())
    });
    let since = now();
    house.modem.told(&json!({"do": "set", "network": false}));
    let a = house.heat("a");
    house.joris_is_called(since, a);
    house.delivery_fails(since, "sms", "no network");
    assert_eq!(house.modem.texts(SANNE), [""; 0]);
    house.modem.told(&json!({"do": "set", "network": true}));
    house.is_well_again();
    house.text(SANNE, 0, "CRITICAL");
    house.answers(SANNE, &format!("OK {a}"), "is yours");
}

#[test]
fn a_modem_that_hangs_is_told_and_gone_round_within_two_minutes_and_restarted() {
    let mut house = House::start("", |_, _| {});
    house.wait("modem that is well", || {
        house.server.log().contains("a channel is well").then_some(())
    });
    let since = now();
    house.modem.told(&json!({"do": "set", "alive": false}));
    let a = house.heat("a");
    house.joris_is_called(since, a);
    house.delivery_fails(since, "sms", "the modem does not answer");
    house.wait("restart", || {
        (!house.modem.events("restarted").is_empty()).then_some(())
    });
    house.modem.told(&json!({"do": "set", "alive": true}));
    house.is_well_again();
    house.text(SANNE, 0, "CRITICAL");
}

#[test]
fn a_wrong_pin_is_told_and_gone_round_within_two_minutes_and_tried_once() {
    let since = now();
    let house = House::start("pin_file = \"sms.pin\"", |modem, folder| {
        std::fs::write(folder.join("sms.pin"), "0000\n").unwrap();
        modem.told(&json!({"do": "set", "pin": "1234"}));
    });
    let a = house.heat("a");
    house.joris_is_called(since, a);
    house.delivery_fails(since, "sms", "refused the PIN");
    assert_eq!(house.modem.events("pin").len(), 1);
}

#[test]
fn a_full_memory_keeps_no_answer_back() {
    let mut house = House::start("", |modem, _| {
        // What came before anybody listened, from whom it does not matter.
        modem.told(&json!({"do": "fill", "from": STRANGER}));
    });
    let a = house.heat("a");
    house.text(SANNE, 0, "CRITICAL");
    house.modem.told(&json!({"do": "fill", "from": STRANGER}));
    house.answers(SANNE, &format!("OK {a}"), "is yours");
}

#[test]
fn what_the_modem_measures_is_a_series_with_an_alarm_before_anything_fails() {
    let keys = "credit_code = \"*101#\"\ncredit_low = 20.0\n";
    let mut house = House::start(keys, |_, _| {});
    let latest = |house: &House, series: &str| {
        let latest = house.server.items("latest").into_iter();
        let mut found = latest.filter(|one| one["series"] == format!("hall/plenum/{series}"));
        found.next().map(|one| one["value"].clone())
    };
    let signal = house.wait("signal", || latest(&house, "sms/signal"));
    assert_eq!(signal, json!(-79.0));
    assert_eq!(latest(&house, "sms/network-present"), Some(json!(1.0)));
    house.modem.told(&json!({"do": "set", "signal": 3}));
    // It is read each minute, and credit a minute after the modem is set.
    let alarm = |rule: &str| {
        house.wait_longer(&format!("alarm {rule}"), || {
            let active = house.server.items("alarms?state=active");
            active.into_iter().find(|alarm| alarm["rule"] == rule)
        })
    };
    let weak = alarm("modem-signal-low");
    assert_eq!((&weak["value"], &weak["unit"]), (&json!(-107.0), &json!("dBm")));
    let low = alarm("modem-credit-low");
    assert_eq!(low["series"], "hall/plenum/sms-credit/credit-low");
    assert_eq!(latest(&house, "sms-credit/credit"), Some(json!(12.34)));
    let failed = house.server.alarm("delivery-failed");
    assert_eq!(failed, None, "messages leave: nobody is out of reach");
}

#[test]
fn where_no_text_leaves_and_no_other_way_is_there_the_telephone_rings() {
    let mut house = House::start("ring = true\n", |_, _| {});
    house.modem.told(&json!({"do": "set", "refuse": 38}));
    house.heat("a");
    house.wait("telephone that rings", || {
        let dialled = house.modem.events("dialled");
        dialled.iter().any(|call| call["number"] == SANNE).then_some(())
    });
    house.wait("end of the ringing", || {
        (!house.modem.events("hung-up").is_empty()).then_some(())
    });
    let rang = |house: &House| {
        let dialled = house.modem.events("dialled");
        dialled.iter().filter(|call| call["number"] == JORIS).count()
    };
    house.mail.wait_for(&["CRITICAL"], modem::PATIENCE);
    assert_eq!(rang(&house), 0, "a mail reaches Joris");
}
