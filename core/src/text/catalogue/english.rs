//! English.

use plenum_protocol::Fault;
use plenum_protocol::quantity::Kind;

use super::{Heading, Label, Matter, Phrase, Reached, with};
use crate::site::Priority;

pub(super) fn label(label: Label) -> &'static str {
    match label {
        Label::Delayed => "DELAYED",
        Label::What => "WHAT",
        Label::Also => "ALSO",
        Label::Where => "WHERE",
        Label::HowBad => "HOW BAD",
        Label::Now => "NOW",
        Label::HowLong => "HOW LONG",
        Label::Do => "DO",
        Label::You => "YOU",
        Label::Sure => "SURE?",
    }
}

pub(super) fn heading(heading: Heading) -> &'static str {
    match heading {
        Heading::OverAlready => "OVER ALREADY",
        Heading::Taken => "TAKEN",
        Heading::Returned => "RETURNED",
        Heading::ShelvingEnds => "SHELVING ENDS",
        Heading::Withdrawn => "WITHDRAWN",
        Heading::Changed => "CHANGED",
        Heading::Chattering => "CHATTERING",
        Heading::Again => "AGAIN",
    }
}

pub(super) fn matter(matter: Matter) -> &'static str {
    match matter {
        Matter::Mains => "Mains",
        Matter::Smoke => "Smoke detection",
        Matter::Water => "Leak detection",
        Matter::Cooling => "Cooling",
    }
}

pub(super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "critical",
        Priority::High => "high",
        Priority::Medium => "medium",
        Priority::Low => "low",
    }
}

pub(super) fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::NotPresent => "nothing answers there",
        Fault::Timeout => "no answer in time",
        Fault::Corrupt => "its answer is damaged",
        Fault::OutOfRange => "its answer is not plausible",
        Fault::DeviceError => "the device reports an error",
        Fault::Stuck => "its value does not move any more",
        Fault::Unrecognised => "an unknown fault",
    }
}

pub(super) fn say(phrase: Phrase<'_>) -> String {
    match phrase {
        Phrase::Above {
            value: Some(value),
            limit,
        } => format!("{value}, above {limit}"),
        Phrase::Above { value: None, limit } => format!("above {limit}"),
        Phrase::Below {
            value: Some(value),
            limit,
        } => format!("{value}, below {limit}"),
        Phrase::Below { value: None, limit } => format!("below {limit}"),
        Phrase::Moved {
            value,
            rising,
            by,
            time,
        } => {
            let value = value.map(|value| format!("{value}, ")).unwrap_or_default();
            let way = if rising { "rose" } else { "fell" };
            format!("{value}{way} {by} in {time}")
        }
        Phrase::OnAverage { said, time } => format!("{said}, on average of {time}"),
        Phrase::Drifted { value, usual } => {
            format!("{value} in a day; such a day is usually {usual}")
        }
        Phrase::Cycled { starts, time } => format!("started {starts} times in {time}"),
        Phrase::Foreseen {
            value,
            limit,
            time: Some(time),
        } => format!("{value}, at {limit} in about {time}"),
        Phrase::Foreseen {
            value,
            limit,
            time: None,
        } => format!("{value}, past {limit}"),
        Phrase::Of {
            quantity,
            kind: Kind::Number,
            said,
        } => format!("{quantity} {said}"),
        Phrase::Of {
            quantity,
            kind: Kind::Boolean,
            said,
        } => format!("{quantity}: {said}"),
        Phrase::NotSo { said } => format!("not {said}"),
        Phrase::Vote {
            said: Some(said),
            holding,
            of,
        } => format!("{said}; {holding} of {of} sensors"),
        Phrase::Vote {
            said: None,
            holding,
            of,
        } => format!("{holding} of {of} sensors"),
        Phrase::Deviates { value, median, limit } => {
            format!("{value}, more than {limit} from its siblings' {median}")
        }
        Phrase::Condenses { value, dew_point } => format!("{value}, dew point of the room {dew_point}"),
        Phrase::Outside {
            said,
            class: Some(class),
        } => format!("{said}, outside class {class}"),
        Phrase::Outside { said, class: None } => format!("{said}, outside what is recommended"),
        Phrase::NoNumber { quantity, since } => format!("no {quantity} since {since}"),
        Phrase::NoWord { since } => format!("no word since {since}"),
        Phrase::Agent { agent } => format!("agent {agent}"),
        Phrase::AgentSince { agent, since } => format!("agent {agent} since {since}"),
        Phrase::AgentNever { agent } => format!("agent {agent} has never been heard of"),
        Phrase::ChannelTo {
            channel,
            person: Some(person),
        } => format!("channel {channel} to {person}"),
        Phrase::ChannelTo { channel, person: None } => format!("channel {channel}"),
        Phrase::OfAgent { sensor, agent } => format!("{sensor} of agent {agent}"),
        Phrase::NothingEver { place, sensor, agent } => {
            format!("{place}: nothing was ever received of it; agent {agent}, sensor {sensor}")
        }
        Phrase::LateReadings { agent, alarms: 1 } => {
            format!("Late readings of agent {agent} would have raised 1 alarm; see the log")
        }
        Phrase::LateReadings { agent, alarms } => {
            format!("Late readings of agent {agent} would have raised {alarms} alarms; see the log")
        }
        Phrase::LateReadingsAs {
            agent,
            alarms: 1,
            place,
            value,
            at,
        } => {
            format!("Late readings of agent {agent} would have raised 1 alarm: {place} was {value} at {at}; see the log")
        }
        Phrase::LateReadingsAs {
            agent,
            alarms,
            place,
            value,
            at,
        } => {
            format!(
                "Late readings of agent {agent} would have raised {alarms} alarms, among them: {place} was {value} at {at}; see the log"
            )
        }
        Phrase::Late { sentence } => format!("late: {sentence}"),
        Phrase::RuleChanged => "its rule or what it watches was changed".to_owned(),
        Phrase::UnknownSince { since: Some(since) } => format!("unknown since {since}"),
        Phrase::UnknownSince { since: None } => "unknown".to_owned(),
        Phrase::UnknownLast {
            since: Some(since),
            last,
            at,
        } => format!("unknown since {since}, last: {last} at {at}"),
        Phrase::UnknownLast {
            since: None,
            last,
            at,
        } => format!("unknown, last: {last} at {at}"),
        Phrase::Rising => "rising".to_owned(),
        Phrase::Falling => "falling".to_owned(),
        Phrase::LimitIn { limit, time } => format!("{limit} in {time}"),
        Phrase::LimitInAbout { limit, time } => format!("{limit} in about {time}"),
        Phrase::LimitAt { limit, time } => format!("{limit} at about {time}"),
        Phrase::Between { earliest, latest } => format!("between {earliest} and {latest}"),
        Phrase::NotBefore { earliest } => format!("not before {earliest}"),
        Phrase::After { time } => format!("after {time}"),
        Phrase::LateBy { time } => format!("{time} late"),
        Phrase::DelayedBy { time, due } => format!("by {time}: this message was due at {due}"),
        Phrase::HeardLate { time, at, heard } => {
            format!("by {time}: it was at {at}, and was heard of at {heard}")
        }
        Phrase::Likely { cause } => format!("Likely: {cause}"),
        Phrase::ComesFrom {
            name,
            subject: "",
            since,
        } => format!("Most likely caused by: {name}, since {since}"),
        Phrase::ComesFrom { name, subject, since } => format!("Most likely caused by: {name}, {subject}, since {since}"),
        Phrase::IsOver { name } => format!("{name}: over"),
        Phrase::AtLeast { time } => format!("at least {time}"),
        Phrase::Lasted { time, until } => format!("It lasted {time}, until {until}"),
        Phrase::Over { since } => format!("over since {since}"),
        Phrase::Was { from, until } => format!("from {from} until {until}"),
        Phrase::OverSince { since } => format!("It is over since {since}"),
        Phrase::Gone => "The condition is gone".to_owned(),
        Phrase::GoneAsFarAsSeen => "The condition was gone when it was last seen".to_owned(),
        Phrase::ShelvedUntil { by, until } => {
            format!("{by} shelved it until {until}. If its condition holds then, it is told anew")
        }
        Phrase::WorkGoesOn { until, reason, who } => {
            format!("Work in progress until {until}: {reason} ({who})")
        }
        Phrase::ShelvingHasEnded => "Its shelving has ended".to_owned(),
        Phrase::NothingWatches => {
            "Its rule or its sensor is gone and nothing watches it any more. It stays until somebody resets it".to_owned()
        }
        Phrase::WasChanged { changes, stands } => {
            let stands = match stands {
                Some(true) => ". It stands",
                Some(false) => ". It stood when it was last seen",
                None => "",
            };
            match changes {
                "" => format!("Its rule was changed{stands}"),
                _ => format!("Changed: {changes}{stands}"),
            }
        }
        Phrase::ChatteredAndStands { raises, since, stands } => {
            format!("It chattered: {raises} times since {since}, and stands since {stands}")
        }
        Phrase::ChangedSince { changes } => format!("Changed since: {changes}"),
        Phrase::EndedByChange { changes } => {
            format!("The change ended it: {changes}. What is known now is not an alarm by that")
        }
        Phrase::TakenAway { since } => {
            format!("Its rule or its sensor is gone, and nothing watches it since {since}")
        }
        Phrase::LastKnown { value, at } => format!("Known last: {value} at {at}"),
        Phrase::NotKnownWhetherGone => "Whether its condition is gone is not known".to_owned(),
        Phrase::StateThen {
            state,
            at,
            now,
            since,
        } => format!("{state} at {at}, {now} since {since}"),
        Phrase::ValueThen { value, at, now } => format!("{value} at {at}, now {now}"),
        Phrase::ValueAt { value, at } => format!("{value} at {at}"),
        Phrase::NoLonger => "no longer".to_owned(),
        Phrase::NowValue { value } => format!("Now {value}"),
        Phrase::GoneAndBack => "The condition was gone for its delay and holds again".to_owned(),
        Phrase::Beyond {
            value,
            limit,
            above: true,
        } => format!("{value}, above {limit}"),
        Phrase::Beyond {
            value,
            limit,
            above: false,
        } => format!("{value}, below {limit}"),
        Phrase::NotYet { values } => format!("Not an alarm yet: {values}"),
        Phrase::Ending { place, alarms } => format!("Ending in {place}: {alarms}"),
        Phrase::GoneSince { name, subject, since } => with(name, &[subject, &format!("gone since {since}")]),
        Phrase::Chatters { raises, since, quiet } => format!(
            "It chatters: raised {raises} times since {since}. All of it is logged; it is told again when it stands, after a quarter of an hour, and when it was not raised for {quiet}"
        ),
        Phrase::Chattered { raises, since, until } => {
            format!("It chattered: raised {raises} times from {since} to {until}, and not since")
        }
        Phrase::StillStands { place, alarms } => format!("Still standing in {place}: {alarms}"),
        Phrase::StandsSince {
            name,
            subject,
            since,
            unknown,
        } => {
            let subject = if subject.is_empty() { String::new() } else { format!("{subject}, ") };
            let now = if unknown { ", unknown now" } else { "" };
            format!("{name} ({subject}since {since}{now})")
        }
        Phrase::More { count } => format!("{count} more"),
        Phrase::AndMore { count } => format!("and {count} more"),
        Phrase::StandWithIt { count: 1, alarms } => format!("1 more alarm of this incident stands: {alarms}"),
        Phrase::StandWithIt { count, alarms } => format!("{count} more alarms of this incident stand: {alarms}"),
        Phrase::ConditionGone { since } => format!("its condition is gone since {since}"),
        Phrase::EndWithIt { count: 1, alarms } => format!("1 more is about to end: {alarms}"),
        Phrase::EndWithIt { count, alarms } => format!("{count} more are about to end: {alarms}"),
        Phrase::WithdrawnWithIt { count: 1, alarms } => {
            format!("1 alarm of this incident is withdrawn, nothing watches it any longer: {alarms}")
        }
        Phrase::WithdrawnWithIt { count, alarms } => {
            format!("{count} alarms of this incident are withdrawn, nothing watches them any longer: {alarms}")
        }
        Phrase::LastOf { name, subject, last } => {
            let last = last.map_or_else(String::new, |last| format!("last {last}"));
            with(name, &[subject, &last])
        }
        Phrase::OverWithIt { count: 1, alarms } => format!("1 alarm of this incident is over: {alarms}"),
        Phrase::OverWithIt { count, alarms } => format!("{count} alarms of this incident are over: {alarms}"),
        Phrase::NothingElse { place } => format!("Nothing else stands in {place}"),
        Phrase::OthersStand { count: 1 } => "1 other stands".to_owned(),
        Phrase::OthersStand { count } => format!("{count} others stand"),
        Phrase::Siblings {
            beyond,
            unknown: 0,
            total,
        } => format!("{beyond} of {total} beyond the limit"),
        Phrase::Siblings {
            beyond,
            unknown,
            total,
        } => {
            format!("{beyond} of {total} beyond the limit, {unknown} unknown")
        }
        Phrase::UnitFault { unit } => format!("{unit} reports a fault"),
        Phrase::UnitStands { unit } => format!("{unit} is not running"),
        Phrase::UnitRuns { unit } => format!("{unit} is running"),
        Phrase::UnitUnknown { unit, since: Some(since) } => format!("of {unit} nothing is known since {since}"),
        Phrase::UnitUnknown { unit, since: None } => format!("of {unit} nothing is known"),
        Phrase::StartUnit { unit } => format!("Start {unit} at its panel"),
        Phrase::StartUnitWithPower { unit } => {
            format!("Mains is lost: start {unit} at its panel as soon as it has power")
        }
        Phrase::StartUnitIf { unit } => format!("Start {unit} at its panel if it stands still"),
        Phrase::StartStandby => "Start the standby cooling unit at its panel, if there is one".to_owned(),
        Phrase::Inlets {
            beyond,
            unknown: 0,
            total,
            limit,
        } => format!("{beyond} of {total} inlets above {limit}"),
        Phrase::Inlets {
            beyond,
            unknown,
            total,
            limit,
        } => format!("{beyond} of {total} inlets above {limit}, {unknown} unknown"),
        Phrase::Limit { value, limit } => format!("{value}; limit {limit}"),
        Phrase::SensorReports { fault } => format!("The sensor reports: {fault}"),
        Phrase::Hottest { sensor, value } => format!("Hottest: {sensor}, {value}"),
        Phrase::HottestKnown { sensor, value } => format!("Hottest inlet that answers: {sensor}, {value}"),
        Phrase::Moves { rising: true, rate } => format!("Rising {rate}"),
        Phrase::Moves { rising: false, rate } => format!("Falling {rate}"),
        Phrase::DewPoint { value } => format!("Dew point {value}"),
        Phrase::DewPointUnknown { sensors } => format!("Dew point: unknown: {sensors}"),
        Phrase::Left { sensor, time } => format!("{sensor}: on battery, {time} left"),
        Phrase::Lasts {
            sensor,
            time,
            on_mains: true,
        } => format!("{sensor}: on mains, battery for {time}"),
        Phrase::Lasts {
            sensor,
            time,
            on_mains: false,
        } => format!("{sensor}: battery for {time}"),
        Phrase::LeftUnknown { sensors } => format!("Battery runtime: unknown: {sensors}"),
        Phrase::Unknown { sensors } => format!("unknown: {sensors}"),
        Phrase::Heard { what, at } => format!("{what} (heard {at}, its agent is away)"),
        Phrase::LastSaid { sensor, value, at } => format!("{sensor} (last: {value}, {at})"),
        Phrase::ErasedPerson { number } => format!("erased person {number}"),
        Phrase::SomePerson { number } => format!("person {number}"),
        Phrase::SomeProgram { number } => format!("token {number}"),
        Phrase::Holder { who, since } => format!("{who} has it since {since}"),
        Phrase::HolderUntil { who, since, until } => format!("{who} has it since {since}, until {until}"),
        Phrase::HasItUntil { who, until } => format!("{who} has it until {until}"),
        Phrase::GaveBack { who, at } => format!("{who} gave it back at {at}"),
        Phrase::PassedOn { who, at } => format!("{who} passed it on at {at}"),
        Phrase::HadUntil { who, until } => format!("{who} had it until {until}"),
        Phrase::StandsStill { since } => format!("It stands since {since}"),
        Phrase::NobodyHasItNow => "Nobody has it any more".to_owned(),
        Phrase::HasIt { who } => format!("{who} has it"),
        Phrase::Took { who, at } => format!("{who} took it at {at}"),
        Phrase::OutOfService { by } => format!("{by} took it out of service"),
        Phrase::NobodyHasIt => "Nobody has it yet".to_owned(),
        Phrase::Shelved { until } => format!("shelved until {until}"),
        Phrase::StandsAgain { since } => {
            format!("It is not put aside any more, and stands since {since}")
        }
        Phrase::AlsoTold {
            reached: Reached::NotYet,
            people,
        } => format!("Also going to: {people}"),
        Phrase::AlsoTold {
            reached: Reached::Yes,
            people,
        } => format!("Also told: {people}"),
        Phrase::AlsoTold {
            reached: Reached::No,
            people,
        } => format!("Could not be reached: {people}"),
        Phrase::NobodyNext => "Nobody else is called".to_owned(),
        Phrase::Next { people, at } => format!("If nobody has it by {at}, next is called: {people}"),
        Phrase::Take { take, look } => format!("I am on it: {take}   Look: {look}"),
        Phrase::TakeOrPass { take, look } => format!("I am on it, or pass it on: {take}   Look: {look}"),
        Phrase::Look { look } => format!("Look and acknowledge: {look}"),
        Phrase::LookOnly { look } => format!("Look: {look}"),
        Phrase::LookAtShelved { look } => format!("Look, or shelve it for longer: {look}"),
        Phrase::Age { time } => format!("Newest reading {time} old"),
        Phrase::NoReadingNow => "No reading now".to_owned(),
        Phrase::Answering {
            answering,
            total,
            of_one_room,
        } => {
            let sensors = if of_one_room { "sensors of the room" } else { "sensors of the rooms" };
            format!("{answering} of {total} {sensors} answer")
        }
        Phrase::AgentIs { agent, online: true } => format!("agent {agent} online"),
        Phrase::AgentIs { agent, online: false } => format!("agent {agent} OFFLINE"),
        Phrase::Raised { at, rule, also: "" } => format!("Raised {at}, rule {rule}"),
        Phrase::Raised { at, rule, also } => format!("Raised {at}, rule {rule}, also sent by {also}"),
    }
}
