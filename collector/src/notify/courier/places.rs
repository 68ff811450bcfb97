//! The places of the attempts that are under way, and whether another may begin beside them.

use plenum_core::site::Priority;
use plenum_protocol::{Duration, Steady};

use crate::notify::outbox::{Due, Queue};

/// How many attempts run at once; more wait in the outbox.
const ALL: usize = 16;
/// How many of them over one channel: a mail server that hangs must not hold the webhooks up.
const OF_CHANNEL: usize = 4;
/// How many of those are kept for what is critical, over each channel and of all.
const FOR_CRITICAL: usize = 1;
/// How long one attempt has a channel for itself. A receiver that answers has answered by then, and its answer is written down: what is killed meanwhile sends one message of a
/// channel twice, and no more. Behind one that is slow or hangs nobody waits longer than that.
const ALONE: Duration = Duration::from_milliseconds(500);

/// An attempt that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) queue: Queue,
    urgent: bool,
    since: Steady,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: Vec<Place>,
    /// When one that was turned away may come again, though no attempt ends.
    again_at: Option<Steady>,
}

impl Places {
    /// A place for what is due; none where it has to wait.
    pub(super) fn take(&mut self, due: &Due, now: Steady) -> Option<Place> {
        // Whoever waits for what is wrong does not wait for a drill.
        let urgent = due.alarm.priority == Priority::Critical && !due.alarm.is_drill();
        self.take_for(Queue::of(due), urgent, now)
    }

    fn take_for(&mut self, queue: Queue, urgent: bool, now: Steady) -> Option<Place> {
        let place = Place {
            queue,
            urgent,
            since: now,
        };
        let over_it = self.over(&place.queue.channel);
        let kept = if place.urgent { 0 } else { FOR_CRITICAL };
        let has_room = self.taken.len() + kept < ALL && over_it.clone().count() + kept < OF_CHANNEL;
        let mut others = self.taken.iter().map(|other| (&other.queue, other.urgent));
        if !has_room || !others.all(|other| place.queue.goes_beside(place.urgent, other)) {
            return None;
        }
        let alone_until = over_it.map(|other| other.since + ALONE).max();
        if let Some(until) = alone_until.filter(|until| *until > now) {
            self.again_at = Some(self.again_at.map_or(until, |again_at| again_at.min(until)));
            return None;
        }
        self.taken.push(place.clone());
        Some(place)
    }

    /// The attempt has ended.
    pub(super) fn leave(&mut self, place: &Place) {
        self.taken.retain(|other| other != place);
    }

    /// Forgets who was turned away: what is due is looked at anew.
    pub(super) fn look_again(&mut self) {
        self.again_at = None;
    }

    /// When whoever was turned away for the sake of one that has a channel for itself may have a place beside it.
    pub(super) fn again_at(&self) -> Option<Steady> {
        self.again_at
    }

    /// Whether another attempt could begin at all.
    pub(super) fn are_left(&self) -> bool {
        self.taken.len() < ALL
    }

    /// The attempts over a channel.
    pub(super) fn over<'a>(&'a self, channel: &'a str) -> impl Iterator<Item = &'a Place> + Clone {
        self.taken
            .iter()
            .filter(move |place| place.queue.channel == channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(channel: &str, recipient: &str) -> Queue {
        Queue {
            channel: channel.to_owned(),
            recipient: recipient.to_owned(),
            incident: 1,
        }
    }

    #[test]
    fn one_leaves_a_channel_at_a_time_unless_it_takes_long_and_then_four_do_and_one_of_them_is_critical() {
        let (mut places, begun) = (Places::default(), Steady::from_milliseconds(1_000));
        let first = places.take_for(queue("mail", "anna"), false, begun).unwrap();
        assert_eq!(places.take_for(queue("mail", "bert"), true, begun), None);
        assert_eq!(places.again_at(), Some(begun + ALONE));
        assert!(
            places.take_for(queue("ops", "*"), false, begun).is_some(),
            "another channel"
        );
        places.leave(&first);
        let second = places.take_for(queue("mail", "bert"), false, begun).unwrap();
        places.leave(&second);

        places.look_again();
        let mut now = begun;
        for recipient in ["anna", "bert", "cas"] {
            assert!(places.take_for(queue("mail", recipient), false, now).is_some());
            now = now + ALONE;
        }
        assert_eq!(places.again_at(), None);
        assert_eq!(places.take_for(queue("mail", "dora"), false, now), None);
        assert!(places.take_for(queue("mail", "dora"), true, now).is_some());
        assert_eq!(places.take_for(queue("mail", "evi"), true, now + ALONE), None);
        assert_eq!(places.again_at(), None, "an attempt has to end first");
    }
}
