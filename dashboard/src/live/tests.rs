//! Frames as they are written, and who gets which.

use super::*;

fn reading(series: &str, at: i64) -> Reading {
    Reading::new(
        series.parse().unwrap(),
        Timestamp::from_milliseconds(at),
        Ok(20.0),
    )
}

#[test]
fn only_the_newest_of_a_series_is_told_and_older_ones_are_no_news() {
    let (inlet, smoke) = ("zaandam/pi/inlet/temperature", "zaandam/pi/detector/smoke");
    let feed = Feed::default();
    let mut frames = feed.frames.subscribe();
    let mut gathered = Gathered::default();
    let due = Steady::from_milliseconds(250);
    for (series, at) in [(inlet, 5), (inlet, 7), (inlet, 6), (smoke, 6)] {
        gathered.add(reading(series, at), due);
    }
    assert_eq!(gathered.flush_at, Some(due));
    gathered.flush(&feed, &Site::unconfigured());
    let Frame::Events(LiveKind::Reading, events) = frames.try_recv().unwrap() else {
        panic!("no readings");
    };
    assert_eq!(events.len(), 2);
    assert!(
        events[0].json[0].contains(smoke) && events[1].json[0].contains("1970-01-01T00:00:00.007Z"),
        "{events:?}"
    );
    gathered.add(reading(inlet, 7), due);
    assert_eq!(gathered.flush_at, None);
}

#[test]
fn many_at_once_are_one_event() {
    let feed = Feed::default();
    let mut frames = feed.frames.subscribe();
    feed.tell(
        LiveKind::Reading,
        &(0..=SINGLY as i64)
            .map(|at| reading("a/b/c/smoke", at))
            .collect::<Vec<_>>(),
        |_| Vec::new(),
    );
    let Frame::Whole(_, json, singly) = frames.try_recv().unwrap() else {
        panic!("no readings");
    };
    assert!(json.starts_with('[') && singly.is_empty());
}
