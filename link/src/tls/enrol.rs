//! Asking a collector for a certificate, on its broker's port for TLS.

use std::io;
use std::time::Duration;

use plenum_protocol::enrolment::{Answer, LONGEST_LINE, PROTOCOL, Request};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{COLLECTOR, Client, said};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask the collector at {broker} for a certificate: {why}")]
pub struct AskError {
    /// `host:port`.
    broker: String,
    /// In words.
    why: String,
}

/// Asks once.
///
/// # Errors
/// Nobody answers there, or not as a collector of ours does; nothing is known then of what became of the request.
pub async fn ask(client: &Client, (host, port): (&str, u16), request: &Request) -> Result<Answer, AskError> {
    let error = |why: String| AskError {
        broker: format!("{host}:{port}"),
        why,
    };
    let asked = tokio::time::timeout(PATIENCE, exchange(client, (host, port), request)).await;
    match asked {
        Err(_) => Err(error("no answer in time".to_owned())),
        Ok(Err(failed)) => Err(error(
            said(&failed).map_or_else(|| failed.to_string(), |said| said.why),
        )),
        Ok(Ok(line)) => serde_json::from_str(&line).map_err(|_| {
            error("what answers there is not a collector of Plenum's that gives out certificates".to_owned())
        }),
    }
}

async fn exchange(client: &Client, place: (&str, u16), request: &Request) -> io::Result<String> {
    let socket = TcpStream::connect(place).await?;
    let mut config = client.config().as_ref().clone();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    let name = ServerName::try_from(COLLECTOR).map_err(io::Error::other)?;
    let stream = TlsConnector::from(std::sync::Arc::new(config))
        .connect(name, socket)
        .await?;
    let mut stream = BufReader::new(stream);
    let mut asked = serde_json::to_vec(request)?;
    asked.push(b'\n');
    stream.write_all(&asked).await?;
    stream.flush().await?;
    let mut line = String::new();
    let longest = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    stream.take(longest).read_line(&mut line).await?;
    Ok(line)
}
