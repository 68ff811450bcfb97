//! What a NO does.

use plenum_link::SystemClock;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::*;

#[test]
fn a_no_counts_once_and_only_from_whoever_was_asked_last() {
    let (runtime, mut night) = (Runtime::new().unwrap(), Night::begin());
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    let ((_site, sites), clock) = (watch::channel(night.site.clone()), SystemClock::shared());
    let duty = runtime.block_on(Duty::open(night.database.clone(), clock.clone(), sites));
    let outbox = Outbox::new(clock, Arc::default());
    let calls = Calls::new(&duty.unwrap(), Arc::new(outbox));
    let says_no = |alarm, person: &str| {
        let passed = calls.pass_on(alarm, person, Actor::named(person));
        runtime.block_on(passed).unwrap()
    };
    assert_eq!(says_no(2, "anna"), Passed::NoCall);
    assert_eq!(says_no(1, "bert"), Passed::NotAsked);
    assert_eq!(says_no(1, "anna"), Passed::On);
    assert_eq!(says_no(1, "anna"), Passed::NotAsked, "once");
    let by = Actor::named("anna");
    assert_eq!(night.events().last(), Some(&Happened::PassedOn { by }));
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 1);
    assert_eq!(says_no(1, "anna"), Passed::Held);
    let stands = runtime.block_on(calls.of(INCIDENT)).unwrap().unwrap();
    assert!(stands.call.is_held && stands.next.is_none());
}
