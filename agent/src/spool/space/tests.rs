//! What a full spool costs, and how it comes down to a lower bound.

use plenum_protocol::streams::Class;
use plenum_protocol::{Duration, Reading, Size};

use super::*;
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::spool::{Batch, Spool};

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn batch(class: Class, second: i64, count: i64) -> Batch {
    let reading = |index: i64| {
        let at = Timestamp::from_milliseconds(1_700_000_000_000 + second * 1_000 + index);
        Reading::new(
            "inlet-a3/temperature".parse().unwrap(),
            at,
            Ok(20.0 + index as f64 / 8.0),
        )
    };
    Batch {
        class,
        readings: (0..count).map(reading).collect(),
    }
}

fn open(folder: &tempfile::TempDir, maximum: u64) -> Spool {
    let config = SpoolConfig {
        path: folder.path().join("spool.db"),
        maximum: Size(maximum),
    };
    Spool::open(&config, "boot", moment(0)).unwrap()
}

/// Bytes that this thread has read from files.
fn read_so_far() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.unwrap().parse().unwrap()
}

/// Commits groups of small batches, changes and polled readings by turns, until the spool has given something up.
fn fill(spool: &mut Spool) -> i64 {
    let mut second = 0;
    while spool.dropped().batches == 0 {
        let class = |index: i64| match index % 2 {
            0 => Class::Urgent,
            _ => Class::Routine,
        };
        let batches: Vec<Batch> = (0..100)
            .map(|index| batch(class(index), second + index, 10))
            .collect();
        second += 100;
        spool.commit(&batches, moment(second)).unwrap();
    }
    second
}

fn of_class(spool: &Spool, class: Class) -> u64 {
    let heads = spool.heads().borrow().clone();
    let held = heads.iter().filter(|head| head.class == class);
    held.map(|head| head.last + 1 - head.first).sum()
}

#[test]
fn a_full_spool_reads_less_than_8_kib_for_each_batch_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder, 4 << 20);
    let filled = fill(&mut spool);
    let held = of_class(&spool, Class::Routine);
    let (mut reads, mut most) = (0, 0);
    const COMMITS: u64 = 300;
    for second in (filled..).take(COMMITS as usize) {
        let before = read_so_far();
        spool
            .commit(&[batch(Class::Routine, second, 10)], moment(second))
            .unwrap();
        let read = read_so_far() - before;
        (reads, most) = (reads + read, most.max(read));
    }
    let mean = reads / COMMITS;
    assert!(
        mean < 8 << 10 && most < 1 << 20,
        "{mean} bytes a batch, {most} for one"
    );
    let left = of_class(&spool, Class::Routine);
    assert!(
        left > held - held / 10,
        "of {held} routine batches {left} are left"
    );
}

#[test]
fn a_lower_bound_is_reached_over_many_commits_a_little_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(&folder, 6 << 20);
    let mut second = fill(&mut spool);
    spool.set_maximum(2 << 20);
    let mut commits = 0;
    loop {
        let (before, dropped) = (read_so_far(), spool.dropped().batches);
        spool
            .commit(&[batch(Class::Routine, second, 10)], moment(second))
            .unwrap();
        second += 1;
        commits += 1;
        let read = read_so_far() - before;
        assert!(read < 4 << 20, "commit {commits} read {read} bytes");
        if spool.dropped().batches - dropped < 100 {
            break;
        }
    }
    let held: u64 = [Class::Urgent, Class::Routine]
        .map(|class| of_class(&spool, class))
        .iter()
        .sum();
    assert!(
        (3..60).contains(&commits) && held > 2_000,
        "{commits} commits, {held} are left"
    );
}
