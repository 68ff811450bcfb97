//! The ways by which messages leave, how each treats them, and what the courier makes of that.

use plenum_core::fact::SystemKind;
use toml::de::ValueDeserializer;

use super::*;
use crate::journal::condition::{holding, remember};
use crate::notify::channels::{self, Address, ChannelTable};
use crate::notify::lookout::lacking;
use crate::notify::reach::{self, End, News};
use crate::notify::ways::CourierOptions;

/// One who is reached over a channel.
#[derive(Debug)]
pub(super) struct WayOf {
    pub(super) channel: &'static str,
    pub(super) person: &'static str,
}

pub(super) const WAYS: [WayOf; 4] = [
    way("mail", "anna"),
    way("mail", "bert"),
    way("mail", "carl"),
    way("phone", "anna"),
];

const fn way(channel: &'static str, person: &'static str) -> WayOf {
    WayOf { channel, person }
}

/// How a way treats what is sent by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    Well,
    /// It says nothing for a minute, whether it took the message or not.
    Hangs,
    /// It answers 500, whether it took the message or not.
    Fails,
    /// It does not take anything for this person.
    Refuses,
    /// It calls everything too large.
    GivesUp,
    /// There is no address.
    Lacks,
}

const TEMPERS: [Temper; 6] = [
    Temper::Well,
    Temper::Hangs,
    Temper::Fails,
    Temper::Refuses,
    Temper::GivesUp,
    Temper::Lacks,
];

/// When the program dies, and begins again with what it has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dies {
    Not,
    BeforeItWasMade,
    /// That it arrived, or not.
    BeforeItIsWritten,
    /// That somebody cannot be reached, or can.
    BeforeItIsSaid,
}

impl Night<'_> {
    /// A way becomes better or worse.
    pub(super) fn change_temper(&mut self) {
        let way = self.any_way();
        // As often well as not.
        let temper = TEMPERS[(self.any(10) as usize).saturating_sub(4)];
        self.tempers[way] = temper;
        self.log.push(format!("{:?} {temper:?}", WAYS[way]));
    }

    /// An attempt at what leaves by a way. Gives whether anything did.
    pub(super) fn attempt(&mut self, way: usize, incident: i64, dies: Dies) -> rusqlite::Result<bool> {
        let (WayOf { channel, person }, is_on) = (&WAYS[way], self.on.contains(&way));
        let Some(due) = self.claim(way, incident)? else {
            return Ok(false);
        };
        if dies == Dies::BeforeItWasMade {
            return self.begin_again().map(|()| true);
        }
        let (subject, text, short) = Default::default();
        let (message, secret) = (Message { subject, text, short }, None);
        keep_message(self.connection, due.id, &Told { message, secret })?;
        let (arrives, outcome) = self.send(way);
        self.log.push(format!(
            "{channel}/{person} {} {:?} untold {} along {} {dies:?}: {arrives} {outcome:?}",
            due.alarm.id,
            due.reason,
            due.untold,
            due.along.alarms.len()
        ));
        let is_written = dies != Dies::BeforeItIsWritten;
        self.say_what_it_says(way, &due, arrives, Some(&outcome).filter(|_| is_written));
        if is_written {
            finish(self.connection, &due, &outcome, self.now)?;
        }
        if dies != Dies::Not {
            return self.begin_again().map(|()| true);
        }
        let was_silent = self.tempers[way] == Temper::Hangs;
        let end = End::of(&outcome, due.attempts + 1, was_silent, is_on);
        let news = self.reach.ended(channel, person, end);
        self.say(news).map(|()| true)
    }

    /// What leaves by a way.
    fn claim(&self, way: usize, incident: i64) -> rusqlite::Result<Option<Due>> {
        let (WayOf { channel, person }, is_on) = (&WAYS[way], self.on.contains(&way));
        let queue = Queue {
            channel: (*channel).to_owned(),
            recipient: (*person).to_owned(),
            incident,
        };
        let turn = Turn {
            is_reached: is_on,
            person_of: Some(self.site.clone()),
            quiet: BTreeMap::new(),
        };
        let due = claim(self.connection, &queue, &turn, &UnderWay::default(), self.now)?;
        if let Some(due) = &due {
            assert!(is_on || !due.reason.calls(), "called after they were taken off");
            self.nobody_is_called_for_what_somebody_has(person, due);
        }
        Ok(due)
    }

    /// The words of a message arrive, or do not. `outcome`: as it is written down, where it is.
    fn say_what_it_says(&mut self, way: usize, due: &Due, arrives: bool, outcome: Option<&Outcome>) {
        let along = due.along.alarms.iter();
        let along = along.map(|(alarm, reason)| (alarm.id, *reason, true));
        for (alarm, reason, untold) in along.chain([(due.alarm.id, due.reason, due.untold)]) {
            let Some(heard) = Heard::by(reason) else { continue };
            if arrives {
                let is_written = outcome == Some(&Outcome::Sent);
                self.hear((way, alarm), (heard, untold), is_written);
            }
            if matches!(outcome, Some(Outcome::GiveUp(_))) && heard == Heard::Over {
                self.given_up.insert((way, alarm));
            }
        }
    }

    /// Whether a message arrives by a way, and what that says of it.
    fn send(&mut self, way: usize) -> (bool, Outcome) {
        let is_on = self.on.contains(&way);
        let (may_arrive, is_busy) = (self.any(2) == 0, self.is_restless && self.any(4) == 0);
        let said = "no".to_owned();
        match self.tempers[way] {
            // Anything may be busy once.
            Temper::Well if is_busy => (false, Outcome::Retry(said)),
            Temper::Well => (true, Outcome::Sent),
            Temper::Hangs | Temper::Fails => (may_arrive, Outcome::Retry(said)),
            Temper::Refuses => (false, Outcome::Refused(said)),
            Temper::GivesUp => (false, Outcome::GiveUp(said)),
            Temper::Lacks if is_on => (false, Outcome::Refused(said)),
            Temper::Lacks => (false, Outcome::GiveUp(said)),
        }
    }

    /// The courier is another, which knows what was written.
    fn begin_again(&mut self) -> rusqlite::Result<()> {
        let (reach, news) = Reach::read(self.connection)?;
        self.reach = reach;
        self.say(news)?;
        self.forget_who_left()
    }

    /// Whoever is not on a channel any more cannot be missed there.
    pub(super) fn forget_who_left(&mut self) -> rusqlite::Result<()> {
        let on = &self.on;
        let is_on = |way: usize| on.contains(&way);
        let news = self.reach.keep(|channel, person| {
            let mut ways = (0..WAYS.len()).filter(|way| WAYS[*way].channel == channel);
            person.is_none_or(|person| ways.any(|way| WAYS[way].person == person && is_on(way)))
        });
        self.say(news)
    }

    /// What begins or ends with it is an alarm.
    fn say(&mut self, news: Vec<News>) -> rusqlite::Result<()> {
        for news in news {
            self.log.push(format!("said {news:?}"));
            remember(self.connection, &reach::condition(news, self.now), "")?;
        }
        Ok(())
    }

    /// Whom nothing reaches, as it is said: by `delivery-failed` what was tried, by `no-channel` what need not be.
    pub(super) fn said(&self) -> rusqlite::Result<BTreeSet<String>> {
        let failed = holding(self.connection, SystemKind::DeliveryFailed)?;
        let ways = WAYS.iter().zip(self.tempers);
        let ways = ways.filter(|(_, temper)| *temper != Temper::Lacks);
        let address = |(way, _): (&WayOf, Temper)| Address {
            person: way.person.parse().unwrap(),
            key: if way.channel == "mail" { "email" } else { "phone" },
            address: String::new(),
        };
        let options = CourierOptions {
            channels: vec![
                table(
                    "email",
                    r#"{ host = "h", port = 25, security = "none", from = "a@example.org" }"#,
                ),
                table("sms", r#"{ channel = "phone", device = "/dev/null" }"#),
            ],
            stored: ways.map(address).collect(),
            addresses: Vec::new(),
        };
        let lacking = lacking(&self.site, &options).into_keys();
        Ok(failed
            .into_iter()
            .map(|held| held.subject)
            .chain(lacking)
            .collect())
    }

    fn nobody_is_called_for_what_somebody_has(&self, person: &str, due: &Due) {
        let along = due.along.alarms.iter().map(|(alarm, reason)| (alarm.id, *reason));
        for (alarm, reason) in along
            .chain([(due.alarm.id, due.reason)])
            .filter(|(_, reason)| reason.calls())
        {
            let stands = &self.alarms[alarm as usize - 1];
            let log = self.log.join("\n");
            assert_ne!(
                stands.state,
                State::ActiveAcknowledged,
                "{person} is called for alarm {alarm}: {reason:?}\n{log}"
            );
        }
    }

    /// A word arrives. Of what goes along with another alarm's message nobody asks whether it began.
    fn hear(&mut self, whom: (usize, u64), word: Word, is_written: bool) {
        let words = self.arrived.entry(whom).or_default();
        match self.unwritten.contains(&whom) {
            true => *words.last_mut().unwrap() = word,
            false => words.push(word),
        }
        match is_written {
            true => self.unwritten.remove(&whom),
            false => self.unwritten.insert(whom),
        };
    }
}

/// A table of collector.toml.
fn table(kind: &str, text: &str) -> ChannelTable {
    let known = channels::find(kind).unwrap();
    let settings = (known.settings)(ValueDeserializer::parse(text).unwrap()).unwrap();
    ChannelTable {
        kind: known.name,
        settings: settings.into(),
    }
}
