//! Numbers, clocks, names and amounts that nobody sends on purpose, or somebody does.

use plenum_core::fact::StoredReading;

use super::*;

fn smoke(at: i64, value: bool) -> String {
    let seconds = at as f64 / 1_000.0;
    format!(r#"[{{"bn":"s/a/","n":"hall/smoke","t":{seconds},"vb":{value}}}]"#)
}

async fn stored(rig: &Rig) -> Vec<StoredReading> {
    let of_batch = |item: Item| match item {
        Item::Batch(batch) if batch.agent == name("a") => batch.readings,
        _ => Vec::new(),
    };
    rig.items().await.into_iter().flat_map(of_batch).collect()
}

#[tokio::test]
async fn a_burst_from_a_clock_three_hours_ahead_is_stored_reading_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for batch in 0..20 {
        let record = |index: i64| {
            let at = START / 1_000 + 3 * 3_600 + batch * 30 + index;
            format!(r#"{{"n":"s/a/inlet/temperature","u":"Cel","t":{at},"v":20}}"#)
        };
        let records: Vec<String> = (0..30).map(record).collect();
        let seq = batch as u64 + 1;
        rig.send("s/a", "aa", [seq, 1, 20], &format!("[{}]", records.join(",")))
            .await;
    }
    rig.acknowledged("s/a", "aa", 20).await;
    let stored = stored(&rig).await;
    assert_eq!(stored.len(), 600);
    assert!(stored.is_sorted_by(|one, other| one.at < other.at));
    assert!(stored.iter().all(|reading| reading.claimed.is_some()));
}

#[tokio::test]
async fn an_edge_of_an_agent_that_is_an_hour_ahead_stands_above_what_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let ahead = START + 3_600_000;
    rig.send("s/a", "aa", [1, 1, 2], &smoke(ahead, false)).await;
    rig.send("s/a", "aa", [2, 1, 2], &smoke(ahead + 300, true)).await;
    rig.acknowledged("s/a", "aa", 2).await;
    let values: Vec<f64> = stored(&rig)
        .await
        .iter()
        .map(|reading| reading.outcome.unwrap())
        .collect();
    assert_eq!(values, [0.0, 1.0]);
    let instants: Vec<i64> = stored(&rig)
        .await
        .iter()
        .map(|reading| reading.at.milliseconds() - START)
        .collect();
    assert_eq!(instants, [0, 1]);
}

#[tokio::test]
async fn no_number_costs_anybody_else_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for number in [
        "-1",
        "9007199254740993",
        "9223372036854775808",
        "18446744073709551615",
        "1e308",
    ] {
        for status in [
            format!(r#"{{"state":"online","connection":{number}}}"#),
            format!(r#"{{"state":"online","streams":{{"x":{{"first":{number},"last":{number}}}}}}}"#),
            format!(
                r#"{{"state":"online","streams":{{"x":{{"first":1,"last":0,"lost":{{"stream":"x","from_seq":1,"to_seq":{number}}}}}}}}}"#
            ),
        ] {
            rig.publish("plenum/1/s/hostile/status", status, &[]).await;
        }
        for key in ["seq", "first", "last"] {
            let mut properties = [("stream", "x"), ("seq", "1"), ("first", "1"), ("last", "1")];
            properties
                .iter_mut()
                .filter(|(name, _)| *name == key)
                .for_each(|pair| pair.1 = number);
            rig.publish(
                "plenum/1/s/hostile/readings",
                pack("s/hostile", 1e9, 1.0),
                &properties,
            )
            .await;
        }
    }
    // The largest that is a number: it costs its sender a gap, and nobody else anything.
    let most = "9007199254740992";
    let properties = [("stream", "y"), ("seq", most), ("first", most), ("last", most)];
    rig.publish(
        "plenum/1/s/hostile/readings",
        pack("s/hostile", 1e9, 1.0),
        &properties,
    )
    .await;
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(rig.count("groups_failed"), 0);
    assert_eq!(rig.count("statuses_unreadable"), 15);
    let letters = rig.letters().await;
    assert_eq!(
        letters.iter().filter(|letter| letter.kind == "status").count(),
        15
    );
    let tried = dead_letters::retry(&rig.journal, letters[0].id).await.unwrap();
    assert!(matches!(tried, Retried::StillUnreadable(_)), "{tried:?}");
    assert!(
        rig.conditions()
            .await
            .contains(&("dead-letters", "s/hostile".to_owned(), true))
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_set_aside_and_the_others_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let trip = "create temp trigger trip before insert on stream when new.agent = 'b' and new.through >= 2
                and not exists (select 1 from dead_letter where agent = 'b')
                begin select raise(abort, 'it trips'); end";
    rig.journal
        .database()
        .write(move |connection| connection.execute_batch(trip))
        .await
        .unwrap();
    for seq in 1..=3 {
        rig.send("s/b", "bb", [seq, 1, 3], &pack("s/b", 1.6e9 + seq as f64, 1.0))
            .await;
        rig.batch("aa", seq, 1, 3).await;
    }
    rig.acknowledged("s/a", "aa", 3).await;
    rig.acknowledged("s/b", "bb", 3).await;
    assert_eq!(rig.count("messages_set_aside"), 1);
    assert_eq!((rig.count("groups_failed"), rig.count("agents_left_out")), (0, 0));
    let letters = rig.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("it trips"), "{}", letters[0].reason);
    assert_eq!(letters[0].position, Some(("bb".to_owned(), 2)));
    assert_eq!(rig.readings().await, [1, 2, 3]);
}

#[tokio::test]
async fn junk_is_a_hundred_letters_a_message_and_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::start(folder.path()).await;
    let junk = format!("[{}]", vec!["1"; 100_000].join(","));
    for _ in 0..3 {
        rig.publish("plenum/1/s/hostile/readings", junk.clone(), &[])
            .await;
    }
    let mut rig = rig;
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(rig.count("dead_letters"), 300);
    assert_eq!(rig.count("letters_dropped"), 3 * (100_000 - 100));
}

#[tokio::test]
async fn series_beyond_the_most_are_kept_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::with(folder.path(), |options| options.series = 3).await;
    let record = |index: i64| {
        format!(
            r#"{{"n":"s/a/t{index}/temperature","u":"Cel","t":{},"v":20}}"#,
            START / 1_000
        )
    };
    let records: Vec<String> = (0..5).map(record).collect();
    rig.send("s/a", "aa", [1, 1, 1], &format!("[{}]", records.join(",")))
        .await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(stored(&rig).await.len(), 3);
    assert_eq!(rig.letters().await.len(), 2);
    assert!(
        rig.conditions()
            .await
            .contains(&("series-limit", "s/a".to_owned(), true))
    );
    // It ends when nothing more of the kind has come for long.
    rig.pass(10 * 60_000 + 3_000);
    rig.silent_marker().await;
    rig.silent_marker().await;
    assert!(
        rig.conditions()
            .await
            .contains(&("series-limit", "s/a".to_owned(), false))
    );
}

fn online(start: i64, stream: &str) -> String {
    format!(
        r#"{{"state":"online","connection":{start},"started_at":"2026-01-01T00:00:0{start}Z","streams":{{"{stream}":{{"first":1,"last":9}}}}}}"#
    )
}

#[tokio::test]
async fn of_two_hosts_under_one_name_the_later_is_held_and_nothing_of_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let topic = "plenum/1/s/a/status";
    for (start, stream, connection) in [
        (1, "aa", 1),
        (2, "bb", 1),
        (1, "aa", 2),
        (2, "bb", 2),
        (1, "aa", 3),
        (2, "bb", 3),
    ] {
        let status =
            online(start, stream).replace("\"connection\":", &format!("\"connection\":{connection}0"));
        rig.publish(topic, status, &[]).await;
    }
    rig.batch("bb", 1, 1, 9).await;
    rig.batch("aa", 1, 1, 9).await;
    loop {
        let ack = rig.ack("s/a").await;
        assert!(
            ack.streams.get("bb").is_none_or(|through| *through == 0),
            "{ack:?}"
        );
        if ack.streams.get("aa") == Some(&1) {
            break;
        }
    }
    assert_eq!(rig.count("batches_of_a_second_host"), 1);
    assert!(
        rig.conditions()
            .await
            .contains(&("two-hosts", "s/a".to_owned(), true))
    );
}

#[tokio::test]
async fn an_agent_that_follows_another_collector_is_told_after_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    // It holds 1 to 9 and takes 1 to 4 for acknowledged.
    for _ in 0..10 {
        rig.batch("aa", 5, 1, 9).await;
        rig.silent_marker().await;
        rig.pass(10_000);
    }
    assert!(
        rig.conditions()
            .await
            .contains(&("follows-another", "s/a".to_owned(), true))
    );
    rig.batch("aa", 1, 1, 9).await;
    rig.acknowledged("s/a", "aa", 1).await;
    rig.silent_marker().await;
    assert!(
        rig.conditions()
            .await
            .contains(&("follows-another", "s/a".to_owned(), false))
    );
}

#[tokio::test]
async fn an_agent_that_follows_this_collector_again_after_a_restart_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for _ in 0..10 {
        rig.batch("aa", 5, 1, 9).await;
        rig.silent_marker().await;
        rig.pass(10_000);
    }
    let mut rig = rig.restart().await;
    rig.batch("aa", 1, 1, 9).await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert!(
        rig.conditions()
            .await
            .contains(&("follows-another", "s/a".to_owned(), false))
    );
}

#[tokio::test]
async fn an_agent_whose_disk_takes_nothing_is_told_until_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let says = |text: &'static str| {
        let status = format!(r#"{{"started_at":"2026-01-01T00:00:01Z","connection":1,{text}}}"#);
        ("plenum/1/s/a/status", status)
    };
    for (text, expected) in [
        (r#""state":"online""#, vec![]),
        (r#""state":"online","spool":"memory""#, vec![true]),
        (r#""state":"online","spool":"memory""#, vec![true]),
        (r#""state":"offline""#, vec![true]),
        (r#""state":"online""#, vec![true, false]),
    ] {
        let (topic, status) = says(text);
        rig.publish(topic, status, &[]).await;
        rig.silent_marker().await;
        let all = rig.conditions().await;
        let said: Vec<bool> = all
            .iter()
            .filter(|(kind, subject, _)| *kind == "agent-disk" && subject == "s/a")
            .map(|(_, _, active)| *active)
            .collect();
        assert_eq!(said, expected, "{text}");
    }
}

#[tokio::test]
async fn a_settled_database_does_not_silence_us_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.batch("aa", 1, 1, 9).await;
    rig.acknowledged("s/a", "aa", 1).await;
    let stranger = r#"{"database":"stranger","streams":{"aa":1}}"#;
    rig.publish("plenum/1/s/a/ack", stranger, &[]).await;
    rig.batch("aa", 2, 1, 9).await;
    rig.silent("s/a", 1).await;
    rig.resolve(name("a")).await;
    rig.acknowledged("s/a", "aa", 2).await;
    let mut rig = rig.restart().await;
    rig.publish("plenum/1/s/a/ack", stranger, &[]).await;
    rig.batch("aa", 3, 1, 9).await;
    rig.acknowledged("s/a", "aa", 3).await;
}

#[tokio::test]
async fn a_relative_pack_counts_from_the_door_however_long_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let arrived = Some(plenum_link::mqtt::Arrival::now(&rig.clock));
    rig.pass(8_700);
    let message = Incoming {
        topic: "plenum/1/s/a/readings".to_owned(),
        payload: r#"[{"bn":"s/a/","n":"inlet/temperature","u":"Cel","t":-1,"v":20}]"#.into(),
        user_properties: [("stream", "aa"), ("seq", "1"), ("first", "1"), ("last", "1")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        arrived,
        ..Incoming::default()
    };
    rig.messages.send(message).await.unwrap();
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(stored(&rig).await[0].at.milliseconds(), START - 1_000);
}

#[tokio::test]
async fn an_agent_that_starts_eight_thousand_times_leaves_no_more_than_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for start in 0..2_500 {
        let stream = format!("s{start}");
        rig.batch(&stream, 1, 1, 1).await;
        let status = format!(
            r#"{{"state":"online","connection":{start},"started_at":"2026-01-01T00:{:02}:{:02}Z","streams":{{"{stream}":{{"first":1,"last":1}}}}}}"#,
            start / 60,
            start % 60
        );
        rig.publish("plenum/1/s/a/status", status, &[]).await;
    }
    rig.acknowledged("s/a", "s2499", 1).await;
    rig.silent_marker().await;
    let rows: u64 = rig
        .journal
        .database()
        .read(|connection| {
            connection.query_row("select count(*) from stream where agent = 'a'", [], |row| {
                row.get(0)
            })
        })
        .await
        .unwrap();
    assert!(rows <= 1_100, "{rows}");
}

#[tokio::test]
async fn messages_that_add_nothing_hold_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let packet = vec![b' '; 256 * 1024];
    for _ in 0..80 {
        rig.publish("plenum/1/s/hostile/result", packet.clone(), &[])
            .await;
        // Ahead of what is wanted: dropped.
        let properties = [("stream", "x"), ("seq", "9"), ("first", "1"), ("last", "9")];
        rig.publish("plenum/1/s/hostile/readings", packet.clone(), &properties)
            .await;
    }
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
}

#[tokio::test]
async fn statuses_invent_no_more_series_than_an_agent_may_have() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::with(folder.path(), |options| options.series = 50).await;
    for round in 0..20 {
        let sensor = |index: i64| {
            format!(r#"{{"id":"t{round}-{index}","quantities":["temperature"],"interval_s":10}}"#)
        };
        let sensors: Vec<String> = (0..10).map(sensor).collect();
        let status = format!(
            r#"{{"state":"online","connection":{round},"sensors":[{}]}}"#,
            sensors.join(",")
        );
        rig.publish("plenum/1/s/hostile/status", status, &[]).await;
    }
    rig.silent_marker().await;
    let mut listed = std::collections::BTreeSet::new();
    for item in rig.items().await {
        if let Item::Presence(presence) = item {
            let of = |sensor: &plenum_core::fact::ExpectedSensor| !sensor.quantities.is_empty();
            listed.extend(
                presence
                    .sensors
                    .iter()
                    .filter(|sensor| of(sensor))
                    .map(|sensor| sensor.sensor.to_string()),
            );
        }
    }
    assert_eq!(listed.len(), 50);
}

#[tokio::test]
async fn ever_new_streams_are_refused_beyond_what_an_agent_can_use() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for stream in 0..1_700 {
        rig.send(
            "s/hostile",
            &format!("x{stream}"),
            [1, 1, 2],
            &pack("s/hostile", 1.6e9, 1.0),
        )
        .await;
    }
    rig.silent_marker().await;
    let (_, info) = rig
        .agents
        .list()
        .into_iter()
        .find(|(agent, _)| *agent == name("hostile"))
        .unwrap();
    assert!(info.streams.len() <= 1_536, "{}", info.streams.len());
}
