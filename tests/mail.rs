//! What people get by mail, from a whole house and through a real mail server: one that refuses the log-in for a while, a contact that flips, threads,
//! and a stranger's words.

mod support;

use plenum_protocol::Duration;
use support::house::House;
use support::mqtt::Client;

const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[person]]
id = "sanne"
name = "Sanne"
[[channel]]
id = "mail"
kind = "email"
people = ["sanne"]
[[sensor]]
agent = "pi"
id = "leak"
name = "Leak"
room = "room-a"
place = "room"
[[sensor]]
agent = "pi"
id = "fan"
name = "Fan"
room = "room-a"
place = "other"
"#;

/// A sensor that changes its state at this second, for good or until another.
fn changes(quantity: &str, at: u32, until: Option<u32>) -> String {
    let until = until.map_or_else(String::new, |until| format!(", until = \"{until}s\""));
    format!(
        "quantities.{quantity} = {{ base = false, events = [{{ at = \"{at}s\"{until}, effect = {{ level = true }} }}] }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_is_refused_for_a_while_costs_no_message_and_a_thread_is_an_incident() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "a password\n").unwrap();
    let smtp = format!(
        "user = \"plenum\"\npassword_file = {:?}",
        password.display().to_string()
    );
    let house = House::begin(10, SITE.to_owned(), &["sanne"], &smtp).await;
    house.mail.refuses(true);
    let leak = house.sensor("leak", "1s", &changes("water", 10, Some(240)));
    house.agent("pi", &house.broker, &leak).await;
    house.wait_until(Duration::from_seconds(100)).await;
    assert_eq!(house.told("sanne").len(), 0);
    house.mail.refuses(false);
    house.wait_until(Duration::from_seconds(400)).await;
    house.end().await;

    let mails = house.told("sanne");
    assert!(
        mails[0]["subject"].as_str().unwrap().starts_with("CRITICAL"),
        "{mails:#?}"
    );
    assert!(
        mails[0]["text"].as_str().unwrap().contains("DELAYED"),
        "{mails:#?}"
    );
    assert!(mails.len() >= 2, "{mails:#?}");
    let mut threads: Vec<_> = mails
        .iter()
        .map(|mail| mail["headers"]["references"].clone())
        .collect();
    threads.dedup();
    assert_eq!(threads.len(), 1, "one thread: {mails:#?}");
    let mut ids: Vec<_> = mails.iter().map(|mail| mail["message_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), mails.len());
    for mail in &mails {
        assert_eq!(
            (&mail["headers"]["auto-submitted"], &mail["user"]),
            (&"auto-generated".into(), &"plenum".into())
        );
        assert_eq!(mail["headers"]["in-reply-to"], mail["headers"]["references"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_flips_twice_a_second_for_twenty_seconds_is_a_few_messages_that_say_so() {
    // As any program publishes that hears edges.
    let site = SITE.replace("agent = \"pi\"", "agent = \"stranger\"");
    let house = House::begin(2, site, &["sanne"], "").await;
    let (mut stranger, _) = Client::log_in(&house.broker, "stranger", "", "");
    for number in 1..=120 {
        let wet = number <= 40 && number % 2 == 1;
        let pack = format!(r#"[{{"bn":"hall/stranger/","n":"leak/water","t":0,"vb":{wet}}}]"#);
        stranger.publish("plenum/1/hall/stranger/readings", number, pack.as_bytes());
        house.clock.sleep(Duration::from_milliseconds(500)).await;
    }
    house.end().await;
    let told = house.subjects("sanne");
    assert!((1..=4).contains(&told.len()), "{told:#?}");
    assert!(
        told.iter().all(|subject| subject.contains("water, leak")),
        "{told:#?}"
    );
    assert!(
        told.iter().any(|subject| subject.contains("CHATTERING")),
        "{told:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_calls_a_sensor_makes_no_line_of_a_mail() {
    let house = House::begin(10, SITE.to_owned(), &["sanne"], "").await;
    let (mut stranger, _) = Client::log_in(&house.broker, "stranger", "", "");
    for (number, name) in (1..).zip(["x\\nCRITICAL all is well", "\\u202ellew si lla", "\\u001b[2Jgone"]) {
        let pack = format!(r#"[{{"bn":"hall/stranger/","n":"{name}/temperature","u":"Cel","t":-1,"v":90}}]"#);
        stranger.publish("plenum/1/hall/stranger/readings", number, pack.as_bytes());
    }
    house.wait_until(Duration::from_minutes(4)).await;
    house.end().await;
    let mails = house.told("sanne");
    assert!(!mails.is_empty(), "somebody is told of what is put aside");
    for mail in &mails {
        for field in ["subject", "text"] {
            let words = mail[field].as_str().unwrap();
            assert!(
                !words.lines().any(|line| line.starts_with("CRITICAL all")),
                "{words}"
            );
            assert!(!words.contains(['\u{202e}', '\u{1b}']), "{words:?}");
        }
    }
}
