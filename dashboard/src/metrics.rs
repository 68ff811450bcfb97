//! The figures of `/metrics` in Prometheus' text format, and whether the collector is ready. All names begin with `plenum_`.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_collector::alarms::{Alarm, State};
use plenum_collector::site::Priority;

use crate::state::Dashboard;

/// Why the collector is not ready, if it is not.
pub(crate) fn unready(dashboard: &Dashboard) -> Option<&'static str> {
    if !dashboard.collector.history.is_ready() {
        return Some("the history has not read the journal yet");
    }
    if *dashboard.collector.alarms.applied().borrow() < dashboard.head_at_start {
        return Some("the alarms have not caught up with the journal yet");
    }
    None
}

/// Messages in the outbox, by what became of them.
#[derive(Clone, Copy)]
pub(crate) struct Messages {
    pub(crate) waiting: u64,
    pub(crate) sent: u64,
    pub(crate) failed: u64,
}

/// All figures.
pub(crate) fn exposition(dashboard: &Dashboard, messages: Messages) -> String {
    let mut text = Exposition::default();
    text.family("build_info", "gauge", "The program's version.");
    text.labelled("build_info", &[("version", &dashboard.version)], 1);
    text.gauge(
        "ready",
        "1 when latest values are loaded and the alarms have caught up.",
        u8::from(unready(dashboard).is_none()),
    );
    text.family("http_answers_total", "counter", "HTTP answers by their status.");
    for (index, answers) in dashboard.counters.answers.iter().enumerate() {
        text.labelled(
            "http_answers_total",
            &[("status", &format_args!("{}xx", index + 1))],
            load(answers),
        );
    }
    let feed = &dashboard.feed;
    text.gauge(
        "live_screens",
        "Screens that listen to the live feed.",
        load(&feed.screens),
    );
    text.counter(
        "live_screens_cut_off_total",
        "Screens that were too slow for the live feed and were cut off.",
        load(&feed.cut_off),
    );
    text.counter(
        "live_feed_missed_total",
        "Times that the live feed itself was too slow; every screen then asked for the whole.",
        load(&feed.missed),
    );
    let statistics = dashboard.collector.database.statistics();
    text.counter(
        "database_commits_total",
        "Transactions of plenum.db that became durable.",
        load(&statistics.commits),
    );
    text.counter(
        "database_failures_total",
        "Transactions of plenum.db that failed.",
        load(&statistics.failures),
    );
    text.gauge(
        "database_wal_frames",
        "Frames of plenum.db's WAL that are not yet checkpointed.",
        load(&statistics.wal_frames),
    );
    let journal = dashboard.collector.journal.statistics();
    text.gauge("journal_head", "The newest journal entry's number.", journal.head);
    text.gauge(
        "journal_bytes",
        "Bytes of the journal entries that are kept.",
        journal.bytes,
    );
    text.counter(
        "journal_entries_total",
        "Journal entries committed.",
        journal.entries,
    );
    text.counter(
        "journal_readings_total",
        "Readings committed to the journal.",
        journal.readings,
    );
    for (name, help, value) in dashboard.collector.intake_counters.list() {
        if GAUGES.contains(&name) {
            text.gauge(&format!("intake_{name}"), help, value);
        } else {
            text.counter(&format!("intake_{name}_total"), help, value);
        }
    }
    let history = dashboard.collector.history.statistics();
    text.gauge("history_series", "Series known.", history.series);
    text.gauge(
        "history_readings_in_memory",
        "Readings that are not yet in chunks.",
        history.in_memory,
    );
    text.gauge(
        "history_bytes",
        "Bytes of history.db with its WAL.",
        history.bytes,
    );
    text.gauge(
        "history_entry",
        "The last journal entry that the history has read.",
        history.number,
    );
    text.counter(
        "history_readings_total",
        "Readings taken from the journal.",
        history.added,
    );
    text.counter(
        "history_duplicates_total",
        "Readings that were there already.",
        history.duplicates,
    );
    text.counter("history_chunks_total", "Chunks written.", history.chunks);
    text.counter(
        "history_sealed_total",
        "Readings that went into chunks.",
        history.sealed,
    );
    let alarms = dashboard.collector.alarms.alarms(false);
    text.family("alarms", "gauge", "Alarms that are not normal, by priority.");
    for priority in [
        Priority::Critical,
        Priority::High,
        Priority::Medium,
        Priority::Low,
    ] {
        let count = alarms.iter().filter(|alarm| alarm.priority == priority).count();
        let word = format!("{priority:?}").to_lowercase();
        text.labelled("alarms", &[("priority", &word)], count);
    }
    let waiting = |alarm: &&Alarm| alarm.state == State::ActiveUnacknowledged;
    text.gauge(
        "alarms_unacknowledged",
        "Alarms whose condition holds and that nobody has.",
        alarms.iter().filter(waiting).count(),
    );
    text.gauge(
        "alarms_applied",
        "The newest journal entry whose effect on the alarms is committed.",
        *dashboard.collector.alarms.applied().borrow(),
    );
    text.family("outbox_messages", "gauge", "Messages by what became of them.");
    text.labelled("outbox_messages", &[("state", &"waiting")], messages.waiting);
    text.labelled("outbox_messages", &[("state", &"sent")], messages.sent);
    text.labelled("outbox_messages", &[("state", &"failed")], messages.failed);
    let agents = dashboard.collector.agents.list();
    text.family("agent_online", "gauge", "1 while the agent is there.");
    for (name, info) in &agents {
        text.labelled("agent_online", &[("agent", &name.agent)], u8::from(info.online));
    }
    text.family(
        "agent_unsent_batches",
        "gauge",
        "Batches that the agent has spooled and that are not committed here.",
    );
    for (name, info) in &agents {
        let unsent: u64 = info
            .streams
            .iter()
            .map(|stream| stream.last.saturating_sub(stream.through))
            .sum();
        text.labelled("agent_unsent_batches", &[("agent", &name.agent)], unsent);
    }
    text.0
}

/// What intake lists among its counters and can fall.
const GAUGES: [&str; 3] = ["queue", "free_bytes", "commit_milliseconds_last"];

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP plenum_{name} {help}"));
        self.line(format_args!("# TYPE plenum_{name} {kind}"));
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.line(format_args!("plenum_{name} {value}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.line(format_args!("plenum_{name} {value}"));
    }

    fn labelled(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escape(&value.to_string())))
            .collect();
        self.line(format_args!("plenum_{name}{{{}}} {value}", labels.join(",")));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// As the text format wants label values.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        let mut text = Exposition::default();
        text.labelled("x", &[("a", &"q\"\\\n")], 1);
        assert_eq!(text.0, "plenum_x{a=\"q\\\"\\\\\\n\"} 1\n");
    }
}
