//! A batch of readings as the engine takes it: what it says of its agent's clock, then each reading to its series.

use plenum_protocol::Timestamp;

use super::Engine;
use super::context::Context;
use super::late::Missed;
use super::near::TOGETHER;
use super::series::FUTURE;
use crate::fact::Batch;

impl Engine {
    pub(super) fn batch(&mut self, batch: &Batch, received: Timestamp) {
        let agent = self.arrive(&batch.agent, received);
        let stream = batch.position.as_ref().map(|(stream, _)| stream.as_str());
        let latest = batch.latest().unwrap_or(Timestamp::MIN);
        let is_live = batch.newest && received.since(latest) <= FUTURE;
        self.fleet.batch(agent, stream, (batch.newest, is_live), received);
        let mut missed = Missed::default();
        if batch.newest {
            self.look_at_pace(agent, batch, received);
        }
        for (number, reading) in batch.readings.iter().enumerate() {
            if number % TOGETHER == 0 {
                self.table
                    .bring_near(agent, TOGETHER.min(batch.readings.len() - number));
            }
            let known = self.table.find_read(agent, &reading.channel);
            let series = match known.filter(|series| self.table.state(*series).watched) {
                Some(series) => series,
                None => self.open_series(agent, &reading.channel, received),
            };
            match batch.newest {
                true => {
                    (self.table).heard(series, reading.at, (latest, received), context!(self));
                }
                false => self.table.heard_amid(series, (latest, received)),
            }
            missed = missed.and(self.table.read(series, reading, context!(self)));
        }
        if let Some((worst, first)) = missed.worst.zip(missed.first) {
            let agent = self.fleet.change(agent);
            agent.late += missed.alarms;
            let (subject, total) = (agent.name.to_string(), agent.late);
            self.monitor
                .late(&subject, (total, worst, first), received, context!(self));
        }
    }

    /// An agent whose clock was behind, and was set right with this batch, was not silent for what its readings skip.
    fn look_at_pace(&mut self, agent: usize, batch: &Batch, received: Timestamp) {
        let first = batch.readings.iter().map(|reading| reading.at).min();
        let Some(span) = first.zip(batch.latest()) else {
            return;
        };
        if let Some(by) = self.fleet.pace(agent, span, received) {
            self.table.shift(agent, by, span.0, context!(self));
        }
    }
}

/// A batch that was received before the wall clock was set back to `now`, and stands in what is the future since: moved there as a whole.
pub(super) fn before_now(batch: &Batch, now: Timestamp) -> Batch {
    let mut batch = batch.clone();
    if let Some(latest) = batch.latest().filter(|latest| *latest > now + FUTURE) {
        for reading in &mut batch.readings {
            reading.at = reading.at + now.since(latest);
        }
    }
    batch
}
