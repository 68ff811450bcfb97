//! Who is connected: under which client id, how many of one identity, how many in all.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::broker::BrokerCounters;
use crate::broker::admission::Sender;

/// Connections of one agent: it needs one, and a second while the first is not known to be dead.
pub const OF_AN_AGENT: usize = 4;
/// Connections from one address without a name of ours.
pub const OF_AN_ADDRESS: usize = 64;
/// How long a client waits for the end of the one before it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why one more does not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error(
        "this agent has {OF_AN_AGENT} connections already; end one of them, or use the same client id again"
    )]
    Agent,
    #[error("this address has {OF_AN_ADDRESS} connections without a name already")]
    Address,
    #[error("the collector has as many connections as it can hold")]
    Whole,
}

/// The connections that are logged in.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    counters: Arc<BrokerCounters>,
    next: AtomicU64,
    there: Mutex<There>,
}

#[derive(Debug, Default)]
struct There {
    /// By identity and client id: nobody ends another's connection.
    clients: BTreeMap<(Sender, String), Client>,
    of: BTreeMap<Sender, usize>,
    /// Those without a credential may not fill the whole.
    unproven: usize,
}

#[derive(Debug, Clone)]
struct Client {
    taken_over: CancellationToken,
    gone: CancellationToken,
}

/// One connection's place among them; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    connections: Arc<Connections>,
    pub(super) number: u64,
    key: (Sender, String),
    proven: bool,
    /// Another came under the same client id.
    pub(super) taken_over: CancellationToken,
    gone: CancellationToken,
}

impl Connections {
    pub(super) fn new(most: usize, counters: Arc<BrokerCounters>) -> Arc<Self> {
        Arc::new(Self {
            most,
            counters,
            next: AtomicU64::new(1),
            there: Mutex::default(),
        })
    }

    /// Enters under a client id; whoever had it before goes first.
    pub(super) async fn enter(
        self: &Arc<Self>,
        client_id: &str,
        sender: &Sender,
        proven: bool,
    ) -> Result<Seat, Full> {
        loop {
            let before = match self.sit(client_id, sender, proven) {
                Ok(seat) => return Ok(seat),
                Err(Taken::Full(full)) => return Err(full),
                Err(Taken::By(before)) => before,
            };
            before.taken_over.cancel();
            if tokio::time::timeout(PATIENCE, before.gone.cancelled())
                .await
                .is_err()
            {
                return Err(match sender {
                    Sender::Agent(_) => Full::Agent,
                    Sender::Guest(_) => Full::Address,
                });
            }
        }
    }

    fn sit(self: &Arc<Self>, client_id: &str, sender: &Sender, proven: bool) -> Result<Seat, Taken> {
        let mut there = self.lock();
        let key = (sender.clone(), client_id.to_owned());
        if let Some(before) = there.clients.get(&key) {
            return Err(Taken::By(before.clone()));
        }
        let (bound, full) = match sender {
            Sender::Agent(_) => (OF_AN_AGENT, Full::Agent),
            Sender::Guest(_) => (OF_AN_ADDRESS, Full::Address),
        };
        if there.of.get(sender).is_some_and(|count| *count >= bound) {
            return Err(Taken::Full(full));
        }
        if there.clients.len() >= self.most || !proven && there.unproven >= self.most / 2 {
            return Err(Taken::Full(Full::Whole));
        }
        let client = Client {
            taken_over: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        there.clients.insert(key.clone(), client.clone());
        *there.of.entry(sender.clone()).or_default() += 1;
        there.unproven += usize::from(!proven);
        self.counters.clients.fetch_add(1, Ordering::Relaxed);
        Ok(Seat {
            connections: self.clone(),
            number: self.next.fetch_add(1, Ordering::Relaxed),
            key,
            proven,
            taken_over: client.taken_over,
            gone: client.gone,
        })
    }

    fn lock(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Taken {
    By(Client),
    Full(Full),
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut there = self.connections.lock();
        there.clients.remove(&self.key);
        there.unproven -= usize::from(!self.proven);
        if let Some(count) = there.of.get_mut(&self.key.0) {
            *count -= 1;
            if *count == 0 {
                there.of.remove(&self.key.0);
            }
        }
        drop(there);
        self.connections.counters.clients.fetch_sub(1, Ordering::Relaxed);
        self.gone.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[tokio::test]
    async fn an_identity_has_its_share_and_all_together_the_whole() {
        let connections = Connections::new(10, Arc::default());
        let agent = |name: &str| Sender::Agent(name.parse().unwrap());
        let mut seats = Vec::new();
        for number in 0..OF_AN_AGENT {
            let seat = connections.enter(&number.to_string(), &agent("s/a"), true).await;
            seats.push(seat.unwrap());
        }
        let fifth = connections.enter("5", &agent("s/a"), true).await;
        assert_eq!(fifth.unwrap_err(), Full::Agent);
        let guest = Sender::Guest(Ipv4Addr::LOCALHOST.into());
        for number in 10..15 {
            seats.push(
                connections
                    .enter(&number.to_string(), &guest, false)
                    .await
                    .unwrap(),
            );
        }
        let another = connections.enter("15", &guest, false).await;
        assert_eq!(another.unwrap_err(), Full::Whole);
        seats.push(connections.enter("s/b", &agent("s/b"), true).await.unwrap());
        let last = connections.enter("s/c", &agent("s/c"), true).await;
        assert_eq!(last.unwrap_err(), Full::Whole);
        drop(seats);
        assert_eq!(connections.counters.clients.load(Ordering::Relaxed), 0);
        let there = connections.lock();
        assert!(there.of.is_empty() && there.unproven == 0);
    }

    #[tokio::test]
    async fn the_same_client_id_again_takes_the_place_of_the_first() {
        let connections = Connections::new(10, Arc::default());
        let sender = Sender::Agent("s/a".parse().unwrap());
        let first = connections.enter("s/a", &sender, true).await.unwrap();
        let goes = async {
            first.taken_over.cancelled().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(connections.enter("s/a", &sender, true), goes);
        assert_eq!(second.unwrap().number, 2);
        assert_eq!(connections.counters.clients.load(Ordering::Relaxed), 0);
    }
}
