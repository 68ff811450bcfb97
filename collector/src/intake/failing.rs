//! Whether groups can be committed: since when none could, and why.

use plenum_link::mqtt::Arrival;
use plenum_protocol::Duration;

use crate::journal::CommitsFail;

/// No commit for so long is told.
const FAILS: Duration = Duration::from_seconds(10);

/// What became of the last groups.
#[derive(Debug, Default)]
pub(super) struct Failing {
    /// When the group that is at the disk went there.
    at_the_disk: Option<Arrival>,
    /// When the first of the groups that failed since the last one that did not was begun.
    since: Option<Arrival>,
    told: Option<CommitsFail>,
}

impl Failing {
    pub(super) fn begun(&mut self, now: Arrival) {
        self.at_the_disk = Some(now);
    }

    pub(super) fn committed(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, why: &str, now: Arrival) {
        let begun = self.at_the_disk.take().unwrap_or(now);
        let since = *self.since.get_or_insert(begun);
        if now.steady.since(since.steady) >= FAILS {
            self.tell(since, why);
        }
    }

    /// Sees whether the disk has not answered for long.
    pub(super) fn look(&mut self, now: Arrival) {
        if let Some(begun) = self.at_the_disk
            && now.steady.since(begun.steady) >= FAILS
        {
            self.tell(self.since.unwrap_or(begun), "the disk does not answer");
        }
    }

    /// What is to be told, if anything.
    pub(super) fn told(&self) -> Option<&CommitsFail> {
        self.told.as_ref()
    }

    fn tell(&mut self, since: Arrival, why: &str) {
        self.told = Some(CommitsFail {
            since: since.at,
            why: why.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::{Steady, Timestamp};

    use super::*;

    fn second(count: i64) -> Arrival {
        Arrival {
            at: Timestamp::from_milliseconds(count * 1_000),
            steady: Steady::MIN + Duration::from_seconds(count),
        }
    }

    #[test]
    fn it_is_told_after_ten_seconds_without_a_commit_and_no_more_after_the_next_one() {
        let mut failing = Failing::default();
        for count in 0..10 {
            failing.begun(second(count));
            failing.failed("the disk is full", second(count));
            assert_eq!(failing.told(), None, "{count}");
        }
        failing.begun(second(10));
        failing.failed("the disk is full", second(10));
        let told = failing.told().unwrap();
        assert_eq!(
            (told.since, told.why.as_str()),
            (second(0).at, "the disk is full")
        );
        failing.begun(second(11));
        failing.committed();
        assert_eq!(failing.told(), None);
        failing.begun(second(12));
        failing.failed("the disk is full", second(12));
        assert_eq!(failing.told(), None, "the ten seconds begin anew");
    }

    #[test]
    fn a_disk_that_does_not_answer_is_told_while_it_does_not() {
        let mut failing = Failing::default();
        failing.look(second(100));
        failing.begun(second(100));
        failing.look(second(109));
        assert_eq!(failing.told(), None);
        failing.look(second(110));
        assert_eq!(failing.told().unwrap().since, second(100).at);
        failing.committed();
        failing.look(second(200));
        assert_eq!(failing.told(), None);
    }
}
