//! Lines as receivers of all three kinds get them, read back by the grammar of RFC 5424.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::notify::channels::tests::receiver::{endless, open, open_in, over, raised};

/// A line in its parts: what stands before the data, the data's fields, the text.
fn read(line: &str) -> (Vec<String>, Vec<(String, String)>, String) {
    let (head, rest) = line.split_once(" [").unwrap();
    let head: Vec<String> = head.split(' ').map(ToOwned::to_owned).collect();
    assert_eq!(head.len(), 6, "{line}");
    let mut letters = rest.chars();
    let name: String = letters.by_ref().take_while(|letter| *letter != ' ').collect();
    assert_eq!(name, "plenum@32473");
    let mut fields = Vec::new();
    loop {
        let key: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        assert!(key.bytes().all(|byte| byte.is_ascii_lowercase()), "{key}");
        assert_eq!(letters.next(), Some('"'));
        let mut value = String::new();
        loop {
            match letters.next().unwrap() {
                '\\' => value.push(letters.next().unwrap()),
                '"' => break,
                letter => value.push(letter),
            }
        }
        fields.push((key, value));
        match letters.next().unwrap() {
            ' ' => {}
            ']' => break,
            other => panic!("{other} in {line}"),
        }
    }
    let text: String = letters.collect();
    (head, fields, text.strip_prefix(" \u{FEFF}").unwrap().to_owned())
}

#[test]
fn a_line_is_what_rfc_5424_wants_and_no_longer_than_a_receiver_takes() {
    let (head, fields, text) = read(&line(&raised(""), "pi a1.example.org"));
    assert_eq!(
        head,
        [
            "<130>1",
            "1970-01-12T13:46:40.000Z",
            "pia1.example.org",
            "plenum",
            "-",
            "alarm"
        ]
    );
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (field("subject"), field("reason")),
        (Some("<!channel> \"x]\\"), Some("first"))
    );
    assert_eq!(
        (field("room"), field("key")),
        (Some("room-a"), Some(raised("").key.as_str()))
    );
    assert_eq!(text, raised("").message.subject);
    let (head, ..) = read(&line(&over(""), ""));
    assert_eq!((head[0].as_str(), head[2].as_str()), ("<133>1", "-"));
    let mut long = endless("");
    long.alarm.subject = plenum_core::alarms::Subject::System("\"]\\🔥".repeat(500));
    long.message.subject += "\n<0>1 - - - - - - forged";
    let long = line(&long, &"x".repeat(400));
    assert!(
        long.len() <= LINE && long.ends_with('…') && !long.contains('\n'),
        "{}",
        long.len()
    );
    read(&long);
}

#[test]
fn an_address_has_a_port_and_in_clear_is_told() {
    for (address, expected) in [
        ("log.example.org:6514", Some(("log.example.org", 6_514))),
        ("[::1]:514", Some(("::1", 514))),
        ("::1:514", None),
        ("log.example.org", None),
        (":514", None),
        ("log:0", None),
        ("log:99999", None),
    ] {
        assert_eq!(split(address), expected, "{address}");
    }
    let config = |text: &str| toml::from_str::<Config>(&format!("channel = \"log\"\n{text}")).unwrap();
    assert!(
        config("address = \"log.lan:514\"\ntransport = \"udp\"")
            .doubt()
            .is_some()
    );
    for well in [
        "address = \"log.lan:514\"\ntransport = \"tcp\"\ninsecure = true",
        "address = \"localhost:514\"\ntransport = \"udp\"",
        "address = \"log.lan:6514\"\nca = \"ca.pem\"",
    ] {
        assert_eq!(config(well).doubt(), None, "{well}");
    }
    let said = config("address = \"log.lan:6514\"")
        .open()
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains("needs a `ca`"), "{said}");
}

fn table(port: u16, more: &str) -> String {
    format!("[[syslog]]\nchannel = \"log\"\naddress = \"localhost:{port}\"\n{more}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_goes_by_datagram_or_with_its_length_before_it() {
    let socket = std::net::UdpSocket::bind("localhost:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let channel = open(&table(port, "transport = \"udp\""), &[]);
    assert_eq!(channel.send(&raised("")).await, Outcome::Sent);
    let mut datagram = vec![0; 4_096];
    let length = socket.recv(&mut datagram).unwrap();
    let by_datagram = String::from_utf8(datagram[..length].to_vec()).unwrap();
    read(&by_datagram);

    let listener = TcpListener::bind("localhost:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let channel = open(&table(port, "transport = \"tcp\""), &[]);
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    assert_eq!(channel.send(&raised("")).await, Outcome::Sent);
    assert_eq!(
        reader.join().unwrap(),
        format!("{} {by_datagram}", by_datagram.len())
    );
    // Nobody listens there any more.
    assert!(matches!(channel.send(&raised("")).await, Outcome::Retry(words) if words.contains("refused")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_goes_in_tls_to_whom_is_believed_alone() {
    let made = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (certificate.self_signed(&key).unwrap(), key)
    };
    let (certificate, key) = made("localhost");
    let (other, _) = made("localhost");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        );
    let server = Arc::new(server.unwrap());
    let listener = TcpListener::bind("localhost:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut text = String::new();
            let connection = ServerConnection::new(server.clone()).unwrap();
            let ended = StreamOwned::new(connection, stream).read_to_string(&mut text);
            let _ = tell.send(ended.map(|_| text));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let table = table(port, "ca = \"ca.pem\"");
    let channel = open_in(folder.path(), &table, &[("ca.pem", &certificate.pem())]).unwrap();
    assert_eq!(channel.send(&raised("")).await, Outcome::Sent);
    let said = lines.recv().unwrap().unwrap();
    let (length, line) = said.split_once(' ').unwrap();
    assert_eq!(length.parse(), Ok(line.len()));
    read(line);
    let channel = open_in(folder.path(), &table, &[("ca.pem", &other.pem())]).unwrap();
    assert!(matches!(channel.send(&raised("")).await, Outcome::Retry(_)));
    assert!(lines.recv().unwrap().is_err());
}
