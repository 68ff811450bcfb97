//! A small server of upsd's protocol that plays many UPSes at once, each from its variables, which may change at any time. What it says is what upsd
//! says, by test.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::process::eventually;

/// A UPS's variables by their names.
pub type Variables = BTreeMap<String, String>;

/// What a UPS says; upsd has no fresh data of one without variables.
type Said = Option<Variables>;

/// A UPS: what it says as a rule, and first of all, once each.
#[derive(Debug)]
struct Played {
    usual: Said,
    first: VecDeque<Said>,
}

/// The UPSes by their names.
type Upses = BTreeMap<String, Played>;

/// The server. Its threads end with the test.
#[derive(Debug)]
pub struct SmallUpsd {
    port: u16,
    upses: Arc<Mutex<Upses>>,
}

impl SmallUpsd {
    /// Plays these, by their names.
    pub fn playing(upses: BTreeMap<String, Variables>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let played = |variables| Played {
            usual: Some(variables),
            first: VecDeque::new(),
        };
        let upses = upses.into_iter().map(|(name, own)| (name, played(own)));
        let upses = Arc::new(Mutex::new(upses.collect::<Upses>()));
        let played = upses.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let upses = played.clone();
                thread::spawn(move || talk(stream, &upses));
            }
        });
        Self { port, upses }
    }

    /// From now on a UPS says this, or upsd has no fresh data of it.
    pub fn play(&self, ups: &str, variables: Said) {
        self.upses.lock().unwrap().get_mut(ups).unwrap().usual = variables;
    }

    /// So many of the next polls are answered so. Waits until they were; polls come each second.
    pub fn answer(&self, ups: &str, polls: usize, variables: &Said) {
        let next = std::iter::repeat_n(variables.clone(), polls);
        self.upses
            .lock()
            .unwrap()
            .get_mut(ups)
            .unwrap()
            .first
            .extend(next);
        let patience = Duration::from_secs(20 + 2 * polls as u64);
        eventually(&format!("{polls} polls of {ups}"), patience, || {
            let upses = self.upses.lock().unwrap();
            upses[ups].first.is_empty().then_some(())
        });
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Answers until the other end has gone.
fn talk(stream: TcpStream, upses: &Mutex<Upses>) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let answer = match line.strip_prefix("LIST VAR ") {
            Some(name) => match upses.lock().unwrap().get_mut(name) {
                Some(played) => match played.first.pop_front().as_ref().unwrap_or(&played.usual) {
                    Some(variables) => list(name, variables),
                    None => "ERR DATA-STALE\n".to_owned(),
                },
                None => "ERR UNKNOWN-UPS\n".to_owned(),
            },
            None => "ERR UNKNOWN-COMMAND\n".to_owned(),
        };
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
