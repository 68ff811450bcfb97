//! An alarm's life after ISA-18.2: the tables of its two axes, and nothing else. Whatever they do not list is refused with a reason.
//!
//! The alarm itself:
//!
//! | state | raised | returned | acknowledged (3) | given back (3), acknowledgement ended (3) | reset | removed |
//! |---|---|---|---|---|---|---|
//! | normal | active-unacknowledged | - | - | - | - | normal (4) |
//! | active-unacknowledged | - | returned-unacknowledged | active-acknowledged | - | returned-unacknowledged (1) | normal (5) |
//! | active-acknowledged | active-unacknowledged (2) | normal | - | active-unacknowledged | normal (1) | normal (5) |
//! | returned-unacknowledged | active-unacknowledged | - | normal | - | - | normal |
//!
//! What lies over it:
//!
//! | cover | shelved | unshelved, ended | taken out of service | returned to service | suppressed | released | work | work ended |
//! |---|---|---|---|---|---|---|---|---|
//! | none | shelved | - | out-of-service | - | suppressed | - | work | - |
//! | shelved | shelved, for longer | none (6) | out-of-service | - | - | - | work (7) | - |
//! | suppressed | shelved | - | out-of-service | - | - | none (6) | work (7) | - |
//! | out-of-service | - | - | out-of-service, another review | none (6) | - | - | work (7) | - |
//! | work | shelved | - | out-of-service | - | suppressed (8) | - | - | none (6) |
//!
//! 1. Only a latched alarm, and only when its condition is gone: a latched alarm does not return by itself.
//! 2. A latched alarm whose condition was gone and came again: an acknowledgement never hides a recurrence.
//! 3. Not while it is shelved or out of service: nobody is asked to, and it is in nobody's hands when that ends (6). So it is when work ends, and is not given back
//!    meanwhile.
//! 4. Only what lies over it ends: nothing is watched any more that it could hide.
//! 5. But not a latched alarm, which stays as it is until a person resets it.
//! 6. The alarm itself stays what it is, but for an active one: that is annunciated again, as active-unacknowledged. So does a shelving end whose alarm
//!    gets a worse priority.
//! 7. Where what lay over it ends, by itself, by a person or since it got worse, while work goes on that names it and in which it came: the work lies over it
//!    from then on. Where a clock was set while it stood nobody can tell whether it came in it: it is told.
//! 8. Where the work would end while another alarm stands for it.

use crate::alarms::{Cause, CoverKind, State};

/// Where an alarm is on both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    /// The alarm itself.
    pub(super) state: State,
    /// What lies over it.
    pub(super) cover: Option<CoverKind>,
}

/// What can happen to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// The condition held for the on-delay.
    Raised,
    /// The condition was gone for the off-delay.
    Returned,
    /// A person acknowledged.
    Acknowledged,
    /// A person gave it back.
    GivenBack,
    /// The time until which a person had it is over.
    AcknowledgementEnded,
    /// A person reset.
    Reset,
    /// The rule or what it watches is gone.
    Removed,
    /// A person shelved.
    Shelved,
    /// A person ended the shelving.
    Unshelved,
    /// The shelving's time is over.
    ShelvingEnded,
    /// A person took it out of service.
    TakenOutOfService,
    /// A person returned it to service.
    ReturnedToService,
    /// Another alarm stands for it.
    Suppressed,
    /// The other alarm is gone.
    Released,
    /// Work goes on that may cause it.
    Work,
    /// That work is over.
    WorkEnded,
}

/// Why something cannot happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Illegal {
    /// It changes nothing: it is so already.
    Already,
    /// It is normal, or somebody has it.
    NothingToAcknowledge,
    /// Nobody has it.
    NothingToGiveBack,
    /// It is not latched, or its condition holds.
    NothingToReset,
    /// Nobody is asked while this lies over it.
    Covered(CoverKind),
    /// It is not shelved.
    NotShelved,
    /// It is not out of service.
    NotOutOfService,
}

/// Where it stands then, and why. `condition`: whether the condition still holds.
pub(super) fn step(
    from: Standing,
    trigger: Trigger,
    latched: bool,
    condition: bool,
) -> Result<(Standing, Cause), Illegal> {
    use CoverKind::{OutOfService, Shelved, Suppressed, Work};
    let Standing { state, cover } = from;
    let covered = |kind| Standing {
        state,
        cover: Some(kind),
    };
    let to = match (cover, trigger) {
        (Some(kind @ (Shelved | OutOfService)), Trigger::Acknowledged) => return Err(Illegal::Covered(kind)),
        (Some(kind @ (Shelved | OutOfService)), Trigger::GivenBack | Trigger::AcknowledgementEnded) => {
            return Err(Illegal::Covered(kind));
        }
        (Some(Work), Trigger::GivenBack | Trigger::AcknowledgementEnded) => {
            return Err(Illegal::NothingToGiveBack);
        }
        (None | Some(Shelved | Suppressed | Work), Trigger::Shelved) => (covered(Shelved), Cause::Shelved),
        (Some(OutOfService), Trigger::Shelved) => return Err(Illegal::Covered(OutOfService)),
        (Some(Shelved), Trigger::Unshelved) => (uncovered(state), Cause::Unshelved),
        (Some(Shelved), Trigger::ShelvingEnded) => (uncovered(state), Cause::ShelvingEnded),
        (_, Trigger::Unshelved | Trigger::ShelvingEnded) => return Err(Illegal::NotShelved),
        (_, Trigger::TakenOutOfService) => (covered(OutOfService), Cause::OutOfService),
        (Some(OutOfService), Trigger::ReturnedToService) => (uncovered(state), Cause::ReturnedToService),
        (_, Trigger::ReturnedToService) => return Err(Illegal::NotOutOfService),
        (None | Some(Work), Trigger::Suppressed) => (covered(Suppressed), Cause::Suppressed),
        (Some(kind), Trigger::Suppressed) => return Err(Illegal::Covered(kind)),
        (Some(Suppressed), Trigger::Released) => (uncovered(state), Cause::Released),
        (None | Some(Shelved | Suppressed | OutOfService), Trigger::Work) => (covered(Work), Cause::Work),
        (Some(Work), Trigger::Work) => return Err(Illegal::Covered(Work)),
        (Some(Work), Trigger::WorkEnded) => (uncovered(state), Cause::WorkEnded),
        (_, Trigger::Released | Trigger::WorkEnded) => return Err(Illegal::Already),
        (_, Trigger::Removed) => (removed(from, latched)?, Cause::Removed),
        (
            _,
            Trigger::Raised
            | Trigger::Returned
            | Trigger::Acknowledged
            | Trigger::GivenBack
            | Trigger::AcknowledgementEnded
            | Trigger::Reset,
        ) => {
            let (state, cause) = itself(state, trigger, latched, condition)?;
            (Standing { state, cover }, cause)
        }
    };
    Ok(to)
}

/// The alarm itself.
fn itself(state: State, trigger: Trigger, latched: bool, condition: bool) -> Result<(State, Cause), Illegal> {
    use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
    let next = match (state, trigger) {
        (Normal | ReturnedUnacknowledged, Trigger::Raised) => (ActiveUnacknowledged, Cause::Raised),
        (ActiveAcknowledged, Trigger::Raised) if latched => (ActiveUnacknowledged, Cause::Raised),
        (ActiveUnacknowledged, Trigger::Returned) if !latched => (ReturnedUnacknowledged, Cause::Returned),
        (ActiveAcknowledged, Trigger::Returned) if !latched => (Normal, Cause::Returned),
        (ActiveUnacknowledged, Trigger::Acknowledged) => (ActiveAcknowledged, Cause::Acknowledged),
        (ReturnedUnacknowledged, Trigger::Acknowledged) => (Normal, Cause::Acknowledged),
        (_, Trigger::Acknowledged) => return Err(Illegal::NothingToAcknowledge),
        (ActiveAcknowledged, Trigger::GivenBack) => (ActiveUnacknowledged, Cause::GivenBack),
        (ActiveAcknowledged, Trigger::AcknowledgementEnded) => {
            (ActiveUnacknowledged, Cause::AcknowledgementEnded)
        }
        (_, Trigger::GivenBack | Trigger::AcknowledgementEnded) => return Err(Illegal::NothingToGiveBack),
        (ActiveUnacknowledged, Trigger::Reset) if latched && !condition => {
            (ReturnedUnacknowledged, Cause::Reset)
        }
        (ActiveAcknowledged, Trigger::Reset) if latched && !condition => (Normal, Cause::Reset),
        (_, Trigger::Reset) => return Err(Illegal::NothingToReset),
        _ => return Err(Illegal::Already),
    };
    Ok(next)
}

/// Nothing lies over it any more: an active one is annunciated again.
fn uncovered(state: State) -> Standing {
    let state = match state.is_active() {
        true => State::ActiveUnacknowledged,
        false => state,
    };
    Standing { state, cover: None }
}

/// Nothing watches it any more.
fn removed(from: Standing, latched: bool) -> Result<Standing, Illegal> {
    const GONE: Standing = Standing {
        state: State::Normal,
        cover: None,
    };
    match from {
        GONE => Err(Illegal::Already),
        Standing { state, .. } if latched && state.is_active() => Ok(from),
        _ => Ok(GONE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
    use Trigger::{Acknowledged, AcknowledgementEnded, GivenBack};
    use Trigger::{Raised, Released, Removed, Reset, Returned};
    use Trigger::{
        ReturnedToService, Shelved, ShelvingEnded, Suppressed, TakenOutOfService, Unshelved, Work, WorkEnded,
    };

    const BORN: Standing = Standing {
        state: Normal,
        cover: None,
    };

    fn walk_from(from: Standing, latched: bool, triggers: &[(Trigger, bool)]) -> Standing {
        triggers.iter().fold(from, |standing, (trigger, condition)| {
            step(standing, *trigger, latched, *condition).map_or(standing, |(next, _)| next)
        })
    }

    fn walk(latched: bool, triggers: &[(Trigger, bool)]) -> State {
        walk_from(BORN, latched, triggers).state
    }

    #[test]
    fn an_alarm_lives_as_the_table_says() {
        assert_eq!(walk(false, &[(Raised, true)]), ActiveUnacknowledged);
        assert_eq!(
            walk(false, &[(Raised, true), (Returned, false)]),
            ReturnedUnacknowledged
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Returned, false), (Acknowledged, false)]),
            Normal
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Acknowledged, true)]),
            ActiveAcknowledged
        );
        assert_eq!(
            walk(false, &[(Raised, true), (Acknowledged, true), (Returned, false)]),
            Normal
        );
        assert_eq!(walk(false, &[(Raised, true), (Removed, true)]), Normal);
        let refused = |state, trigger, condition| {
            let standing = Standing { state, cover: None };
            step(standing, trigger, false, condition).unwrap_err()
        };
        assert_eq!(
            refused(Normal, Acknowledged, false),
            Illegal::NothingToAcknowledge
        );
        assert_eq!(
            refused(ActiveAcknowledged, Acknowledged, true),
            Illegal::NothingToAcknowledge
        );
        assert_eq!(refused(Normal, Returned, false), Illegal::Already);
    }

    #[test]
    fn what_somebody_has_is_given_back_and_nothing_else_is() {
        for (trigger, cause) in [
            (GivenBack, Cause::GivenBack),
            (AcknowledgementEnded, Cause::AcknowledgementEnded),
        ] {
            for (state, latched) in State::ALL
                .into_iter()
                .flat_map(|state| [(state, false), (state, true)])
            {
                let standing = Standing { state, cover: None };
                let found = step(standing, trigger, latched, state.is_active());
                let expected = match state {
                    ActiveAcknowledged => Ok((
                        Standing {
                            state: ActiveUnacknowledged,
                            cover: None,
                        },
                        cause,
                    )),
                    _ => Err(Illegal::NothingToGiveBack),
                };
                assert_eq!(found, expected, "{state:?} {latched}");
            }
        }
        let shelved = walk_from(
            BORN,
            false,
            &[(Raised, true), (Acknowledged, true), (Shelved, true)],
        );
        for trigger in [GivenBack, AcknowledgementEnded] {
            assert_eq!(
                step(shelved, trigger, false, true),
                Err(Illegal::Covered(CoverKind::Shelved))
            );
        }
    }

    #[test]
    fn a_latched_alarm_waits_for_its_reset() {
        let held = [(Raised, true), (Acknowledged, true), (Returned, false)];
        assert_eq!(walk(true, &held), ActiveAcknowledged);
        assert_eq!(
            walk(true, &[&held[..], &[(Reset, true)]].concat()),
            ActiveAcknowledged
        );
        assert_eq!(walk(true, &[&held[..], &[(Reset, false)]].concat()), Normal);
        assert_eq!(
            walk(true, &[&held[..], &[(Raised, true)]].concat()),
            ActiveUnacknowledged
        );
        assert_eq!(
            walk(true, &[(Raised, true), (Reset, false)]),
            ReturnedUnacknowledged
        );
        assert_eq!(
            walk(true, &[(Raised, true), (Removed, false)]),
            ActiveUnacknowledged
        );
        let standing = Standing {
            state: ActiveAcknowledged,
            cover: None,
        };
        assert_eq!(step(standing, Reset, false, false), Err(Illegal::NothingToReset));
    }

    #[test]
    fn what_lies_over_an_alarm_goes_as_the_table_says() {
        use CoverKind as Kind;
        let covers = [
            None,
            Some(Kind::Shelved),
            Some(Kind::Suppressed),
            Some(Kind::OutOfService),
            Some(Kind::Work),
        ];
        let columns = [
            Shelved,
            Unshelved,
            ShelvingEnded,
            TakenOutOfService,
            ReturnedToService,
            Suppressed,
            Released,
            Work,
            WorkEnded,
        ];
        let table = [
            "shelved - - out-of-service - suppressed - work -",
            "shelved none none out-of-service - - - work -",
            "shelved - - out-of-service - - none work -",
            "- - - out-of-service none - - work -",
            "shelved - - out-of-service - suppressed - - none",
        ];
        for state in State::ALL {
            for (cover, row) in covers.into_iter().zip(table) {
                for (trigger, word) in columns.into_iter().zip(row.split(' ')) {
                    let found = match step(Standing { state, cover }, trigger, false, state.is_active()) {
                        Err(_) => "-",
                        Ok((to, _)) => to.cover.map_or("none", CoverKind::as_str),
                    };
                    assert_eq!(found, word, "{state:?} {cover:?} {trigger:?}");
                }
            }
        }
    }

    #[test]
    fn an_active_alarm_is_annunciated_again_when_nothing_lies_over_it_any_more() {
        let acknowledged = [(Raised, true), (Acknowledged, true)];
        for (put, end) in [
            (Shelved, Unshelved),
            (Shelved, ShelvingEnded),
            (TakenOutOfService, ReturnedToService),
            (Suppressed, Released),
            (Work, WorkEnded),
        ] {
            let story = |rest: &[(Trigger, bool)]| walk(false, &[&acknowledged[..], rest].concat());
            assert_eq!(story(&[(put, true), (end, true)]), ActiveUnacknowledged);
            assert_eq!(story(&[(put, true), (Returned, false), (end, false)]), Normal);
            // Beneath it, life goes on.
            let recurs = [(put, true), (Returned, false), (Raised, true)];
            assert_eq!(story(&recurs), ActiveUnacknowledged);
        }
    }

    #[test]
    fn nobody_is_asked_to_acknowledge_what_is_shelved_or_out_of_service() {
        for (put, kind) in [
            (Shelved, CoverKind::Shelved),
            (TakenOutOfService, CoverKind::OutOfService),
        ] {
            let standing = walk_from(BORN, false, &[(Raised, true), (put, true)]);
            assert_eq!(
                step(standing, Acknowledged, false, true),
                Err(Illegal::Covered(kind))
            );
        }
    }

    #[test]
    fn what_is_removed_takes_what_lay_over_it_along() {
        for put in [Shelved, TakenOutOfService, Suppressed, Work] {
            assert_eq!(walk_from(BORN, false, &[(put, false), (Removed, false)]), BORN);
            assert_eq!(
                walk_from(BORN, false, &[(Raised, true), (put, true), (Removed, true)]),
                BORN
            );
        }
        assert_eq!(step(BORN, Removed, false, false), Err(Illegal::Already));
    }
}
