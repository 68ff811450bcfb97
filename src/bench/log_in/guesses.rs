//! One address that guesses, whatever it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::StatusCode;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::visitor::Visitor;

/// How guesses were answered.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Answered {
    pub(super) wrong: u64,
    pub(super) told_to_wait: u64,
    pub(super) not_answered: u64,
}

#[derive(Default)]
struct Counts {
    wrong: AtomicU64,
    told_to_wait: AtomicU64,
    not_answered: AtomicU64,
}

/// Guesses that go on until they are ended.
pub(super) struct Guesses {
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Guesses {
    /// So many a second, each for another name, none waiting for the one before it.
    pub(super) fn begin(url: &str, per_second: u16) -> Result<Self> {
        let visitor = Visitor::from(url, [127, 0, 0, 2])?;
        let counts = Arc::new(Counts::default());
        let counted = counts.clone();
        let every = Duration::from_milliseconds(1_000 / i64::from(per_second));
        let task = tokio::spawn(async move {
            let clock = SystemClock::shared();
            let mut next = clock.steady();
            for number in 0_u64.. {
                let (visitor, counts) = (visitor.clone(), counted.clone());
                tokio::spawn(async move { guess(&visitor, number, &counts).await });
                next = next + every;
                clock.sleep_until(next).await;
            }
        });
        Ok(Self { counts, task })
    }

    pub(super) async fn end(self) -> Answered {
        self.task.abort();
        let _aborted = self.task.await;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Answered {
            wrong: count(&self.counts.wrong),
            told_to_wait: count(&self.counts.told_to_wait),
            not_answered: count(&self.counts.not_answered),
        }
    }
}

async fn guess(visitor: &Visitor, number: u64, counts: &Counts) {
    let name = format!("name-{}", number % 1_000);
    let counter = match visitor.post(&name, "cold air sinks quickly").await {
        Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => &counts.wrong,
        Ok(answer) if answer.status() == StatusCode::TOO_MANY_REQUESTS => &counts.told_to_wait,
        Ok(_) | Err(_) => &counts.not_answered,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}
