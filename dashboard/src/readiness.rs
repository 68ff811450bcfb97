//! Whether the collector is ready: where it is not, what the API says may be old or be told to nobody.

use plenum_collector::collector::self_check::Unwell;

use crate::state::Dashboard;

/// Why the collector is not ready, if it is not.
pub(crate) fn unready(dashboard: &Dashboard) -> Option<Unwell> {
    dashboard.collector.check.unwell()
}
