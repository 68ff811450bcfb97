//! Packets between the broker and intake, a lane a sender, taken in turn by bytes: whoever has sent little does not wait behind those that have
//! sent much. Only a little is on its way to intake at once, for that is taken as it comes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_link::mqtt::Held;
use tokio::sync::{Notify, Semaphore, mpsc};

use super::Incoming;
use super::admission::{BESIDE, Sender};

/// Bytes that a lane may send at its turn; what it does not use of them for a larger packet it has at the next.
const TURN: usize = 16 << 10;
/// Bytes on their way to intake or in its hands, in units of `BESIDE`.
const WINDOW: usize = (512 << 10) / BESIDE;

/// The lanes. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Lanes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Notify,
    window: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: BTreeMap<Sender, Lane>,
    /// Those with packets, in the order of their turns.
    turns: VecDeque<Sender>,
}

#[derive(Debug, Default)]
struct Lane {
    packets: VecDeque<Incoming>,
    credit: usize,
}

impl Default for Lanes {
    fn default() -> Self {
        Self(Arc::new(Shared {
            waiting: Mutex::default(),
            news: Notify::new(),
            window: Arc::new(Semaphore::new(WINDOW)),
        }))
    }
}

impl Lanes {
    /// Puts a packet behind the others of its sender. How many may wait is decided before.
    pub(crate) fn push(&self, sender: &Sender, packet: Incoming) {
        let mut waiting = self.lock();
        if !waiting.lanes.contains_key(sender) {
            waiting.turns.push_back(sender.clone());
        }
        let lane = waiting.lanes.entry(sender.clone()).or_default();
        lane.packets.push_back(packet);
        drop(waiting);
        self.0.news.notify_one();
    }

    /// Hands packets to intake until it takes no more.
    pub(crate) async fn forward(self, queue: mpsc::Sender<Incoming>) {
        loop {
            let Some(mut packet) = self.lock().next() else {
                tokio::select! {
                    () = self.0.news.notified() => continue,
                    () = queue.closed() => return,
                }
            };
            let units = u32::try_from(cost(&packet).div_ceil(BESIDE).min(WINDOW)).unwrap_or(1);
            // It is never closed.
            let Ok(room) = self.0.window.clone().acquire_many_owned(units).await else {
                return;
            };
            packet.held = Held::new((std::mem::take(&mut packet.held), room));
            if queue.send(packet).await.is_err() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// The next packet by turns.
    fn next(&mut self) -> Option<Incoming> {
        loop {
            let sender = self.turns.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&sender) else {
                continue;
            };
            let fits = lane
                .packets
                .front()
                .is_none_or(|packet| cost(packet) <= lane.credit);
            if !fits {
                lane.credit += TURN;
                self.turns.push_back(sender);
                continue;
            }
            let packet = lane.packets.pop_front();
            lane.credit -= packet.as_ref().map_or(0, cost);
            if lane.packets.is_empty() {
                self.lanes.remove(&sender);
            } else {
                // Its turn goes on until its credit is used up.
                self.turns.push_front(sender);
            }
            if packet.is_some() {
                return packet;
            }
        }
    }
}

fn cost(packet: &Incoming) -> usize {
    packet.payload.len() + BESIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(name: &str) -> Sender {
        Sender::Agent(format!("s/{name}").parse().unwrap())
    }

    fn packet(topic: &str, bytes: usize) -> Incoming {
        Incoming {
            topic: topic.to_owned(),
            payload: vec![0; bytes].into(),
            ..Incoming::default()
        }
    }

    fn taken(lanes: &Lanes, count: usize) -> Vec<String> {
        (0..count)
            .map_while(|_| Some(lanes.lock().next()?.topic))
            .collect()
    }

    #[test]
    fn a_little_is_not_behind_much() {
        let lanes = Lanes::default();
        for number in 0..100 {
            lanes.push(&sender("flood"), packet(&format!("flood {number}"), 60_000));
        }
        lanes.push(&sender("a"), packet("a 1", 300));
        lanes.push(&sender("a"), packet("a 2", 300));
        lanes.push(&sender("b"), packet("b 1", 300));
        assert_eq!(taken(&lanes, 4), ["a 1", "a 2", "b 1", "flood 0"]);
        lanes.push(&sender("c"), packet("c 1", 300));
        let next = taken(&lanes, 2);
        assert!(next.contains(&"c 1".to_owned()), "{next:?}");
    }

    #[test]
    fn nothing_is_lost_and_each_lane_keeps_its_order() {
        let lanes = Lanes::default();
        for number in 0..50 {
            for name in ["a", "b", "c"] {
                lanes.push(
                    &sender(name),
                    packet(&format!("{name} {number:02}"), number * 1_000),
                );
            }
        }
        let all = taken(&lanes, 1_000);
        assert_eq!(all.len(), 150);
        for name in ["a", "b", "c"] {
            let own: Vec<&String> = all.iter().filter(|topic| topic.starts_with(name)).collect();
            assert!(own.is_sorted(), "{own:?}");
        }
        let waiting = lanes.lock();
        assert!(waiting.lanes.is_empty() && waiting.turns.is_empty());
    }

    #[tokio::test]
    async fn little_is_on_its_way_at_once() {
        let lanes = Lanes::default();
        for number in 0..100 {
            lanes.push(&sender("flood"), packet(&number.to_string(), 60_000));
        }
        let (queue, mut packets) = mpsc::channel(1_000);
        let forwarding = tokio::spawn(lanes.clone().forward(queue));
        let first = packets.recv().await.unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(packets.len() <= 8, "{}", packets.len());
        drop(first);
        lanes.push(&sender("a"), packet("a", 300));
        let mut before = 0;
        while packets.recv().await.unwrap().topic != "a" {
            before += 1;
        }
        assert!(before <= 10, "{before}");
        drop(packets);
        forwarding.await.unwrap();
    }
}
