//! Those who have come to a door and have not said yet what they want. So many may wait; when one more comes, of the address of which most
//! wait the one that waits longest goes. So sockets that say nothing cost those who speak no more than a moment, and those of one address
//! cost another address nothing.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::neighbourhood;

/// The room.
#[derive(Debug)]
pub struct WaitingRoom {
    most: usize,
    places: Mutex<Places>,
    sent_away: AtomicU64,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    waiting: BTreeMap<u64, (IpAddr, CancellationToken)>,
    of: HashMap<IpAddr, usize>,
}

/// A place in the room; free again when dropped.
#[derive(Debug)]
pub struct Waiting {
    room: Arc<WaitingRoom>,
    number: u64,
    go: CancellationToken,
}

impl Places {
    fn put(&mut self, address: IpAddr, go: CancellationToken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting.insert(number, (address, go));
        *self.of.entry(address).or_default() += 1;
        number
    }

    fn take(&mut self, number: u64) -> Option<CancellationToken> {
        let (address, go) = self.waiting.remove(&number)?;
        if let Some(count) = self.of.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.of.remove(&address);
            }
        }
        Some(go)
    }

    /// The longest waiting one of the address of which most wait.
    fn first_to_go(&self) -> Option<u64> {
        let most = self.of.values().max()?;
        let of = |address: &IpAddr| self.of.get(address).unwrap_or(&0);
        let mut waiting = self.waiting.iter();
        let found = waiting.find(|(_, (address, _))| of(address) == most)?;
        Some(*found.0)
    }
}

impl WaitingRoom {
    /// For so many.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(1),
            places: Mutex::default(),
            sent_away: AtomicU64::new(0),
        })
    }

    /// Enters from an address; another goes if there are too many.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Waiting {
        let mut places = self.lock();
        if places.waiting.len() >= self.most
            && let Some(first) = places.first_to_go()
            && let Some(go) = places.take(first)
        {
            go.cancel();
            self.sent_away.fetch_add(1, Ordering::Relaxed);
        }
        let go = CancellationToken::new();
        let number = places.put(neighbourhood(address), go.clone());
        drop(places);
        Waiting {
            room: self.clone(),
            number,
            go,
        }
    }

    /// How many wait now.
    pub fn count(&self) -> usize {
        self.lock().waiting.len()
    }

    /// How many were sent away so far.
    pub fn sent_away(&self) -> u64 {
        self.sent_away.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Ends when this one has to go.
    pub async fn sent_away(&self) {
        self.go.cancelled().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.room.lock().take(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn the_one_that_waits_longest_goes() {
        let room = WaitingRoom::new(2);
        let (first, second) = (room.enter(HERE), room.enter(HERE));
        assert!(!first.go.is_cancelled());
        let third = room.enter(HERE);
        assert!(first.go.is_cancelled() && !second.go.is_cancelled());
        drop((first, second));
        assert_eq!((room.count(), room.sent_away()), (1, 1));
        drop(third);
        assert_eq!(room.count(), 0);
    }

    #[test]
    fn those_of_one_address_do_not_send_away_another_address() {
        let room = WaitingRoom::new(4);
        let slow = room.enter("10.0.0.7".parse().unwrap());
        let flood: Vec<Waiting> = (0..100).map(|_| room.enter(HERE)).collect();
        assert!(!slow.go.is_cancelled());
        let gone = flood.iter().filter(|one| one.go.is_cancelled()).count();
        assert_eq!((gone, room.count()), (97, 4));
        drop((slow, flood));
        assert!(room.lock().of.is_empty());
    }
}
