//! Whether the collector is ready: until it is, what the API says may be old.

use std::sync::atomic::Ordering;

use crate::state::Dashboard;

/// Why the collector is not ready, if it is not.
pub(crate) fn unready(dashboard: &Dashboard) -> Option<&'static str> {
    let counters = &dashboard.collector.intake_counters;
    if counters.commits_fail.load(Ordering::Relaxed) != 0 {
        return Some(
            "nothing can be stored: no commit has succeeded for 10 s; the alarm commits-fail says why",
        );
    }
    if !dashboard.collector.history.is_ready() {
        return Some("the history has not read the journal yet");
    }
    if *dashboard.collector.alarms.applied().borrow() < dashboard.head_at_start {
        return Some("the alarms have not caught up with the journal yet");
    }
    None
}
