//! Built-in rules for the monitor itself: each condition that a part of it reports is an alarm while it lasts.

use super::{Draft, minutes};
use crate::fact::SystemKind;
use crate::site::condition::{Condition, System};
use crate::site::{Priority, Rule};
use crate::text::rules::BuiltIn;
use Priority::{Critical, High, Low, Medium};

pub(super) fn rules() -> Vec<Rule> {
    let system = |kind: SystemKind, priority| {
        Draft::new(
            BuiltIn::Monitor(kind),
            priority,
            Condition::System(System { kind }),
        )
    };
    vec![
        system(SystemKind::DeliveryFailed, High).rule(),
        system(SystemKind::DrillFailed, High).rule(),
        system(SystemKind::NeverHeard, Medium).on(minutes(15)).rule(),
        system(SystemKind::NoChannel, High).rule(),
        system(SystemKind::NobodyOnDuty, Medium).on(minutes(15)).rule(),
        system(SystemKind::CommitsFail, Critical).rule(),
        system(SystemKind::BrokerLost, High).rule(),
        system(SystemKind::DiskReserve, High).rule(),
        system(SystemKind::DiskFull, Medium).rule(),
        system(SystemKind::JournalShortened, High).rule(),
        system(SystemKind::CertificateEnded, High).rule(),
        system(SystemKind::CertificateEnds, Medium).rule(),
        system(SystemKind::KeyMissing, Medium).rule(),
        system(SystemKind::TokenEnds, Medium).rule(),
        system(SystemKind::ForeignDatabase, High).rule(),
        system(SystemKind::ExpectationChanges, Medium).rule(),
        system(SystemKind::FollowsAnother, High).rule(),
        system(SystemKind::TwoHosts, High).rule(),
        system(SystemKind::AgentDisk, High).rule(),
        system(SystemKind::SeriesLimit, Medium).rule(),
        system(SystemKind::CollectorClock, Medium).rule(),
        // Each as bad as its [[heartbeat]] says, where that is worse.
        system(SystemKind::HeartbeatMissed, Low).rule(),
        system(SystemKind::Gap, Medium).rule(),
        system(SystemKind::HistoryDamaged, High).rule(),
        system(SystemKind::DeadLetters, Medium).rule(),
        system(SystemKind::ClockAhead, Medium).rule(),
        system(SystemKind::ClockBehind, Medium).rule(),
        system(SystemKind::ClockFree, Medium).on(minutes(10)).rule(),
        system(SystemKind::Late, Low).rule(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_that_the_journal_knows_has_a_rule() {
        let mut kinds: Vec<String> = rules().iter().map(|rule| rule.id.to_string()).collect();
        kinds.sort();
        assert_eq!(kinds, SystemKind::ALL.map(SystemKind::as_str));
    }
}
