//! What the kernel says of the process, by the names that every Prometheus client uses. What cannot be read is left out.

use std::sync::OnceLock;

use rustix::process::Resource;
use rustix::time::ClockId;

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "process_cpu_seconds_total",
        &[],
        "Processor time of all threads, user and system.",
        |scrape, samples| samples.one(scrape.process.cpu_seconds),
    ),
    Family::gauge(
        "process_resident_memory_bytes",
        &[],
        "Memory that is in RAM.",
        |scrape, samples| {
            scrape
                .process
                .resident_bytes
                .into_iter()
                .for_each(|bytes| samples.one(bytes));
        },
    ),
    Family::gauge(
        "process_virtual_memory_bytes",
        &[],
        "Address space that is mapped.",
        |scrape, samples| {
            scrape
                .process
                .virtual_bytes
                .into_iter()
                .for_each(|bytes| samples.one(bytes));
        },
    ),
    Family::gauge(
        "process_open_fds",
        &[],
        "Open file descriptors.",
        |scrape, samples| {
            scrape
                .process
                .open_files
                .into_iter()
                .for_each(|files| samples.one(files));
        },
    ),
    Family::gauge(
        "process_max_fds",
        &[],
        "How many file descriptors may be open.",
        |scrape, samples| {
            scrape
                .process
                .most_files
                .into_iter()
                .for_each(|files| samples.one(files));
        },
    ),
    Family::gauge(
        "process_start_time_seconds",
        &[],
        "When the process started, since 1970.",
        |scrape, samples| {
            scrape
                .process
                .started
                .into_iter()
                .for_each(|instant| samples.one(instant));
        },
    ),
];

/// What /proc counts in, on every architecture that this runs on (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// One look.
pub(super) struct Process {
    cpu_seconds: f64,
    resident_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    open_files: Option<usize>,
    most_files: Option<u64>,
    started: Option<f64>,
}

impl Process {
    pub(super) fn read() -> Self {
        let cpu = rustix::time::clock_gettime(ClockId::ProcessCPUTime);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let open = std::fs::read_dir("/proc/self/fd").ok();
        Self {
            cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
            resident_bytes: bytes(&status, "VmRSS:"),
            virtual_bytes: bytes(&status, "VmSize:"),
            // The look itself opens one.
            open_files: open.map(|files| files.count().saturating_sub(1)),
            most_files: rustix::process::getrlimit(Resource::Nofile).current,
            started: started(),
        }
    }
}

/// Bytes of a line of /proc/PID/status, which has kibibytes.
fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1_024)
}

/// A field of /proc/PID/stat, counted from 1 as proc(5) does. The second is the program's name, which may hold spaces and parentheses.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(number - 3)?.parse().ok()
}

/// Seconds from 1970 to the process's start. The first answer stays: the wall clock may be stepped later, the start is not.
fn started() -> Option<f64> {
    static STARTED: OnceLock<Option<f64>> = OnceLock::new();
    *STARTED.get_or_init(|| {
        let kernel = std::fs::read_to_string("/proc/stat").ok()?;
        let boot: f64 = kernel
            .lines()
            .find_map(|line| line.strip_prefix("btime "))?
            .trim()
            .parse()
            .ok()?;
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        Some(boot + field(&stat, 22)? as f64 / TICKS_PER_SECOND)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_programs_name() {
        let stat = "7 (odd) name)) S 1 7 7 0 -1 4194560 100 0 0 0 12 5 0 0 20 0 9 0 4321 65536 77 18446744073709551615\n";
        assert_eq!(field(stat, 22), Some(4_321));
        assert_eq!(field("", 22), None);
        assert_eq!(bytes("Name:\tplenum\nVmRSS:\t   12 kB\n", "VmRSS:"), Some(12_288));
        assert_eq!(bytes("", "VmRSS:"), None);
    }

    #[test]
    fn this_process_is_seen() {
        let process = Process::read();
        assert!(process.cpu_seconds > 0.0);
        assert!(process.resident_bytes.unwrap() > 1 << 20);
        assert!(process.open_files.unwrap() >= 3);
        let age = plenum_link::SystemClock::shared();
        let age =
            plenum_protocol::Clock::now(&*age).milliseconds() as f64 / 1_000.0 - process.started.unwrap();
        // Ticks of 10 ms and a boot instant of whole seconds.
        assert!((-2.0..3_600.0).contains(&age), "{age}");
    }
}
