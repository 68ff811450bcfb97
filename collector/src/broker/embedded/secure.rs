//! The door in TLS: who shows a certificate of our authority is known by it, and agents come here for theirs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use plenum_link::{Waiting, tls};
use plenum_protocol::enrolment::{Answer, Holder, LONGEST_LINE, PROTOCOL, Refusal, Request};
use rustls::{CertificateError, Error as TlsError, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::door::House;
use super::session::{self, Client};
use crate::broker::gate::worth_a_line;
use crate::broker::{Asking, BrokerCounters, Enrols};

/// How long a client may take to shake hands, and again to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// The broker's listener in TLS.
#[derive(Clone)]
pub struct Secure {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// What it speaks TLS with: what it is when a client comes.
    pub config: watch::Receiver<Arc<ServerConfig>>,
    /// Who gives out certificates.
    pub enrolment: Arc<dyn Enrols>,
}

/// Serves a connection until it ends.
pub(super) async fn serve(
    house: &Arc<House>,
    secure: &Secure,
    socket: TcpStream,
    address: SocketAddr,
    waiting: Waiting,
) {
    let config = secure.config.borrow().clone();
    let acceptor = TlsAcceptor::from(config);
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(PATIENCE, acceptor.accept(socket)) => shaken.ok(),
        () = waiting.sent_away() => None,
    };
    let stream = match shaken {
        None => {
            BrokerCounters::count(&house.gate.counters.closed_silent);
            return;
        }
        Some(Err(error)) => return refused(house, address, &error),
        Some(Ok(stream)) => stream,
    };
    let (_, connection) = stream.get_ref();
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    let holder = shown.and_then(|certificate| tls::holder(certificate));
    if connection.alpn_protocol() == Some(PROTOCOL) {
        let enrolled = enrol(secure, stream, holder, address);
        tokio::select! {
            _ = tokio::time::timeout(PATIENCE, enrolled) => {}
            () = waiting.sent_away() => {}
        }
        return;
    }
    if let Some(holder) = holder.as_ref().filter(|holder| !house.gate.believes(holder)) {
        secure.enrolment.came_in_vain(holder, address.ip()).await;
    }
    let client = Client { address, holder };
    let (read, write) = tokio::io::split(stream);
    session::serve(house, (read, write), client, waiting).await;
}

/// Of what strangers say to a port only what is about a certificate is worth a line.
fn refused(house: &House, address: SocketAddr, error: &std::io::Error) {
    let why = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(TlsError::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => "its certificate is from another authority",
        Some(TlsError::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => "its certificate has expired",
        Some(TlsError::InvalidCertificate(_)) => "its certificate is not valid",
        _ => {
            BrokerCounters::count(&house.gate.counters.closed_wrong);
            tracing::debug!(%address, %error, "no TLS came about");
            return;
        }
    };
    if worth_a_line(&house.gate.counters.refused_login) {
        tracing::warn!(%address, "refused a connection to the broker: {why}");
    }
}

/// Hears one request and answers it.
async fn enrol(
    secure: &Secure,
    stream: TlsStream<TcpStream>,
    holder: Option<Holder>,
    address: SocketAddr,
) -> std::io::Result<()> {
    let mut line = String::new();
    let longest = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    let mut stream = BufReader::new(stream);
    (&mut stream).take(longest).read_line(&mut line).await?;
    let asking = Asking {
        holder: holder.as_ref(),
        address: address.ip(),
    };
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => secure.enrolment.answer(&request, asking).await,
        Err(error) => {
            tracing::debug!(%address, %error, "a request for a certificate cannot be read");
            Answer::Refused(Refusal::Request)
        }
    };
    let mut said = serde_json::to_vec(&answer)?;
    said.push(b'\n');
    stream.write_all(&said).await?;
    stream.shutdown().await
}
