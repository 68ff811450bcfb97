//! Who is inside, and who goes when there is no room for the next.
//!
//! | a connection that | goes when room is needed |
//! |---|---|
//! | has asked for nothing yet, or is still sending what it asks for | first, and already when half of all are such |
//! | has its answer and asks for nothing more | second |
//! | does not take what is written to it | third |
//! | is being answered | never |
//!
//! Of several goes one of the address that has most of them, and of those the one that has been here longest. One address has half of the seats
//! at most: for one more, one of its own goes, or the new one stays outside.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It has not asked for anything yet, or not finished asking.
    Asking,
    /// It is being answered.
    Answered,
    /// It has its answer.
    Resting,
}

/// All seats.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    inside: Mutex<Inside>,
    /// A seat became free, or a connection is there that may be sent away.
    changed: Notify,
    sent_away: AtomicU64,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    connections: BTreeMap<u64, Inhabitant>,
}

#[derive(Debug)]
struct Inhabitant {
    /// None where seats are not shared out by address.
    address: Option<IpAddr>,
    doing: Doing,
    /// What was written to it is not taken.
    stuck: bool,
    go: CancellationToken,
}

/// One connection's seat; free again when the last clone is dropped.
#[derive(Debug, Clone)]
pub(super) struct Seat(Arc<Held>);

#[derive(Debug)]
struct Held {
    seats: Arc<Seats>,
    number: u64,
    go: CancellationToken,
}

/// Why one more has no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    /// Its address has its share, and all of it is being answered.
    Share,
    /// There is none; one may become free.
    Whole,
}

impl Inhabitant {
    /// In which order connections go; none if it stays, or goes already.
    fn rank(&self) -> Option<u8> {
        if self.go.is_cancelled() {
            return None;
        }
        match (self.doing, self.stuck) {
            (Doing::Asking, _) => Some(0),
            (Doing::Resting, false) => Some(1),
            (_, true) => Some(2),
            (Doing::Answered, false) => None,
        }
    }
}

impl Inside {
    /// Who goes first of those that `may`.
    fn first_to_go(&self, may: impl Fn(&Inhabitant) -> bool) -> Option<CancellationToken> {
        let those = || self.connections.values().filter(|one| may(one));
        let rank = those().filter_map(Inhabitant::rank).min()?;
        let those = || those().filter(|one| one.rank() == Some(rank));
        let mut of: HashMap<Option<IpAddr>, usize> = HashMap::new();
        for one in those() {
            *of.entry(one.address).or_default() += 1;
        }
        let most = of.values().copied().max()?;
        let goes = those().find(|one| of.get(&one.address) == Some(&most))?;
        Some(goes.go.clone())
    }

    fn asking(&self) -> usize {
        let asking = |one: &&Inhabitant| one.rank() == Some(0);
        self.connections.values().filter(asking).count()
    }
}

impl Seats {
    /// So many.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(2),
            inside: Mutex::default(),
            changed: Notify::new(),
            sent_away: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    pub(super) fn taken(&self) -> usize {
        self.lock().connections.len()
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn sent_away(&self) -> u64 {
        self.sent_away.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A seat, as soon as there is one; none for an address that has its share. `address` is none where it is not counted.
    pub(super) async fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Seat> {
        loop {
            let changed = self.changed.notified();
            match self.sit(address) {
                Ok(seat) => return Some(seat),
                Err(Full::Whole) => changed.await,
                Err(Full::Share) => {
                    if self.refused.fetch_add(1, Ordering::Relaxed).is_power_of_two() {
                        tracing::warn!(
                            ?address,
                            "an HTTP connection was refused: half of all are of its address"
                        );
                    }
                    return None;
                }
            }
        }
    }

    fn sit(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Seat, Full> {
        let mut inside = self.lock();
        let own = |one: &Inhabitant| address.is_some() && one.address == address;
        let of_address = inside.connections.values();
        let of_address = of_address.filter(|one| own(one) && !one.go.is_cancelled());
        if of_address.count() >= self.most / 2 {
            let goes = inside.first_to_go(own).ok_or(Full::Share)?;
            self.send_away(&goes);
        } else if inside.asking() >= self.most / 2
            && let Some(goes) = inside.first_to_go(|_| true)
        {
            self.send_away(&goes);
        }
        if inside.connections.len() >= self.most {
            // Whoever has been told to go is gone in a moment.
            let mut connections = inside.connections.values();
            if !connections.any(|one| one.go.is_cancelled())
                && let Some(goes) = inside.first_to_go(|_| true)
            {
                self.send_away(&goes);
            }
            return Err(Full::Whole);
        }
        let (number, go) = (inside.next, CancellationToken::new());
        inside.next += 1;
        let inhabitant = Inhabitant {
            address,
            doing: Doing::Asking,
            stuck: false,
            go: go.clone(),
        };
        inside.connections.insert(number, inhabitant);
        let seats = self.clone();
        Ok(Seat(Arc::new(Held { seats, number, go })))
    }

    fn send_away(&self, goes: &CancellationToken) {
        goes.cancel();
        self.sent_away.fetch_add(1, Ordering::Relaxed);
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Inhabitant)) {
        let mut inside = self.lock();
        if let Some(one) = inside.connections.get_mut(&number) {
            change(one);
            if one.rank().is_some() {
                drop(inside);
                self.changed.notify_waiters();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Says what the connection is about now.
    pub(super) fn is(&self, doing: Doing) {
        self.0.seats.change(self.0.number, |one| one.doing = doing);
    }

    /// Says whether what was written to it is not taken.
    pub(super) fn is_stuck(&self, stuck: bool) {
        self.0.seats.change(self.0.number, |one| one.stuck = stuck);
    }

    /// Ends when the connection has to go.
    pub(super) async fn sent_away(&self) {
        self.0.go.cancelled().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.seats.lock().connections.remove(&self.number);
        self.seats.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    /// A seat that must be there at once.
    #[track_caller]
    fn sit(seats: &Arc<Seats>, address: Option<IpAddr>, doing: Doing) -> Seat {
        let seat = seats.sit(address).unwrap();
        seat.is(doing);
        seat
    }

    fn goes(seat: &Seat) -> bool {
        seat.0.go.is_cancelled()
    }

    #[test]
    fn of_those_that_ask_for_nothing_half_may_be_here() {
        let seats = Seats::new(4);
        let first = sit(&seats, None, Doing::Asking);
        let second = sit(&seats, None, Doing::Asking);
        assert!(!goes(&first));
        let third = sit(&seats, None, Doing::Asking);
        assert!(goes(&first) && !goes(&second) && !goes(&third));
        assert_eq!((seats.taken(), seats.sent_away()), (3, 1));
        drop((first, second, third));
        assert_eq!(seats.taken(), 0);
    }

    #[test]
    fn the_silent_go_before_the_resting_and_those_before_the_deaf() {
        let seats = Seats::new(4);
        let deaf = sit(&seats, address(1), Doing::Answered);
        deaf.is_stuck(true);
        let resting = sit(&seats, address(2), Doing::Resting);
        let silent = sit(&seats, address(3), Doing::Asking);
        let answered = sit(&seats, address(4), Doing::Answered);
        let mut newcomers = Vec::new();
        for goes_next in [silent, resting, deaf] {
            assert_eq!(seats.sit(address(5)).unwrap_err(), Full::Whole);
            assert!(goes(&goes_next));
            // It is not gone yet: nobody else goes for the same seat.
            assert_eq!(seats.sit(address(5)).unwrap_err(), Full::Whole);
            drop(goes_next);
            newcomers.push(sit(&seats, address(5 + newcomers.len() as u8), Doing::Answered));
        }
        assert!(!goes(&answered));
        assert_eq!(seats.sent_away(), 3);
    }

    #[test]
    fn one_address_has_half_and_sends_away_its_own() {
        let seats = Seats::new(8);
        let other = sit(&seats, address(2), Doing::Asking);
        let mut own: Vec<Seat> = (0..4).map(|_| sit(&seats, address(1), Doing::Answered)).collect();
        assert_eq!(seats.sit(address(1)).unwrap_err(), Full::Share);
        own[2].is(Doing::Resting);
        own.push(sit(&seats, address(1), Doing::Answered));
        assert!(goes(&own[2]) && !goes(&other));
        // Where it is not counted there is room up to the whole.
        let _uncounted = [None, None].map(|address| sit(&seats, address, Doing::Answered));
        assert_eq!(seats.sit(None).unwrap_err(), Full::Whole);
    }

    #[tokio::test]
    async fn whoever_waits_outside_comes_in_when_a_seat_is_free() {
        let seats = Seats::new(2);
        let held = [None, None].map(|address| sit(&seats, address, Doing::Answered));
        let enters = seats.enter(None);
        let leaves = async {
            tokio::task::yield_now().await;
            held[0].is(Doing::Resting);
            held[0].sent_away().await;
            let [first, _second] = held;
            drop(first);
        };
        let (entered, ()) = tokio::join!(enters, leaves);
        assert!(entered.is_some());
    }
}
