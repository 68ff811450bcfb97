//! What a start does with the streams of earlier starts, as `plenum-agent` does it over its spool.

use std::collections::VecDeque;

use plenum_protocol::streams::{Earlier, Held, fold};

use crate::card::{Card, SpooledStream};
use crate::oracle::Oracle;
use crate::surroundings::Surroundings;

impl Card {
    /// Streams that nobody was told of become one a class; what is settled and old is forgotten.
    pub(crate) fn fold(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        let earlier: Vec<Earlier> = self
            .streams
            .iter()
            .map(|stream| Earlier {
                held: stream.held.clone(),
                told: stream.told,
                clock: None,
            })
            .collect();
        let folding = fold(&earlier);
        for names in folding.folds {
            let fresh = around.fresh_stream();
            let parts: Vec<SpooledStream> = names
                .iter()
                .filter_map(|name| {
                    let index = self.streams.iter().position(|stream| stream.name == *name)?;
                    Some(self.streams.remove(index))
                })
                .collect();
            let mut whole = SpooledStream {
                name: fresh.clone(),
                rows: VecDeque::new(),
                held: Held::opened(fresh.clone(), parts[0].held.class),
                told: false,
            };
            for part in parts {
                // Behind the last of the one before it, numbers that are gone included.
                let behind = whole.held.last;
                for seq in 1..=part.held.last {
                    oracle.renamed((part.name.clone(), seq), (fresh.clone(), behind + seq));
                }
                whole.rows.extend(part.rows.iter().map(|seq| behind + seq));
                whole.held.last = behind + part.held.last;
                if let Some(mut lost) = part.held.lost {
                    lost.stream = fresh.clone();
                    (lost.from_seq, lost.to_seq) = (behind + lost.from_seq, behind + lost.to_seq);
                    whole.held.lose(lost);
                }
            }
            whole.held.first = whole.rows.front().copied().unwrap_or(whole.held.last + 1);
            self.streams.insert(0, whole);
        }
        for name in folding.forgotten {
            self.streams.retain(|stream| stream.name != name);
            oracle.gone.insert(name);
        }
    }
}
