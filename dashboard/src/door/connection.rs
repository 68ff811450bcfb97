//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::body::{Inward, Outward};
use super::seats::Seat;
use super::watched::Watched;
use crate::peer::{Peer, Way};

/// How long a request's head may take, from the connection or the answer before it on. As long has a TLS handshake.
const HEAD: Duration = Duration::from_secs(10);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_millis(500);
/// What a TLS handshake begins with (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// For whoever speaks plain HTTP where HTTPS is spoken.
const WRONG_SCHEME: &str = "This port speaks HTTPS: write https:// before its name.\n";

pub(super) struct Connection {
    pub(super) app: Router,
    pub(super) stop: CancellationToken,
    pub(super) seat: Seat,
    pub(super) address: IpAddr,
    pub(super) tls: Option<TlsAcceptor>,
    /// Handshakes that came to nothing.
    pub(super) failed: Arc<AtomicU64>,
}

impl Connection {
    pub(super) async fn serve(self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        tokio::select! {
            () = self.conduct(socket) => {}
            () = self.seat.sent_away() => {}
        }
    }

    async fn conduct(&self, socket: TcpStream) {
        let Some(tls) = &self.tls else {
            return self
                .talk(Watched::new(socket, self.seat.clone()), Way::Plain)
                .await;
        };
        let shaken = timeout(HEAD, self.shake_hands(tls, socket));
        match self.stop.run_until_cancelled(shaken).await {
            Some(Ok(Some(stream))) => self.talk(stream, Way::Tls).await,
            _ => _ = self.failed.fetch_add(1, Ordering::Relaxed),
        }
    }

    async fn shake_hands(&self, tls: &TlsAcceptor, socket: TcpStream) -> Option<TlsStream<Watched>> {
        let mut first = [0];
        match socket.peek(&mut first).await {
            Ok(1) if first[0] != HANDSHAKE => {
                let _ = timeout(FAREWELL, correct(socket)).await;
                return None;
            }
            Ok(1) => {}
            _ => return None,
        }
        let shaken = tls.accept(Watched::new(socket, self.seat.clone())).await;
        if let Err(error) = &shaken {
            tracing::debug!(%error, address = %self.address, "a TLS handshake failed");
        }
        shaken.ok()
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin, way: Way) {
        let peer = Peer {
            address: self.address,
            way,
        };
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            let (app, seat) = (self.app.clone(), self.seat.clone());
            async move { Ok::<_, Infallible>(answer(app, request, seat).await) }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        tokio::select! {
            // How it ended is of no interest here: requests are counted where they are answered.
            _ = connection.as_mut() => return,
            () = self.stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Says in clear that nothing is spoken in clear here. What the client still sends is read for a moment: a socket that is closed with something
/// unread takes its last word back.
async fn correct(mut socket: TcpStream) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{WRONG_SCHEME}",
        WRONG_SCHEME.len()
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await?;
    let mut rest = [0; 4_096];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn answer(app: Router, request: Request<Incoming>, seat: Seat) -> Response {
    let request = request.map(|body| Inward::watch(body, seat.clone()));
    match app.oneshot(request).await {
        Ok(response) => response.map(|body: Body| Outward::watch(body, seat)),
        Err(never) => match never {},
    }
}
