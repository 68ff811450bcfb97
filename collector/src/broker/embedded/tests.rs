//! Clients that say nothing, in a time that jumps: byte by byte over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use plenum_link::{Stopwatch, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use super::door::{self, House};
use crate::broker::gate::Gate;
use crate::broker::lanes::Lanes;
use crate::broker::{AgentPasswords, BrokerCounters, Incoming};

/// A broker for guests with room for so many sockets.
async fn house(most: usize) -> (SocketAddr, Arc<BrokerCounters>, mpsc::Receiver<Incoming>) {
    let (queue, packets) = mpsc::channel(100);
    let counters = Arc::new(BrokerCounters::default());
    let gate = Gate {
        credentials: Arc::new(AgentPasswords::default()),
        accept_new_agents: Arc::new(AtomicBool::new(true)),
        pieces: Arc::new(Semaphore::new(100)),
        lanes: Lanes::default(),
        queue,
        clock: SystemClock::shared(),
        counters: counters.clone(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(door::open(listener, Arc::new(House::new(gate, most)), None));
    (address, counters, packets)
}

/// CONNECT of MQTT 5 with this keep-alive, of a guest `c`.
fn connect(keep_alive: u16) -> Vec<u8> {
    let mut bytes = vec![0x10, 14, 0, 4, b'M', b'Q', b'T', b'T', 5, 0b10];
    bytes.extend(keep_alive.to_be_bytes());
    bytes.extend([0, 0, 1, b'c']);
    bytes
}

async fn packet(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 2];
    socket.read_exact(&mut head).await.ok()?;
    let mut rest = vec![0; head[1].into()];
    socket.read_exact(&mut rest).await.ok()?;
    Some([&head[..], &rest].concat())
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_says_nothing_or_half_a_word_is_closed() {
    let (address, counters, _packets) = house(100).await;
    for word in [&b""[..], b"\x10", b"\x10\x80", &connect(60)[..9]] {
        let before = tokio::time::Instant::now();
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(word).await.unwrap();
        assert_eq!(socket.read(&mut [0; 16]).await.unwrap_or(0), 0, "{word:?}");
        let waited = before.elapsed().as_secs();
        assert!((9..=11).contains(&waited), "{word:?}: {waited} s");
    }
    assert_eq!(counters.closed_silent.load(Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_breaks_its_promise_is_closed_and_told() {
    let (address, counters, _packets) = house(100).await;
    // What it promises, what it is held to, and what it is told of that.
    for (keep_alive, silence, told) in [
        (60, 90, None),
        (2, 5, None),
        (0, 5_400, Some(3_600)),
        (u16::MAX, 5_400, Some(3_600)),
    ] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(&connect(keep_alive)).await.unwrap();
        let answer = packet(&mut socket).await.unwrap();
        assert_eq!((answer[0], answer[3]), (0x20, 0), "{answer:?}");
        let property = told.map(|seconds: u16| [&[0x13][..], &seconds.to_be_bytes()].concat());
        let found = answer[5..].windows(3).find(|bytes| bytes[0] == 0x13);
        assert_eq!(found, property.as_deref(), "{keep_alive}: {answer:?}");
        let before = tokio::time::Instant::now();
        let goodbye = packet(&mut socket).await.unwrap();
        assert_eq!((goodbye[0], goodbye[2]), (0xe0, 0x8d), "{goodbye:?}");
        let waited = before.elapsed().as_secs();
        assert!(
            (silence - 1..=silence + 1).contains(&waited),
            "{keep_alive}: {waited} s"
        );
    }
    assert_eq!(counters.closed_silent.load(Relaxed), 4);
    assert_eq!(counters.clients.load(Relaxed), 0);
}

#[tokio::test]
async fn silent_sockets_make_room_for_one_that_speaks() {
    let (address, counters, _packets) = house(64).await;
    let watch = Stopwatch::start();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let mut speaking = TcpStream::connect(address).await.unwrap();
    speaking.write_all(&connect(60)).await.unwrap();
    let answer = packet(&mut speaking).await.unwrap();
    assert_eq!((answer[0], answer[3]), (0x20, 0), "{answer:?}");
    assert!(
        watch.elapsed().as_secs() < 5,
        "nobody waited for ten seconds to pass"
    );
    assert!(counters.closed_silent.load(Relaxed) + counters.refused_connections.load(Relaxed) >= 150);
}
