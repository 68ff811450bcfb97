//! What the spool has reported as durable is there after SIGKILL at any instant, and after a power cut at any byte of its log.
//! A program of its own rather than a test function, because it starts and kills copies of itself.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(clippy::print_stdout, reason = "the child reports what is durable")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Spool, SpoolReader};
use plenum_protocol::streams::{Class, StreamId};
use plenum_protocol::{Duration, Reading, Size, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const KILLS: u64 = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, path] = arguments.as_slice()
        && word == "spool-until-killed"
    {
        spool_until_killed(Path::new(path));
    }
    what_was_reported_survives_sigkill();
    what_was_synced_survives_a_power_cut_at_any_byte();
    println!("test result: ok. {KILLS} kills, and power cuts at every sector");
}

fn config(path: &Path) -> SpoolConfig {
    SpoolConfig {
        path: path.to_owned(),
        maximum: Size(64 << 20),
    }
}

fn moment(milliseconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + milliseconds),
        boot: Duration::from_milliseconds(milliseconds),
        synchronised: true,
    }
}

/// A batch whose readings follow from its stream and number.
fn batch(class: Class, seq: u64) -> Batch {
    let count = 1 + seq % 40;
    let reading = |index: u64| {
        let at = Timestamp::from_milliseconds(1_700_000_000_000 + (seq * 1_000 + index) as i64);
        Reading::new("a/age".parse().unwrap(), at, Ok((seq * 1_000 + index) as f64))
    };
    Batch {
        class,
        readings: (0..count).map(reading).collect(),
    }
}

fn in_use(spool: &Spool, class: Class) -> StreamId {
    let heads = spool.heads().borrow().clone();
    heads
        .iter()
        .find(|head| head.current && head.class == class)
        .unwrap()
        .id
        .clone()
}

fn spool_until_killed(path: &Path) -> ! {
    let mut spool = Spool::open(&config(path), "boot", moment(0)).unwrap();
    let streams = [Class::Urgent, Class::Routine].map(|class| (class, in_use(&spool, class)));
    spool.tell().unwrap();
    let notes = spool.notes();
    let mut output = std::io::stdout();
    for seq in 1.. {
        let batches = streams.clone().map(|(class, _)| batch(class, seq));
        if seq % 7 == 0 {
            notes.acknowledge(&streams[1].1, seq / 2);
        }
        spool.commit(&batches, moment(seq as i64)).unwrap();
        for (_, stream) in &streams {
            writeln!(output, "{stream} {seq}").unwrap();
        }
        output.flush().unwrap();
    }
    unreachable!("it is killed");
}

fn what_was_reported_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let mut random = StdRng::seed_from_u64(1);
    let mut reported: BTreeMap<StreamId, u64> = BTreeMap::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("spool-until-killed")
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = random.random_range(1..120);
        for (count, line) in lines.enumerate() {
            let Ok(line) = line else { break };
            if count == enough {
                std::thread::sleep(std::time::Duration::from_micros(random.random_range(0..3_000)));
                child.kill().unwrap();
            }
            if let Some((stream, seq)) = line.split_once(' ') {
                reported.insert(stream.parse().unwrap(), seq.parse().unwrap());
            }
        }
        child.wait().unwrap();
        let spool = Spool::open(&config(&path), "boot", moment(0)).unwrap();
        let heads = spool.heads().borrow().clone();
        let reader = SpoolReader::open(&path, "boot").unwrap();
        for (stream, seq) in &reported {
            let head = heads.iter().find(|head| head.id == *stream).unwrap();
            assert!(
                head.first == 1 && head.last >= *seq,
                "kill {kill}: {head:?} but {seq} was reported"
            );
            for seq in 1..=head.last {
                let row = reader.row(stream, seq).unwrap().unwrap();
                assert_eq!(row.readings, batch(head.class, seq).readings, "kill {kill}");
            }
        }
    }
    assert_eq!(
        reported.len() as u64,
        2 * KILLS,
        "each start has streams of its own"
    );
}

fn what_was_synced_survives_a_power_cut_at_any_byte() {
    const COMMITS: u64 = 12;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let log = folder.path().join("spool.db-wal");
    let mut spool = Spool::open(&config(&path), "boot", moment(0)).unwrap();
    spool.tell().unwrap();
    let stream = in_use(&spool, Class::Routine);
    let mut lengths = vec![std::fs::metadata(&log).unwrap().len()];
    for seq in 1..=COMMITS {
        spool
            .commit(&[batch(Class::Routine, seq)], moment(seq as i64))
            .unwrap();
        lengths.push(std::fs::metadata(&log).unwrap().len());
    }
    let (database, whole) = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    drop(spool);
    for length in (lengths[0]..=whole.len() as u64).step_by(512) {
        let synced = lengths.iter().rposition(|synced| *synced <= length).unwrap() as u64;
        for torn in [false, true] {
            let cut = tempfile::tempdir().unwrap();
            let path = cut.path().join("spool.db");
            let mut rest = whole[..length as usize].to_vec();
            if torn {
                // The sector that was being written holds anything.
                rest.extend([0xA5; 512]);
            }
            std::fs::write(&path, &database).unwrap();
            std::fs::write(cut.path().join("spool.db-wal"), rest).unwrap();
            let spool = Spool::open(&config(&path), "boot", moment(0)).unwrap();
            let heads = spool.heads().borrow().clone();
            let head = heads
                .iter()
                .find(|head| head.id == stream)
                .map(|head| (head.first, head.last));
            // A stream without a batch was never used and is forgotten.
            assert_eq!(
                head.unwrap_or((1, 0)),
                (1, synced),
                "cut at {length}, torn {torn}"
            );
            let reader = SpoolReader::open(&path, "boot").unwrap();
            for seq in 1..=synced {
                assert_eq!(
                    reader.row(&stream, seq).unwrap().unwrap().readings,
                    batch(Class::Routine, seq).readings
                );
            }
        }
    }
}
