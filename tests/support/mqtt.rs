//! MQTT 5 byte by byte, for clients that no library would be: silent, deaf, too many.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A client's socket.
pub struct Client(pub TcpStream);

impl Client {
    /// Connects to `mqtt://host:port` and says nothing.
    pub fn silent(url: &str) -> Self {
        let address = url.trim_start_matches("mqtt://");
        let socket = TcpStream::connect(address).unwrap_or_else(|error| panic!("{url}: {error}"));
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// Connects and logs in; the reason code that it got, 0 if it is inside.
    pub fn log_in(url: &str, client_id: &str, user: &str, password: &str) -> (Self, u8) {
        let mut client = Self::silent(url);
        let mut body = vec![0, 4];
        body.extend(b"MQTT");
        body.extend([5, 0b1100_0010, 0, 60, 0]);
        for text in [client_id, user, password] {
            put(&mut body, text);
        }
        client.send(0x10, &body);
        let answer = client.packet().expect("an answer to CONNECT");
        (client, answer[1])
    }

    /// Publishes with QoS 1.
    pub fn publish(&mut self, topic: &str, number: u16, payload: &[u8]) {
        self.publish_with(topic, number, &[], payload, false);
    }

    /// Publishes with QoS 1 and user properties, to be kept by the broker or not.
    pub fn publish_with(
        &mut self,
        topic: &str,
        number: u16,
        properties: &[(&str, &str)],
        payload: &[u8],
        retain: bool,
    ) {
        let mut body = Vec::with_capacity(payload.len() + 200);
        put(&mut body, topic);
        body.extend(number.to_be_bytes());
        let mut told = Vec::new();
        for (key, value) in properties {
            told.push(0x26);
            put(&mut told, key);
            put(&mut told, value);
        }
        length(&mut body, told.len());
        body.extend(told);
        body.extend(payload);
        self.send(0x32 | u8::from(retain), &body);
    }

    /// The body of the next packet; none if the connection is closed.
    pub fn packet(&mut self) -> Option<Vec<u8>> {
        let mut kind = [0; 1];
        self.0.read_exact(&mut kind).ok()?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let mut byte = [0; 1];
            self.0.read_exact(&mut byte).ok()?;
            length |= usize::from(byte[0] & 0x7f) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some(body)
    }

    /// Whether the other side has closed it; waits a moment for that.
    pub fn is_closed(&mut self, patience: Duration) -> bool {
        self.0.set_read_timeout(Some(patience)).unwrap();
        loop {
            match self.0.read(&mut [0; 1_024]) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => {
                    return !matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    );
                }
            }
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) {
        let mut bytes = vec![kind];
        length(&mut bytes, body.len());
        bytes.extend(body);
        // Who is closed out meanwhile is seen when the answer is read.
        let _ = self.0.write_all(&bytes);
    }
}

/// MQTT's length of what follows, 7 bits a byte.
fn length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let low = (length % 128) as u8;
        length /= 128;
        bytes.push(low | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            break;
        }
    }
}

fn put(body: &mut Vec<u8>, text: &str) {
    body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    body.extend(text.as_bytes());
}
