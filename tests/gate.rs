//! The doors of the real `plenum serve` under siege: silent and dripping sockets, one identity a hundred times, statuses of a megabyte.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use plenum_link::Stopwatch;
use support::mqtt::Client;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(30);
/// Ten thousand in all. Once 1,020 sockets were enough to keep everybody out.
const SILENT: usize = 5_000;

fn server(folder: &std::path::Path) -> Server {
    serving(folder, "")
}

/// With these keys of `[broker]` more.
fn serving(folder: &std::path::Path, more: &str) -> Server {
    std::fs::write(folder.join("password"), "secret").unwrap();
    let settings = Settings {
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n{more}",
            ports::free()
        ),
        tables: "[[agent]]\nsite = \"s\"\nid = \"a\"\npassword_file = \"password\"\n".to_owned(),
        ..Settings::default()
    };
    Server::start(folder, &settings)
}

/// The value of a figure without labels.
fn figure(server: &Server, name: &str) -> f64 {
    let text = server.fetch("/metrics").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{name} is not told"))
}

#[track_caller]
fn answers_at_once(server: &Server) {
    let watch = Stopwatch::start();
    server.fetch("/readyz").unwrap();
    let took = watch.elapsed();
    assert!(took < Duration::from_secs(1), "the dashboard took {took:?}");
}

#[test]
fn ten_thousand_silent_sockets_keep_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let (mqtt, http) = (server.announced("mqtt"), server.announced("url"));
    let at_mqtt: Vec<Client> = (0..SILENT).map(|_| Client::silent(&mqtt)).collect();
    answers_at_once(&server);
    let at_http: Vec<Client> = (0..SILENT)
        .map(|_| Client::silent(http.trim_start_matches("http://")))
        .collect();
    answers_at_once(&server);
    let watch = Stopwatch::start();
    let (_agent, reason) = Client::log_in(&mqtt, "s/a", "s/a", "secret");
    assert_eq!(reason, 0);
    assert!(watch.elapsed() < Duration::from_secs(1));
    assert!(figure(&server, "plenum_http_sent_away_total") > 0.0);
    assert!(figure(&server, "process_max_fds") >= 20_000.0_f64.min(hard_limit()));
    drop((at_mqtt, at_http));
}

/// Says this, then a byte again and again, if one at all, until it is answered or closed; how long that took.
fn drip(address: &str, says: &[u8], again: Option<u8>) -> Duration {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    socket.write_all(says).unwrap();
    let watch = Stopwatch::start();
    while watch.elapsed() < PATIENCE {
        let heard = socket.read(&mut [0; 1_024]);
        let is_silence = |error: &Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        let is_over = heard.is_ok() || heard.is_err_and(|error| !is_silence(&error));
        if is_over || again.is_some_and(|byte| socket.write_all(&[byte]).is_err()) {
            return watch.elapsed();
        }
    }
    panic!("{address} listens for ever to {}", says.escape_ascii());
}

/// Whoever never stops saying something has ten seconds all the same, at each door.
#[test]
fn who_drips_is_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let in_tls = format!("127.0.0.1:{}", ports::free());
    let server = serving(folder.path(), &format!("tls_listen = \"{in_tls}\"\n"));
    let [http, mqtt] = ["url", "mqtt"].map(|door| {
        let url = server.announced(door);
        url.rsplit_once("//").unwrap().1.to_owned()
    });
    let body = "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{";
    let cases: [(&str, &[u8], Option<u8>); 5] = [
        (&http, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", Some(b'a')),
        (&http, body.as_bytes(), None),
        (&mqtt, b"\x10\x7f\x00\x04MQTT\x05", Some(0)),
        (&in_tls, b"\x16\x03\x01\x40\x00\x01", Some(0)),
        (&in_tls, b"", None),
    ];
    std::thread::scope(|threads| {
        let dripping =
            cases.map(|(address, says, again)| (says, threads.spawn(move || drip(address, says, again))));
        for (says, dripping) in dripping {
            let took = dripping.join().unwrap().as_secs();
            assert!((8..20).contains(&took), "{}: {took} s", says.escape_ascii());
        }
    });
    answers_at_once(&server);
}

fn hard_limit() -> f64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    line.split_whitespace()
        .nth(4)
        .unwrap()
        .parse()
        .unwrap_or(f64::MAX)
}

#[test]
fn of_a_hundred_connections_of_one_agent_four_stay() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let connect = |number| Client::log_in(&mqtt, &format!("c{number}"), "s/a", "secret");
    let clients: Vec<(Client, u8)> = (0..100).map(connect).collect();
    let inside = clients.iter().filter(|(_, reason)| *reason == 0).count();
    // Quota exceeded, in MQTT's table of reasons.
    let told = clients.iter().filter(|(_, reason)| *reason == 0x97).count();
    assert_eq!((inside, told), (4, 96));
    assert_eq!(figure(&server, "plenum_broker_clients"), 4.0);
    assert_eq!(figure(&server, "plenum_broker_refused_connections_total"), 96.0);
    answers_at_once(&server);
    drop(clients);
    eventually("end of all four", PATIENCE, || {
        (figure(&server, "plenum_broker_clients") == 0.0).then_some(())
    });
}

#[test]
fn statuses_of_a_megabyte_do_not_pile_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let before = figure(&server, "process_resident_memory_bytes");
    let status = vec![b'x'; 900_000];
    let mut sent = 0_u16;
    let mut most = before;
    while sent < 300 {
        let (mut client, reason) = Client::log_in(&mqtt, "s/a", "s/a", "secret");
        assert_eq!(reason, 0);
        // Where there is no room for a status, its connection is closed, to be made again.
        while sent < 300 {
            sent += 1;
            client.publish("plenum/1/s/a/status", sent, &status);
            if client.packet().is_none_or(|answer| answer.len() > 3) {
                break;
            }
        }
        most = most.max(figure(&server, "process_resident_memory_bytes"));
    }
    assert!(figure(&server, "plenum_broker_oversized_statuses_total") >= 200.0);
    let grown = (most - before) / f64::from(1 << 20);
    assert!(grown < 150.0, "the server grew by {grown:.0} MiB");
    answers_at_once(&server);
}

#[test]
fn every_bound_has_a_figure_in_a_real_scrape() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let told = server.fetch("/metrics").unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/bounds.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what "));
    let mut bounds = 0;
    for row in rows {
        let figures = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = figures.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no figure: {row}");
        for name in names {
            assert!(
                told.contains(&format!("# TYPE {name} ")),
                "{name} is not told: {row}"
            );
        }
        bounds += 1;
    }
    assert!(bounds > 15, "{bounds}");
}
