//! A mail server and a receiver of posts on loopback that misbehave as they do at night.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc as blocking;
use std::sync::{Arc, Mutex};

/// Where a server says nothing more, or what it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    SilentAtBanner,
    SilentAtEhlo,
    SilentAfterDot,
    SilentAtQuit,
    /// It takes nothing now.
    Busy,
    /// It takes nothing for bert.
    RefusesBert,
}

/// What a server met.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// It has begun to be silent.
    Silence,
    /// A mail or a post came: to whom, and its subject or body.
    Message(String, String),
}

/// A server on loopback, mail or webhook.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) mood: Arc<Mutex<Mood>>,
    pub(super) met: blocking::Receiver<Met>,
}

impl Server {
    pub(super) fn start(talk: fn(TcpStream, Mood, &blocking::Sender<Met>) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, met) = blocking::channel();
        let mood = Arc::new(Mutex::new(Mood::Well));
        let now = mood.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mood, tell) = (*now.lock().unwrap(), tell.clone());
                std::thread::spawn(move || talk(stream.unwrap(), mood, &tell));
            }
        });
        Self { port, mood, met }
    }

    pub(super) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

/// Reads until the other side has gone.
fn say_nothing(stream: &mut impl Read, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let _ = tell.send(Met::Silence);
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

pub(super) fn smtp(mut stream: TcpStream, mood: Mood, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    if mood == Mood::SilentAtBanner {
        return say_nothing(&mut lines, tell);
    }
    stream.write_all(b"220 test\r\n")?;
    let (mut to, mut line) = (String::new(), String::new());
    while lines.read_line(&mut line)? > 0 {
        let words = std::mem::take(&mut line);
        let verb = words.get(..4).unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" if mood == Mood::SilentAtEhlo => return say_nothing(&mut lines, tell),
            "EHLO" => stream.write_all(b"250-test\r\n250 8BITMIME\r\n")?,
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                while lines.read_line(&mut line)? > 0 && line != ".\r\n" {
                    mail += &std::mem::take(&mut line);
                }
                line.clear();
                if mood == Mood::SilentAfterDot {
                    return say_nothing(&mut lines, tell);
                }
                let _ = tell.send(Met::Message(to.clone(), subject(&mail)));
                stream.write_all(b"250 taken\r\n")?;
            }
            "QUIT" if mood == Mood::SilentAtQuit => return say_nothing(&mut lines, tell),
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            "MAIL" if mood == Mood::Busy => stream.write_all(b"451 later\r\n")?,
            "RCPT" if mood == Mood::RefusesBert && words.contains("bert") => {
                stream.write_all(b"550 5.1.1 <Bert@example.org>: no such user\r\n")?;
            }
            "RCPT" => {
                to = words.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                stream.write_all(b"250 ok\r\n")?;
            }
            _ => stream.write_all(b"250 ok\r\n")?,
        }
    }
    Ok(())
}

fn subject(mail: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

/// A receiver of posts; where it is silent after its banner it drips its answer, a byte now and then.
pub(super) fn http(mut stream: TcpStream, mood: Mood, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let (mut length, mut line) = (0, String::new());
    while lines.read_line(&mut line)? > 2 {
        let header = std::mem::take(&mut line).to_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    match mood {
        Mood::Well => {
            let body: serde_json::Value = serde_json::from_slice(&body)?;
            let _ = tell.send(Met::Message("ops".to_owned(), body["reason"].to_string()));
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        }
        Mood::SilentAtBanner => say_nothing(&mut lines, tell),
        Mood::Busy => {
            stream.write_all(b"HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        }
        Mood::RefusesBert => {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        }
        _ => {
            stream.write_all(b"HTTP/1.1 ")?;
            say_nothing(&mut lines, tell)
        }
    }
}
