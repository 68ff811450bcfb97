//! Chattering (ISA-18.2): an alarm that is raised three times within a minute, until it was quiet for five. All of it is logged and shown; people are
//! told that it chatters, that it stands when it does for half a minute, at most every quarter of an hour that it goes on, and when it is over.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// So many times an alarm is raised,
pub const TIMES: usize = 3;
/// within so long, and it chatters.
pub const WITHIN: Duration = Duration::from_minutes(1);
/// Not raised for so long it is quiet again.
pub const QUIET: Duration = Duration::from_minutes(5);
/// It stands for so long without a flip: that is told.
pub const STANDS: Duration = Duration::from_seconds(30);
/// While it goes on nobody is told more often than that.
pub const REMIND: Duration = Duration::from_minutes(15);
/// What was active for less than this was fleeting.
pub const FLEETING: Duration = Duration::from_minutes(1);

/// How often an alarm was raised lately, by the instants of its readings: batches may be cut and mixed in any way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chatter {
    /// When it was raised within the last minute, the oldest first, as long as it does not chatter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recent: Vec<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// A time during which an alarm chattered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it was raised for the first time.
    pub since: Timestamp,
    /// When it was raised for the last time.
    pub until: Timestamp,
    /// How often it was raised.
    pub raises: u64,
    /// It was quiet since.
    pub over: bool,
    /// When people were told of it for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// When it had stood for half a minute, the last time that this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood: Option<Timestamp>,
    /// A person has acknowledged it since people were told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seen: bool,
}

impl Run {
    /// When it is quiet, if it is not raised again.
    pub fn quiet_at(&self) -> Timestamp {
        self.until + QUIET
    }

    /// Since when it stands without a flip, where that was told.
    pub fn stands_since(&self) -> Option<Timestamp> {
        self.stood
            .filter(|stood| *stood >= self.until)
            .map(|stood| stood - STANDS)
    }

    /// When it is to be told that it stands, if it does not flip from this instant on; none where that was told.
    pub fn stands_at(&self, since: Timestamp) -> Option<Timestamp> {
        let at = since.max(self.until) + STANDS;
        let told = self.told.filter(|_| self.stood.is_some());
        let may = told.map_or(at, |told| at.max(told + REMIND));
        self.stands_since().is_none().then_some(may)
    }
}

impl Chatter {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.run.is_none()
    }

    /// What it is doing, while it chatters.
    pub fn running(&self) -> Option<&Run> {
        self.run.as_ref().filter(|run| !run.over)
    }

    /// The run that it is in, or that was over when it was last raised.
    pub fn last_run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// It was raised. Gives whether it begins to chatter with that; a run that was quiet by then is to be ended before.
    pub fn raised(&mut self, at: Timestamp) -> bool {
        if let Some(run) = self.run.as_mut().filter(|run| !run.over) {
            let rested = run.seen && at.since(run.until) >= WITHIN;
            run.until = run.until.max(at);
            run.raises += 1;
            if rested || run.told.is_none_or(|told| at.since(told) >= REMIND) {
                run.told = Some(at);
                run.seen = false;
            }
            return false;
        }
        self.run = None;
        self.recent
            .retain(|earlier| *earlier <= at && at.since(*earlier) <= WITHIN);
        self.recent.push(at);
        if self.recent.len() < TIMES {
            return false;
        }
        let recent = std::mem::take(&mut self.recent);
        self.run = Some(Run {
            since: recent[0],
            until: at,
            raises: recent.len() as u64,
            over: false,
            told: None,
            stood: None,
            seen: false,
        });
        true
    }

    /// It was raised because its contact has flipped so often since that instant. Gives whether it begins to chatter with that.
    pub fn flips(&mut self, (since, count): (Timestamp, u64), at: Timestamp) -> bool {
        if self.running().is_some() {
            return self.raised(at);
        }
        self.recent.clear();
        self.run = Some(Run {
            since,
            until: at,
            raises: count,
            over: false,
            told: None,
            stood: None,
            seen: false,
        });
        true
    }

    /// People are told at this instant that it chatters.
    pub fn told(&mut self, at: Timestamp) {
        if let Some(run) = &mut self.run {
            run.told = Some(at);
        }
    }

    /// A person has acknowledged it: what comes after a rest is told anew.
    pub fn seen(&mut self) {
        if let Some(run) = self.run.as_mut().filter(|run| !run.over) {
            run.seen = true;
        }
    }

    /// Whoever acknowledged it has it no longer.
    pub fn unseen(&mut self) {
        if let Some(run) = self.run.as_mut() {
            run.seen = false;
        }
    }

    /// It did not flip from `since` until `now`, and holds. Gives when that is to be told, if it is.
    pub fn stands(&mut self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let run = self.run.as_mut().filter(|run| !run.over)?;
        let at = run
            .stands_at(since)
            .filter(|at| *at <= now && *at < run.quiet_at())?;
        run.stood = Some(at);
        run.told = Some(at);
        Some(at)
    }

    /// It was not raised until `now`. Gives since when it is quiet, if it has become so.
    pub fn pass(&mut self, now: Timestamp) -> Option<Timestamp> {
        let run = self.run.as_mut().filter(|run| !run.over)?;
        let at = Some(run.quiet_at()).filter(|at| *at <= now)?;
        run.over = true;
        Some(at)
    }

    /// The clock was set back by so much: nothing of it stays in a future that was wrong.
    pub fn shift(&mut self, by: Duration) {
        self.recent.clear();
        if let Some(run) = self.run.as_mut().filter(|run| !run.over) {
            run.since = run.since + by;
            run.until = run.until + by;
            run.told = run.told.map(|told| told + by);
            run.stood = run.stood.map(|stood| stood + by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: i64) -> Timestamp {
        Timestamp::from_milliseconds(count * 1_000)
    }

    /// Raises at these seconds; gives from when to when it chattered and how often it was raised then.
    fn runs(raised: &[i64]) -> Vec<(i64, i64, u64)> {
        let (mut chatter, mut found) = (Chatter::default(), Vec::new());
        let mut note = |chatter: &Chatter| {
            let run = chatter.last_run().unwrap();
            let second = |at: Timestamp| at.milliseconds() / 1_000;
            found.push((second(run.since), second(run.until), run.raises));
        };
        for at in raised {
            if chatter.pass(second(*at)).is_some() {
                note(&chatter);
            }
            chatter.raised(second(*at));
        }
        if chatter.running().is_some() {
            note(&chatter);
        }
        found
    }

    #[test]
    fn three_times_in_a_minute_is_chattering() {
        assert_eq!(runs(&[0, 30, 60]), [(0, 60, 3)]);
        assert_eq!(runs(&[0, 30, 61]), []);
        assert_eq!(runs(&[0, 30, 61, 90]), [(30, 90, 3)]);
        assert_eq!(runs(&[0, 1]), []);
    }

    #[test]
    fn five_minutes_without_a_raise_are_quiet() {
        assert_eq!(runs(&[0, 1, 2, 301]), [(0, 301, 4)]);
        assert_eq!(runs(&[0, 1, 2, 302]), [(0, 2, 3)]);
        assert_eq!(runs(&[0, 1, 2, 302, 303, 304]), [(0, 2, 3), (302, 304, 3)]);
    }

    #[test]
    fn it_is_quiet_from_five_minutes_after_the_last_raise_whenever_that_is_noticed() {
        let mut chatter = Chatter::default();
        assert_eq!(
            [0, 1, 2, 3].map(|at| chatter.raised(second(at))),
            [false, false, true, false]
        );
        assert_eq!(chatter.pass(second(302)), None);
        assert_eq!(chatter.pass(second(4_000)), Some(second(303)));
        assert_eq!(chatter.pass(second(4_001)), None);
        assert_eq!(chatter.running(), None);
        assert_eq!(chatter.last_run().map(|run| run.raises), Some(4));
        chatter.raised(second(5_000));
        assert_eq!(chatter.last_run(), None);
    }

    #[test]
    fn it_reads_back_as_it_was_and_an_earlier_programs_alarm_has_none() {
        let mut chatter = Chatter::default();
        for at in [10, 11, 12] {
            let text = serde_json::to_string(&chatter).unwrap();
            assert_eq!(serde_json::from_str::<Chatter>(&text).unwrap(), chatter);
            chatter.raised(second(at));
        }
        assert_eq!(serde_json::from_str::<Chatter>("{}").unwrap(), Chatter::default());
        assert_eq!(serde_json::to_string(&Chatter::default()).unwrap(), "{}");
    }

    #[test]
    fn what_stands_for_half_a_minute_is_told_once() {
        let mut chatter = Chatter::default();
        for at in [0, 1, 2] {
            chatter.raised(second(at));
        }
        chatter.told(second(2));
        assert_eq!(chatter.stands(second(2), second(31)), None);
        assert_eq!(chatter.stands(second(2), second(40)), Some(second(32)));
        assert_eq!(chatter.stands(second(2), second(41)), None);
        assert_eq!(chatter.running().unwrap().stands_since(), Some(second(2)));
        // It flipped again: not more often than every quarter of an hour.
        chatter.raised(second(60));
        assert_eq!(chatter.running().unwrap().stands_since(), None);
        assert_eq!(chatter.stands(second(60), second(300)), None);
    }

    #[test]
    fn what_goes_on_is_told_every_quarter_of_an_hour_and_anew_after_somebody_saw_it_and_it_rested() {
        let mut chatter = Chatter::default();
        for at in [0, 1, 2] {
            chatter.raised(second(at));
        }
        chatter.told(second(2));
        let told = |at: i64, chatter: &mut Chatter| {
            chatter.raised(second(at));
            chatter.running().unwrap().told == Some(second(at))
        };
        let every_four_minutes = [240, 480, 720, 960, 1_200].map(|at| told(at, &mut chatter));
        assert_eq!(every_four_minutes, [false, false, false, true, false]);
        chatter.seen();
        assert_eq!(
            [1_210, 1_269, 1_329, 1_389].map(|at| told(at, &mut chatter)),
            [false, false, true, false]
        );
    }
}
