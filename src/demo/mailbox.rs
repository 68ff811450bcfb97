//! The demo's mailbox: a small SMTP server on loopback that keeps the last hundred messages for the screen. Real mail comes in over a real
//! connection, so that what the demo shows is what a mail server would get.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use mail_parser::MessageParser;
use plenum_dashboard::{Mail, Mailbox};
use plenum_protocol::Clock;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How many messages are kept; the oldest goes first.
const KEPT: usize = 100;
/// The largest message taken, and the longest line.
const LARGEST: u64 = 1 << 20;

/// Messages that came in, newest first.
#[derive(Clone, Default)]
pub(crate) struct DemoMailbox(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    count: u64,
    messages: VecDeque<Mail>,
}

impl Mailbox for DemoMailbox {
    fn messages(&self) -> Vec<Mail> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .messages
            .iter()
            .cloned()
            .collect()
    }
}

impl DemoMailbox {
    /// Listens on a free loopback port and takes mail until told to stop. Returns where it listens.
    pub(crate) async fn serve(
        &self,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mailbox = self.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mailbox, clock) = (mailbox.clone(), Arc::clone(&clock));
                tokio::spawn(async move {
                    if let Err(error) = mailbox.converse(stream, &*clock).await {
                        tracing::debug!(%error, "a mail connection ended early");
                    }
                });
            }
        }));
        Ok(address)
    }

    /// One SMTP conversation (RFC 5321), as much of it as a client needs that does not ask for extensions.
    async fn converse(&self, stream: TcpStream, clock: &dyn Clock) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader.take(LARGEST));
        let (mut from, mut to) = (String::new(), Vec::new());
        writer.write_all(b"220 plenum demo mailbox\r\n").await?;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let verb: String = line
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect::<String>()
                .to_uppercase();
            let answer = match verb.as_str() {
                "HELO" | "EHLO" => "250 plenum demo mailbox\r\n",
                "MAIL" => {
                    from = address(line);
                    "250 ok\r\n"
                }
                "RCPT" => {
                    to.push(address(line));
                    "250 ok\r\n"
                }
                "DATA" => {
                    writer.write_all(b"354 go on, end with a dot\r\n").await?;
                    let text = data(&mut lines).await?;
                    self.keep(&text, std::mem::take(&mut from), std::mem::take(&mut to), clock);
                    "250 kept\r\n"
                }
                "RSET" => {
                    (from, to) = (String::new(), Vec::new());
                    "250 ok\r\n"
                }
                "NOOP" => "250 ok\r\n",
                "QUIT" => {
                    writer.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => "502 not here\r\n",
            };
            writer.write_all(answer.as_bytes()).await?;
        }
    }

    fn keep(&self, text: &str, from: String, to: Vec<String>, clock: &dyn Clock) {
        let message = MessageParser::default().parse(text.as_bytes());
        let subject = message
            .as_ref()
            .and_then(|message| message.subject())
            .unwrap_or_default()
            .to_owned();
        let body = message
            .as_ref()
            .and_then(|message| message.body_text(0))
            .unwrap_or_default()
            .into_owned();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        let id = kept.count;
        kept.messages.push_front(Mail {
            id,
            received_at: clock.now(),
            from,
            to,
            subject,
            text: body,
        });
        kept.messages.truncate(KEPT);
    }
}

/// A message's lines up to the lone dot, the doubled dots undone.
async fn data(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 || line.trim_end() == "." {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// What stands between the angle brackets of MAIL and RCPT.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}
