//! A webhook's receiver: takes posts, checks their signatures, and can be told to fail.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use plenum_link::SystemClock;
use plenum_protocol::{Clock, Timestamp};
use serde_json::Value;
use sha2::Sha256;

/// What came: the idempotency key, and the body.
pub type Post = (String, Value);

/// A receiver on loopback.
pub struct WebhookReceiver {
    port: u16,
    posts: Arc<Mutex<Vec<(Timestamp, Post)>>>,
    answer: Arc<AtomicU16>,
}

impl WebhookReceiver {
    /// Starts on a free port and expects signatures made with `secret`.
    pub fn start(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posts = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(AtomicU16::new(204));
        let (kept, status, secret) = (Arc::clone(&posts), Arc::clone(&answer), secret.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = receive(&stream, &secret, &kept, status.load(Ordering::Relaxed));
            }
        });
        Self { port, posts, answer }
    }

    /// Where to post.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// From now on every post is answered with this status; only 2xx are kept.
    pub fn answer(&self, status: u16) {
        self.answer.store(status, Ordering::Relaxed);
    }

    /// Everything that was taken.
    pub fn posts(&self) -> Vec<Post> {
        self.arrivals().into_iter().map(|(_, post)| post).collect()
    }

    /// The same, each with when it was taken.
    pub fn arrivals(&self) -> Vec<(Timestamp, Post)> {
        self.posts.lock().unwrap().clone()
    }

    /// The first post that fits; waits for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test of real processes waits on the wall clock, with a deadline"
    )]
    pub fn wait_for(&self, what: &str, patience: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + patience;
        loop {
            match self.posts().into_iter().find(|(_, body)| fits(body)) {
                Some((_, body)) => return body,
                None if Instant::now() > deadline => panic!("no post {what}; there came {:#?}", self.posts()),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

fn receive(
    stream: &TcpStream,
    secret: &str,
    posts: &Mutex<Vec<(Timestamp, Post)>>,
    status: u16,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut key, mut timestamp, mut signature, mut length) =
        (String::new(), String::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_lowercase().as_str() {
            "idempotency-key" => value.clone_into(&mut key),
            "plenum-timestamp" => value.clone_into(&mut timestamp),
            "plenum-signature" => value.clone_into(&mut signature),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(&body);
    let genuine = signature == format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let status = if genuine { status } else { 401 };
    if (200..300).contains(&status) {
        let post = (key, serde_json::from_slice(&body)?);
        posts.lock().unwrap().push((SystemClock.now(), post));
    }
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} answer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}
