//! PDUs from the standard's examples and from networks, and texts that come back.

use plenum_protocol::{Duration, Steady, Timestamp};
use proptest::prelude::*;

use super::*;

fn delivered(pdu: &str) -> Deliver {
    match read(pdu) {
        Ok(Received::Deliver(deliver)) => deliver,
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

#[test]
fn a_message_of_the_7_bit_alphabet_is_read() {
    // The example that every description of PDUs has.
    let message = delivered("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37");
    assert_eq!(message.text, "hellohello");
    assert_eq!(message.from, Address::National("27838890001".to_owned()));
    assert_eq!(message.at, at("2099-03-29T13:16:59Z"));
    assert_eq!(message.part, None);
}

#[test]
fn a_name_a_zone_west_of_utc_and_ucs_2_are_read() {
    // "Plenum" in seven septets takes 11 semi-octets.
    let name = alphabet::pack(b"Plenum", 0);
    let head = format!("00040BD0{}0008", to_hexadecimal(&name));
    let read = |stamp: &str| delivered(&format!("{head}{stamp}04004120AC"));
    let message = read("62801132210080");
    assert_eq!(message.from, Address::Name("Plenum".to_owned()));
    assert_eq!(message.text, "A€");
    assert_eq!(message.at, at("2026-08-11T21:12:00Z"));
    assert_eq!(
        read("6280113221000A").at,
        at("2026-08-12T04:12:00Z"),
        "five hours west"
    );
    assert_eq!(read("62311132210080").at, None, "no year has a 13th month");
}

#[test]
fn reports_say_what_became_of_it_and_when() {
    let report = |status: &str| {
        let pdu =
            format!("0006 2A 0B91 1316325476F8 62801132210080 62801132311080 {status}").replace(' ', "");
        match read(&pdu) {
            Ok(Received::Report(report)) => report,
            other => panic!("{other:?}"),
        }
    };
    let good = report("00");
    assert_eq!((good.reference, good.fate), (42, Fate::Delivered));
    assert_eq!(good.to, Address::International("+31612345678".to_owned()));
    assert_eq!(good.at, at("2026-08-11T21:13:01Z"));
    assert_eq!(report("01").fate, Fate::Unconfirmed(1));
    assert_eq!(report("22").fate, Fate::Trying(0x22));
    assert_eq!(report("46").fate, Fate::Failed(0x46));
    assert_eq!(
        report("46").fate.why(),
        "the telephone was not reached in time (0x46)"
    );
}

#[test]
fn what_is_sent_is_what_modems_expect() {
    let to = Address::of_number("+31612345678");
    let one = split(&to, "hellohello", 7);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].pdu, "0031000B911316325476F800000B0AE8329BFD4697D9EC37");
    assert_eq!(one[0].length, 23);
    let short_code = split(&Address::of_number("1266"), "€", 7);
    assert_eq!(short_code[0].pdu, "0031000481216600000B029B32");
}

#[test]
fn a_long_text_is_cut_behind_a_word_to_what_so_many_messages_take() {
    let check = |text: &str, messages: usize, expected: usize| {
        let kept = fits(text, messages);
        assert_eq!(kept.chars().count(), expected, "{kept}");
        assert!(text.starts_with(kept));
        assert!(split(&Address::of_number("+31612345678"), kept, 1).len() <= messages);
    };
    let words = "alarm ".repeat(200);
    check(&words[..160], 1, 160);
    check(&words, 1, 155);
    check(&words, 3, 455);
    check(&"x".repeat(500), 3, 459);
    check(&"{".repeat(500), 3, 228);
    check(&"ж".repeat(70), 1, 70);
    check(&"ж".repeat(71), 1, 70);
    check(&"🔥".repeat(300), 3, 99);
    check("", 3, 0);
}

#[test]
fn parts_are_joined_in_any_order_once_and_forgotten_after_a_while() {
    let (anna, bert) = (Address::of_number("+316"), Address::of_number("+317"));
    let part = |number| Part {
        reference: 300,
        total: 2,
        number,
    };
    let mut parts = Parts::default();
    let start = Steady::from_milliseconds(0);
    let mut take = |from: &Address, number, text: &str, minute| {
        let now = start + Duration::from_minutes(minute);
        parts.take(from, &part(number), text.to_owned(), now)
    };
    assert_eq!(take(&anna, 2, "4711", 0), None);
    assert_eq!(take(&bert, 1, "NO ", 0), None);
    let named_alike = Address::Name("+316".to_owned());
    assert_eq!(take(&named_alike, 1, "NO ", 0), None, "it is somebody else's");
    assert_eq!(take(&anna, 2, "4711", 1), None, "the same once more");
    assert_eq!(take(&anna, 1, "OK ", 2), Some("OK 4711".to_owned()));
    assert_eq!(take(&bert, 2, "4712", 11), None, "its first part is forgotten");
    assert_eq!(
        take(&bert, 3, "x", 11),
        Some("x".to_owned()),
        "a number beyond its total stands alone"
    );
}

#[test]
fn a_flood_of_unfinished_messages_is_bounded() {
    let mut parts = Parts::default();
    for reference in 0..10_000 {
        let part = Part {
            reference,
            total: 2,
            number: 1,
        };
        let now = Steady::from_milliseconds(i64::from(reference));
        parts.take(&Address::of_number("1"), &part, String::new(), now);
    }
    let last = Part {
        reference: 9_999,
        total: 2,
        number: 2,
    };
    let joined = parts.take(
        &Address::of_number("1"),
        &last,
        "end".to_owned(),
        Steady::from_milliseconds(10_000),
    );
    assert_eq!(joined, Some("end".to_owned()));
}

#[test]
fn what_is_not_text_or_ends_early_is_refused() {
    let whole = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37";
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "{}", &whole[..end]);
    }
    assert_eq!(read("zz"), Err(PduError::Hexadecimal));
    assert_eq!(
        read("0031000B911316325476F800000B0AE8329BFD4697D9EC37"),
        Err(PduError::Type(1))
    );
    let binary = whole.replace("0000993092", "0004993092");
    assert_eq!(read(&binary), Err(PduError::Coding(4)));
}

#[test]
fn the_network_takes_what_modems_hand_over_and_no_other_length() {
    let pdu = "0031000B911316325476F800000B0AE8329BFD4697D9EC37";
    let taken = network::take(pdu, 23).unwrap();
    assert_eq!(taken.to, Address::International("+31612345678".to_owned()));
    assert_eq!(
        (taken.text.as_str(), taken.part, taken.wants_report),
        ("hellohello", None, true)
    );
    assert_eq!(network::take(pdu, 22), Err(PduError::Short));
    // Without a validity and without a report.
    let plain = network::take("0001000B911316325476F800000AE8329BFD4697D9EC37", 22).unwrap();
    assert_eq!((plain.text.as_str(), plain.wants_report), ("hellohello", false));
    let whole = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37";
    assert_eq!(network::take(whole, 28), Err(PduError::Type(0)));
}

#[test]
fn what_the_network_reports_is_read() {
    let to = Address::of_number("+447700900142");
    let arrived: Timestamp = "2026-08-11T21:13:01Z".parse().unwrap();
    let pdu = network::delivered(&to, 42, arrived);
    let Ok(Received::Report(report)) = read(&pdu) else {
        panic!("{pdu}")
    };
    assert_eq!((report.reference, report.to, report.at), (42, to, Some(arrived)));
    assert_eq!(report.fate, Fate::Delivered);
    assert_eq!(network::length(&pdu), pdu.len() / 2 - 1);
}

proptest! {
    #[test]
    fn a_text_arrives_whole_whichever_way_it_goes(text in ".{0,600}", reference: u8, seconds in 946_684_800i64..4_102_444_800) {
        let number = Address::of_number("+447700900142");
        let at = Timestamp::from_milliseconds(seconds * 1_000);
        let (mut out, mut back) = (Parts::default(), Parts::default());
        let (mut sent, mut received) = (None, None);
        for submit in split(&number, &text, reference) {
            let part = network::take(&submit.pdu, submit.length).unwrap();
            prop_assert_eq!(&part.to, &number);
            sent = match &part.part {
                Some(which) => out.take(&number, which, part.text, Steady::from_milliseconds(0)),
                None => Some(part.text),
            };
        }
        for pdu in network::deliver(&number, &text, at, reference) {
            let message = delivered(&pdu);
            prop_assert_eq!((&message.from, message.at), (&number, Some(at)));
            received = match &message.part {
                Some(which) => back.take(&number, which, message.text, Steady::from_milliseconds(0)),
                None => Some(message.text),
            };
        }
        prop_assert_eq!(sent.as_deref(), Some(text.as_str()));
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn no_bytes_whatever_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&to_hexadecimal(&bytes));
        let _ = network::take(&to_hexadecimal(&bytes), bytes.len().saturating_sub(1));
        let _ = read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn septets_come_back_behind_any_fill(septets in proptest::collection::vec(0u8..128, 0..170), fill in 0usize..7) {
        let bytes = alphabet::pack(&septets, fill);
        prop_assert_eq!(alphabet::unpack(&bytes, septets.len(), fill), septets);
    }

    #[test]
    fn what_fits_is_a_beginning_and_fits(text in ".{0,600}", messages in 1usize..4) {
        let kept = fits(&text, messages);
        prop_assert!(text.starts_with(kept));
        prop_assert!(split(&Address::of_number("+31612345678"), kept, 1).len() <= messages);
    }
}
