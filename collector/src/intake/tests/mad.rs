//! A mad publisher: one that says something else a thousand times a minute costs the journal, the memory and the others next to nothing.

use plenum_core::fact::{Expectation, ExpectationChange};

use super::super::{changes, pace};
use super::*;

/// So many a minute, for so long.
const A_MINUTE: i64 = 1_000;
const MINUTES: i64 = 10;

fn status(number: i64, intervals: &str) -> String {
    format!(
        r#"{{"state":"online","connection":1,"streams":{{"aa":{{"first":1,"last":{number}}}}},
            "sensors":[{{"id":"inlet","driver":"x","quantities":["temperature"],"interval_s":{intervals},"words":"{number}"}}]}}"#
    )
}

impl Rig {
    /// What was journaled of the mad one.
    async fn of_the_mad(&self) -> Vec<Item> {
        let is_its = |item: &Item| match item {
            Item::Presence(presence) => presence.agent.agent.as_str() == "mad",
            Item::Expectation(Expectation { agent, .. }) => agent.agent.as_str() == "mad",
            Item::Words(words) => words.agent.agent.as_str() == "mad",
            _ => false,
        };
        self.items().await.into_iter().filter(is_its).collect()
    }

    /// The conditions of that kind, each as it began or ended.
    async fn said_to_be_mad(&self) -> Vec<(String, bool)> {
        let conditions = self.conditions().await;
        let mad = conditions
            .into_iter()
            .filter(|(kind, ..)| *kind == "expectation-changes");
        mad.map(|(_, subject, active)| (subject, active)).collect()
    }
}

#[tokio::test]
async fn a_thousand_statuses_a_minute_are_some_and_the_newest_every_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for number in 1..=A_MINUTE * MINUTES {
        let said = status(number, &(1 + number % 50).to_string());
        rig.publish("plenum/1/s/mad/status", said, &[]).await;
        rig.pass(60_000 / A_MINUTE);
        if number % A_MINUTE == 0 {
            let seq = (number / A_MINUTE) as u64;
            rig.batch("aa", seq, 1, seq).await;
            rig.acknowledged("s/a", "aa", seq).await;
        }
    }
    let most = pace::AT_ONCE as usize + (MINUTES * 60_000 / pace::ONE_MORE.milliseconds()) as usize;
    let items = rig.of_the_mad().await;
    // A presence and what the device says with each.
    assert!((10..=2 * (most + 1)).contains(&items.len()), "{}", items.len());
    let intervals = items.iter().filter_map(|item| match item {
        Item::Presence(presence) => presence
            .sensors
            .first()
            .map(|sensor| sensor.interval.milliseconds() / 1_000),
        _ => None,
    });
    let intervals: Vec<i64> = intervals.collect();
    let mut taken = intervals.clone();
    taken.dedup();
    assert!(taken.len() <= usize::from(changes::AT_ONCE) + 1, "{taken:?}");
    assert_eq!(
        intervals.last(),
        taken.iter().max(),
        "the longest that it named while it was believed"
    );
    assert!(rig.count("statuses_passed_over") > 9_000);
    assert_eq!(rig.said_to_be_mad().await, [("s/mad".to_owned(), true)]);
    // It says the same for an hour, each minute.
    for _ in 0..61 {
        rig.publish("plenum/1/s/mad/status", status(7, "20"), &[]).await;
        for _ in 0..6 {
            rig.pass(10_000);
            rig.silent_marker().await;
        }
    }
    let items = rig.of_the_mad().await;
    let last = items.iter().rev().find_map(|item| match item {
        Item::Presence(presence) => Some(presence.sensors[0].interval.milliseconds() / 1_000),
        _ => None,
    });
    assert_eq!(last, Some(20), "it is calm and believed");
    assert_eq!(
        rig.said_to_be_mad().await,
        [("s/mad".to_owned(), true), ("s/mad".to_owned(), false)]
    );
    rig.end().await;
}

#[tokio::test]
async fn a_publisher_without_a_status_whose_spacing_changes_all_the_time_is_believed_some_times() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for number in 0..A_MINUTE * MINUTES / 4 {
        // Five of each spacing: each is learned.
        rig.pass([100, 300, 900][number as usize / 5 % 3]);
        let at = rig.clock.now().milliseconds() as f64 / 1_000.0;
        let said = format!(r#"[{{"bn":"s/mad/","n":"inlet/temperature","u":"Cel","t":{at},"v":21.5}}]"#);
        rig.publish("plenum/1/s/mad/readings", said, &[]).await;
    }
    rig.silent_marker().await;
    let items = rig.of_the_mad().await;
    let learned = items.iter().filter(|item| {
        let learned = |change: &ExpectationChange| matches!(change, ExpectationChange::Learned { .. });
        matches!(item, Item::Expectation(Expectation { change, .. }) if learned(change))
    });
    let learned = learned.count();
    assert!(
        (3..=usize::from(changes::AT_ONCE) + 1).contains(&learned),
        "{learned}"
    );
    let said = rig.said_to_be_mad().await;
    assert_eq!(said, [("s/mad".to_owned(), true)]);
    rig.end().await;
}
