//! What the receiver promises, batch by batch and status by status.

use super::*;
use crate::payload::{ClockState, ListedStream};
use crate::streams::{Class, Position};

const WHEN: Timestamp = Timestamp::from_milliseconds(1_000_000);
const NOW: Steady = Steady::from_milliseconds(1_000_000);

fn stream(number: u64) -> StreamId {
    StreamId::from_random(number)
}

fn batch(name: u64, seq: u64, first: u64, last: u64) -> Envelope {
    Envelope {
        position: Position {
            stream: stream(name),
            seq,
            first,
            last,
        },
        class: Class::Routine,
        lost: vec![],
    }
}

fn status(start: i64, streams: &[(u64, u64, u64)]) -> Status {
    let listed = |first, last| ListedStream {
        first,
        last,
        class: Class::Routine,
        lost: None,
    };
    Status {
        state: AgentState::Online,
        connection: 1,
        version: String::new(),
        started_at: Some(Timestamp::from_milliseconds(start)),
        clock: ClockState::Free,
        spool: None,
        streams: streams
            .iter()
            .map(|(name, first, last)| (stream(*name), listed(*first, *last)))
            .collect(),
        sensors: vec![],
    }
}

fn take(receiver: &mut Receiver, envelope: &Envelope) -> Taken {
    match receiver.offer(envelope, NOW) {
        Offer::Take(taken) => taken,
        Offer::Drop(why) => panic!("{envelope:?} was dropped: {why:?}"),
    }
}

fn gaps(taken: &Taken) -> Vec<(u64, u64)> {
    taken.gaps.iter().map(|gap| (gap.from_seq, gap.to_seq)).collect()
}

#[test]
fn a_group_takes_what_follows_on_itself_and_acknowledges_what_is_durable() {
    let mut receiver = Receiver::new([], []);
    let first = take(&mut receiver, &batch(1, 1, 1, 3));
    take(&mut receiver, &batch(1, 2, 1, 3));
    assert_eq!(
        receiver.offer(&batch(1, 2, 1, 3), NOW),
        Offer::Drop(Drop::Duplicate)
    );
    assert_eq!(receiver.offer(&batch(1, 4, 1, 4), NOW), Offer::Drop(Drop::Ahead));
    receiver.committed(&first.records, NOW);
    assert_eq!(receiver.through(&stream(1)), 1);
    receiver.rolled_back();
    take(&mut receiver, &batch(1, 2, 1, 3));
}

#[test]
fn what_the_agent_no_longer_holds_is_a_gap_in_its_words() {
    let mut receiver = Receiver::new(
        [(
            stream(1),
            StreamRecord {
                through: 2,
                ..StreamRecord::default()
            },
        )],
        [],
    );
    let mut envelope = batch(1, 7, 7, 9);
    envelope.lost = vec![Lost {
        stream: stream(1),
        from_seq: 3,
        to_seq: 6,
        from: Some(WHEN),
        to: Some(WHEN),
        count: 400,
        why: "full spool".to_owned(),
    }];
    let taken = take(&mut receiver, &envelope);
    assert_eq!(gaps(&taken), [(3, 6)]);
    assert_eq!(
        (
            taken.gaps[0].why.as_str(),
            taken.gaps[0].lost.as_ref().unwrap().count
        ),
        ("full spool", 400)
    );
    assert_eq!(taken.records[0].1.through, 7);
    // A batch of another stream tells of a stream that has none left; twice is once.
    let mut other = batch(2, 1, 1, 2);
    other.lost = vec![Lost {
        stream: stream(3),
        to_seq: 5,
        from_seq: 1,
        ..envelope.lost[0].clone()
    }];
    assert_eq!(gaps(&take(&mut receiver, &other)), [(1, 5)]);
    other.position.seq = 2;
    assert_eq!(gaps(&take(&mut receiver, &other)), []);
}

#[test]
fn a_status_says_what_is_held_and_what_is_gone() {
    let mut receiver = Receiver::new([], []);
    assert_eq!(
        gaps(&receiver.status(&status(1, &[(1, 1, 9), (2, 5, 4)]), NOW)),
        [(1, 4)]
    );
    let ack = receiver.ack(&"a".parse().unwrap(), &[]);
    assert_eq!(
        ack.streams.keys().cloned().collect::<Vec<_>>(),
        [stream(1), stream(2)]
    );
    assert_eq!(ack.streams[&stream(1)], 0, "unknown is 0");
}

#[test]
fn a_card_that_broke_is_found_by_the_next_start_alone() {
    let mut receiver = Receiver::new([], []);
    receiver.status(&status(1, &[(1, 1, 2), (2, 1, 1)]), NOW);
    take(&mut receiver, &batch(1, 1, 1, 9));
    take(&mut receiver, &batch(2, 1, 1, 4));
    // A retained status of the same start is older than the batches: nothing is wrong.
    assert_eq!(
        gaps(&receiver.status(&status(1, &[(1, 1, 2), (2, 1, 1)]), NOW)),
        []
    );
    // The next start has less of one stream and does not know the other.
    let taken = receiver.status(&status(2, &[(1, 1, 3)]), NOW);
    assert_eq!(
        (taken.gaps[0].stream.clone(), gaps(&taken)),
        (stream(2), vec![(2, 4)])
    );
    assert_eq!(gaps(&take(&mut receiver, &batch(1, 2, 1, 3))), []);
    assert_eq!(
        gaps(&take(&mut receiver, &batch(1, 3, 1, 3))),
        [(4, 9)],
        "once all that is left is here"
    );
    assert_eq!(gaps(&receiver.status(&status(2, &[(1, 1, 3)]), NOW)), [], "once");
}

#[test]
fn acknowledgements_are_due_at_start_and_repeated_once_a_second() {
    let mut receiver = Receiver::new([], []);
    assert!(receiver.ack_due(NOW), "at start");
    receiver.ack_sent(NOW);
    assert!(!receiver.ack_due(NOW));
    receiver.committed(&[], NOW);
    assert!(
        !receiver.ack_due(NOW),
        "a group without anything of this agent is none of its business"
    );
    let taken = take(&mut receiver, &batch(1, 1, 1, 1));
    receiver.offer(&batch(1, 1, 1, 1), NOW);
    assert_eq!(receiver.next_wakeup(), Some(NOW + REPEAT));
    receiver.committed(&taken.records, NOW);
    assert!(receiver.ack_due(NOW), "a commit does not wait");
}

#[test]
fn a_stranger_on_the_ack_topic_silences() {
    let mut receiver = Receiver::new([], []);
    let (own, old) = ("own".parse().unwrap(), "old".parse::<DatabaseId>().unwrap());
    let ack = |database: &DatabaseId| Ack {
        database: database.clone(),
        follows: vec![],
        streams: BTreeMap::new(),
    };
    assert!(!receiver.heard(&ack(&own), &own, std::slice::from_ref(&old)));
    assert!(!receiver.heard(&ack(&old), &own, std::slice::from_ref(&old)));
    assert!(receiver.heard(&ack(&"stranger".parse().unwrap()), &own, &[old]));
    assert!(!receiver.ack_due(NOW));
    receiver.resolve_foreign(NOW);
    assert!(receiver.ack_due(NOW));
}
