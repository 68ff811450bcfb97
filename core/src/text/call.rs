//! How a call is said: what happened to it, and why somebody was not told.

use super::foreign::cut;
use super::{Form, Language};
use crate::oncall::Why;
use crate::oncall::call::{Happened, Rung, Way};
use crate::site::Site;

/// The longest name that is shown, in characters.
const NAME: usize = 80;

/// Why somebody was not told of what stands; without a stop.
pub fn untold(why: Why, language: Language) -> &'static str {
    match language {
        Language::English => match why {
            Why::OtherPriority => "the channel takes other priorities only",
            Why::PersonKnows => "somebody had it before",
            Why::Late => "it was told in the summary of late readings",
            Why::Configuration => "the configuration ended it",
            Why::BeforeDelivery => "it was raised before messages began",
            Why::ChannelItself => "it says that this very way does not work",
            Why::Shelved => "it is shelved",
            Why::Suppressed => "another alarm stands for it",
            Why::OutOfService => "it is out of service",
            Why::Work => "there is work in progress",
            Why::NothingStands => "nothing stands that is to be told",
            Why::AlarmList => "it can wait on the list of alarms",
            Why::Chattering => "it chatters, which was told",
            Why::NotTold => "they were not told of its beginning",
            Why::Told => "they were told",
            Why::NotYet => "the ladder has not come to them",
            Why::HeldByAnother => "somebody else has it",
            Why::QuietHours => "they have quiet hours for it",
            Why::NoDrill => "the drill is over",
            Why::InTheBuilding => "a drill does not sound in the building",
        },
        Language::Dutch => match why {
            Why::OtherPriority => "het kanaal neemt alleen andere prioriteiten",
            Why::PersonKnows => "iemand had het al",
            Why::Late => "het staat in de samenvatting van late metingen",
            Why::Configuration => "de configuratie heeft het beëindigd",
            Why::BeforeDelivery => "het kwam op voordat berichten begonnen",
            Why::ChannelItself => "het zegt dat juist deze weg niet werkt",
            Why::Shelved => "het is opgeschort",
            Why::Suppressed => "een ander alarm staat ervoor",
            Why::OutOfService => "het is buiten gebruik",
            Why::Work => "er wordt gewerkt",
            Why::NothingStands => "er staat niets dat te melden is",
            Why::AlarmList => "het kan wachten op de lijst met alarmen",
            Why::Chattering => "het gaat heen en weer, en dat is gemeld",
            Why::NotTold => "het begin is hun niet gemeld",
            Why::Told => "het is hun gemeld",
            Why::NotYet => "de ladder is nog niet bij hen",
            Why::HeldByAnother => "iemand anders heeft het",
            Why::QuietHours => "ze hebben er stille uren voor",
            Why::NoDrill => "de oefening is voorbij",
            Why::InTheBuilding => "een oefening klinkt niet in het gebouw",
        },
    }
}

/// What happened to a call; without a stop.
pub fn happened(site: &Site, happened: &Happened, form: &Form) -> String {
    let english = form.language == Language::English;
    let ladder = |id: &str| cut(id, NAME);
    match happened {
        Happened::Began { ladder: id, priority } => {
            let (id, priority) = (ladder(id.as_str()), super::priority(*priority, form.language));
            match english {
                true => format!("ladder {id} begins, for what is {priority}"),
                false => format!("ladder {id} begint, voor wat {priority} is"),
            }
        }
        Happened::Stepped { rung, first, again } => {
            let (rung, all) = (step(*rung, form.language), named(site, first.iter().chain(again)));
            match (english, all.is_empty()) {
                (true, true) => format!("{rung} reaches nobody"),
                (true, false) => format!("{rung}: {all}"),
                (false, true) => format!("{rung} bereikt niemand"),
                (false, false) => format!("{rung}: {all}"),
            }
        }
        Happened::Taken if english => "somebody has it: nobody else is called".to_owned(),
        Happened::Taken => "iemand heeft het: verder wordt niemand gewaarschuwd".to_owned(),
        Happened::GivenBack if english => "nobody has it any more".to_owned(),
        Happened::GivenBack => "niemand heeft het meer".to_owned(),
        Happened::PassedOn { by, to } => {
            let by = cut(&form.who(by), NAME);
            let named = |to| {
                site.person_by_id(to)
                    .map_or_else(|| to.to_string(), |to| cut(&to.name, NAME))
            };
            let to = to.as_ref().map(named);
            match (to, english) {
                (Some(to), true) => format!("{by} passes it on to {to}"),
                (Some(to), false) => format!("{by} geeft het door aan {to}"),
                (None, true) => format!("{by} passes it on: whoever is next is called"),
                (None, false) => format!("{by} geeft het door: wie daarna komt wordt gewaarschuwd"),
            }
        }
        Happened::Ended if english => "it is over, or no ladder takes it any more".to_owned(),
        Happened::Ended => "het is voorbij, of geen ladder neemt het nog".to_owned(),
    }
}

/// A step's name.
pub fn step(rung: Rung, language: Language) -> String {
    match (rung, language) {
        (Rung::Step(place), Language::English) => format!("step {}", place + 1),
        (Rung::Step(place), Language::Dutch) => format!("stap {}", place + 1),
        (Rung::Fallback, Language::English) => "the fallback".to_owned(),
        (Rung::Fallback, Language::Dutch) => "de achterwacht".to_owned(),
        (Rung::Everybody, Language::English) => "everybody".to_owned(),
        (Rung::Everybody, Language::Dutch) => "iedereen".to_owned(),
        (Rung::Named, Language::English) => "by name".to_owned(),
        (Rung::Named, Language::Dutch) => "bij naam".to_owned(),
    }
}

/// What whoever is reached by a way is called: a person by their name, a program by that of its channel.
pub fn name(site: &Site, way: &Way) -> String {
    let mut people = site.people.iter();
    let person = people.find(|person| person.id.as_str() == way.recipient);
    person.map_or_else(|| way.channel.clone(), |person| cut(&person.name, NAME))
}

/// Ways by the names of whom they reach, each person with the channel.
fn named<'a>(site: &Site, ways: impl Iterator<Item = &'a Way>) -> String {
    let said = |way: &Way| match name(site, way) {
        name if name == way.channel => name,
        name => format!("{name} ({})", way.channel),
    };
    ways.map(said).collect::<Vec<_>>().join(", ")
}
