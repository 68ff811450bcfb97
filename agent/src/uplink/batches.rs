//! A batch as it is sent: read from memory or from the spool, placed in time as the clock stands at this sending, encoded.

use std::sync::atomic::Ordering;

use plenum_link::mqtt::Message;
use plenum_protocol::Reading;
use plenum_protocol::senml::{Times, encode};
use plenum_protocol::streams::{StreamId, Transmission};
use plenum_protocol::topic::TopicKind;

use super::Uplink;
use crate::spool::{Placing, Row, lock};
use crate::timebase::Timebase;

impl Uplink {
    /// The message of a batch that is to be sent; absent where it is neither in memory nor in the spool.
    pub(super) fn encoded(&self, transmission: &Transmission) -> Option<Message> {
        let position = &transmission.envelope.position;
        if !self.told.contains(&position.stream) {
            return None;
        }
        let kept = self.memory.row(&position.stream, position.seq).map(Some).map(Ok);
        let row = match kept.unwrap_or_else(|| self.reader.row(&position.stream, position.seq)) {
            Ok(Some(row)) => row,
            // It has just gone, or the card has lost it: the spool knows which.
            Ok(None) => {
                self.give_up(position.stream.clone(), position.seq);
                return None;
            }
            Err(error) if error.is_unreadable() => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the batch is given up when its turn comes"
                );
                self.give_up(position.stream.clone(), position.seq);
                return None;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the spool cannot be read"
                );
                return None;
            }
        };
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        self.counters
            .readings
            .fetch_add(row.readings.len() as u64, Ordering::Relaxed);
        let mut payload = Vec::with_capacity(row.readings.len() * 48 + 96);
        let (readings, times) = placed(row, &self.parts.timebase);
        encode(
            &self.origin.name.site,
            &self.origin.name.agent,
            &readings,
            times,
            &mut payload,
        );
        Some(Message {
            content_type: Some("application/senml+json".to_owned()),
            user_properties: transmission.envelope.to_properties(),
            ..Message::new(self.origin.topic(TopicKind::Readings), payload)
        })
    }

    fn give_up(&self, stream: StreamId, seq: u64) {
        if self.memory.is_in_use() {
            // The spool may not answer, and the batch may have been one of those that memory has let go.
            return;
        }
        let spool = self.parts.spool.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = lock(&spool).give_up_unreadable(&stream, seq) {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the batch could not be given up"
                );
            }
        });
    }
}

fn placed(mut row: Row, timebase: &Timebase) -> (Vec<Reading>, Times) {
    match row.placing(timebase.now()) {
        Placing::Absolute(shift) => {
            for reading in &mut row.readings {
                reading.at = reading.at + shift;
            }
            (row.readings, Times::Absolute)
        }
        Placing::Relative(now) => (row.readings, Times::RelativeTo(now)),
    }
}
