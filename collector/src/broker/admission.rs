//! How many bytes of packets may wait for intake: in all, and of one sender. A packet takes its place before its bytes are read from the
//! socket, and gives it back when intake is done with it.
//!
//! A sender may hold as many bytes as are free, and `SHARE` at most; the last `RESERVE` is for those that hold little. So a flood of one leaves
//! seven eighths to the others, and a flood of many still lets in who has sent nothing yet.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plenum_protocol::AgentName;
use tokio::sync::Notify;

/// Bytes of all senders together.
pub const WHOLE: usize = 64 << 20;
/// Bytes of one sender.
pub const SHARE: usize = 8 << 20;
/// Bytes that only those may take who hold no more than `LITTLE`.
const RESERVE: usize = 8 << 20;
/// Two batches.
const LITTLE: usize = 128 << 10;
/// What a packet costs beside its bytes: its texts' and lists' own memory. It bounds the number of empty ones.
pub(crate) const BESIDE: usize = 1_024;

/// Who is counted as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sender {
    /// An agent, from wherever it comes.
    Agent(AgentName),
    /// Whoever has no name of ours, by where it comes from.
    Guest(IpAddr),
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scarce {
    /// The sender has its share.
    Share,
    /// All together have so much that the sender has its part of what is left.
    Whole,
}

/// The bytes that wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Admission(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Held>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    packets: usize,
    of: BTreeMap<Sender, usize>,
}

/// A packet's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    sender: Sender,
    bytes: usize,
}

impl Admission {
    /// Bytes that wait now.
    pub(crate) fn bytes(&self) -> usize {
        self.0.lock().bytes
    }

    /// Packets that wait now.
    pub(crate) fn packets(&self) -> usize {
        self.0.lock().packets
    }

    /// A place for a packet of so many bytes, if there is one now.
    pub(crate) fn try_place(&self, sender: &Sender, bytes: usize) -> Result<Place, Scarce> {
        let bytes = bytes + BESIDE;
        let mut held = self.0.lock();
        let own = held.of.get(sender).copied().unwrap_or(0);
        fits(held.bytes, own, bytes)?;
        held.bytes += bytes;
        held.packets += 1;
        *held.of.entry(sender.clone()).or_default() += bytes;
        drop(held);
        Ok(Place {
            shared: self.0.clone(),
            sender: sender.clone(),
            bytes,
        })
    }

    /// A place, waited for if need be; none if there was none in all that time.
    pub(crate) async fn place(&self, sender: &Sender, bytes: usize, patience: Duration) -> Option<Place> {
        let waited = async {
            loop {
                let freed = self.0.freed.notified();
                tokio::pin!(freed);
                // From here on no place that is given back is missed.
                freed.as_mut().enable();
                if let Ok(place) = self.try_place(sender, bytes) {
                    return place;
                }
                freed.await;
            }
        };
        tokio::time::timeout(patience, waited).await.ok()
    }
}

/// Whether a sender that holds `own` of the `all` bytes that wait may add so many.
fn fits(all: usize, own: usize, more: usize) -> Result<(), Scarce> {
    let own = own.saturating_add(more);
    if own > SHARE {
        return Err(Scarce::Share);
    }
    let reserve = if own <= LITTLE { 0 } else { RESERVE };
    match own <= WHOLE.saturating_sub(all + reserve) {
        true => Ok(()),
        false => Err(Scarce::Whole),
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The packet became shorter.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let surplus = self.bytes.saturating_sub(bytes + BESIDE);
        self.give_back(surplus, 0);
    }

    fn give_back(&mut self, bytes: usize, packets: usize) {
        self.bytes -= bytes;
        let mut held = self.shared.lock();
        held.bytes -= bytes;
        held.packets -= packets;
        if let Some(own) = held.of.get_mut(&self.sender) {
            *own -= bytes;
            if *own == 0 {
                held.of.remove(&self.sender);
            }
        }
        drop(held);
        self.shared.freed.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back(self.bytes, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

    fn agent(number: u16) -> Sender {
        Sender::Agent(format!("ams1/a{number}").parse().unwrap())
    }

    #[test]
    fn one_that_floods_gets_its_share_and_everyone_else_is_let_in() {
        let admission = Admission::default();
        let flood: Vec<Place> = (0..1_000)
            .map_while(|_| admission.try_place(&agent(0), 60_000).ok())
            .collect();
        assert!(admission.bytes() <= SHARE && admission.bytes() > SHARE - 70_000);
        let others: Vec<Place> = (1..=200)
            .map_while(|number| admission.try_place(&agent(number), 60_000).ok())
            .collect();
        assert_eq!(others.len(), 200);
        drop((flood, others));
        assert_eq!(admission.bytes(), 0);
        assert!(admission.0.lock().of.is_empty());
    }

    #[test]
    fn many_that_flood_leave_something_to_the_next() {
        let admission = Admission::default();
        let mut floods = Vec::new();
        for number in 0..50 {
            floods.extend(std::iter::from_fn(|| {
                admission.try_place(&agent(number), 10_000).ok()
            }));
        }
        assert!(admission.bytes() < WHOLE);
        assert!(admission.try_place(&agent(1_000), 60_000).is_ok());
    }

    #[test]
    fn empty_packets_are_bounded_too() {
        let admission = Admission::default();
        let empty: Vec<Place> = std::iter::from_fn(|| admission.try_place(&agent(0), 0).ok()).collect();
        assert_eq!(empty.len(), SHARE / BESIDE);
    }

    #[tokio::test]
    async fn who_waits_gets_what_another_gives_back() {
        let admission = Admission::default();
        let mut whole = admission.try_place(&agent(0), SHARE - BESIDE).unwrap();
        assert!(admission.place(&agent(0), 1, NO_TIME).await.is_none());
        let sender = agent(0);
        let waiting = admission.place(&sender, 1_000, Duration::from_secs(10));
        let shrinking = async { whole.shrink(1_000_000) };
        let (place, ()) = tokio::join!(waiting, shrinking);
        assert!(place.is_some());
    }
}
