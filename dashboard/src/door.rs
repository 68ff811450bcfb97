//! Where HTTP connections come in: so many at once, each asked for its first request within ten seconds. Those that have asked for nothing yet
//! make room for those that come after them, so that silent sockets keep nobody out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use plenum_link::{Waiting, WaitingRoom};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a request's head may take, from the connection or the request before it on.
const HEAD: Duration = Duration::from_secs(10);
/// After a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// How many may come in.
#[derive(Debug)]
pub(crate) struct Door {
    most: usize,
    room: Arc<Semaphore>,
    waiting: Arc<WaitingRoom>,
}

impl Door {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            room: Arc::new(Semaphore::new(most)),
            waiting: WaitingRoom::new(most / 2),
        }
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.most - self.room.available_permits()
    }

    /// Connections that may be open.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Connections that had to go before they asked for anything.
    pub(crate) fn sent_away(&self) -> u64 {
        self.waiting.sent_away()
    }

    /// Takes connections until `stop`, then waits for the requests under way.
    pub(crate) async fn serve(&self, listener: TcpListener, app: Router, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.next(&listener) => accepted,
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((socket, place)) => {
                    let connection = Connection {
                        app: app.clone(),
                        stop: stop.clone(),
                        spoke: CancellationToken::new(),
                    };
                    let waiting = self.waiting.enter();
                    tasks.spawn(async move {
                        connection.serve(socket, waiting).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "an HTTP connection could not be taken");
                    let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
                }
            }
        }
        drop(listener);
        tasks.close();
        tasks.wait().await;
    }

    async fn next(&self, listener: &TcpListener) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
        // It is never closed.
        let place = self
            .room
            .clone()
            .acquire_owned()
            .await
            .map_err(std::io::Error::other)?;
        let (socket, _) = listener.accept().await?;
        Ok((socket, place))
    }
}

struct Connection {
    app: Router,
    stop: CancellationToken,
    /// It has asked for something.
    spoke: CancellationToken,
}

impl Connection {
    async fn serve(self, socket: TcpStream, waiting: Waiting) {
        let _ = socket.set_nodelay(true);
        let service = service_fn(|request: Request<Incoming>| {
            self.spoke.cancel();
            let app = self.app.clone();
            async move { Ok::<_, Infallible>(answer(app, request.map(Body::new)).await) }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let connection = builder.serve_connection(TokioIo::new(socket), service);
        tokio::pin!(connection);
        tokio::select! {
            // How it ended is of no interest here: requests are counted where they are answered.
            _ = connection.as_mut() => return,
            () = waiting.sent_away() => return,
            () = self.spoke.cancelled() => drop(waiting),
            () = self.stop.cancelled() => {}
        }
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

async fn answer(app: Router, request: Request<Body>) -> axum::response::Response {
    match app.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
