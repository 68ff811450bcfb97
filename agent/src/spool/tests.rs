//! What the spool promises: it keeps what it committed, drops in the order that DELIVERY states, and tells every loss.

use std::collections::BTreeMap;

use plenum_protocol::{Reading, Size};

use super::*;

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn free(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(seconds * 1_000),
        synchronised: false,
        ..moment(seconds)
    }
}

fn config(folder: &tempfile::TempDir, maximum: u64) -> SpoolConfig {
    SpoolConfig {
        path: folder.path().join("spool.db"),
        maximum: Size(maximum),
    }
}

fn batch(class: Class, from: i64, count: usize) -> Batch {
    let reading = |index: usize| {
        Reading::new(
            "inlet-a3/temperature".parse().unwrap(),
            Timestamp::from_milliseconds(1_700_000_000_000 + from * 1_000 + index as i64),
            Ok(20.0 + index as f64 / 8.0),
        )
    };
    Batch {
        class,
        readings: (0..count).map(reading).collect(),
    }
}

/// Class, first, last, through, and what was lost: from, to and how many readings.
type Used = (Class, u64, u64, u64, Option<(u64, u64, u64)>);

/// Every stream that was ever used.
fn used(spool: &Spool) -> Vec<Used> {
    let heads = spool.heads().borrow().clone();
    heads
        .iter()
        .filter(|head| head.last > 0)
        .map(|head| {
            let lost = head
                .lost
                .as_ref()
                .map(|lost| (lost.from_seq, lost.to_seq, lost.count));
            (head.class, head.first, head.last, head.through, lost)
        })
        .collect()
}

fn current(spool: &Spool, class: Class) -> StreamId {
    let heads = spool.heads().borrow().clone();
    let found = heads
        .iter()
        .rev()
        .find(|head| head.current && head.class == class);
    found.unwrap().id.clone()
}

#[test]
fn what_was_committed_is_there_after_reopening_and_streams_are_never_reused() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut seen = BTreeMap::new();
    for start in 0..3 {
        let mut spool = Spool::open(&config, "boot-1", moment(start)).unwrap();
        assert_eq!(spool.next_start().unwrap(), start as u64 + 1);
        spool.tell().unwrap();
        for class in [Class::Urgent, Class::Routine] {
            let batches = [batch(class, start, 3), batch(class, start, 5)];
            spool.commit(&batches, moment(start)).unwrap();
            assert_eq!(seen.insert(current(&spool, class), batches), None);
        }
    }
    let spool = Spool::open(&config, "boot-1", moment(9)).unwrap();
    assert_eq!(used(&spool).len(), 6);
    assert_eq!(
        spool.latest().unwrap(),
        Some(batch(Class::Routine, 2, 5).readings[4].at)
    );
    let reader = SpoolReader::open(&config.path, "boot-1").unwrap();
    for (stream, batches) in seen {
        for (seq, batch) in (1..).zip(batches) {
            let row = reader.row(&stream, seq).unwrap().unwrap();
            assert_eq!(row.readings, batch.readings);
            assert_eq!(row.placing(moment(99)), Placing::Absolute(Duration::ZERO));
        }
        assert_eq!(reader.row(&stream, 3).unwrap(), None);
    }
}

#[test]
fn acknowledged_batches_stay_48_hours_and_come_back_when_the_collector_was_restored() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    let stream = current(&spool, Class::Routine);
    for second in 0..4 {
        spool
            .commit(&[batch(Class::Routine, second, 1)], moment(second))
            .unwrap();
    }
    spool.notes().acknowledge(&stream, 3);
    spool.commit(&[], moment(10)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 1, 4, 3, None)]);
    spool.notes().acknowledge(&stream, 1);
    spool.commit(&[], moment(20)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 1, 4, 1, None)]);
    spool.notes().acknowledge(&stream, 3);
    let acknowledged = 3_600;
    spool.commit(&[], moment(acknowledged)).unwrap();
    let two_days = 48 * 3_600;
    spool.commit(&[], moment(two_days + 3_000)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 1, 4, 3, None)]);
    spool.commit(&[], moment(acknowledged + two_days + 120)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 4, 4, 3, None)]);
}

#[test]
fn a_full_spool_drops_the_acknowledged_then_routine_then_urgent_and_tells_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    let routine = current(&spool, Class::Routine);
    let size = || {
        ["", "-wal"].map(|suffix| {
            let path = format!("{}{suffix}", config.path.display());
            std::fs::metadata(path).map_or(0, |file| file.len())
        })
    };
    spool.commit(&[batch(Class::Urgent, 0, 10)], moment(0)).unwrap();
    for second in 1..=20 {
        spool
            .commit(&[batch(Class::Routine, second, 1_000)], moment(second))
            .unwrap();
    }
    spool.notes().acknowledge(&routine, 20);
    for second in 21..=78 {
        spool
            .commit(&[batch(Class::Routine, second, 1_000)], moment(second))
            .unwrap();
    }
    assert_eq!(
        spool.dropped(),
        Dropped::default(),
        "what was acknowledged goes first"
    );
    for second in 79..=200 {
        spool
            .commit(&[batch(Class::Routine, second, 1_000)], moment(second))
            .unwrap();
    }
    let held = used(&spool);
    let (_, first, last, _, lost) = held[1];
    assert_eq!(held[0], (Class::Urgent, 1, 1, 0, None), "urgent readings stay");
    assert_eq!(last, 200);
    let (from_seq, to_seq, count) = lost.unwrap();
    assert_eq!((from_seq, to_seq, count), (21, first - 1, (first - 21) * 1_000));
    assert_eq!(spool.dropped().readings, count);
    let notice = spool.heads().borrow()[1].lost.clone().unwrap();
    assert_eq!(notice.why, "full spool");
    assert_eq!(notice.from, Some(batch(Class::Routine, 21, 1).readings[0].at));
    assert!(size()[0] <= 1 << 20, "{:?}", size());
    // The collector takes the next batch with its gap: then the notice has been heard.
    spool.notes().acknowledge(&routine, first);
    spool.commit(&[], moment(201)).unwrap();
    assert_eq!(used(&spool)[1].4, None);
    // Nothing but urgent readings left: then the oldest of them go.
    for second in 0..200 {
        spool
            .commit(&[batch(Class::Urgent, second, 1_000)], moment(300 + second))
            .unwrap();
    }
    let held = used(&spool);
    assert!(held[0].1 > 1 && held[0].4.is_some(), "{held:?}");
    assert_eq!(held[1].1, 201, "no routine batch is held");
}

#[test]
fn an_earlier_boot_without_a_clock_is_given_up_with_its_count_and_one_with_a_clock_is_placed() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", free(5)).unwrap();
    let lost = current(&spool, Class::Routine);
    spool
        .commit(
            &[batch(Class::Routine, 0, 3), batch(Class::Routine, 1, 4)],
            free(5),
        )
        .unwrap();
    drop(spool);
    let mut spool = Spool::open(&config, "boot-2", free(5)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 3, 2, 0, Some((1, 2, 7)))]);
    assert_eq!(spool.heads().borrow()[0].id, lost);
    assert_eq!(spool.heads().borrow()[0].lost.clone().unwrap().from, None);
    let kept = current(&spool, Class::Routine);
    spool.commit(&[batch(Class::Routine, 0, 2)], free(6)).unwrap();
    spool.commit(&[batch(Class::Routine, 0, 2)], moment(7)).unwrap();
    drop(spool);
    let spool = Spool::open(&config, "boot-3", free(1)).unwrap();
    assert_eq!(
        used(&spool).len(),
        2,
        "the loss of the first boot is still to be told"
    );
    let row = SpoolReader::open(&config.path, "boot-3")
        .unwrap()
        .row(&kept, 1)
        .unwrap()
        .unwrap();
    assert_eq!(
        row.placing(free(2)),
        Placing::Absolute(Duration::from_milliseconds(1_700_000_000_000))
    );
}

#[test]
fn a_damaged_file_is_moved_aside_and_the_loss_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    for second in 0..50 {
        spool
            .commit(&[batch(Class::Routine, second, 1_000)], moment(second))
            .unwrap();
    }
    drop(spool);
    let bytes = vec![0x55; std::fs::metadata(&config.path).unwrap().len() as usize];
    std::fs::write(&config.path, bytes).unwrap();
    let mut spool = Spool::open(&config, "boot-1", moment(60)).unwrap();
    assert_eq!(used(&spool), [(Class::Routine, 2, 1, 0, Some((1, 1, 0)))]);
    let why = spool.heads().borrow()[2].lost.clone().map(|lost| lost.why);
    assert!(why.unwrap().starts_with("a card that broke"));
    spool.commit(&[batch(Class::Routine, 0, 1)], moment(61)).unwrap();
    let aside = std::fs::read_dir(folder.path()).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains(".broken-")
    });
    assert!(aside.count() >= 1);
    // Found damaged while in use: at the next start all that can be read is in a new file.
    let before = used(&spool);
    spool.mark_suspect();
    drop(spool);
    let aside = folder.path().join("spool.db.broken-1700000070000");
    let spool = Spool::open(&config, "boot-1", moment(70)).unwrap();
    assert!(used(&spool) == before && aside.exists());
    drop(spool);
    std::fs::remove_file(&aside).unwrap();
    let spool = Spool::open(&config, "boot-1", moment(70)).unwrap();
    assert!(used(&spool) == before && !aside.exists(), "and the mark is gone");
}

#[test]
fn a_damaged_page_costs_its_batches_and_saves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    for second in 0..50 {
        spool
            .commit(&[batch(Class::Routine, second, 1_000)], moment(second))
            .unwrap();
    }
    drop(spool);
    let mut bytes = std::fs::read(&config.path).unwrap();
    for byte in &mut bytes[40_960..] {
        *byte = 0x55;
    }
    std::fs::write(&config.path, bytes).unwrap();
    let mut spool = Spool::open(&config, "boot-1", moment(60)).unwrap();
    let stream = spool.heads().borrow()[0].id.clone();
    assert_eq!(spool.heads().borrow()[0].last, 50);
    let reader = SpoolReader::open(&config.path, "boot-1").unwrap();
    let mut given = 0;
    while let Ok(Some(_)) = reader.row(&stream, given + 1) {
        given += 1;
    }
    spool.notes().acknowledge(&stream, given);
    while spool.heads().borrow()[0].first <= 50 {
        let first = spool.heads().borrow()[0].first.max(given + 1);
        assert!(spool.give_up_unreadable(&stream, first).unwrap(), "{first}");
    }
    let lost = spool.heads().borrow()[0].lost.clone().unwrap();
    assert_eq!((lost.from_seq, lost.to_seq), (given + 1, 50));
    assert!(lost.why.starts_with("a card that broke"), "{}", lost.why);
}

#[test]
fn a_spool_is_opened_without_reading_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 64 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    for second in 0..20 {
        let batches: Vec<Batch> = (0..50).map(|_| batch(Class::Routine, second, 1_000)).collect();
        spool.commit(&batches, moment(second)).unwrap();
    }
    drop(spool);
    let read = || -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
        line.unwrap().parse().unwrap()
    };
    let size = std::fs::metadata(&config.path).unwrap().len();
    // It was not closed, in this boot or in an earlier one.
    for boot in ["boot-1", "boot-2"] {
        let before = read();
        drop(Spool::open(&config, boot, moment(60)).unwrap());
        let read = read() - before;
        assert!(size > 10 << 20 && read < 256 << 10, "{read} of {size} bytes");
    }
}

#[test]
fn a_batch_that_cannot_be_read_back_is_given_up_once_it_is_the_lowest() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    let stream = current(&spool, Class::Routine);
    for second in 0..3 {
        spool
            .commit(&[batch(Class::Routine, second, 2)], moment(second))
            .unwrap();
    }
    Connection::open(&config.path)
        .unwrap()
        .execute("update batch set records = x'00ff' where seq = 2", ())
        .unwrap();
    let reader = SpoolReader::open(&config.path, "boot-1").unwrap();
    assert!(matches!(
        reader.row(&stream, 2),
        Err(SpoolError::Row { seq: 2, .. })
    ));
    assert!(!spool.give_up_unreadable(&stream, 2).unwrap());
    spool.notes().acknowledge(&stream, 1);
    assert!(spool.give_up_unreadable(&stream, 2).unwrap());
    assert_eq!(used(&spool), [(Class::Routine, 3, 3, 1, Some((2, 2, 2)))]);
}

#[test]
fn readings_lost_in_memory_become_a_stream_that_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(&config(&folder, 1 << 20), "boot-1", moment(0)).unwrap();
    spool.lose_unspooled(&batch(Class::Routine, 0, 3).readings, "full disk");
    spool.lose_unspooled(&batch(Class::Routine, 5, 2).readings, "full disk");
    spool.commit(&[batch(Class::Routine, 9, 1)], moment(9)).unwrap();
    assert_eq!(
        used(&spool),
        [
            (Class::Routine, 1, 1, 0, None),
            (Class::Routine, 2, 1, 0, Some((1, 1, 5)))
        ]
    );
}

#[test]
fn commands_and_the_database_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, 1 << 20);
    let mut spool = Spool::open(&config, "boot-1", moment(0)).unwrap();
    assert!(matches!(
        Spool::open(&config, "boot-1", moment(0)),
        Err(SpoolError::InUse(_))
    ));
    assert_eq!(spool.pinned().unwrap(), None);
    spool.pin(&"d-1".parse().unwrap()).unwrap();
    assert!(spool.remember_command("c-1").unwrap());
    // Whoever still holds a closed spool, to look at its counters, keeps nobody out.
    let mut closed = spool;
    closed.close(moment(1)).unwrap();
    let mut spool = Spool::open(&config, "boot-1", moment(2)).unwrap();
    assert_eq!(spool.pinned().unwrap(), Some("d-1".parse().unwrap()));
    assert!(!spool.remember_command("c-1").unwrap());
    for number in 0..1_500 {
        assert!(spool.remember_command(&format!("n-{number}")).unwrap());
    }
    assert!(!spool.remember_command("n-1400").unwrap());
}

#[test]
fn a_full_disk_is_met_by_giving_up_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(&config(&folder, 64 << 20), "boot-1", moment(0)).unwrap();
    let bounded = "pragma max_page_count = 120";
    spool.connection.query_row(bounded, (), |_| Ok(())).unwrap();
    let mut committed = 0;
    let error = loop {
        match spool.commit(&[batch(Class::Routine, committed, 1_000)], moment(committed)) {
            Ok(()) => committed += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SpoolError::DiskFull(_)), "{error:?}");
    assert_eq!(
        used(&spool),
        [(Class::Routine, 1, committed as u64, 0, None)],
        "nothing half done"
    );
    spool.make_space(100 << 10).unwrap();
    spool
        .commit(&[batch(Class::Routine, committed, 1_000)], moment(committed))
        .unwrap();
    let (_, first, last, _, lost) = used(&spool)[0];
    assert_eq!(last, committed as u64 + 1);
    assert_eq!(lost, Some((1, first - 1, (first - 1) * 1_000)));
}
