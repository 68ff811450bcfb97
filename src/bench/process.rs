//! What the kernel counts of processes: processor time, by thread too, and the most memory that was in use.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

/// The unit of processor time in `/proc`: hundredths of a second on every Linux that programs see.
const TICKS_A_SECOND: f64 = 100.0;

/// Seconds of processor time that a process has used, ended threads included.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let text = read(Path::new(&path))?;
    ticks(&text)
        .map(|(_, seconds)| seconds)
        .with_context(|| format!("{path}: not as expected"))
}

/// Seconds of processor time of a process's threads, those of one name together.
pub(crate) fn thread_seconds(process: u32) -> BTreeMap<String, f64> {
    let mut threads: BTreeMap<String, f64> = BTreeMap::new();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return threads;
    };
    for task in tasks.flatten() {
        // A thread may end while they are read.
        let Ok(text) = std::fs::read_to_string(task.path().join("stat")) else {
            continue;
        };
        if let Some((name, seconds)) = ticks(&text) {
            *threads.entry(name.to_owned()).or_default() += seconds;
        }
    }
    threads
}

/// Seconds of processor time that this thread has used.
pub(crate) fn this_thread_seconds() -> Result<f64> {
    let path = Path::new("/proc/thread-self/stat");
    let text = read(path)?;
    let (_, seconds) = ticks(&text).with_context(|| format!("{}: not as expected", path.display()))?;
    Ok(seconds)
}

/// Bytes of memory that a process had resident at most (VmHWM).
pub(crate) fn peak_memory(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let text = read(Path::new(&path))?;
    memory_of(&text, "VmHWM:").with_context(|| format!("{path}: names no VmHWM"))
}

/// Bytes of memory that a process has resident (VmRSS).
pub(crate) fn memory(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let text = read(Path::new(&path))?;
    memory_of(&text, "VmRSS:").with_context(|| format!("{path}: names no VmRSS"))
}

fn memory_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1_024)
}

/// Seconds that all processors together were busy since boot, for whomever.
pub(crate) fn machine_seconds() -> Result<f64> {
    let path = Path::new("/proc/stat");
    let text = read(path)?;
    let first = text.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal
    let numbers: Vec<f64> = first
        .split_whitespace()
        .skip(1)
        .map_while(|word| word.parse().ok())
        .collect();
    let busy = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
    let busy: f64 = [0, 1, 2, 5, 6, 7].into_iter().map(busy).sum();
    Ok(busy / TICKS_A_SECOND)
}

/// How many processors there are.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))
}

/// Name and seconds of a `stat` line: `id (name) state ...`, user and system time at 14 and 15.
fn ticks(text: &str) -> Option<(&str, f64)> {
    let (before, after) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1;
    let mut words = after.split_whitespace().skip(11);
    let user: f64 = words.next()?.parse().ok()?;
    let system: f64 = words.next()?.parse().ok()?;
    Some((name, (user + system) / TICKS_A_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_whatever_the_name() {
        let line = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 5 6";
        assert_eq!(ticks(line), Some(("a b) c", 3.0)));
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        let this = std::process::id();
        assert!(peak_memory(this).unwrap() > 1 << 20);
        assert!(cpu_seconds(this).unwrap() <= machine_seconds().unwrap() + 1.0);
        assert!(!thread_seconds(this).is_empty());
    }
}
