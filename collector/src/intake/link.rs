//! The way to a broker elsewhere: that it is lost for a while is a fact of its own, before silence is taken for anybody's.

use plenum_core::fact::{Report, SystemKind};
use plenum_link::mqtt::Arrival;
use plenum_protocol::Duration;

use super::conditions::{Change, Conditions};
use crate::broker::Broker;

/// Lost for so long it is told: a broker that is started anew is back before, and nobody is called silent so soon. One whose host is gone without a word
/// is noticed after one to two keep-alives of 15 s and counts from its first missing answer, so it is told within 37 s of its last word; a sensor that is
/// read each 15 s can be called silent 45 s after that.
const LOST: Duration = Duration::from_seconds(20);

/// The broker through which agents are heard.
#[derive(Clone)]
pub(super) struct Link {
    broker: Broker,
    /// Where it is; none for the one within this process.
    address: Option<String>,
}

impl Link {
    pub(super) fn new(broker: Broker) -> Self {
        Self {
            address: broker.address(),
            broker,
        }
    }

    /// Looks whether it is there. Gives what there is to say.
    pub(super) fn look(&self, conditions: &mut Conditions, now: Arrival) -> Vec<Change> {
        let address = self.address.as_deref();
        let lost_since = self.broker.lost_since();
        let is_there = lost_since.is_none();
        let over: Vec<String> = conditions
            .of(SystemKind::BrokerLost)
            .filter(|(subject, _)| is_there || address != Some(subject))
            .map(|(subject, _)| subject.to_owned())
            .collect();
        let mut changes = Vec::new();
        for subject in over {
            changes.extend(conditions.set(SystemKind::BrokerLost, &subject, false, now, Report::OVER));
        }
        if let Some((address, lost)) = address.zip(lost_since)
            && now.steady.since(lost) >= LOST
        {
            let why = self.broker.trouble().unwrap_or_default();
            let report = Report::BrokerLost { why };
            changes.extend(conditions.set(SystemKind::BrokerLost, address, true, now, report));
        }
        changes
    }
}
