//! Those who have come to a door and have not said yet what they want. So many may wait; when one more comes, the one that waits longest
//! goes. So sockets that say nothing cost those who speak no more than a moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

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
    waiting: BTreeMap<u64, CancellationToken>,
}

/// A place in the room; free again when dropped.
#[derive(Debug)]
pub struct Waiting {
    room: Arc<WaitingRoom>,
    number: u64,
    go: CancellationToken,
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

    /// Enters; whoever waits longest goes if there are too many.
    pub fn enter(self: &Arc<Self>) -> Waiting {
        let mut places = self.lock();
        if places.waiting.len() >= self.most
            && let Some((_, longest)) = places.waiting.pop_first()
        {
            longest.cancel();
            self.sent_away.fetch_add(1, Ordering::Relaxed);
        }
        let (number, go) = (places.next, CancellationToken::new());
        places.next += 1;
        places.waiting.insert(number, go.clone());
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
        self.room.lock().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_waits_longest_goes() {
        let room = WaitingRoom::new(2);
        let (first, second) = (room.enter(), room.enter());
        assert!(!first.go.is_cancelled());
        let third = room.enter();
        assert!(first.go.is_cancelled() && !second.go.is_cancelled());
        drop((first, second));
        assert_eq!((room.count(), room.sent_away()), (1, 1));
        drop(third);
        assert_eq!(room.count(), 0);
    }
}
