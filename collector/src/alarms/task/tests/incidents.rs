//! One event or many, with the tables and restarts.

use plenum_protocol::clock::SimulatedClock;

use super::{Running, SITE, draft, second};
use crate::revisions;

/// The numbers of an incident's alarms, and whether it is open.
async fn incident(running: &Running, id: u64) -> (Vec<u64>, bool) {
    let incident = running.alarms.incident(id).await.unwrap().unwrap();
    let members = incident.members.iter().map(|member| member.alarm);
    (members.collect(), incident.is_open())
}

#[tokio::test]
async fn alarms_of_one_event_are_one_incident_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    running.reading(1, Ok(29.0)).await;
    running.reading(62, Ok(29.0)).await;
    assert_eq!(incident(&running, 1).await, (vec![1], true));
    running.end().await;

    let running = Running::start(folder.path(), &clock).await;
    let other = "inlet-2/temperature";
    running.reading_of(other, 63, Ok(29.0)).await;
    running.reading_of(other, 124, Ok(29.0)).await;
    assert_eq!(incident(&running, 1).await, (vec![1, 2], true));
    assert_eq!(
        [1, 2].map(|alarm| running.alarms.incident_of(alarm)),
        [Some(1); 2]
    );
    running.reading(125, Ok(20.0)).await;
    assert_eq!(incident(&running, 1).await, (vec![1, 2], true));
    running.reading_of(other, 126, Ok(20.0)).await;
    running.end().await;

    let running = Running::start(folder.path(), &clock).await;
    assert_eq!(incident(&running, 1).await, (vec![1, 2], false));
    assert!(running.alarms.incidents(None, false, 9).await.unwrap().is_empty());
    // Looked at before the next reading comes, however loaded the machine is.
    let mut changed = running.alarms.subscribe();
    running.clock.advance_to(second(1_100));
    changed.recv().await.unwrap();
    running.reading(1_200, Ok(29.0)).await;
    running.reading(1_261, Ok(29.0)).await;
    let all = running.alarms.incidents(None, true, 9).await.unwrap();
    // Between the two its sensors were silent, which is one of its own.
    assert_eq!(
        all.iter().map(|incident| incident.id).collect::<Vec<_>>(),
        [3, 2, 1]
    );
    let missing = running.alarms.incident(9).await.unwrap();
    assert_eq!((missing, running.alarms.incident_of(1)), (None, Some(3)));
    running.end().await;
}
