//! Statuses, presence, foreign publishers and foreign collectors.

use plenum_core::fact::Presence;

use super::*;

fn status(state: &str, connection: u64) -> String {
    format!(
        r#"{{"state":"{state}","connection":{connection},"started_at":"2026-06-18T03:12:05.250Z","clock":"synchronised",
            "streams":{{"aa":{{"first":1,"last":7}}}},
            "sensors":[{{"id":"inlet","driver":"sht3x","quantities":["temperature"],"interval_s":10}}]}}"#
    )
}

impl Rig {
    async fn presence(&self) -> Vec<bool> {
        let items = self.items().await;
        let presences = items.iter().filter_map(|item| match item {
            Item::Presence(Presence { online, agent, .. }) if agent.agent.as_str() == "a" => Some(*online),
            _ => None,
        });
        presences.collect()
    }
}

#[tokio::test]
async fn what_a_device_says_is_journaled_when_it_says_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let says = |connection: u64, words: &str| {
        format!(
            r#"{{"state":"online","connection":{connection},"streams":{{"aa":{{"first":1,"last":0}}}},"sensors":[{{"id":"ups"{words}}}]}}"#
        )
    };
    for (connection, words) in [
        (1, r#","words":"Fan failure!""#),
        (2, r#","words":"Fan failure!""#),
        (3, r#","words":"Battery disconnected!""#),
        (4, ""),
    ] {
        let status = says(connection, words);
        rig.publish("plenum/1/s/a/status", status, &[]).await;
        rig.silent_marker().await;
    }
    let items = rig.items().await;
    let said = items.iter().filter_map(|item| match item {
        Item::Words(words) if words.sensor.as_str() == "ups" => Some(words.words.as_str()),
        _ => None,
    });
    let said: Vec<&str> = said.collect();
    assert_eq!(said, ["Fan failure!", "Battery disconnected!", ""]);
}

#[tokio::test]
async fn a_status_is_acknowledged_and_an_older_will_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.publish("plenum/1/s/a/status", status("online", 2), &[]).await;
    rig.acknowledged("s/a", "aa", 0).await;
    rig.publish("plenum/1/s/a/status", status("offline", 1), &[])
        .await;
    rig.silent("s/a", 1).await;
    assert_eq!(rig.presence().await, [true]);
    rig.publish("plenum/1/s/a/status", status("offline", 2), &[])
        .await;
    rig.silent("s/a", 2).await;
    assert_eq!(rig.presence().await, [true, false]);
    rig.batch("aa", 1, 1, 7).await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(
        rig.presence().await,
        [true, false, true],
        "any reading means online"
    );
    let shown = rig.agents.list();
    let (_, info) = shown.iter().find(|(agent, _)| *agent == name("a")).unwrap();
    assert_eq!(
        (info.streams[0].through, info.streams[0].last, info.online),
        (1, 7, true)
    );
    let Some(Item::Presence(presence)) = rig
        .items()
        .await
        .into_iter()
        .find(|item| matches!(item, Item::Presence(_)))
    else {
        panic!("no presence")
    };
    assert!(presence.clock_synchronised);
    assert_eq!(presence.sensors[0].interval, Duration::from_seconds(10));
    // The connection counter survives a restart.
    let mut rig = rig.restart().await;
    rig.publish("plenum/1/s/a/status", status("offline", 1), &[])
        .await;
    rig.acknowledged("s/a", "aa", 1).await;
    rig.silent("s/a", 3).await;
    assert_eq!(rig.presence().await.len(), 3);
}

#[tokio::test]
async fn a_foreign_publisher_is_stored_and_never_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::with(folder.path(), |options| {
        options.credentials.insert(name("guarded"));
    })
    .await;
    let at = (START / 1_000) as f64;
    rig.publish("plenum/1/s/a/readings", pack("s/a", at + 5.0, 20.0), &[])
        .await;
    rig.publish("plenum/1/s/guarded/readings", pack("s/guarded", at, 20.0), &[])
        .await;
    rig.publish("plenum/1/s/a/rumours", "[]", &[]).await;
    rig.silent("s/a", 1).await;
    assert_eq!(rig.readings().await, [5]);
    assert_eq!(rig.count("foreign_refused"), 1);
    assert_eq!(rig.count("topics_unknown"), 1);
    assert_eq!(rig.letters().await[0].agent, name("guarded"));
    // Once an agent sends streams under a name, strangers are refused there.
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
    rig.publish("plenum/1/s/a/readings", pack("s/a", at + 6.0, 20.0), &[])
        .await;
    rig.silent("s/a", 2).await;
    assert_eq!(rig.readings().await, [5, 1]);
    assert!(rig.letters().await[1].reason.contains("belongs to an agent"));
    // Some of the stream properties are a mistake, not a foreign publisher.
    rig.publish(
        "plenum/1/s/b/readings",
        pack("s/b", at, 20.0),
        &[("stream", "aa")],
    )
    .await;
    rig.silent("s/b", 3).await;
    assert!(
        rig.letters().await[2].reason.contains("missing"),
        "{:?}",
        rig.letters().await[2]
    );
}

#[tokio::test]
async fn what_a_broker_kept_of_a_stranger_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let message = Incoming {
        topic: "plenum/1/s/a/readings".to_owned(),
        payload: pack("s/a", 0.0, 20.0).into_bytes().into(),
        retain: true,
        ..Incoming::default()
    };
    rig.messages.send(message).await.unwrap();
    rig.silent("s/a", 1).await;
    assert!(rig.readings().await.is_empty());
    assert_eq!(rig.count("retained_ignored"), 1);
}

#[tokio::test]
async fn another_collector_on_the_ack_topic_silences_this_one_until_it_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.batch("aa", 1, 1, 9).await;
    rig.acknowledged("s/a", "aa", 1).await;
    rig.publish("plenum/1/s/a/ack", r#"{"database":"other","streams":{}}"#, &[])
        .await;
    rig.batch("aa", 2, 1, 9).await;
    rig.silent("s/a", 1).await;
    assert_eq!(
        rig.conditions().await,
        [("foreign-database", "s/a".to_owned(), true)]
    );
    let mut rig = rig.restart().await;
    rig.batch("aa", 3, 1, 9).await;
    rig.silent("s/a", 2).await;
    assert_eq!(rig.readings().await, [1, 2, 3], "stored all the same");
    rig.resolve(name("a")).await;
    rig.acknowledged("s/a", "aa", 3).await;
    // Our own acknowledgement, as the broker returns it, is not a stranger.
    let own = rig.ack_of_own("s/a").await;
    rig.publish("plenum/1/s/a/ack", own.to_json(), &[]).await;
    rig.batch("aa", 4, 1, 9).await;
    rig.acknowledged("s/a", "aa", 4).await;
}

impl Rig {
    async fn ack_of_own(&mut self, agent: &str) -> Ack {
        self.batch("aa", 1, 1, 9).await;
        self.ack(agent).await
    }
}
