//! The doors of the real `plenum serve` under siege: silent sockets, one identity a hundred times, statuses of a megabyte.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::time::Duration;

use plenum_link::Stopwatch;
use support::mqtt::Client;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(30);
/// Before, 1,020 sockets were enough.
const SILENT: usize = 1_020;

fn server(folder: &std::path::Path) -> Server {
    std::fs::write(folder.join("password"), "secret").unwrap();
    let settings = Settings {
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
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
fn a_thousand_silent_sockets_at_either_door_keep_nobody_out() {
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
