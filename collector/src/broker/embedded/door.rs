//! The door: takes connections while there is room, and gives each ten seconds to say who it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plenum_link::{Listener, WaitingRoom};
use tokio::net::{TcpListener, TcpStream};

use super::connections::Connections;
use super::post::Post;
use super::secure::{self, Secure};
use super::session::{self, Client};
use crate::broker::BrokerCounters;
use crate::broker::gate::{Gate, worth_a_line};

/// How many may be about to log in, where there are descriptors enough.
const WAITING: usize = 1_024;

/// What all connections share.
pub(super) struct House {
    pub(super) gate: Gate,
    pub(super) post: Post,
    pub(super) connections: Arc<Connections>,
    pub(super) waiting: Arc<WaitingRoom>,
    /// Sockets, logged in or not.
    open: AtomicUsize,
    most: usize,
}

/// One open socket, counted for as long as it is.
struct Open(Arc<House>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl House {
    /// With so many sockets at most.
    pub(super) fn new(gate: Gate, most: usize) -> Self {
        let waiting = WAITING.min(most / 4).max(1);
        let logged_in = most.saturating_sub(waiting).max(1);
        Self {
            connections: Connections::new(logged_in, gate.counters.clone()),
            gate,
            post: Post::default(),
            waiting: WaitingRoom::new(waiting),
            open: AtomicUsize::new(0),
            most,
        }
    }
}

/// Takes connections for ever, in TLS where it says so.
pub(super) async fn open(listener: TcpListener, house: Arc<House>, secure: Option<Secure>) {
    let mut listener = Listener::new(listener, "a connection to the broker");
    loop {
        let (socket, address) = listener.accept().await;
        take(&house, socket, address, secure.clone());
    }
}

fn take(house: &Arc<House>, socket: TcpStream, address: SocketAddr, secure: Option<Secure>) {
    let before = house.open.fetch_add(1, Ordering::Relaxed);
    let open = Open(house.clone());
    let counters = &house.gate.counters;
    if before >= house.most {
        if worth_a_line(&counters.refused_connections) {
            tracing::warn!(%address, most = house.most, "refused a connection to the broker: there are too many");
        }
        return;
    }
    BrokerCounters::count(&counters.connections);
    let waiting = house.waiting.enter(address.ip());
    let house = house.clone();
    tokio::spawn(async move {
        let _ = socket.set_nodelay(true);
        match secure {
            Some(secure) => secure::serve(&house, &secure, socket, address, waiting).await,
            None => {
                let client = Client {
                    address,
                    holder: None,
                };
                session::serve(&house, socket.into_split(), client, waiting).await;
            }
        }
        drop(open);
    });
}
