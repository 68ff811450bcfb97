//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::body::{Inward, Outward};
use super::seats::Seat;
use super::watched::Watched;

/// How long a request's head may take, from the connection or the answer before it on.
const HEAD: Duration = Duration::from_secs(10);

pub(super) struct Connection {
    pub(super) app: Router,
    pub(super) stop: CancellationToken,
    pub(super) seat: Seat,
}

impl Connection {
    pub(super) async fn serve(self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let socket = Watched::new(socket, self.seat.clone());
        let service = service_fn(|request: Request<Incoming>| {
            let (app, seat) = (self.app.clone(), self.seat.clone());
            async move { Ok::<_, Infallible>(answer(app, request, seat).await) }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let connection = builder.serve_connection(TokioIo::new(socket), service);
        tokio::pin!(connection);
        tokio::select! {
            // How it ended is of no interest here: requests are counted where they are answered.
            _ = connection.as_mut() => return,
            () = self.seat.sent_away() => return,
            () = self.stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = connection.as_mut() => {}
            () = self.seat.sent_away() => {}
        }
    }
}

async fn answer(app: Router, request: Request<Incoming>, seat: Seat) -> Response {
    let request = request.map(|body| Inward::watch(body, seat.clone()));
    match app.oneshot(request).await {
        Ok(response) => response.map(|body: Body| Outward::watch(body, seat)),
        Err(never) => match never {},
    }
}
