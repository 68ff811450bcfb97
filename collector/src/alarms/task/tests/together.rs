//! What somebody does to several alarms at once: one entry, one commit, and an answer for each.

use plenum_core::alarms::State;
use plenum_core::fact::ActionKind;
use plenum_protocol::clock::SimulatedClock;

use super::*;

#[tokio::test]
async fn several_alarms_are_taken_in_one_commit_and_what_cannot_be_taken_keeps_none_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    let channels = ["inlet/temperature", "inlet-2/temperature", "inlet-3/temperature"];
    for at in [1, 62] {
        for channel in channels {
            running.reading_of(channel, at, Ok(29.0)).await;
        }
    }
    let standing = running.alarms.alarms(false);
    assert_eq!(standing.len(), 3);
    let target = |alarm: &Alarm| Target {
        alarm: alarm.id,
        occurrence: Some(alarm.raised_at),
    };
    let mut targets: Vec<Target> = standing.iter().map(target).collect();
    // One was seen as it was before, and one is not there.
    targets[1].occurrence = Some(second(0));
    targets.push(Target {
        alarm: 99,
        occurrence: None,
    });
    let commits = running.recording.commits.load(Ordering::SeqCst);
    let anna = Actor::named("Anna");
    let acted = running
        .alarms
        .act_many(&targets, ActionKind::Acknowledge, &anna, "on my way")
        .await
        .unwrap();
    assert_eq!(running.recording.commits.load(Ordering::SeqCst), commits + 1);
    let done: Vec<(u64, State)> = acted.done.iter().map(|alarm| (alarm.id, alarm.state)).collect();
    let taken = |place: usize| (standing[place].id, State::ActiveAcknowledged);
    assert_eq!(done, [taken(0), taken(2)]);
    let refused: Vec<&ActionError> = acted.refused.iter().map(|(_, error)| error).collect();
    assert!(
        matches!(
            refused[..],
            [
                ActionError::Refused(Refusal::NotFound(99)),
                ActionError::Refused(Refusal::AnotherOccurrence { .. })
            ]
        ),
        "{refused:?}"
    );
    let nothing = running.alarms.act_many(&[], ActionKind::Acknowledge, &anna, "");
    assert!(nothing.await.unwrap().done.is_empty());
    running.end().await;
}
