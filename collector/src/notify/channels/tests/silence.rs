//! No channel tells its secret: not in what it is shown as, not in what is wrong with it, not when its server repeats all that it was told.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::receiver::{open_in, raised};
use super::*;
use crate::config::Config;

const MARKER: &str = "marker0of0the0channel0marker00";

/// A server that repeats what it heard, with this status.
fn parrot(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut heard = vec![0; 32 * 1_024];
            let length = stream.read(&mut heard).unwrap_or(0);
            let heard = String::from_utf8_lossy(&heard[..length]).into_owned();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{heard}",
                heard.len()
            );
        }
    });
    url
}

/// The table of each kind over HTTP with this server.
fn tables(url: &str) -> Vec<String> {
    let channel = "channel = \"c\"\n";
    let server = format!("server = \"{url}\"\n");
    let token = "token_file = \"secret\"\n";
    vec![
        format!("[[alertmanager]]\n{channel}url = \"{url}\"\nuser = \"u\"\npassword_file = \"secret\"\n"),
        format!("[[matrix]]\n{channel}homeserver = \"{url}\"\n{token}"),
        format!("[[matrix_room]]\n{channel}homeserver = \"{url}\"\nroom = \"!x:y\"\n{token}"),
        format!("[[mattermost]]\n{channel}url_file = \"url\"\n"),
        format!("[[ntfy]]\n{channel}{server}{token}"),
        format!("[[ntfy_topic]]\n{channel}{server}topic_file = \"secret\"\n"),
        format!(
            "[[pagerduty]]\n{channel}{server}routing_key_file = \"secret\"\nwebhook_secret_file = \"secret\"\n"
        ),
        format!("[[pushover]]\n{channel}{server}{token}"),
        format!("[[slack]]\n{channel}url_file = \"url\"\n"),
        format!("[[teams]]\n{channel}url_file = \"url\"\n"),
        format!("[[telegram]]\n{channel}{server}{token}"),
        format!("[[telegram_group]]\n{channel}{server}chat = \"@public\"\n{token}"),
        format!("[[webhook]]\n{channel}url = \"{url}/{MARKER}\"\nsecret_file = \"secret\"\n"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_channel_tells_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    for status in [200, 400, 403, 404, 413, 429, 500] {
        let server = parrot(status);
        let url = format!("{server}/hooks/{MARKER}?sig={MARKER}");
        for table in tables(&server) {
            let opened = open_in(folder.path(), &table, &[("secret", MARKER), ("url", &url)]);
            let outcome = opened.unwrap().send(&raised("someone")).await;
            let said = format!("{outcome:?}");
            assert!(
                !said.contains(MARKER) && !said.contains("someone"),
                "{table}{said}"
            );
        }
    }
    let kinds: std::collections::BTreeSet<&str> = CHANNELS.iter().map(|entry| entry.table).collect();
    let others = ["command", "relay", "smtp", "sms", "syslog"];
    let tried = tables("http://x");
    for kind in kinds.into_iter().filter(|kind| !others.contains(kind)) {
        assert!(
            tried.iter().any(|table| table.contains(&format!("[[{kind}]]"))),
            "{kind} is not tried"
        );
    }
}

#[test]
fn a_secret_that_is_not_valid_is_not_told_either_and_a_settings_text_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let broken = format!("{MARKER}\n{MARKER}");
    for table in tables("http://localhost:1") {
        let file = folder.path().join("collector.toml").display().to_string();
        let config = Config::parse(&file, &table).unwrap();
        let is_webhook = table.starts_with("[[webhook]]");
        let shown = format!("{:?}", config.courier().channels);
        assert!(!shown.contains(MARKER) || is_webhook, "{shown}");
        // A webhook's secret signs and may be anything.
        if !is_webhook {
            let said = open_in(folder.path(), &table, &[("secret", &broken), ("url", &broken)])
                .err()
                .unwrap();
            assert!(said.contains("_file") && !said.contains(MARKER), "{said}");
        }
    }
}
