//! The worst that one agent with its own credential can do: each attack goes on in a task of its own, as fast as it is answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration};
use tokio::task::JoinSet;

use super::client::{Client, silent};
use super::{CULPRIT, SITE};

/// After a connection that was refused.
const PAUSE: Duration = Duration::from_milliseconds(50);
/// Records of a pack.
const RECORDS: u64 = 1_000;
/// Sockets of the attack on connections.
const SOCKETS: usize = 2_000;

/// What one attack did.
#[derive(Debug, Default, Clone, serde::Serialize)]
pub(super) struct Attack {
    /// Packets, or connections.
    pub(super) sent: u64,
    /// Of these the ones that were refused.
    pub(super) refused: u64,
    /// Times that it was sent away.
    pub(super) sent_away: u64,
}

/// What all attacks did.
#[derive(Debug, Default)]
pub(super) struct Attacks(Mutex<BTreeMap<&'static str, Attack>>);

impl Attacks {
    /// What each did so far.
    pub(super) fn list(&self) -> BTreeMap<&'static str, Attack> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, name: &'static str, note: impl FnOnce(&mut Attack)) {
        let mut attacks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        note(attacks.entry(name).or_default());
    }
}

/// A packet of an attack: where to, with which properties, and what.
type Packet = (String, Vec<(&'static str, String)>, Vec<u8>);

/// An attack's name, and its packet of a number.
type Flood = (&'static str, fn(u64) -> Packet);

/// Begins them all; they end when this is dropped.
pub(super) fn begin(url: &str, attacks: &Arc<Attacks>) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    // Four connections are what it may have.
    let floods: [Flood; 6] = [
        ("statuses", status),
        ("series", series),
        ("letters", letter),
        ("streams", stream),
        ("topics", topic),
        ("sizes", size),
    ];
    for (connection, pair) in floods.chunks(2).enumerate() {
        tasks.spawn(flood(
            url.to_owned(),
            attacks.clone(),
            format!("flood-{connection}"),
            pair.to_vec(),
        ));
    }
    tasks.spawn(connections(url.to_owned(), attacks.clone()));
    tasks.spawn(sockets(url.to_owned(), attacks.clone()));
    Ok(tasks)
}

/// Sends the packets of some attacks in turn over one connection, made again whenever it ends.
async fn flood(url: String, attacks: Arc<Attacks>, client_id: String, kinds: Vec<Flood>) {
    let mut number = 0;
    loop {
        let Ok(mut client) = Client::log_in(&url, &client_id).await else {
            SystemClock.sleep(PAUSE).await;
            continue;
        };
        loop {
            number += 1;
            let (name, packet) = kinds[number as usize % kinds.len()];
            let (topic, properties, payload) = packet(number);
            attacks.note(name, |attack| attack.sent += 1);
            match client.publish(&topic, &properties, &payload).await {
                Ok(0) => {}
                Ok(_) => attacks.note(name, |attack| attack.refused += 1),
                Err(_) => {
                    attacks.note(name, |attack| attack.sent_away += 1);
                    break;
                }
            }
        }
    }
}

/// Logs in again and again, always under another client id.
async fn connections(url: String, attacks: Arc<Attacks>) {
    let mut inside = Vec::new();
    for number in 0_u64.. {
        attacks.note("connections", |attack| attack.sent += 1);
        match Client::log_in(&url, &format!("more-{number}")).await {
            Ok(client) => inside.push(client),
            Err(_) => attacks.note("connections", |attack| attack.refused += 1),
        }
        // It goes on after a while as somebody else.
        if inside.len() > 1 {
            inside.clear();
        }
        SystemClock.sleep(Duration::from_milliseconds(5)).await;
    }
}

/// Opens sockets that say nothing, and again those that were closed.
async fn sockets(url: String, attacks: Arc<Attacks>) {
    let mut open = std::collections::VecDeque::new();
    loop {
        if let Ok(socket) = silent(&url).await {
            attacks.note("sockets", |attack| attack.sent += 1);
            open.push_back(socket);
        }
        if open.len() > SOCKETS {
            open.pop_front();
        }
        SystemClock.sleep(Duration::from_milliseconds(2)).await;
    }
}

fn own(kind: &str) -> String {
    format!("plenum/1/{SITE}/{CULPRIT}/{kind}")
}

/// A new number at each call, so that no stream of one start is of another.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn batch(stream: String, seq: u64) -> Vec<(&'static str, String)> {
    let seq = seq.to_string();
    vec![
        ("stream", stream),
        ("seq", seq.clone()),
        ("first", seq.clone()),
        ("last", seq),
    ]
}

fn pack(sensor: impl Fn(u64) -> String) -> Vec<u8> {
    let at = SystemClock.now().milliseconds() as f64 / 1_000.0;
    let mut text = format!(
        "[{{\"bn\":\"{SITE}/{CULPRIT}/\",\"bt\":{at},\"n\":\"first/temperature\",\"u\":\"Cel\",\"v\":1}}"
    );
    for record in 1..RECORDS {
        text += &format!(
            ",{{\"n\":\"{}/temperature\",\"u\":\"Cel\",\"v\":{}}}",
            sensor(record),
            record % 100
        );
    }
    (text + "]").into_bytes()
}

/// Statuses that are different each time, as long as they may be or longer.
fn status(number: u64) -> Packet {
    let (streams, sensors) = if number.is_multiple_of(7) {
        (3_000, 4_000)
    } else {
        (250, 250)
    };
    let streams: Vec<String> = (0..streams)
        .map(|stream| format!("\"s{}-{stream}\":{{\"first\":1,\"last\":9}}", unique()))
        .collect();
    let sensors: Vec<String> = (0..sensors)
        .map(|sensor| {
            format!("{{\"id\":\"x{number}-{sensor}\",\"driver\":\"lm75\",\"quantities\":[\"temperature\"],\"interval_s\":1}}")
        })
        .collect();
    let state = if number.is_multiple_of(2) {
        "online"
    } else {
        "offline"
    };
    let text = format!(
        "{{\"state\":\"{state}\",\"connection\":{number},\"streams\":{{{}}},\"sensors\":[{}]}}",
        streams.join(","),
        sensors.join(",")
    );
    (own("status"), Vec::new(), text.into_bytes())
}

/// A thousand series that nobody has seen.
fn series(number: u64) -> Packet {
    let payload = pack(|record| format!("n{number}-{record}"));
    (own("readings"), batch("of-series".to_owned(), number), payload)
}

/// A thousand records none of which can be read, or none at all.
fn letter(number: u64) -> Packet {
    let payload = match number % 3 {
        0 => vec![b'{'; 200 << 10],
        1 => pack(|record| format!("NOT A NAME {record}")),
        _ => b"[{\"n\":".to_vec(),
    };
    (own("readings"), batch("of-letters".to_owned(), number), payload)
}

/// A stream for each batch.
fn stream(number: u64) -> Packet {
    let payload = pack(|record| format!("known-{}", record % 10));
    (own("readings"), batch(format!("stream-{number}"), 1), payload)
}

/// Topics of others, and none at all.
fn topic(number: u64) -> Packet {
    let topic = match number % 4 {
        0 => format!("plenum/1/{SITE}/agent-0/readings"),
        1 => format!("plenum/1/{SITE}/agent-0/ack"),
        2 => own("ack"),
        _ => "elsewhere".to_owned(),
    };
    (topic, Vec::new(), b"{}".to_vec())
}

/// Nearly as much as a packet may be.
fn size(number: u64) -> Packet {
    (
        own("readings"),
        batch("of-sizes".to_owned(), number),
        vec![b'['; 1_000_000],
    )
}
