//! A listener that goes on whatever happens to a connection: one that could not be taken has a line in the log and a pause after it, so that a
//! process that has run out of files neither spins nor fills its log.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// After a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes connections.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// What comes in here, for the log.
    what: &'static str,
    failures: u64,
}

impl Listener {
    /// Over a socket that listens; `what` comes in there, as in "an HTTP connection".
    pub fn new(socket: TcpListener, what: &'static str) -> Self {
        Self {
            socket,
            what,
            failures: 0,
        }
    }

    /// The next connection, however long that takes.
    pub async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.socket.accept().await {
                Ok(accepted) => return accepted,
                // The client's own end of it: the next one is behind it.
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    self.failures += 1;
                    if self.failures.is_power_of_two() {
                        tracing::warn!(%error, failures = self.failures, "{} could not be taken", self.what);
                    }
                    let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
                }
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
