//! The webhook's listener: notes when a request has come whole, and answers that all is well.

use anyhow::Result;
use plenum_link::{Shutdown, Stopwatch};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Requests that wait to be looked at; a connection waits beyond it.
const QUEUE: usize = 64;

/// A listener on loopback.
pub(super) struct Receiver {
    /// Where to post.
    pub(super) url: String,
    requests: mpsc::Receiver<(f64, Value)>,
}

impl Receiver {
    /// Listens until `shutdown`; times count on `watch`.
    pub(super) async fn start(watch: Stopwatch, shutdown: &Shutdown) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let (queue, requests) = mpsc::channel(QUEUE);
        let stop = shutdown.token();
        shutdown.spawn("webhook's listener", async move {
            while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (queue, stop) = (queue.clone(), stop.clone());
                tokio::spawn(async move {
                    let _ = stop.run_until_cancelled(serve(stream, watch, queue)).await;
                });
            }
        });
        Ok(Self { url, requests })
    }

    /// When the next message came that a rule's alarm was raised, in milliseconds.
    pub(super) async fn next_first(&mut self, rule: &str) -> Option<f64> {
        loop {
            let (at, body) = self.requests.recv().await?;
            if body["reason"] == "first" && body["alarm"]["rule"] == rule {
                return Some(at);
            }
        }
    }
}

/// One connection, request after request.
async fn serve(
    stream: TcpStream,
    watch: Stopwatch,
    queue: mpsc::Sender<(f64, Value)>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let (name, value) = line.split_once(':').unwrap_or((line.trim(), ""));
            if name.is_empty() {
                break;
            }
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let at = watch.milliseconds();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        // Nobody looks any more at the very end.
        let _ = queue.send((at, body)).await;
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await?;
    }
}
