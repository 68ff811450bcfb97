//! A spool that the program wrote before its files had versions opens, and everything in it is sent. It stays for ever.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Head, Placing, Spool, SpoolReader};
use plenum_protocol::streams::{
    Class, DatabaseId, Event, FoundGap, Held, Offer, Receiver, Sender, StreamId, StreamRecord,
};
use plenum_protocol::{Duration, Reading, Size, Steady, Timestamp};

const DATABASE: &str = "7d0f4a52-4a0b-4a55-9b6e-0f6f3c1d2e11";
const BOOT: &str = "6a0b7e3c-boot-2";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/spool-unversioned")
}

/// A copy of the old spool, as its killed agent left it.
fn copy(folder: &Path) -> SpoolConfig {
    for file in ["spool.db", "spool.db-wal"] {
        std::fs::copy(data().join(file), folder.join(file)).unwrap();
    }
    SpoolConfig {
        path: folder.join("spool.db"),
        maximum: Size(1 << 20),
    }
}

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_780_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

/// What spool.csv says of a batch: its class and state, then what the old agent read back of it.
struct Written {
    class: String,
    acknowledged: bool,
    readings: String,
}

fn written() -> BTreeMap<(StreamId, u64), Written> {
    let text = std::fs::read_to_string(data().join("spool.csv")).unwrap();
    let lines = text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.splitn(5, ',').collect();
        let [stream, seq, class, state, readings] = columns.as_slice() else {
            panic!("{line}")
        };
        let written = Written {
            class: (*class).to_owned(),
            acknowledged: *state == "acknowledged",
            readings: (*readings).to_owned(),
        };
        ((stream.parse().unwrap(), seq.parse().unwrap()), written)
    });
    lines.collect()
}

/// Readings in the words of spool.csv.
fn in_words(readings: &[Reading]) -> String {
    let faults = readings.iter().filter(|reading| reading.outcome.is_err()).count();
    let sum: f64 = readings.iter().filter_map(|reading| reading.outcome.ok()).sum();
    let at = |reading: Option<&Reading>| reading.unwrap().at.milliseconds();
    let (from, to) = (at(readings.first()), at(readings.last()));
    format!("{},{faults},{from},{to},{sum}", readings.len())
}

fn held(head: &Head) -> Held {
    Held {
        stream: head.id.clone(),
        class: head.class,
        first: head.first,
        last: head.last,
        through: head.through,
        lost: head.lost.clone(),
    }
}

/// Sends what the spool holds to a collector that has acknowledged what it says: what arrives, in order, and the gaps.
fn sent(spool: &Spool, reader: &SpoolReader) -> (Vec<(StreamId, u64, String)>, Vec<FoundGap>) {
    let heads = spool.heads().borrow().clone();
    let current = |class| {
        let found = heads
            .iter()
            .rev()
            .find(|head| head.current && head.class == class);
        found.unwrap().id.clone()
    };
    let used = heads.iter().filter(|head| head.last > 0);
    let record = |head: &Head| StreamRecord {
        through: head.through,
        ..StreamRecord::default()
    };
    let mut receiver = Receiver::new(used.clone().map(|head| (head.id.clone(), record(head))), []);
    let mut sender = Sender::new(
        used.map(held).collect(),
        spool.pinned().unwrap(),
        current(Class::Urgent),
        current(Class::Routine),
    );
    let database: DatabaseId = DATABASE.parse().unwrap();
    let now = Steady::from_milliseconds(0);
    let fresh = StreamId::from_random(1);
    sender.step(Event::Connected { fresh }, now);
    let (mut arrived, mut gaps) = (Vec::new(), Vec::new());
    while let Some(transmission) = sender.next(now) {
        let position = &transmission.envelope.position;
        let row = reader.row(&position.stream, position.seq).unwrap().unwrap();
        assert_eq!(row.placing(moment(60)), Placing::Absolute(Duration::ZERO));
        if let Offer::Take(taken) = receiver.offer(&transmission.envelope, now) {
            arrived.push((position.stream.clone(), position.seq, in_words(&row.readings)));
            receiver.committed(&taken.records, now);
            gaps.extend(taken.gaps);
        }
        let ack = receiver.ack(&database, &[]);
        sender.step(Event::Acknowledged(&ack), now);
    }
    assert_eq!(sender.unsent(), 0);
    (arrived, gaps)
}

#[test]
fn a_spool_from_before_there_were_versions_opens_and_everything_in_it_is_sent() {
    for boot in [BOOT, "6a0b7e3c-boot-3"] {
        let folder = tempfile::tempdir().unwrap();
        let config = copy(folder.path());
        let mut spool = Spool::open(&config, boot, moment(60)).unwrap();
        assert_eq!(spool.pinned().unwrap(), Some(DATABASE.parse().unwrap()));
        assert_eq!(spool.next_start().unwrap(), 4);
        assert!(!spool.remember_command("c-1").unwrap());
        assert!(spool.remember_command("c-3").unwrap());
        let reader = SpoolReader::open(&config.path, boot).unwrap();
        let written = written();
        let mut held = reader.held().unwrap();
        held.sort();
        assert!(held.iter().eq(written.keys()), "{held:?}");
        let (arrived, gaps) = sent(&spool, &reader);
        let mut unsent: Vec<_> = written
            .iter()
            .filter(|(_, written)| !written.acknowledged)
            .map(|((stream, seq), written)| (stream.clone(), *seq, written.readings.clone()))
            .collect();
        let urgent = |stream: &StreamId| {
            let mut of_stream = written.iter().filter(|((name, _), _)| name == stream);
            of_stream.any(|(_, written)| written.class == "urgent")
        };
        assert!(urgent(&arrived[0].0), "a change goes before everything else");
        let mut in_order = arrived.clone();
        in_order.sort();
        unsent.sort();
        assert_eq!(in_order, unsent);
        let told: Vec<_> = gaps
            .iter()
            .map(|gap| (gap.from_seq, gap.to_seq, gap.why.as_str()))
            .collect();
        assert_eq!(told, [(1, 2, "earlier boot without a clock")]);
        assert_eq!(gaps[0].lost.as_ref().unwrap().count, 10);
    }
}

#[test]
fn it_goes_on_as_a_spool_of_this_program() {
    let folder = tempfile::tempdir().unwrap();
    let config = copy(folder.path());
    let mut spool = Spool::open(&config, BOOT, moment(60)).unwrap();
    let reading = Reading::new("inlet-a3/temperature".parse().unwrap(), moment(61).wall, Ok(21.0));
    let batch = Batch {
        class: Class::Routine,
        readings: vec![reading.clone()],
    };
    spool.commit(&[batch], moment(61)).unwrap();
    spool.close(moment(62)).unwrap();
    drop(spool);
    let spool = Spool::open(&config, BOOT, moment(70)).unwrap();
    let reader = SpoolReader::open(spool.path(), BOOT).unwrap();
    let held = reader.held().unwrap();
    assert_eq!(held.len(), written().len() + 1);
    let (stream, seq) = held.last().unwrap();
    assert_eq!(reader.row(stream, *seq).unwrap().unwrap().readings, [reading]);
}
