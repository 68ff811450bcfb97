//! Every item reads back exactly as it was written, and damaged bytes are an error, never a panic.

use plenum_core::authority::Actor;
use plenum_core::fact::{
    Action, ActionKind, Audited, Batch, Deed, Expectation, ExpectationChange, ExpectedSensor, Gap, Item,
    Presence, Report, StoredReading, SystemCondition, SystemKind, Words,
};
use plenum_core::work::{Plan, Said, WorkKind, WorkSaid};
use plenum_protocol::{AgentName, Channel, Duration, Fault, Identifier, Outcome, Quantity, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::journal::bytes::Damaged;

fn decode(bytes: &[u8]) -> Result<Vec<Item>, Damaged> {
    super::decode::decode(bytes).map(|decoded| decoded.items)
}

fn identifier() -> impl Strategy<Value = Identifier> {
    prop_oneof![Just("pi-a1"), Just("zaandam"), Just("inlet-a3"), Just("x")]
        .prop_map(|text| text.parse().unwrap())
}

fn agent() -> impl Strategy<Value = AgentName> {
    (identifier(), identifier()).prop_map(|(site, agent)| AgentName { site, agent })
}

fn quantity() -> impl Strategy<Value = Quantity> {
    (0..Quantity::ALL.len()).prop_map(|index| Quantity::ALL[index])
}

fn instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        (1_700_000_000_000_i64..1_700_000_060_000).prop_map(|at| at / 1_000 * 1_000),
        any::<i64>(),
    ]
    .prop_map(Timestamp::from_milliseconds)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        (-5_000_i64..5_000).prop_map(|number| Ok(number as f64 / 100.0)),
        any::<f64>()
            .prop_filter("a number", |value| !value.is_nan())
            .prop_map(Ok),
        Just(Ok(-0.0)),
        (0..7_u8).prop_map(|code| Err(Fault::from_code(code))),
    ]
}

fn reading() -> impl Strategy<Value = StoredReading> {
    let claimed = proptest::option::of(1..200_000_000_000_i64);
    (identifier(), quantity(), instant(), outcome(), claimed).prop_map(
        |(sensor, quantity, at, outcome, by)| StoredReading {
            channel: Channel { sensor, quantity },
            at,
            outcome,
            claimed: by.map(|by| at + plenum_protocol::Duration::from_milliseconds(by)),
        },
    )
}

fn batch() -> impl Strategy<Value = Item> {
    let position = proptest::option::of(("[0-9a-f]{16}", any::<u64>()));
    let readings = proptest::collection::vec(reading(), 0..20);
    (agent(), position, any::<bool>(), readings).prop_map(|(agent, position, newest, readings)| {
        Item::Batch(Batch {
            agent,
            position,
            newest,
            readings,
        })
    })
}

fn gap() -> impl Strategy<Value = Item> {
    let numbers = any::<(u64, u64)>();
    (agent(), ".{0,8}", numbers, instant(), instant(), ".{0,20}").prop_map(
        |(agent, stream, sequence, from, to, why)| {
            Item::Gap(Gap {
                agent,
                stream,
                sequence,
                from,
                to,
                why,
            })
        },
    )
}

fn presence() -> impl Strategy<Value = Item> {
    let quantities = proptest::collection::vec(quantity(), 0..4);
    let sensor = (identifier(), ".{0,8}", quantities, any::<i64>()).prop_map(
        |(sensor, driver, quantities, interval)| ExpectedSensor {
            sensor,
            driver,
            quantities,
            interval: Duration::from_milliseconds(interval),
        },
    );
    let sensors = proptest::collection::vec(sensor, 0..4);
    (agent(), any::<bool>(), any::<bool>(), sensors).prop_map(
        |(agent, online, clock_synchronised, sensors)| {
            Item::Presence(Presence {
                agent,
                online,
                clock_synchronised,
                sensors,
            })
        },
    )
}

fn words() -> impl Strategy<Value = Item> {
    (agent(), identifier(), ".{0,40}")
        .prop_map(|(agent, sensor, words)| Item::Words(Words { agent, sensor, words }))
}

fn action() -> impl Strategy<Value = Item> {
    let kind = prop_oneof![
        Just(ActionKind::Acknowledge),
        instant().prop_map(|until| ActionKind::AcknowledgeUntil { until }),
        Just(ActionKind::GiveBack),
        Just(ActionKind::Reset),
        instant().prop_map(|until| ActionKind::Shelve { until }),
        Just(ActionKind::Unshelve),
        instant().prop_map(|review| ActionKind::OutOfService { review }),
        Just(ActionKind::ReturnToService),
    ];
    let texts = (".{0,8}", ".{0,20}");
    let occurrence = proptest::option::of(instant());
    (any::<u64>(), kind, texts, instant(), occurrence).prop_map(
        |(alarm, kind, (actor, comment), at, occurrence)| {
            Item::Action(Action {
                alarm,
                kind,
                actor: actor.into(),
                comment,
                at,
                occurrence,
            })
        },
    )
}

fn work() -> impl Strategy<Value = Item> {
    let kinds = proptest::collection::btree_set(proptest::sample::select(WorkKind::ALL), 0..4);
    let room = proptest::option::of(identifier());
    // What RFC 3339 can write.
    let instant = || (0..250_000_000_000_000_i64).prop_map(Timestamp::from_milliseconds);
    let plan = (room, kinds, instant(), instant(), ".{0,20}");
    let plan = plan.prop_map(|(room, kinds, from, until, reason)| Plan {
        room,
        kinds,
        from,
        until,
        reason,
    });
    let said = prop_oneof![plan.prop_map(Said::Begins), any::<u64>().prop_map(Said::Ends),];
    (instant(), any::<i64>(), said).prop_map(|(at, by, said)| {
        let by = Actor::Person(by);
        Item::Work(WorkSaid { at, by, said })
    })
}

fn system() -> impl Strategy<Value = Item> {
    let kind = proptest::sample::select(&SystemKind::ALL[..]);
    let report = prop_oneof![
        ".{0,20}".prop_map(Report::Sentence),
        ".{0,20}".prop_map(|why| Report::NotDelivered { why }),
        (1..9_u64, 1..9_u64).prop_map(|(free, size)| Report::DiskFull { free, size }),
        (1..9_u64, 1..9_u64).prop_map(|(free, reserve)| Report::DiskReserve { free, reserve }),
        Just(Report::OVER),
    ];
    (kind, ".{0,8}", any::<bool>(), instant(), report).prop_map(|(kind, subject, active, at, report)| {
        Item::System(SystemCondition {
            kind,
            subject,
            active,
            at,
            report,
        })
    })
}

fn expectation() -> impl Strategy<Value = Item> {
    let learned = (identifier(), quantity(), 1..1_000_000_000_i64, instant()).prop_map(
        |(sensor, quantity, interval, at)| ExpectationChange::Learned {
            channel: Channel { sensor, quantity },
            interval: Duration::from_milliseconds(interval),
            at,
        },
    );
    let by = proptest::option::of(prop_oneof![
        "[a-z:0-9]{1,9}".prop_map(Actor::named),
        any::<i64>().prop_map(Actor::Person),
    ]);
    let retired = (identifier(), by).prop_map(|(sensor, by)| ExpectationChange::Retired { sensor, by });
    (agent(), prop_oneof![learned, retired])
        .prop_map(|(agent, change)| Item::Expectation(Expectation { agent, change }))
}

fn audited() -> impl Strategy<Value = Item> {
    let deed = proptest::sample::select(Deed::ALL);
    let by = prop_oneof![
        Just(Actor::Nobody),
        Just(Actor::Monitor),
        any::<i64>().prop_map(Actor::Person),
        any::<i64>().prop_map(Actor::Program),
        (any::<i64>(), any::<i64>()).prop_map(|(person, delivery)| Actor::Link { person, delivery }),
    ];
    // What RFC 3339 can write.
    let at = (0..250_000_000_000_000_i64).prop_map(Timestamp::from_milliseconds);
    let from = proptest::option::of(any::<[u8; 16]>().prop_map(std::net::IpAddr::from));
    (at, by, from, deed, ".{0,20}", any::<(u16, u32)>()).prop_map(
        |(at, by, from, deed, on, (status, times))| {
            Item::Audited(Audited {
                at,
                by,
                from,
                deed,
                on,
                status,
                times,
            })
        },
    )
}

/// One of a later program.
fn unknown() -> impl Strategy<Value = Item> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    (KNOWN + 1..=u8::MAX, bytes).prop_map(|(kind, bytes)| Item::Unknown { kind, bytes })
}

fn item() -> impl Strategy<Value = Item> {
    let revision = any::<u64>().prop_map(Item::Revision);
    prop_oneof![
        batch(),
        work(),
        gap(),
        presence(),
        words(),
        action(),
        revision,
        system(),
        expectation(),
        audited(),
        unknown()
    ]
}

proptest! {
    #[test]
    fn items_read_back(items in proptest::collection::vec(item(), 0..6)) {
        let bytes = encode(&items);
        let read = decode(&bytes).unwrap();
        // Debug tells -0.0 from 0.0, which equality does not.
        prop_assert_eq!(format!("{read:?}"), format!("{items:?}"));
    }

    #[test]
    fn damaged_bytes_are_an_error_or_other_items(
        items in proptest::collection::vec(item(), 1..4), at in any::<usize>(), bit in 0..8_u32, cut in any::<usize>(),
    ) {
        let mut bytes = encode(&items);
        let length = bytes.len();
        bytes[at % length] ^= 1 << bit;
        // Whatever comes, it does not panic and does not ask for endless memory.
        let _ = decode(&bytes);
        prop_assert!(decode(&encode(&items)[..cut % length]).is_err());
    }
}

#[test]
fn a_polled_reading_takes_few_bytes() {
    let channel = |sensor: usize| Channel {
        sensor: format!("inlet-{}", sensor % 10).parse().unwrap(),
        quantity: Quantity::Temperature,
    };
    let readings = (0..1_000).map(|index| StoredReading {
        channel: channel(index),
        at: Timestamp::from_milliseconds(1_700_000_000_000 + index as i64 / 10 * 10_000),
        outcome: Ok(21.0 + (index % 100) as f64 / 100.0),
        claimed: None,
    });
    let batch = Batch {
        agent: AgentName {
            site: "s".parse().unwrap(),
            agent: "a".parse().unwrap(),
        },
        position: Some(("0123456789abcdef".to_owned(), 7)),
        newest: true,
        readings: readings.collect(),
    };
    let length = encode(&[Item::Batch(batch)]).len();
    assert!(length < 4_000, "{length} bytes for 1,000 readings");
}

fn kinds(bytes: &[u8]) -> Vec<&'static str> {
    let kind = |item: &Item| match item {
        Item::Batch(_) => "batch",
        Item::System(_) => "system",
        Item::Revision(_) => "revision",
        Item::Unknown { .. } => "unknown",
        _ => "other",
    };
    decode(bytes).unwrap().iter().map(kind).collect()
}

/// A batch, a condition and a revision, with one word of it replaced by one of the same length.
fn with_another_word(word: &str, other: &str) -> Vec<u8> {
    let agent: AgentName = AgentName {
        site: "s".parse().unwrap(),
        agent: "a".parse().unwrap(),
    };
    let reading = StoredReading {
        channel: Channel {
            sensor: "inlet".parse().unwrap(),
            quantity: Quantity::Temperature,
        },
        at: Timestamp::from_milliseconds(1),
        outcome: Ok(20.0),
        claimed: None,
    };
    let items = [
        Item::Batch(Batch {
            agent,
            position: None,
            newest: true,
            readings: vec![reading],
        }),
        Item::System(SystemCondition {
            kind: SystemKind::DiskFull,
            subject: String::new(),
            active: true,
            at: Timestamp::from_milliseconds(1),
            report: Report::OVER,
        }),
        Item::Revision(7),
    ];
    assert_eq!(word.len(), other.len());
    let mut bytes = encode(&items);
    let at = bytes.windows(word.len()).position(|part| part == word.as_bytes());
    let at = at.unwrap();
    bytes[at..at + word.len()].copy_from_slice(other.as_bytes());
    bytes
}

#[test]
fn an_item_with_a_word_of_a_later_program_is_kept_and_the_others_are_read() {
    assert_eq!(
        kinds(&with_another_word("inlet", "outer")),
        ["batch", "system", "revision"]
    );
    assert_eq!(
        kinds(&with_another_word("temperature", "temperament")),
        ["unknown", "system", "revision"]
    );
    assert_eq!(
        kinds(&with_another_word("disk-full", "disk-slow")),
        ["batch", "unknown", "revision"]
    );
}

/// A batch of two readings, the form of the second changed; both are read as far as they go.
fn with_another_form(form: u8) -> Decoded {
    let reading = |at, value| StoredReading {
        channel: "inlet/temperature".parse().unwrap(),
        at: Timestamp::from_milliseconds(at),
        outcome: Ok(value),
        claimed: None,
    };
    let batch = Item::Batch(Batch {
        agent: AgentName {
            site: "s".parse().unwrap(),
            agent: "a".parse().unwrap(),
        },
        position: Some(("x".to_owned(), 7)),
        newest: true,
        readings: vec![reading(1, 20.0), reading(2, 21.0)],
    });
    let mut bytes = encode(&[batch, Item::Revision(7)]);
    // Form, channel, step, value; then the revision's kind, length and number.
    let at = bytes.len() - 3 - 4;
    assert_eq!(bytes[at..at + 4], [0, 0, 2, 42]);
    bytes[at] = form;
    read(&bytes).unwrap()
}

#[test]
fn a_batch_with_a_form_of_reading_of_a_later_program_is_kept_and_its_time_is_lost() {
    assert!(with_another_form(0).unread.is_empty());
    for form in [6, 7] {
        let Decoded { items, unread } = with_another_form(form);
        assert!(matches!(items[0], Item::Unknown { kind: BATCH, .. }), "{items:?}");
        assert_eq!(items[1..], [Item::Revision(7)]);
        let gap = &unread[0];
        assert_eq!((gap.agent.agent.as_str(), gap.sequence), ("a", (7, 7)));
        assert_eq!((gap.from.milliseconds(), gap.to.milliseconds()), (1, 2));
    }
    for form in [0x40, 0x80] {
        let Decoded { items, unread } = with_another_form(form);
        assert!(matches!(items[0], Item::Unknown { kind: BATCH, .. }), "{items:?}");
        assert_eq!((unread[0].from, unread[0].to), (unread[0].from, unread[0].from));
    }
    let bytes = with_another_word("temperature", "temperament");
    assert_eq!(read(&bytes).unwrap().unread.len(), 1);
    // A name that is valid to a later program.
    assert_eq!(
        kinds(&with_another_word("inlet", "IN/ET")),
        ["unknown", "system", "revision"]
    );
}

#[test]
fn an_entry_of_a_later_version_is_kept_as_a_whole() {
    let bytes = vec![3, 1, 4, 1, 5];
    let Decoded { items, unread } = read(&bytes).unwrap();
    assert_eq!(items, [Item::Unknown { kind: WHOLE, bytes }]);
    assert!(unread.is_empty());
    assert!(read(&[0, 1]).is_err() && read(&[]).is_err());
}

#[test]
fn what_a_later_program_adds_to_the_end_of_an_item_is_skipped() {
    let bytes = [NAMES_FIRST, 0, 0, 2, REVISION, 3, 7, 1, 1, REVISION, 1, 8];
    assert_eq!(decode(&bytes), Ok(vec![Item::Revision(7), Item::Revision(8)]));
}

#[test]
fn an_action_of_before_occurrences_were_named_is_read() {
    let bytes = [NAMES_FIRST, 0, 0, 1, ACTION, 6, 5, 0, 1, b'a', 0, 4];
    let action = Action {
        alarm: 5,
        kind: ActionKind::Acknowledge,
        actor: Actor::named("a"),
        comment: String::new(),
        at: Timestamp::from_milliseconds(2),
        occurrence: None,
    };
    assert_eq!(decode(&bytes), Ok(vec![Item::Action(action)]));
}

#[test]
fn a_condition_of_an_earlier_program_keeps_its_sentence_and_a_later_ones_report_is_passed_over() {
    let condition = |report: Report| {
        Item::System(SystemCondition {
            kind: SystemKind::Gap,
            subject: "s/a".to_owned(),
            active: true,
            at: Timestamp::from_milliseconds(2),
            report,
        })
    };
    let earlier = condition(Report::Sentence("lost".to_owned()));
    let bytes = [
        &[NAMES_FIRST, 1, 3, b'g', b'a', b'p', 0, 1, SYSTEM, 12, 0, 3][..],
        b"s/a",
        &[1, 4, 4],
        b"lost",
    ]
    .concat();
    assert_eq!(decode(&bytes), Ok(vec![earlier.clone()]));
    assert_eq!(encode(&[earlier]), bytes);
    let mut bytes = encode(&[condition(Report::OVER)]);
    let at = bytes.windows(4).position(|part| part == b"over").unwrap();
    bytes[at] = b'O';
    let passed_over = condition(Report::Sentence(String::new()));
    assert_eq!(decode(&bytes), Ok(vec![passed_over]));
}

#[test]
fn version_1_is_read_and_could_skip_nothing() {
    assert_eq!(decode(&[IN_PLACE, 1, REVISION, 7]), Ok(vec![Item::Revision(7)]));
    assert!(decode(&[IN_PLACE, 1, 200, 7]).is_err());
    assert!(decode(&[3, 0, 0, 0]).is_err());
}
