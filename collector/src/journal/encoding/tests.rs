//! Every item reads back exactly as it was written, and damaged bytes are an error, never a panic.

use proptest::prelude::*;

use super::*;
use plenum_core::fact::SystemKind;

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
    (identifier(), quantity(), instant(), outcome(), any::<bool>()).prop_map(
        |(sensor, quantity, at, outcome, ahead)| StoredReading {
            channel: Channel { sensor, quantity },
            at,
            outcome,
            ahead,
        },
    )
}

fn item() -> impl Strategy<Value = Item> {
    let position = proptest::option::of(("[0-9a-f]{16}", any::<u64>()));
    let batch = (
        agent(),
        position,
        any::<bool>(),
        proptest::collection::vec(reading(), 0..20),
    )
        .prop_map(|(agent, position, newest, readings)| {
            Item::Batch(Batch {
                agent,
                position,
                newest,
                readings,
            })
        });
    let gap = (
        agent(),
        ".{0,8}",
        any::<(u64, u64)>(),
        instant(),
        instant(),
        ".{0,20}",
    )
        .prop_map(|(agent, stream, sequence, from, to, why)| {
            Item::Gap(Gap {
                agent,
                stream,
                sequence,
                from,
                to,
                why,
            })
        });
    let sensor = (
        identifier(),
        ".{0,8}",
        proptest::collection::vec(quantity(), 0..4),
        any::<i64>(),
    )
        .prop_map(|(sensor, driver, quantities, interval)| ExpectedSensor {
            sensor,
            driver,
            quantities,
            interval: Duration::from_milliseconds(interval),
        });
    let presence = (
        agent(),
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(sensor, 0..4),
    )
        .prop_map(|(agent, online, clock_synchronised, sensors)| {
            Item::Presence(Presence {
                agent,
                online,
                clock_synchronised,
                sensors,
            })
        });
    let action = (any::<u64>(), any::<bool>(), ".{0,8}", ".{0,20}", instant()).prop_map(
        |(alarm, reset, actor, comment, at)| {
            Item::Action(Action {
                alarm,
                kind: if reset {
                    ActionKind::Reset
                } else {
                    ActionKind::Acknowledge
                },
                actor,
                comment,
                at,
            })
        },
    );
    let system = (
        proptest::sample::select(&SystemKind::ALL[..]),
        ".{0,8}",
        any::<bool>(),
        instant(),
        ".{0,20}",
    )
        .prop_map(|(kind, subject, active, at, message)| {
            Item::System(SystemCondition {
                kind,
                subject,
                active,
                at,
                message,
            })
        });
    prop_oneof![
        batch,
        gap,
        presence,
        action,
        any::<u64>().prop_map(Item::Revision),
        system
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
        items in proptest::collection::vec(item(), 1..4), place in any::<usize>(), bit in 0..8_u32, cut in any::<usize>(),
    ) {
        let mut bytes = encode(&items);
        let length = bytes.len();
        bytes[place % length] ^= 1 << bit;
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
        ahead: false,
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
