//! When a job that says that it ran is late, and when that is an alarm. Elapsed time alone counts: a clock that is set makes nobody late.
//!
//! | what is known | standing |
//! |---|---|
//! | it said that it failed, and nothing since | failed |
//! | it began, and `grace` went by | unfinished |
//! | `every` and `grace` went by since it last ran, or since it was placed | missed |
//! | `every` went by since it last ran | late |
//! | it never ran, and there is time left | awaited |
//! | otherwise | well |

use plenum_protocol::{Duration, Steady};

use crate::site::Heartbeat;

/// What a job can say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It begins.
    Started,
    /// It ran.
    Ran,
    /// It failed.
    Failed,
}

/// What is known of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Since when a run is awaited: the last one, or when the site first had it.
    pub since: Steady,
    /// It ran at least once.
    pub ran: bool,
    /// When the run began that is not over.
    pub started: Option<Steady>,
    /// The last thing that it said is that it failed.
    pub failed: bool,
    /// Before this it is nobody's fault that nothing came: whoever listens was not there.
    pub not_before: Steady,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It ran in time.
    Well,
    /// It never ran, and there is time left.
    Awaited,
    /// It should have run by now, and there is time left. To be seen, and told to nobody.
    Late,
    /// A run began and did not end in time.
    Unfinished,
    /// It did not run in time.
    Missed,
    /// It said that it failed.
    Failed,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 6] = [
        Self::Well,
        Self::Awaited,
        Self::Late,
        Self::Unfinished,
        Self::Missed,
        Self::Failed,
    ];

    /// The word in the API and in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Awaited => "awaited",
            Self::Late => "late",
            Self::Unfinished => "unfinished",
            Self::Missed => "missed",
            Self::Failed => "failed",
        }
    }

    /// Whether somebody is told.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Unfinished | Self::Missed | Self::Failed)
    }
}

impl Known {
    /// Of a job that the site has had since then and that has said nothing yet.
    pub const fn placed(since: Steady) -> Self {
        Self {
            since,
            ran: false,
            started: None,
            failed: false,
            not_before: Steady::MIN,
        }
    }

    /// It says something.
    pub fn hear(&mut self, beat: Beat, now: Steady) {
        match beat {
            Beat::Started => self.started = Some(now),
            Beat::Ran => {
                *self = Self {
                    ran: true,
                    ..Self::placed(now)
                }
            }
            Beat::Failed => (self.failed, self.started) = (true, None),
        }
    }

    /// How it stands.
    pub fn standing(&self, job: &Heartbeat, now: Steady) -> Standing {
        let is_over = |due: Steady| due.max(self.not_before) <= now;
        if self.failed {
            Standing::Failed
        } else if is_over(self.missed_at(job)) {
            Standing::Missed
        } else if self.started.is_some_and(|started| is_over(started + job.grace)) {
            Standing::Unfinished
        } else if !self.ran {
            Standing::Awaited
        } else if now >= self.since + job.every {
            Standing::Late
        } else {
            Standing::Well
        }
    }

    /// When it may stand otherwise if it says nothing; none where only it can change that.
    pub fn next(&self, job: &Heartbeat, now: Steady) -> Option<Steady> {
        let unfinished = self.started.map(|started| started + job.grace);
        let late = self.since + job.every;
        let dues = [Some(self.missed_at(job)), unfinished].into_iter().flatten();
        let dues = dues.map(|due| due.max(self.not_before)).chain([late]);
        dues.filter(|due| *due > now).min()
    }

    fn missed_at(&self, job: &Heartbeat) -> Steady {
        self.since + job.every + job.grace
    }

    /// Whoever listens begins at `now`: what should have come while nobody listened has so long still.
    pub fn listen(&mut self, job: &Heartbeat, now: Steady) {
        self.not_before = now + (job.every + job.grace).min(PATIENCE);
    }
}

/// What beats more often than this has so long after a start of the collector.
pub const PATIENCE: Duration = Duration::from_minutes(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Priority;

    const HOUR: Duration = Duration::from_hours(1);

    fn job() -> Heartbeat {
        Heartbeat {
            id: "backup".parse().unwrap(),
            name: "Backup".to_owned(),
            room: None,
            every: Duration::from_hours(24),
            grace: Duration::from_hours(2),
            priority: Priority::High,
        }
    }

    fn hour(hour: i64) -> Steady {
        Steady::from_milliseconds(0) + Duration::from_hours(hour)
    }

    #[test]
    fn it_is_late_before_it_is_missed() {
        let check = |known: &Known, at: i64, expected: Standing| {
            assert_eq!(
                known.standing(&job(), hour(at)),
                expected,
                "{known:?} at hour {at}"
            );
        };
        let mut known = Known::placed(hour(0));
        check(&known, 25, Standing::Awaited);
        check(&known, 26, Standing::Missed);
        known.hear(Beat::Ran, hour(30));
        check(&known, 30, Standing::Well);
        check(&known, 54, Standing::Late);
        check(&known, 56, Standing::Missed);
        known.hear(Beat::Started, hour(55));
        check(&known, 55, Standing::Late);
        // That a run begins puts nothing off.
        check(&known, 56, Standing::Missed);
        known.hear(Beat::Failed, hour(56));
        check(&known, 56, Standing::Failed);
        known.hear(Beat::Ran, hour(57));
        known.hear(Beat::Started, hour(60));
        check(&known, 61, Standing::Well);
        check(&known, 62, Standing::Unfinished);
    }

    #[test]
    fn what_could_not_be_heard_has_five_minutes_to_come() {
        let mut known = Known::placed(hour(0));
        known.listen(&job(), hour(40));
        assert_eq!(known.standing(&job(), hour(40)), Standing::Awaited);
        assert_eq!(known.next(&job(), hour(40)), Some(hour(40) + PATIENCE));
        assert_eq!(known.standing(&job(), hour(40) + PATIENCE), Standing::Missed);
    }

    #[test]
    fn it_never_stands_otherwise_before_its_next_instant() {
        let beats = [None, Some(Beat::Started), Some(Beat::Ran), Some(Beat::Failed)];
        for sequence in 0..4_usize.pow(4) {
            let mut known = Known::placed(hour(0));
            for step in 0..4 {
                let now = hour(i64::from(step) * 13);
                if let Some(beat) = beats[sequence / 4_usize.pow(step) % 4] {
                    known.hear(beat, now);
                }
                let (before, next) = (known.standing(&job(), now), known.next(&job(), now));
                for minute in 0..60 * 48 {
                    let at = now + Duration::from_minutes(minute);
                    if next.is_some_and(|next| at >= next) {
                        break;
                    }
                    assert_eq!(known.standing(&job(), at), before, "{known:?}");
                }
                if before.is_alarm() {
                    let later = known.standing(&job(), now + HOUR);
                    assert!(later.is_alarm(), "only the job ends it: {known:?}");
                }
            }
        }
    }
}
