//! Wrote this folder: see README.md beside it. Ends like a killed agent, so that the last rows are in the write-ahead log alone.
use std::fmt::Write as _;
use std::path::Path;

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Spool};
use plenum_protocol::streams::Class;
use plenum_protocol::{Duration, Fault, Reading, Size, Timestamp};

const MAXIMUM: u64 = 70_000;
const START: i64 = 1_780_000_000_000;

fn moment(seconds: i64, synchronised: bool) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(if synchronised { START } else { 0 } + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised,
    }
}

fn batch(class: Class, now: Moment, count: i64) -> Batch {
    let name = match class {
        Class::Urgent => "smoke-1/smoke",
        Class::Routine => "inlet-a3/temperature",
    };
    let reading = |index: i64| {
        let at = now.wall - Duration::from_milliseconds((count - index) * 10);
        let outcome = match class {
            Class::Urgent => Ok(f64::from(u8::from(index % 2 == 0))),
            Class::Routine if index % 17 == 16 => Err(Fault::Timeout),
            Class::Routine => Ok(18.0 + (now.boot.milliseconds() / 1_000) as f64 + index as f64 / 8.0),
        };
        Reading::new(name.parse().unwrap(), at, outcome)
    };
    Batch {
        class,
        readings: (0..count).map(reading).collect(),
    }
}

fn current(spool: &Spool, class: Class) -> plenum_protocol::streams::StreamId {
    let heads = spool.heads().borrow().clone();
    heads
        .iter()
        .rev()
        .find(|head| head.current && head.class == class)
        .unwrap()
        .id
        .clone()
}

fn open(path: &Path, maximum: u64, boot: &str, now: Moment) -> Spool {
    let config = SpoolConfig {
        path: path.join("spool.db"),
        maximum: Size(maximum),
    };
    let mut spool = Spool::open(&config, boot, now).unwrap();
    spool.next_start().unwrap();
    spool
}

fn main() {
    let folder = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&folder);
    // A boot whose clock was never set: its readings become a loss at the next.
    let mut spool = open(folder, 1 << 20, "6a0b7e3c-boot-1", moment(5, false));
    let now = moment(9, false);
    spool
        .commit(
            &[batch(Class::Routine, now, 6), batch(Class::Routine, now, 4)],
            now,
        )
        .unwrap();
    spool.close(moment(10, false)).unwrap();
    drop(spool);
    // A boot with a clock, full once: the oldest routine readings go.
    let mut spool = open(folder, 1 << 20, "6a0b7e3c-boot-2", moment(20, true));
    spool
        .pin(&"7d0f4a52-4a0b-4a55-9b6e-0f6f3c1d2e11".parse().unwrap())
        .unwrap();
    for command in ["c-1", "c-2"] {
        spool.remember_command(command).unwrap();
    }
    for second in 21..26 {
        let now = moment(second, true);
        spool.commit(&[batch(Class::Routine, now, 100)], now).unwrap();
    }
    let now = moment(27, true);
    spool.commit(&[batch(Class::Urgent, now, 2)], now).unwrap();
    let (routine, urgent) = (current(&spool, Class::Routine), current(&spool, Class::Urgent));
    spool.notes().acknowledge(&routine, 1);
    spool.commit(&[], moment(28, true)).unwrap();
    // The bound falls below what is there: batch 1 is acknowledged and goes first, 2 is a loss.
    let maximum = |spool: &mut Spool, maximum| spool.set_maximum(maximum);
    maximum(&mut spool, MAXIMUM);
    let now = moment(29, true);
    spool.commit(&[batch(Class::Routine, now, 40)], now).unwrap();
    maximum(&mut spool, 1 << 20);
    eprintln!("dropped {:?}", spool.dropped());
    for head in spool.heads().borrow().iter() {
        eprintln!("{head:?}");
    }
    spool.notes().acknowledge(&urgent, 1);
    spool.notes().acknowledge(&routine, 3);
    spool.close(moment(30, true)).unwrap();
    drop(spool);
    // The same boot, started again and killed: the last rows are in the write-ahead log alone.
    let mut spool = open(folder, 1 << 20, "6a0b7e3c-boot-2", moment(40, true));
    for second in 41..42 {
        let now = moment(second, true);
        spool
            .commit(
                &[batch(Class::Urgent, now, 1), batch(Class::Routine, now, 40)],
                now,
            )
            .unwrap();
    }
    for head in spool.heads().borrow().iter() {
        eprintln!("{head:?}");
    }
    // What must be sent, in the order of the spool.
    let reader = plenum_agent::spool::SpoolReader::open(spool.path(), "6a0b7e3c-boot-2").unwrap();
    let mut text = String::from("stream,seq,class,state,readings,faults,from,to,sum\n");
    for (stream, seq) in reader.held().unwrap() {
        let heads = spool.heads().borrow().clone();
        let head = heads.iter().find(|head| head.id == stream).unwrap().clone();
        let state = if seq <= head.through {
            "acknowledged"
        } else {
            "unsent"
        };
        let readings = reader.row(&stream, seq).unwrap().unwrap().readings;
        let (from, to) = (
            readings[0].at.milliseconds(),
            readings.last().unwrap().at.milliseconds(),
        );
        let faults = readings.iter().filter(|reading| reading.outcome.is_err()).count();
        let sum: f64 = readings.iter().filter_map(|reading| reading.outcome.ok()).sum();
        writeln!(
            text,
            "{stream},{seq},{},{state},{},{faults},{from},{to},{sum}",
            head.class,
            readings.len()
        )
        .unwrap();
    }
    std::fs::write(folder.join("spool.csv"), text).unwrap();
    std::process::abort();
}
