//! What may be asked for, and which alarms are of which kind.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn now() -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000)
}

fn plan(from: Timestamp, until: Timestamp) -> Plan {
    Plan {
        room: None,
        kinds: [WorkKind::Smoke].into(),
        from,
        until,
        reason: " fire test ".to_owned(),
    }
}

#[test]
fn work_that_begins_now_lasts_eight_hours_at_most_and_planned_work_a_day() {
    let hours = |count: i64| Duration::from_hours(count);
    let checked = |from, until| plan(from, until).checked(now());
    let work = checked(now() - HOUR, now() + hours(8)).unwrap();
    assert_eq!((work.from, work.reason.as_str()), (now(), "fire test"));
    assert!(matches!(
        checked(now(), now() + hours(9)),
        Err(WorkRefusal::TooLong { latest, .. }) if latest == now() + hours(8)
    ));
    let later = now() + hours(48);
    assert!(checked(later, later + hours(24)).is_ok());
    assert!(matches!(
        checked(later, later + hours(25)),
        Err(WorkRefusal::TooLong { .. })
    ));
    assert!(matches!(checked(later, later), Err(WorkRefusal::Past { .. })));
    assert!(matches!(
        checked(now() - hours(2), now() - HOUR),
        Err(WorkRefusal::Past { .. })
    ));
    let far = now() + hours(24 * 367);
    assert!(matches!(
        checked(far, far + HOUR),
        Err(WorkRefusal::TooFar { .. })
    ));
}

#[test]
fn work_names_something_and_says_what_is_done() {
    let checked = |change: fn(&mut Plan)| {
        let mut plan = plan(now(), now() + HOUR);
        change(&mut plan);
        plan.checked(now())
    };
    assert_eq!(checked(|plan| plan.kinds.clear()), Err(WorkRefusal::NoKind));
    assert_eq!(
        checked(|plan| plan.reason = "  ".to_owned()),
        Err(WorkRefusal::NoReason)
    );
    assert_eq!(
        checked(|plan| plan.reason = "é".repeat(REASON_AT_MOST + 1)),
        Err(WorkRefusal::NoReason)
    );
    assert!(checked(|plan| plan.reason = "é".repeat(REASON_AT_MOST)).is_ok());
}

#[test]
fn what_is_vital_has_a_word_of_its_own() {
    let kind = |quantity: Quantity, priority| {
        let series = format!("s/a/x/{}", quantity.as_str()).parse().unwrap();
        WorkKind::of(&Subject::Series(series), &"rule".parse().unwrap(), priority)
    };
    for quantity in Quantity::ALL {
        for priority in [Priority::Critical, Priority::Low] {
            if *quantity == Quantity::Drill {
                assert_eq!(kind(*quantity, priority), None, "no work hides a drill");
                continue;
            }
            let found = kind(*quantity, priority).unwrap();
            let vital = match quantity {
                Quantity::Smoke | Quantity::Water | Quantity::ExtinguisherReleased => true,
                Quantity::Temperature => priority == Priority::Critical,
                _ => false,
            };
            let has_its_own = matches!(
                found,
                WorkKind::Smoke | WorkKind::Extinguisher | WorkKind::Water | WorkKind::CriticalTemperature
            );
            assert_eq!(has_its_own, vital, "{}", quantity.as_str());
        }
    }
    let found = |quantity| kind(quantity, Priority::Critical).unwrap();
    assert_eq!(found(Quantity::UpsOnBattery), WorkKind::Power);
    assert_eq!(found(Quantity::BatteryTemperature), WorkKind::Power);
    assert_eq!(found(Quantity::MainsPresent), WorkKind::Power);
    assert_eq!(found(Quantity::DoorOpen), WorkKind::Doors);
    assert_eq!(found(Quantity::CoolingFault), WorkKind::Cooling);
    assert_eq!(found(Quantity::ContactFault), WorkKind::Other);
}

#[test]
fn no_work_silences_the_monitor_itself() {
    let kind = |kind: SystemKind| {
        let rule = kind.as_str().parse().unwrap();
        WorkKind::of(&Subject::System("x".to_owned()), &rule, Priority::High)
    };
    for quiet in [
        SystemKind::DeliveryFailed,
        SystemKind::NoChannel,
        SystemKind::DiskFull,
        SystemKind::Late,
        SystemKind::Gap,
        SystemKind::NobodyOnDuty,
    ] {
        assert_eq!(kind(quiet), None, "{}", quiet.as_str());
    }
    assert_eq!(kind(SystemKind::HeartbeatMissed), Some(WorkKind::Jobs));
    assert_eq!(kind(SystemKind::NeverHeard), Some(WorkKind::Agents));
}

#[test]
fn each_kind_is_its_word() {
    for kind in WorkKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
