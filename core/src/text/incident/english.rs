//! English.

use super::{Cause, Course, Reason, Said};

pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Raised => "raised",
        Cause::Returned => "back to normal",
        Cause::Acknowledged => "acknowledged",
        Cause::GivenBack => "given back",
        Cause::AcknowledgementEnded => "its time with whoever had it is over",
        Cause::Reset => "reset",
        Cause::Configuration => "ended by a change of configuration",
        Cause::Late => "a late reading raised it, or would have",
        Cause::Shelved => "shelved",
        Cause::Unshelved => "shelving ended by a person",
        Cause::ShelvingEnds => "shelving ends in 15 min",
        Cause::ShelvingEnded => "shelving ended",
        Cause::OutOfService => "taken out of service",
        Cause::ReviewDue => "out of service, review is due",
        Cause::ReturnedToService => "returned to service",
        Cause::Suppressed => "suppressed, another alarm stands for it",
        Cause::Released => "no longer suppressed",
        Cause::RuleChanged => "its rule was changed",
        Cause::PriorityChanged => "its priority was changed",
        Cause::Moved => "its sensor is in another room",
        Cause::Removed => "its rule or sensor is gone",
        Cause::Upgraded => "another version of Plenum has another rule",
        Cause::Chattering => "chatters, nobody is told of each raise",
        Cause::Quiet => "quiet again",
        Cause::Stands => "stands, having chattered",
        Cause::Work => "came while work goes on, told to nobody",
        Cause::WorkEnded => "the work is over",
    }
}

pub(super) fn tells(reason: Reason) -> &'static str {
    match reason {
        Reason::First => "raised",
        Reason::StandsAgain => "stands again",
        Reason::Reminder => "nobody has it still",
        Reason::Resolved => "over",
        Reason::ShelvingEnds => "its shelving ends soon",
        Reason::Changed => "changed",
        Reason::Withdrawn => "taken away with its rule or sensor",
        Reason::Taken => "somebody has it",
        Reason::No(_) => "not sent",
    }
}

fn after(what: &str, time: Option<&str>) -> String {
    match time {
        Some(time) => format!("| {what} | after {time} |"),
        None => format!("| {what} | not |"),
    }
}

pub(super) fn say(said: Said<'_>) -> String {
    match said {
        Said::Title { number, what: "" } => format!("# Incident {number}"),
        Said::Title { number, what } => format!("# Incident {number}: {what}"),
        Said::HeadParticulars => "| Incident | |".to_owned(),
        Said::Site { site, zone } => format!("| Site | {site} ({zone}) |"),
        Said::Priority { priority } => format!("| Priority | {priority} |"),
        Said::Began { at } => format!("| Began | {at} |"),
        Said::Over { at } => format!("| Over | {at} |"),
        Said::Stands => "| Over | not yet |".to_owned(),
        Said::Has { names, free: 0 } => format!("| Who has it | {names} |"),
        Said::Has { names, free: 1 } => format!("| Who has it | {names}; nobody has 1 of the alarms |"),
        Said::Has { names, free } => format!("| Who has it | {names}; nobody has {free} of the alarms |"),
        Said::Nobody => "| Who has it | nobody |".to_owned(),
        Said::Aside => {
            "| Who has it | nobody is asked: all that stands is suppressed or came during work |".to_owned()
        }
        Said::Detected { time } => after("Detected", time),
        Said::FirstTold { time } => after("Somebody told", time),
        Said::Taken { time } => after("Acknowledged", time),
        Said::Lasted { time } => after("All over", time),
        Said::Alarms => "## Alarms".to_owned(),
        Said::HeadAlarms => "| No. | Alarm | Priority | Raised | Over |".to_owned(),
        Said::FirstCause => "first cause".to_owned(),
        Said::Happened => "## What happened".to_owned(),
        Said::Nothing => "Nothing is kept of it any more.".to_owned(),
        Said::Cut => "More happened than stands here: the API tells it page by page.".to_owned(),
        Said::Told { to, channel, course } => {
            let what = match course {
                Course::Waiting => "is to be told",
                Course::Sent => "was told",
                Course::GivenUp => "was not reached",
                Course::Replaced => "is told by a newer message",
                Course::Withheld => "was not called, for somebody had it,",
            };
            format!("{to} {what} by {channel}")
        }
        Said::About { alarms } => format!("{alarms} alarms in one message"),
        Said::Meant { at } => format!("meant at {at}"),
        Said::Attempts { attempts } => format!("{attempts} attempts"),
        Said::NextAttempt { at } => format!("next attempt at {at}"),
        Said::Error { error } => format!("the answer was: {error}"),
        Said::Noted { by } => format!("{by} noted:"),
        Said::Exported { at } => format!(
            "Written {at} by Plenum. Durations count from when the first condition began to hold. Messages are kept for as long as `alarm_history` says."
        ),
    }
}
