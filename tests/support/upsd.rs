//! A small server of upsd's protocol that plays many UPSes at once, each from its variables. What it says is what upsd says, by test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A UPS's variables by their names.
pub type Variables = BTreeMap<String, String>;

/// The server. Its threads end with the test.
#[derive(Debug)]
pub struct SmallUpsd {
    port: u16,
}

impl SmallUpsd {
    /// Plays these, by their names.
    pub fn playing(upses: BTreeMap<String, Variables>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let upses = Arc::new(upses);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let upses = upses.clone();
                thread::spawn(move || talk(stream, &upses));
            }
        });
        Self { port }
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Answers until the other end has gone.
fn talk(stream: TcpStream, upses: &BTreeMap<String, Variables>) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let answer = match line.strip_prefix("LIST VAR ") {
            Some(name) => upses.get(name).map(|variables| list(name, variables)),
            None => Some("ERR UNKNOWN-COMMAND\n".to_owned()),
        };
        let answer = answer.unwrap_or_else(|| "ERR UNKNOWN-UPS\n".to_owned());
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn list(ups: &str, variables: &Variables) -> String {
    let escaped = |value: &String| value.replace('\\', "\\\\").replace('"', "\\\"");
    let line = |(name, value): (&String, &String)| format!("VAR {ups} {name} \"{}\"\n", escaped(value));
    let lines: String = variables.iter().map(line).collect();
    format!("BEGIN LIST VAR {ups}\n{lines}END LIST VAR {ups}\n")
}
