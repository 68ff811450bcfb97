//! A client that no library would be: MQTT 5 byte by byte, as much as the socket takes.

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{CULPRIT, PASSWORD, SITE};

/// A client that is logged in.
pub(super) struct Client {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    number: u16,
}

/// Connects and says nothing.
pub(super) async fn silent(url: &str) -> Result<TcpStream> {
    Ok(TcpStream::connect(url.trim_start_matches("mqtt://")).await?)
}

impl Client {
    /// Logs in as the culprit.
    pub(super) async fn log_in(url: &str, client_id: &str) -> Result<Self> {
        let (read, write) = silent(url).await?.into_split();
        let mut client = Self {
            read: BufReader::new(read),
            write,
            number: 0,
        };
        let mut body = vec![0, 4];
        body.extend(b"MQTT");
        body.extend([5, 0b1100_0010, 0, 60, 0]);
        for text in [client_id, &format!("{SITE}/{CULPRIT}"), PASSWORD] {
            put(&mut body, text)?;
        }
        client.send(0x10, &body).await?;
        let answer = client.answer().await?;
        let reason = answer.get(1).copied().context("no reason in the answer")?;
        anyhow::ensure!(reason == 0, "refused with {reason:#x}");
        Ok(client)
    }

    /// Publishes, and waits for the answer: its reason code.
    pub(super) async fn publish(
        &mut self,
        topic: &str,
        properties: &[(&str, String)],
        payload: &[u8],
    ) -> Result<u8> {
        self.number = self.number.checked_add(1).unwrap_or(1);
        let mut listed = Vec::new();
        for (key, value) in properties {
            listed.push(0x26);
            put(&mut listed, key)?;
            put(&mut listed, value)?;
        }
        let mut body = Vec::with_capacity(payload.len() + 200);
        put(&mut body, topic)?;
        body.extend(self.number.to_be_bytes());
        put_length(&mut body, listed.len());
        body.extend(listed);
        body.extend(payload);
        self.send(0x32, &body).await?;
        let answer = self.answer().await?;
        Ok(answer.get(2).copied().unwrap_or(0))
    }

    async fn send(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        let mut bytes = vec![kind];
        put_length(&mut bytes, body.len());
        bytes.extend(body);
        Ok(self.write.write_all(&bytes).await?)
    }

    /// The body of the next answer; a farewell is an error.
    async fn answer(&mut self) -> Result<Vec<u8>> {
        let kind = self.read.read_u8().await?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.read.read_u8().await?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.read.read_exact(&mut body).await?;
        anyhow::ensure!(
            kind >> 4 != 14,
            "sent away with {:#x}",
            body.first().copied().unwrap_or(0)
        );
        Ok(body)
    }
}

fn put(body: &mut Vec<u8>, text: &str) -> Result<()> {
    body.extend(u16::try_from(text.len())?.to_be_bytes());
    body.extend(text.as_bytes());
    Ok(())
}

fn put_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = (length % 128) as u8;
        length /= 128;
        bytes.push(low | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            return;
        }
    }
}
