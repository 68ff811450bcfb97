//! Messages in the modem's memory: read, joined, heard once and deleted.

use super::*;

#[test]
fn stored_messages_are_read_joined_and_deleted() {
    let mut rig = Rig::ready(Settings::default());
    let list = "+CMGL: 3,0,,30\r\n07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37\r\n\
                +CMGL: 4,3,,30\r\n0031000B911316325476F800000B0AE8329BFD4697D9EC37\r\n\r\nOK";
    rig.says("AT+CMGL=4", list);
    rig.hears("\r\n+CMTI: \"SM\",3\r\n");
    let news = rig.news();
    assert!(
        matches!(&news[..], [Effect::Received { from, text, .. }] if from.as_str() == "27838890001" && text == "hellohello")
    );
    assert!(rig.written.contains(&"AT+CMGD=3".to_owned()));
    assert!(
        !rig.written.contains(&"AT+CMGD=4".to_owned()),
        "it never arrived: it is somebody's own"
    );
}

#[test]
fn a_message_that_a_second_list_has_again_is_heard_once_and_the_same_words_in_its_place_are_new() {
    let mut rig = Rig::ready(Settings::default());
    let list = "+CMGL: 3,0,,30\r\n07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37\r\n\r\nOK";
    let begun = list.trim_end_matches("OK");
    let heard = |rig: &mut Rig| {
        let news = rig.news();
        assert!(news.iter().all(|news| matches!(news, Effect::Received { .. })));
        news.len()
    };
    // The list is long, and something else comes before its end.
    rig.says("AT+CMGL=4", "");
    rig.says("AT+CMGD=3", "");
    rig.hears("\r\n+CMTI: \"SM\",3\r\n");
    rig.hears(&format!("\r\n+CMTI: \"SM\",4\r\n{begun}"));
    rig.hears("OK\r\n");
    assert_eq!(heard(&mut rig), 1);
    assert_eq!(
        rig.written.last().unwrap(),
        "AT+CMGD=3",
        "before it is listed again"
    );
    // It hangs before it is deleted.
    rig.says("AT+CMGL=4", list);
    rig.wait(seconds(80));
    assert_eq!(heard(&mut rig), 0);
    rig.says("AT+CMGD=3", "OK");
    rig.wait(seconds(60));
    rig.news();
    // Its place is free: the same words are another message.
    rig.hears("\r\n+CMTI: \"SM\",3\r\n");
    assert_eq!(heard(&mut rig), 1);
}

#[test]
fn what_is_listed_is_the_memory_that_fills_and_one_that_has_room_is_left_alone() {
    let mut rig = Rig::ready(Settings::default());
    rig.wait(seconds(61));
    let at = |command: &str| rig.written.iter().position(|written| written == command);
    let (set, listed) = (
        at("AT+CPMS=\"SM\",\"SM\",\"SM\"").unwrap(),
        at("AT+CMGL=4").unwrap(),
    );
    assert!(set < listed, "{:?}", rig.written);
    assert_eq!(at("AT+CMGD=1,3"), None);
}

#[test]
fn a_full_memory_is_emptied() {
    let mut rig = Rig::ready(Settings::default());
    rig.says(
        "AT+CPMS?",
        "+CPMS: \"SM\",10,10,\"SM\",10,10,\"SM\",10,10\r\n\r\nOK",
    );
    rig.wait(seconds(61));
    assert!(rig.written.contains(&"AT+CMGD=1,3".to_owned()));
}

#[test]
fn a_reply_in_two_parts_is_one() {
    let mut rig = Rig::ready(Settings::default());
    let parts = crate::modem::pdu::split(
        &crate::modem::pdu::Address::of_number("+31612345678"),
        &"OK 4711 ".repeat(30),
        9,
    );
    let delivered = |submit: &crate::modem::pdu::Submit| {
        // From what is sent to what is delivered: no reference, no validity, and the centre's stamp.
        let address = &submit.pdu[6..22];
        format!(
            "+CMT: ,99\r\n0044{address}0000628011322100 80{}\r\n",
            &submit.pdu[28..]
        )
        .replace(" 80", "80")
    };
    rig.hears(&delivered(&parts[1]));
    assert_eq!(rig.news(), []);
    rig.hears(&delivered(&parts[0]));
    let news = rig.news();
    assert!(
        matches!(&news[..], [Effect::Received { text, .. }] if text == &"OK 4711 ".repeat(30)),
        "{news:?}"
    );
}
