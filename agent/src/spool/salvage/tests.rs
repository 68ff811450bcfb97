//! Whatever a card does to the file: the spool opens, gives every batch that can be read, and tells the rest as lost.

use std::collections::{BTreeMap, BTreeSet};

use plenum_protocol::streams::{Class, StreamId};
use plenum_protocol::{Duration, Reading, Size};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::spool::{Batch, Spool, SpoolReader, records};

type Name = (StreamId, u64);

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn config(folder: &Path) -> SpoolConfig {
    SpoolConfig {
        path: folder.join("spool.db"),
        maximum: Size(16 << 20),
    }
}

/// A batch that no other resembles.
fn batch(class: Class, number: i64) -> Batch {
    let reading = |index: i64| {
        let at = moment(number).wall + Duration::from_milliseconds(index);
        Reading::new("inlet-a3/temperature".parse().unwrap(), at, Ok(number as f64))
    };
    let count = if number % 97 == 0 { 900 } else { 1 + number % 40 };
    Batch {
        class,
        readings: (0..count).map(reading).collect(),
    }
}

/// A spool that three starts have filled and none has closed: all that was ever in it, and the numbers that are acknowledged.
fn filled(folder: &Path) -> (BTreeMap<Name, Vec<Reading>>, BTreeSet<Name>) {
    let (mut written, mut settled) = (BTreeMap::new(), BTreeSet::new());
    let mut number = 0;
    for start in 0..3 {
        let mut spool = Spool::open(&config(folder), "boot", moment(number)).unwrap();
        spool.next_start().unwrap();
        spool.tell().unwrap();
        let heads = spool.heads().borrow().clone();
        for _ in 0..60 {
            number += 1;
            let class = if number % 3 == 0 {
                Class::Urgent
            } else {
                Class::Routine
            };
            let batch = batch(class, number);
            spool
                .commit(std::slice::from_ref(&batch), moment(number))
                .unwrap();
            let head = heads
                .iter()
                .find(|head| head.current && head.class == class)
                .unwrap();
            let last = spool
                .heads()
                .borrow()
                .iter()
                .find(|now| now.id == head.id)
                .unwrap()
                .last;
            written.insert((head.id.clone(), last), batch.readings);
        }
        if start == 0 {
            let (acknowledged, _) = written.last_key_value().unwrap();
            let acknowledged = acknowledged.0.clone();
            spool.notes().acknowledge(&acknowledged, 30);
            spool.commit(&[], moment(number)).unwrap();
            settled.extend((1..=30).map(|seq| (acknowledged.clone(), seq)));
        }
    }
    (written, settled)
}

/// Sends everything as the uplink does, each stream in order, to a collector that has what is settled: what arrived, and which numbers were
/// given up.
fn drained(spool: &mut Spool, settled: &BTreeSet<Name>) -> (BTreeMap<Name, Vec<Reading>>, BTreeSet<Name>) {
    let reader = SpoolReader::open(spool.path(), "boot").unwrap();
    let (mut arrived, mut lost) = (BTreeMap::new(), BTreeSet::new());
    let heads = spool.heads().borrow().clone();
    for head in heads {
        let has = |seq: &u64| settled.contains(&(head.id.clone(), *seq));
        let mut through = (1..=head.last).take_while(has).count() as u64;
        while through < head.last {
            let now = spool
                .heads()
                .borrow()
                .iter()
                .find(|now| now.id == head.id)
                .unwrap()
                .clone();
            let next = now.first.max(through + 1);
            lost.extend((through + 1..next).map(|seq| (head.id.clone(), seq)));
            through = next - 1;
            if next > head.last {
                break;
            }
            spool.notes().acknowledge(&head.id, through);
            match reader.row(&head.id, next) {
                Ok(Some(row)) => {
                    arrived.insert((head.id.clone(), next), row.readings);
                    through = next;
                }
                Ok(None) => assert!(
                    spool.give_up_unreadable(&head.id, next).unwrap(),
                    "{head:?} {next}"
                ),
                Err(error) => {
                    assert!(error.is_unreadable(), "{error:?}");
                    assert!(
                        spool.give_up_unreadable(&head.id, next).unwrap(),
                        "{head:?} {next}"
                    );
                }
            }
        }
    }
    (arrived, lost)
}

#[test]
fn bytes_flipped_anywhere_cost_what_lay_there_and_nothing_else() {
    let origin = tempfile::tempdir().unwrap();
    let (mut written, settled) = filled(origin.path());
    let sound = std::fs::read(origin.path().join("spool.db")).unwrap();
    let contents: BTreeMap<Vec<u8>, Name> = written
        .iter()
        .map(|(name, readings)| (records::encode(readings), name.clone()))
        .collect();
    written.retain(|name, _| !settled.contains(name));
    let (mut given, mut told) = (0, 0);
    // 1,000 take some minutes.
    let seeds = std::env::var("PLENUM_TEST_SEEDS").ok();
    let seeds = seeds.map_or(200, |text| text.parse().unwrap());
    for seed in 0..seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = sound.clone();
        for _ in 0..1 + seed % 8 {
            // Half of them among the first hundred bytes now and then, which say what the file is.
            let most = if seed % 5 == 0 { 100 } else { bytes.len() };
            let place = random.random_range(0..most);
            bytes[place] ^= random.random_range(1..=255u8);
        }
        std::fs::write(folder.path().join("spool.db"), bytes).unwrap();
        let mut spool = Spool::open(&config(folder.path()), "boot", moment(900)).unwrap();
        let (arrived, lost) = drained(&mut spool, &settled);
        let mut names = BTreeSet::new();
        for (name, readings) in &arrived {
            let of = contents
                .get(&records::encode(readings))
                .unwrap_or_else(|| panic!("seed {seed}: {name:?} was never written"));
            assert!(names.insert(of.clone()), "seed {seed}: {of:?} came twice");
            assert!(
                !written.contains_key(name) || of == name,
                "seed {seed}: {name:?} came as {of:?}"
            );
        }
        for name in written.keys().filter(|name| !names.contains(*name)) {
            let known = arrived.keys().chain(&lost).any(|(id, _)| *id == name.0);
            assert!(
                lost.contains(name) || !known,
                "seed {seed}: {name:?} went without a word"
            );
        }
        names.retain(|name| !settled.contains(name));
        (given, told) = (given + names.len(), told + written.len() - names.len());
        spool.commit(&[batch(Class::Urgent, 5_000)], moment(901)).ok();
    }
    assert!(given > told * 10, "{given} were given, {told} were not");
}
