//! Tells of the one alarm that cannot be written: that nothing can be stored. It stands in memory, and its messages go past the outbox,
//! each once when it begins and once when it ends.

use std::sync::Arc;

use plenum_core::alarms::{Alarm, Held, State};
use plenum_core::oncall::Reason;
use plenum_protocol::{Clock, Duration, Steady};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Alarms;
use super::unstored::unstored;
use crate::journal::CommitsFail;
use crate::notify::Courier;
use crate::notify::channels::Outcome;
use crate::notify::outbox::{self, Due};

/// It is told once in so long: a disk that is full and not full in turns must not fill the mailboxes too.
const QUIET: Duration = Duration::from_minutes(10);

/// Who tells.
pub(crate) struct Teller {
    /// Whether groups can be committed.
    pub(crate) fails: watch::Receiver<Option<CommitsFail>>,
    /// Where the alarm stands.
    pub(crate) alarms: Alarms,
    /// Who carries.
    pub(crate) courier: Arc<Courier>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Teller {
    /// Runs until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut standing: Option<Alarm> = None;
        let mut was_told = false;
        let mut quiet_until = Steady::MIN;
        let mut carrying = JoinSet::new();
        let mut current = stop.child_token();
        loop {
            let fails = self.fails.borrow_and_update().clone();
            match (&fails, standing.take()) {
                (Some(fails), None) => {
                    let site = self.alarms.site().borrow().clone();
                    standing = unstored(&site, fails);
                    standing.iter().for_each(|alarm| self.stand(alarm));
                }
                (None, Some(alarm)) => {
                    let now = self.clock.now();
                    let over = Alarm {
                        state: State::Normal,
                        returned_at: Some(now),
                        held: Held {
                            ended_at: Some(now),
                            ..alarm.held
                        },
                        ..alarm
                    };
                    self.stand(&over);
                    current.cancel();
                    current = stop.child_token();
                    if std::mem::take(&mut was_told) {
                        self.tell(&mut carrying, &over, Reason::Resolved, &current);
                    }
                }
                (_, same) => standing = same,
            }
            if let Some(alarm) = standing.as_ref().filter(|_| !was_told)
                && self.clock.steady() >= quiet_until
            {
                was_told = true;
                quiet_until = self.clock.steady() + QUIET;
                current.cancel();
                current = stop.child_token();
                self.tell(&mut carrying, alarm, Reason::First, &current);
            }
            tokio::select! {
                () = stop.cancelled() => break,
                changed = self.fails.changed() => if changed.is_err() {
                    // Intake has ended, and the program is about to.
                    break;
                },
                () = self.clock.sleep_until(quiet_until), if standing.is_some() && !was_told => {}
                Some(ended) = carrying.join_next() => if let Err(error) = ended {
                    tracing::error!(%error, "an attempt to tell that nothing can be stored ended badly");
                },
            }
        }
    }

    fn stand(&self, alarm: &Alarm) {
        match alarm.state {
            State::Normal => tracing::info!("groups are committed again"),
            _ => tracing::error!(origin = ?alarm.origin, "alarm from memory"),
        }
        self.alarms.stand_unstored(alarm.clone());
    }

    /// Over every channel that takes its priority, to everybody whom that reaches.
    fn tell(
        &self,
        carrying: &mut JoinSet<()>,
        alarm: &Alarm,
        reason: Reason,
        while_true: &CancellationToken,
    ) {
        let site = self.alarms.site().borrow().clone();
        for channel in site
            .channels
            .iter()
            .filter(|channel| channel.takes(alarm.priority))
        {
            let due = |recipient: &str| Due {
                id: 0,
                created: self.clock.now(),
                since: self.clock.now(),
                channel: channel.id.to_string(),
                kind: channel.kind.to_string(),
                recipient: recipient.to_owned(),
                reason,
                alarm: alarm.clone(),
                key: uuid::Uuid::new_v4().to_string(),
                attempts: 0,
                told: None,
                untold: false,
                incident: 0,
                along: outbox::Along::default(),
            };
            let due = outbox::recipients(channel).into_iter().map(due).collect();
            let (courier, clock) = (self.courier.clone(), self.clock.clone());
            let while_true = while_true.clone();
            carrying.spawn(async move {
                // What is no longer true is not told.
                while_true.run_until_cancelled(carry(courier, clock, due)).await;
            });
        }
    }
}

/// One after the other, and those that did not arrive again, later and later.
async fn carry(courier: Arc<Courier>, clock: Arc<dyn Clock>, mut left: Vec<Due>) {
    let mut rounds = 0;
    while !left.is_empty() {
        let mut again = Vec::new();
        for due in left {
            if let Outcome::Retry(_) | Outcome::Refused(_) = courier.attempt_unwritten(&due).await {
                again.push(due);
            }
        }
        left = again;
        rounds += 1;
        if !left.is_empty() {
            clock.sleep(outbox::back_off(rounds)).await;
        }
    }
}
