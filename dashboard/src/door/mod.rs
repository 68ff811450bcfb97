//! Where HTTP connections come in: so many at once, and of one address half of them. Each has so long for its request's head, for its body
//! and for taking its answer. Whoever is not being answered makes room for those that come after it, so that silent, slow and deaf
//! sockets keep nobody out.

mod body;
mod connection;
mod seats;
mod watched;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use plenum_link::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use connection::Connection;
use seats::{Seat, Seats};

/// How many may come in.
#[derive(Debug)]
pub(crate) struct Door {
    seats: Arc<Seats>,
}

impl Door {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            seats: Seats::new(most),
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

    /// Connections that did not come in because their address had its share.
    pub(crate) fn refused(&self) -> u64 {
        self.seats.refused()
    }

    /// Takes connections until `stop`, then waits for the requests under way.
    pub(crate) async fn serve(&self, listener: TcpListener, app: Router, stop: CancellationToken) {
        let mut listener = Listener::new(listener, "an HTTP connection");
        let tasks = TaskTracker::new();
        loop {
            let next = stop.run_until_cancelled(self.next(&mut listener)).await;
            let Some((socket, seat)) = next else { break };
            let connection = Connection {
                app: app.clone(),
                stop: stop.clone(),
                seat,
            };
            tasks.spawn(connection.serve(socket));
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }

    /// The next connection that has a seat. While there is none, the others wait outside.
    async fn next(&self, listener: &mut Listener) -> (TcpStream, Seat) {
        loop {
            let (socket, address) = listener.accept().await;
            match self.seats.enter(shared_out(address)).await {
                Some(seat) => return (socket, seat),
                None => drop(socket),
            }
        }
    }
}

/// The address that a connection's seat is counted for. This host itself is none: behind it stand tunnels and proxies, with many people each.
fn shared_out(address: SocketAddr) -> Option<std::net::IpAddr> {
    let address = plenum_link::neighbourhood(address.ip());
    (!address.is_loopback()).then_some(address)
}
