//! What one client can cost the others: connections, bytes that wait, long statuses.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use plenum_collector::broker::{LARGEST_STATUS, OF_AN_ADDRESS, OF_AN_AGENT, SHARE};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};

use crate::house::{House, KNOWN, PASSWORD};

const READINGS: &str = "plenum/1/ams1/pi-a/readings";

#[tokio::test]
async fn one_more_connection_than_an_identity_may_have_is_told_why_it_is_refused() {
    let house = House::new(true).await;
    for (user, most, why) in [
        (Some((KNOWN, PASSWORD)), OF_AN_AGENT, "QuotaExceeded"),
        (None, OF_AN_ADDRESS, "QuotaExceeded"),
    ] {
        let mut inside = Vec::new();
        for number in 0..most {
            let mut raw = house.raw(&format!("client-{number}"), user).await;
            assert!(matches!(raw.next().await, Ok(Packet::ConnAck(_))), "{number}");
            inside.push(raw);
        }
        let mut late = house.raw("one-more", user).await;
        let error = late.next().await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        // Under a client id that is in use it takes that one's place.
        let mut again = house.raw("client-0", user).await;
        assert!(matches!(again.next().await, Ok(Packet::ConnAck(_))));
        while inside[0].next().await.is_ok() {}
    }
    assert_eq!(house.broker.counters().refused_connections.load(Relaxed), 2);
}

#[tokio::test]
async fn a_flood_takes_its_share_and_others_are_heard() {
    let mut house = House::with_queue(true, 65_536).await;
    let mut flood = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    let payload = vec![b'x'; 200 << 10];
    let mut taken = 0;
    let refused = loop {
        let sent = flood
            .client
            .publish(READINGS, QoS::AtLeastOnce, false, payload.clone());
        sent.await.unwrap();
        let answer = loop {
            if let Packet::PubAck(answer) = flood.next().await.unwrap() {
                break answer.reason;
            }
        };
        match answer {
            PubAckReason::Success => taken += 1,
            other => break other,
        }
    };
    assert_eq!(refused, PubAckReason::QuotaExceeded);
    assert!(
        taken * payload.len() <= SHARE && (taken + 2) * payload.len() > SHARE,
        "{taken}"
    );
    assert!(house.broker.counters().waiting_bytes() <= SHARE);
    // Someone else is heard at once, and the flood again as soon as intake is done with one.
    let mut other = house.raw("gadget", None).await;
    assert_eq!(
        other.publish("plenum/1/ams1/gadget/readings").await,
        PubAckReason::Success
    );
    drop(house.packet().await);
    assert_eq!(flood.publish(READINGS).await, PubAckReason::Success);
    for _ in 1..taken + 2 {
        drop(house.packet().await);
    }
    assert_eq!(house.broker.counters().waiting_bytes(), 0);
}

#[tokio::test]
async fn of_a_status_that_is_too_long_only_the_beginning_waits() {
    let mut house = House::with_queue(false, 65_536).await;
    let mut flood = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    for _ in 0..20 {
        let status = vec![b'x'; 900_000];
        let sent = flood
            .client
            .publish("plenum/1/ams1/pi-a/status", QoS::AtLeastOnce, true, status);
        sent.await.unwrap();
        while !matches!(flood.next().await.unwrap(), Packet::PubAck(_)) {}
    }
    let counters = house.broker.counters().clone();
    assert_eq!(counters.oversized.load(Relaxed), 20);
    assert!(counters.waiting_bytes() < 20 * (LARGEST_STATUS + 2_000));
    assert_eq!(house.packet().await.payload.len(), LARGEST_STATUS + 1);
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_up_nobody() {
    let house = House::new(false).await;
    let mut deaf = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    deaf.subscribe("plenum/1/ams1/pi-a/ack").await;
    // From here on it is not polled: its socket fills.
    for number in 0..2_000 {
        let mut ack = plenum_collector::broker::Message::new("plenum/1/ams1/pi-a/ack", vec![b'x'; 10_000]);
        ack.user_properties = vec![("number".to_owned(), number.to_string())];
        let told = house.broker.publish(ack.retained());
        tokio::time::timeout(Duration::from_secs(5), told)
            .await
            .unwrap()
            .unwrap();
    }
    let mut hearing = house.raw("another", Some((KNOWN, PASSWORD))).await;
    hearing.subscribe("plenum/1/ams1/pi-a/ack").await;
    let Packet::Publish(newest) = hearing.next().await.unwrap() else {
        panic!("the kept acknowledgement comes first");
    };
    let properties = newest.properties.unwrap().user_properties;
    assert_eq!(properties, [("number".to_owned(), "1999".to_owned())]);
}
