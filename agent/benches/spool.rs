//! What a full spool costs: from the start to the first batch on the disk, and bytes read for each batch written.
//!
//! `cargo bench -p plenum-agent --bench spool [-- FOLDER [MEGABYTES]]`: 500 MB in a folder of the system's temporary one, where nothing is said. As root the
//! page cache is emptied before the start, and the start is that of a host that just booted. How to put it on a slower disk: docs/bench.md.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops at what it did not expect"
)]

use std::path::Path;

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Spool};
use plenum_link::Stopwatch;
use plenum_protocol::streams::Class;
use plenum_protocol::{Duration, Reading, Size, Timestamp};

/// Batches whose cost is measured once the spool is full.
const MEASURED: u64 = 2_000;
/// Batches of one commit while it is filled: only the filling is hurried by it.
const TOGETHER: u64 = 50;

fn main() {
    // cargo says `--bench` to it.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let folder = arguments.next();
    let megabytes: u64 = arguments.next().map_or(500, |text| text.parse().unwrap());
    let place = folder.map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(place).unwrap();
    for readings in [60, 1_000] {
        let path = folder.path().join(format!("spool-{readings}.db"));
        measure(&path, megabytes * 1_000_000, readings);
    }
}

fn measure(path: &Path, maximum: u64, readings: u64) {
    let config = SpoolConfig {
        path: path.to_owned(),
        maximum: Size(maximum),
    };
    let mut spool = Spool::open(&config, "bench", moment(0)).unwrap();
    let mut number = 0;
    while spool.dropped().batches == 0 {
        let batches: Vec<Batch> = (number..number + TOGETHER)
            .map(|number| batch(number, readings))
            .collect();
        spool.commit(&batches, moment(number)).unwrap();
        number += TOGETHER;
    }
    let held: u64 = spool
        .heads()
        .borrow()
        .iter()
        .map(|head| head.last + 1 - head.first)
        .sum();
    drop(spool);
    let cold = std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok();
    let (read, watch) = (bytes_read(), Stopwatch::start());
    let mut spool = Spool::open(&config, "bench", moment(number)).unwrap();
    spool.commit(&[batch(number, readings)], moment(number)).unwrap();
    let (start, start_read) = (watch.elapsed(), bytes_read() - read);
    let (read, watch) = (bytes_read(), Stopwatch::start());
    for number in number + 1..=number + MEASURED {
        spool.commit(&[batch(number, readings)], moment(number)).unwrap();
    }
    let (took, read) = (watch.elapsed(), bytes_read() - read);
    println!(
        "{readings} readings a batch of {:.1} KB, {} MB{}: start to first batch {:.0} ms, {} KB read; full: {:.1} KB read and {:.2} ms a batch",
        std::fs::metadata(path).unwrap().len() as f64 / held as f64 / 1_000.0,
        std::fs::metadata(path).unwrap().len() / 1_000_000,
        if cold { "" } else { ", page cache warm" },
        start.as_secs_f64() * 1_000.0,
        start_read / 1_000,
        read as f64 / MEASURED as f64 / 1_000.0,
        took.as_secs_f64() * 1_000.0 / MEASURED as f64,
    );
}

fn moment(seconds: u64) -> Moment {
    let elapsed = Duration::from_seconds(seconds.try_into().unwrap());
    Moment {
        wall: Timestamp::from_milliseconds(1_790_000_000_000) + elapsed,
        boot: elapsed,
        synchronised: true,
    }
}

/// One tick of so many sensors.
fn batch(number: u64, readings: u64) -> Batch {
    let reading = |sensor: u64| {
        // A hundredth of a degree of noise, as sensors have it.
        let value = 20.0 + ((number * 7_919 + sensor * 104_729) % 500) as f64 / 100.0;
        let channel = format!("inlet-{sensor}/temperature").parse().unwrap();
        Reading::new(channel, moment(number).wall, Ok(value))
    };
    Batch {
        class: Class::Routine,
        readings: (0..readings).map(reading).collect(),
    }
}

/// What this process has asked the kernel to read, from the page cache or the disk.
fn bytes_read() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("rchar: "))
        .unwrap();
    line.parse().unwrap()
}
