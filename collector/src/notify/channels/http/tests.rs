//! Servers as hostile as they come: they hang at every byte, never end, lead elsewhere, answer for others and ask for a pause of a year.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::notify::channels::tests::receiver::{Receiver, raised};
use crate::notify::outbox::tests::NOW;

const SHORT: std::time::Duration = std::time::Duration::from_millis(1_500);

fn http(secrets: &[&Secret]) -> Http {
    // A second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::patient(secrets, SHORT).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

/// A server that reads a request's head and goes on like this.
fn serve(talk: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let talk = Arc::new(talk);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let talk = talk.clone();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4_096]).and_then(|_| talk(&mut stream));
            });
        }
    });
    Url::parse(&url).unwrap()
}

/// Says so much and then nothing, until the other side has gone.
fn hang_after(stream: &mut TcpStream, said: &[u8]) -> std::io::Result<()> {
    stream.write_all(said)?;
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

async fn outcome(http: &Http, url: &Url) -> Outcome {
    match http.ask(http.post(url).body("x"), &raised("")).await {
        Ok(answer) => answer.judge(|answer| answer.json().is_some()),
        Err(outcome) => outcome,
    }
}

const WELL: &[u8] = b"HTTP/1.1 200 OK\r\nserver: x\r\ncontent-length: 15\r\n\r\n{\"status\":true}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_at_any_byte_costs_an_attempt_and_no_more() {
    let lengths = 0..=WELL.len();
    let hang = |length: usize| async move {
        let url = serve(move |stream| hang_after(stream, &WELL[..length]));
        (length, outcome(&http(&[]), &url).await)
    };
    for (length, outcome) in futures::future::join_all(lengths.map(hang)).await {
        match length == WELL.len() {
            true => assert_eq!(outcome, Outcome::Sent),
            false => assert!(matches!(outcome, Outcome::Retry(_)), "{length}: {outcome:?}"),
        }
    }
    // One that does not even read.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}", deaf.local_addr().unwrap())).unwrap();
    assert!(matches!(outcome(&http(&[]), &url).await, Outcome::Retry(words) if words.contains("timed out")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_end_is_left_when_enough_of_it_came() {
    let said = Arc::new(AtomicU64::new(0));
    let counted = said.clone();
    let url = serve(move |stream| {
        stream.write_all(b"HTTP/1.1 500 No\r\ncontent-length: 3221225472\r\n\r\n")?;
        let piece = vec![b' '; 64 * 1_024];
        while counted.load(Ordering::Relaxed) < 3 << 30 {
            stream.write_all(&piece)?;
            counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    });
    let http = http(&[]);
    let answer = http.ask(http.post(&url), &raised("")).await.ok().unwrap();
    assert_eq!(answer.body.len(), ANSWER);
    // What was under way when we left.
    assert!(said.load(Ordering::Relaxed) < 64 << 20);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_page_is_nobodys_success() {
    let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
    let url = Url::parse(&receiver.url()).unwrap();
    let http = http(&[]);
    for status in [301, 302, 303, 307, 308] {
        receiver.answers(status, &format!("location: {}\r\n", elsewhere.url()), "");
        assert!(
            matches!(outcome(&http, &url).await, Outcome::Retry(_)),
            "{status}"
        );
    }
    assert!(elsewhere.came().is_empty());
    receiver.answers(
        200,
        "content-type: text/html\r\n",
        "<html>Please log in to the guests' network</html>",
    );
    let page = outcome(&http, &url).await;
    assert_eq!(
        page,
        Outcome::Retry("the receiver answered 200 OK, which is not its own answer".to_owned())
    );
    let answer = http.ask(http.post(&url), &raised("")).await.ok().unwrap();
    assert!(answer.is_page());
}

#[tokio::test]
async fn all_but_what_is_too_large_is_tried_again() {
    let receiver = Receiver::start();
    let (http, url) = (http(&[]), Url::parse(&receiver.url()).unwrap());
    for status in [400, 401, 403, 404, 408, 410, 422, 500, 502, 504] {
        receiver.answers(status, "", "{}");
        assert!(
            matches!(outcome(&http, &url).await, Outcome::Retry(_)),
            "{status}"
        );
    }
    receiver.answers(413, "", "");
    assert!(matches!(outcome(&http, &url).await, Outcome::GiveUp(_)));
    receiver.answers(204, "", "");
    let answer = http.ask(http.post(&url), &raised("")).await.ok().unwrap();
    assert_eq!(answer.judge(|_| true), Outcome::Sent);
    // For as long as it takes: the outbox asks some 300 times in a day.
    receiver.answers(500, "", "");
    for _ in 0..300 {
        assert!(matches!(outcome(&http, &url).await, Outcome::Retry(_)));
    }
    receiver.answers(200, "", "{}");
    assert_eq!(outcome(&http, &url).await, Outcome::Sent);
}

#[tokio::test]
async fn who_asks_for_a_pause_gets_one_of_five_minutes_at_most() {
    let receiver = Receiver::start();
    let url = Url::parse(&receiver.url()).unwrap();
    let later = |seconds: i64| {
        let mut delivery = raised("");
        delivery.now = NOW + Duration::from_seconds(seconds);
        delivery
    };
    let at = (NOW + Duration::from_seconds(90)).to_jiff();
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (asked, seconds) in [("30", 30), ("86400", 300), (date.as_str(), 90)] {
        for status in [429, 503] {
            let http = http(&[]);
            receiver.answers(status, &format!("retry-after: {asked}\r\n"), "");
            assert!(http.ask(http.post(&url), &later(0)).await.is_ok());
            receiver.came();
            let early = http.ask(http.post(&url), &later(seconds - 1)).await;
            assert!(
                matches!(early, Err(Outcome::Retry(words)) if words.contains("pause")),
                "{asked}"
            );
            assert!(receiver.came().is_empty());
            assert!(
                http.ask(http.post(&url), &later(seconds)).await.is_ok(),
                "{asked}"
            );
        }
    }
    // The clock was set back by a day: nobody waits for that long.
    let http = http(&[]);
    receiver.answers(429, "retry-after: 60\r\n", "");
    assert!(http.ask(http.post(&url), &later(0)).await.is_ok());
    assert!(http.ask(http.post(&url), &later(-86_400)).await.is_ok());
    // Neither does what is not valid make anybody wait.
    for asked in ["-1", "soon", "99999999999999999999"] {
        let http = self::http(&[]);
        receiver.answers(503, &format!("retry-after: {asked}\r\n"), "");
        assert!(http.ask(http.post(&url), &later(0)).await.is_ok());
        assert!(http.ask(http.post(&url), &later(1)).await.is_ok(), "{asked}");
    }
}

#[tokio::test]
async fn no_secret_and_no_address_of_anybodys_stands_in_what_is_told() {
    let receiver = Receiver::start();
    let whole = format!(
        "{}/services/marker-one/marker-two?sig=marker-three",
        receiver.url()
    );
    let (url, token) = (Url::parse(&whole).unwrap(), "marker-of-the-token");
    let http = http(&[&secret(&whole), &secret(token)]);
    for said in [
        format!("no such hook: {whole}"),
        "no such path /services/marker-one/marker-two".to_owned(),
        "marker-two is revoked, and sig marker-three is".to_owned(),
        format!("{} {token} {}", "\u{202E}", "x".repeat(300)),
        "chat 987654321 is not known".to_owned(),
        format!("{}{token}", " ".repeat(ANSWER - 7)),
    ] {
        receiver.answers(404, "", &said);
        let answer = http
            .ask(http.post(&url), &raised("987654321"))
            .await
            .ok()
            .unwrap();
        let words = answer.words();
        assert!(
            !words.contains("marker-") && !words.contains("987654321"),
            "{words}"
        );
        assert!(words.chars().count() < TOLD + 60, "{words}");
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nobody = format!("http://127.0.0.1:{port}/services/marker-one");
    let http = self::http(&[&secret(&nobody)]);
    let refused = http
        .ask(http.post(&Url::parse(&nobody).unwrap()), &raised(""))
        .await;
    let Err(Outcome::Retry(words)) = refused else {
        panic!("somebody answered")
    };
    assert!(
        words.contains("Connection refused") && !words.contains("marker"),
        "{words}"
    );
}
