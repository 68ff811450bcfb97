//! What the sender promises, event by event.

use super::*;
use crate::Timestamp;
use crate::streams::HELD_BACK;

fn stream(number: u64) -> StreamId {
    StreamId::from_random(number)
}

fn at(seconds: i64) -> Steady {
    Steady::from_milliseconds(seconds * 1_000)
}

fn ack(database: &str, follows: &[&str], streams: &[(u64, u64)]) -> Ack {
    Ack {
        database: database.parse().unwrap(),
        follows: follows.iter().map(|name| name.parse().unwrap()).collect(),
        streams: streams
            .iter()
            .map(|(name, through)| (stream(*name), *through))
            .collect(),
    }
}

/// Urgent is stream 1, routine stream 2, with so many batches in each; connected.
fn sender(urgent: u64, routine: u64) -> Sender {
    let mut sender = Sender::new(vec![], None, stream(1), stream(2));
    for (name, last) in [(1, urgent), (2, routine)] {
        for seq in 1..=last {
            sender.step(
                Event::Spooled {
                    stream: &stream(name),
                    seq,
                },
                at(0),
            );
        }
    }
    sender.connected = true;
    sender
}

/// What is sent now, as (stream, seq).
fn sent(sender: &mut Sender, now: Steady) -> Vec<(StreamId, u64)> {
    std::iter::from_fn(|| sender.next(now))
        .map(|transmission| {
            (
                transmission.envelope.position.stream,
                transmission.envelope.position.seq,
            )
        })
        .collect()
}

fn numbers(stream_number: u64, numbers: impl Iterator<Item = u64>) -> Vec<(StreamId, u64)> {
    numbers.map(|seq| (stream(stream_number), seq)).collect()
}

fn removed(number: u64, through: u64) -> Event<'static> {
    Event::Removed(Removal {
        stream: stream(number),
        through,
        from: Some(Timestamp::from_milliseconds(5_000)),
        to: Some(Timestamp::from_milliseconds(6_000)),
        count: 10,
        why: "full spool".to_owned(),
    })
}

#[test]
fn urgent_goes_first_and_a_window_bounds_what_is_under_way() {
    let mut sender = sender(2, 40);
    assert_eq!(sent(&mut sender, at(1)), numbers(1, 1..=2));
    sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 1)])), at(1));
    assert_eq!(
        sent(&mut sender, at(1)),
        [],
        "routine readings wait behind a change"
    );
    sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 2)])), at(1));
    assert_eq!(sent(&mut sender, at(1)), numbers(2, 1..=32));
    sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 5)])), at(1));
    assert_eq!(sent(&mut sender, at(1)), numbers(2, 33..=37));
}

#[test]
fn many_unsent_changes_hold_nobody_up() {
    let mut sender = sender(33, 2);
    let expected = [numbers(1, 1..=32), numbers(2, 1..=2)].concat();
    assert_eq!(sent(&mut sender, at(1)), expected);
}

#[test]
fn what_an_earlier_start_left_goes_before_what_is_new() {
    let held = |number, class| Held {
        stream: stream(number),
        class,
        first: 1,
        last: 3,
        through: 1,
        lost: None,
    };
    let earlier = vec![held(7, Class::Urgent), held(8, Class::Routine)];
    let mut sender = Sender::new(earlier, None, stream(1), stream(2));
    for number in [1, 2] {
        let stream = &stream(number);
        sender.step(Event::Spooled { stream, seq: 1 }, at(0));
    }
    sender.connected = true;
    for (number, numbered) in [(7, 2..=3), (1, 1..=1), (8, 2..=3), (2, 1..=1)] {
        let last = *numbered.end();
        assert_eq!(sent(&mut sender, at(1)), numbers(number, numbered));
        sender.step(Event::Acknowledged(&ack("a", &[], &[(number, last)])), at(1));
    }
    assert_eq!(sent(&mut sender, at(1)), []);
}

#[test]
fn a_few_of_an_earlier_start_are_not_overtaken_by_what_has_become_many() {
    let earlier = |last| Held {
        stream: stream(8),
        class: Class::Routine,
        first: 1,
        last,
        through: 0,
        lost: None,
    };
    for (left, newest, first) in [
        (1, BACKLOG + 8, 8),
        (BACKLOG, HELD_BACK, 8),
        (1, HELD_BACK + 1, 2),
        (BACKLOG + 1, 1, 2),
    ] {
        let mut sender = Sender::new(vec![earlier(left)], None, stream(1), stream(2));
        for seq in 1..=newest {
            let stream = &stream(2);
            sender.step(Event::Spooled { stream, seq }, at(0));
        }
        sender.connected = true;
        // Smoke never waits for them.
        let urgent = &stream(1);
        sender.step(
            Event::Spooled {
                stream: urgent,
                seq: 1,
            },
            at(0),
        );
        assert_eq!(sent(&mut sender, at(1)), [(stream(1), 1)], "{left} {newest}");
        sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 1)])), at(1));
        let now = sent(&mut sender, at(1));
        assert_eq!(now[0], (stream(first), 1), "{left} {newest}");
        assert_eq!(
            now.iter().all(|(name, _)| *name == now[0].0),
            first == 8,
            "{left} {newest}"
        );
    }
}

#[test]
fn what_stands_still_is_sent_again_ever_more_slowly() {
    let mut sender = sender(0, 3);
    assert_eq!(sent(&mut sender, at(0)).len(), 3);
    sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 1)])), at(0));
    for wait in [2, 4, 8, 16, 32, 60, 60] {
        let due = sender.next_wakeup().unwrap();
        let before = due - Duration::from_milliseconds(1);
        sender.step(Event::Tick, before);
        assert_eq!(sent(&mut sender, before), []);
        let start = sender.streams[&stream(2)].moved_at;
        assert_eq!(due.since(start), Duration::from_seconds(wait));
        sender.step(Event::Tick, due);
        assert_eq!(sent(&mut sender, due), numbers(2, 2..=3));
    }
}

#[test]
fn a_reconnection_with_a_backlog_opens_a_fresh_stream_that_goes_first() {
    let mut sender = sender(0, 33);
    let effects = sender.step(Event::Connected { fresh: stream(9) }, at(1));
    assert_eq!(effects, [Effect::OpenedRoutine(stream(9)), Effect::PublishStatus]);
    assert_eq!(*sender.current(Class::Routine), stream(9));
    sender.step(
        Event::Spooled {
            stream: &stream(9),
            seq: 1,
        },
        at(1),
    );
    assert_eq!(sent(&mut sender, at(1))[..2], [(stream(9), 1), (stream(2), 1)]);
    let again = sender.step(Event::Connected { fresh: stream(10) }, at(2));
    assert_eq!(
        again,
        [Effect::PublishStatus],
        "one unsent batch is not a backlog"
    );
}

#[test]
fn only_the_pinned_database_and_its_followers_count() {
    let mut sender = sender(0, 3);
    sent(&mut sender, at(0));
    let through = |sender: &Sender| sender.streams[&stream(2)].through;
    sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 3), (77, 5)])), at(0));
    assert_eq!(
        (through(&sender), sender.pinned().map(DatabaseId::as_str)),
        (3, Some("a"))
    );

    let effects = sender.step(Event::Acknowledged(&ack("b", &["x"], &[(2, 0)])), at(0));
    assert_eq!(effects, [Effect::ForeignDatabase("b".parse().unwrap())]);
    assert_eq!(through(&sender), 3);

    let effects = sender.step(Event::Acknowledged(&ack("c", &["x", "a"], &[(2, 1)])), at(0));
    assert_eq!(
        effects,
        [
            Effect::Pin("c".parse().unwrap()),
            Effect::Withdrawn {
                stream: stream(2),
                through: 1
            },
            Effect::PublishStatus
        ]
    );
    assert_eq!(
        sent(&mut sender, at(0)),
        numbers(2, 2..=3),
        "the restored collector gets them again"
    );

    sender.step(Event::Join, at(0));
    sender.step(Event::Acknowledged(&ack("b", &[], &[(2, 3)])), at(0));
    assert_eq!(sender.pinned().map(DatabaseId::as_str), Some("b"));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_ignored() {
    let mut sender = sender(0, 40);
    sent(&mut sender, at(0));
    sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 33)])), at(0));
    assert_eq!(sender.unsent(), 40);
    // Of an earlier start's stream nobody knows what was sent; the card may have lost what had arrived.
    let held = Held {
        stream: stream(3),
        class: Class::Routine,
        first: 1,
        last: 5,
        through: 0,
        lost: None,
    };
    let mut later = Sender::new(vec![held], None, stream(1), stream(2));
    later.step(Event::Acknowledged(&ack("a", &[], &[(3, 9)])), at(0));
    assert_eq!(later.unsent(), 0);
}

#[test]
fn a_loss_is_told_until_the_collector_has_passed_it() {
    let mut sender = sender(1, 3);
    assert_eq!(sender.step(removed(2, 3), at(0)), []);
    let lost = sender.listed()[&stream(2)].lost.clone().unwrap();
    assert_eq!((lost.from_seq, lost.to_seq), (1, 3));
    // It goes with a batch of another stream, and in the status.
    let told = sender.next(at(0)).unwrap().envelope;
    assert_eq!((told.position.stream.clone(), told.lost.len()), (stream(1), 1));
    assert!(sender.listed()[&stream(2)].lost.is_some());
    sender.streams.get_mut(&stream(2)).unwrap().sent = 3;
    sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 3)])), at(0));
    assert_eq!(sender.listed()[&stream(2)].lost, None);
}

#[test]
fn an_emptied_stream_is_listed_for_two_days_more() {
    let held = Held {
        stream: stream(3),
        class: Class::Routine,
        first: 6,
        last: 5,
        through: 5,
        lost: None,
    };
    let mut sender = Sender::new(vec![held], None, stream(1), stream(2));
    assert_eq!(sender.step(Event::Tick, at(0)), []);
    assert!(sender.listed().contains_key(&stream(3)));
    let over = sender.next_wakeup().unwrap();
    assert_eq!(over, at(0) + KEEP);
    assert_eq!(sender.step(Event::Tick, over), [Effect::Closed(stream(3))]);
}

#[test]
fn an_acknowledgement_that_lacks_what_waits_tells_that_the_status_was_lost() {
    let mut sender = sender(1, 0);
    let told = |_: &StreamId| true;
    assert!(!sender.lacks(&ack("a", &[], &[]), told), "nobody is followed yet");
    sender.step(Event::Acknowledged(&ack("a", &[], &[])), at(0));
    let other = ack("a", &[], &[(2, 0)]);
    assert!(sender.lacks(&other, told) && !sender.lacks(&other, |_| false));
    assert!(!sender.lacks(&ack("b", &[], &[(2, 0)]), told), "another's");
    let nothing_waits_in_the_other = ack("a", &[], &[(1, 0)]);
    assert!(!sender.lacks(&nothing_waits_in_the_other, told));
}
