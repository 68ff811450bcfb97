//! However often an agent is started, its status stays small, and everything is sent in order, once.

use plenum_protocol::streams::Class;
use plenum_protocol::streams::fold::{ACKNOWLEDGED_KEPT, LISTED_AT_MOST};
use plenum_protocol::{Duration, Reading, Size, Timestamp};

use super::*;
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::spool::{Batch, Head, SpoolReader};

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn config(folder: &tempfile::TempDir) -> SpoolConfig {
    SpoolConfig {
        path: folder.path().join("spool.db"),
        maximum: Size(16 << 20),
    }
}

fn batch(class: Class, number: i64) -> Batch {
    let at = moment(number).wall;
    let reading = Reading::new("inlet-a3/temperature".parse().unwrap(), at, Ok(number as f64));
    Batch {
        class,
        readings: vec![reading],
    }
}

fn heads(spool: &Spool) -> Vec<Head> {
    let heads = spool.heads().borrow().clone();
    heads.into_iter().filter(|head| head.last > 0).collect()
}

/// What a class holds unacknowledged, in the order in which it is sent.
fn content(spool: &Spool, class: Class) -> Vec<f64> {
    let reader = SpoolReader::open(spool.path(), "boot").unwrap();
    let mut values = Vec::new();
    for head in heads(spool).iter().filter(|head| head.class == class) {
        for seq in head.first.max(head.through + 1)..=head.last {
            let row = reader.row(&head.id, seq).unwrap().unwrap();
            values.extend(row.readings.iter().map(|reading| reading.outcome.unwrap()));
        }
    }
    values
}

#[test]
fn starts_without_a_connection_leave_one_stream_a_class() {
    const STARTS: i64 = 200;
    let folder = tempfile::tempdir().unwrap();
    for start in 0..STARTS {
        let mut spool = Spool::open(&config(&folder), "boot", moment(start)).unwrap();
        let batches = [batch(Class::Urgent, start), batch(Class::Routine, start)];
        spool.commit(&batches, moment(start)).unwrap();
        assert!(heads(&spool).len() <= 4, "{:?}", heads(&spool));
    }
    let spool = Spool::open(&config(&folder), "boot", moment(STARTS)).unwrap();
    let all: Vec<f64> = (0..STARTS).map(|number| number as f64).collect();
    for class in [Class::Urgent, Class::Routine] {
        assert_eq!(content(&spool, class), all);
    }
    assert_eq!(heads(&spool).len(), 2);
    assert_eq!(spool.latest().unwrap(), Some(moment(STARTS - 1).wall));
}

#[test]
fn a_stream_that_somebody_was_told_of_keeps_its_name_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(&config(&folder), "boot", moment(0)).unwrap();
    spool.commit(&[batch(Class::Routine, 0)], moment(0)).unwrap();
    assert_eq!(spool.tell().unwrap().len(), 2);
    drop(spool);
    for start in 1..4 {
        let mut spool = Spool::open(&config(&folder), "boot", moment(start)).unwrap();
        spool
            .commit(&[batch(Class::Routine, start)], moment(start))
            .unwrap();
    }
    let spool = Spool::open(&config(&folder), "boot", moment(9)).unwrap();
    let found: Vec<_> = heads(&spool)
        .iter()
        .map(|head| (head.first, head.last, head.told))
        .collect();
    assert_eq!(found, [(1, 1, true), (1, 3, false)]);
    assert_eq!(content(&spool, Class::Routine), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn losses_of_many_starts_become_one_notice() {
    let folder = tempfile::tempdir().unwrap();
    for start in 0..5 {
        let mut spool = Spool::open(&config(&folder), "boot", moment(start)).unwrap();
        spool.lose_unspooled(&batch(Class::Routine, start).readings, "full disk");
        spool
            .commit(&[batch(Class::Routine, start)], moment(start))
            .unwrap();
    }
    let spool = Spool::open(&config(&folder), "boot", moment(9)).unwrap();
    let lost: Vec<_> = heads(&spool).into_iter().filter_map(|head| head.lost).collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    let notice = (lost[0].from_seq, lost[0].to_seq, lost[0].count);
    assert_eq!((notice, lost[0].from), ((1, 5, 5), Some(moment(0).wall)));
    assert_eq!(content(&spool, Class::Routine), [0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn starts_whose_readings_arrived_leave_the_newest_streams() {
    let folder = tempfile::tempdir().unwrap();
    for start in 0..ACKNOWLEDGED_KEPT as i64 + 20 {
        let mut spool = Spool::open(&config(&folder), "boot", moment(start)).unwrap();
        spool.tell().unwrap();
        spool
            .commit(&[batch(Class::Routine, start)], moment(start))
            .unwrap();
        let last = heads(&spool).pop().unwrap();
        spool.notes().acknowledge(&last.id, 1);
        spool.commit(&[], moment(start)).unwrap();
        assert!(heads(&spool).len() <= ACKNOWLEDGED_KEPT + 1);
    }
}

#[test]
fn streams_that_nobody_acknowledges_are_told_of_up_to_a_bound_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    const STARTS: i64 = OWN_TOLD_AT_MOST as i64 + 20;
    let mut spool = Spool::open(&config(&folder), "boot", moment(0)).unwrap();
    spool
        .connection
        .execute_batch("pragma synchronous = off")
        .unwrap();
    for start in 0..STARTS {
        spool.open_routine(&streams::name()).unwrap();
        spool
            .commit(&[batch(Class::Routine, start)], moment(start))
            .unwrap();
        assert!(spool.tell().unwrap().len() < LISTED_AT_MOST);
    }
    drop(spool);
    let mut spool = Spool::open(&config(&folder), "boot", moment(STARTS)).unwrap();
    let all: Vec<f64> = (0..STARTS).map(|number| number as f64).collect();
    assert_eq!(content(&spool, Class::Routine), all);
    let told = spool.tell().unwrap().len();
    assert!(told <= OWN_TOLD_AT_MOST, "{told}");
    // Once somebody acknowledges, the rest is told of.
    for head in heads(&spool).iter().filter(|head| head.told) {
        spool.notes().acknowledge(&head.id, head.last);
    }
    spool.commit(&[], moment(STARTS)).unwrap();
    spool.tell().unwrap();
    assert!(heads(&spool).iter().all(|head| head.told));
}

#[test]
fn batches_that_wait_for_a_clock_are_not_mixed_with_others() {
    let free = |seconds| Moment {
        synchronised: false,
        ..moment(seconds)
    };
    let folder = tempfile::tempdir().unwrap();
    for start in 0..3 {
        let mut spool = Spool::open(&config(&folder), "boot-1", moment(start)).unwrap();
        spool
            .commit(&[batch(Class::Routine, start)], moment(start))
            .unwrap();
    }
    for start in 3..6 {
        let mut spool = Spool::open(&config(&folder), "boot-2", free(start)).unwrap();
        spool
            .commit(&[batch(Class::Routine, start)], free(start))
            .unwrap();
    }
    let spool = Spool::open(&config(&folder), "boot-2", free(9)).unwrap();
    assert_eq!(heads(&spool).len(), 2);
    drop(spool);
    let spool = Spool::open(&config(&folder), "boot-3", free(1)).unwrap();
    assert_eq!(content(&spool, Class::Routine), [0.0, 1.0, 2.0]);
    let lost: Vec<_> = heads(&spool).into_iter().filter_map(|head| head.lost).collect();
    assert_eq!(
        (lost[0].count, lost[0].why.as_str()),
        (3, "earlier boot without a clock")
    );
}
