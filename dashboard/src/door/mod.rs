//! Where HTTP connections come in: so many at once, and of one address half of them. Each has so long for its request's head, for its body
//! and for taking its answer. Whoever is not being answered makes room for those that come after it, so that silent, slow and deaf
//! sockets keep nobody out.

mod body;
mod connection;
mod entrance;
mod seats;
mod watched;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use plenum_link::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use connection::Connection;
pub(crate) use entrance::Entrance;
use seats::{Seat, Seats};

/// How many may come in.
#[derive(Debug)]
pub(crate) struct Door {
    seats: Arc<Seats>,
    /// Connections from where none is taken.
    turned_away: AtomicU64,
    /// TLS handshakes that came to nothing.
    failed: Arc<AtomicU64>,
}

impl Door {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            seats: Seats::new(most),
            turned_away: AtomicU64::new(0),
            failed: Arc::default(),
        }
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.seats.taken()
    }

    /// Connections that may be open.
    pub(crate) fn most(&self) -> usize {
        self.seats.most()
    }

    /// Connections that had to go so that another could come in.
    pub(crate) fn sent_away(&self) -> u64 {
        self.seats.sent_away()
    }

    /// Connections that did not come in because their address had its share, or is none of those that may.
    pub(crate) fn refused(&self) -> u64 {
        self.seats.refused() + self.turned_away.load(Ordering::Relaxed)
    }

    /// TLS handshakes that came to nothing.
    pub(crate) fn failed_handshakes(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Takes connections until `stop`, then waits for the requests under way.
    pub(crate) async fn serve(
        &self,
        listener: TcpListener,
        entrance: Entrance,
        app: Router,
        stop: CancellationToken,
    ) {
        let mut listener = Listener::new(listener, "an HTTP connection");
        let tasks = TaskTracker::new();
        loop {
            let next = self.next(&mut listener, &entrance);
            let Some((socket, address, seat)) = stop.run_until_cancelled(next).await else {
                break;
            };
            let connection = Connection {
                app: app.clone(),
                stop: stop.clone(),
                seat,
                address: address.ip().to_canonical(),
                tls: entrance.tls.clone(),
                failed: self.failed.clone(),
            };
            tasks.spawn(connection.serve(socket));
            // Whoever came in with a request in hand is heard before the next ones can take the seat.
            tokio::task::yield_now().await;
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }

    /// The next connection that has a seat. While there is none, the others wait outside.
    async fn next(&self, listener: &mut Listener, entrance: &Entrance) -> (TcpStream, SocketAddr, Seat) {
        loop {
            let (socket, address) = listener.accept().await;
            if !entrance.lets_in(address.ip()) {
                if self.turned_away.fetch_add(1, Ordering::Relaxed).is_power_of_two() {
                    tracing::warn!(%address, "an HTTP connection was refused: it comes neither from a trusted proxy nor from this host");
                }
                continue;
            }
            if let Some(seat) = self.seats.enter(shared_out(address)).await {
                return (socket, address, seat);
            }
        }
    }
}

/// The address that a connection's seat is counted for. This host itself is none: behind it stand tunnels and proxies, with many people each.
fn shared_out(address: SocketAddr) -> Option<std::net::IpAddr> {
    let address = plenum_link::neighbourhood(address.ip());
    (!address.is_loopback()).then_some(address)
}
