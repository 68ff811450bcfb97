//! The collector's shell: the receiver over a journal that is committed in groups.

use std::collections::BTreeMap;

use plenum_protocol::payload::Status;
use plenum_protocol::streams::{
    Circumstances, Class, DatabaseId, Envelope, Floors, FoundGap, Offer, Receiver, Starts, StreamId,
    StreamRecord, Taken, Verdict,
};
use plenum_protocol::{Reading, Timestamp};
use rand::Rng;

use crate::Batch;
use crate::oracle::Oracle;
use crate::surroundings::{Message, Surroundings};

/// What the collector's disk has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) stored: Vec<Batch>,
    /// Where their readings stand in time.
    pub(crate) instants: Vec<Timestamp>,
    pub(crate) gaps: Vec<FoundGap>,
    pub(crate) records: BTreeMap<StreamId, StreamRecord>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) stored: Vec<Batch>,
    instants: Vec<Timestamp>,
    taken: Taken,
}

pub(crate) struct Collector {
    pub(crate) journal: Journal,
    pub(crate) database: DatabaseId,
    pub(crate) follows: Vec<DatabaseId>,
    pub(crate) receiver: Receiver,
    pub(crate) floors: Floors,
    pub(crate) starts: Starts,
    gathering: Group,
    at_the_disk: Option<Group>,
    backups: Vec<(Journal, DatabaseId, Vec<DatabaseId>)>,
    pub(crate) low_on_disk: bool,
    /// It has forgotten which instants it gave away to readings from the future.
    pub(crate) forgot: bool,
}

impl Collector {
    pub(crate) fn new() -> Self {
        Self {
            journal: Journal::default(),
            database: "database-0".parse().unwrap(),
            follows: vec![],
            receiver: Receiver::new([], []),
            floors: Floors::default(),
            starts: Starts::default(),
            gathering: Group::default(),
            at_the_disk: None,
            backups: vec![],
            low_on_disk: false,
            forgot: false,
        }
    }

    pub(crate) fn back_up(&mut self) {
        let backup = (self.journal.clone(), self.database.clone(), self.follows.clone());
        self.backups.push(backup);
    }

    pub(crate) fn hear(&mut self, status: &Status, around: &Surroundings) {
        let own = match self.starts.hear(status, None, around.now) {
            Verdict::Own => true,
            Verdict::Held => false,
            Verdict::Twins { held, .. } => !held,
        };
        if own {
            let taken = self.receiver.status(status, around.now);
            self.gather(None, taken);
        }
    }

    pub(crate) fn intake(&mut self, envelope: &Envelope, around: &Surroundings, oracle: &Oracle) {
        if !self.starts.takes(&envelope.position.stream, around.now) {
            return;
        }
        if self.low_on_disk && envelope.class == Class::Routine {
            self.receiver.refused(around.now);
            return;
        }
        if let Offer::Take(taken) = self.receiver.offer(envelope, around.now) {
            let position = &envelope.position;
            let batch = (position.stream.clone(), position.seq);
            let reading = |at: &Timestamp| Reading::new("hall/smoke".parse().unwrap(), *at, Ok(0.0));
            let circumstances = Circumstances {
                receipt: around.wall(),
                stream: Some(&position.stream),
                relative: false,
                most: 1,
            };
            let readings = oracle.readings[&batch].iter().map(reading).collect();
            let placed = self.floors.place(readings, circumstances);
            self.gathering
                .instants
                .extend(placed.readings.iter().map(|(reading, _)| reading.at));
            self.gather(Some(batch), taken);
        }
    }

    pub(crate) fn gather(&mut self, batch: Option<Batch>, taken: Taken) {
        let group = &mut self.gathering;
        group.stored.extend(batch);
        group.taken.records.extend(taken.records);
        group.taken.gaps.extend(taken.gaps);
    }

    pub(crate) fn begin_commit(&mut self) {
        if self.at_the_disk.is_none() {
            self.at_the_disk = Some(std::mem::take(&mut self.gathering));
        }
    }

    pub(crate) fn end_commit(&mut self, around: &mut Surroundings) {
        if let Some(group) = self.at_the_disk.take() {
            self.write(&group);
            self.receiver.committed(&group.taken.records, around.now);
            self.acknowledge(around);
        }
    }

    pub(crate) fn write(&mut self, group: &Group) {
        let journal = &mut self.journal;
        journal.stored.extend(group.stored.iter().cloned());
        journal.instants.extend(group.instants.iter().copied());
        journal.gaps.extend(group.taken.gaps.iter().cloned());
        journal.records.extend(group.taken.records.iter().cloned());
    }

    pub(crate) fn fail_commit(&mut self) {
        if self.at_the_disk.take().is_some() {
            self.gathering = Group::default();
            self.receiver.rolled_back();
            self.floors.unsettle();
            self.forgot = true;
        }
    }

    pub(crate) fn acknowledge(&mut self, around: &mut Surroundings) {
        if self.receiver.ack_due(around.now) {
            let ack = self.receiver.ack(&self.database, &self.follows);
            self.receiver.ack_sent(around.now);
            around.send(Message::Ack(ack));
        }
    }

    pub(crate) fn restart(&mut self, around: &mut Surroundings) {
        if let Some(group) = self.at_the_disk.take()
            && around.random.random_bool(0.5)
        {
            // It was durable; only nobody heard of it.
            self.write(&group);
        }
        self.load(around);
    }

    pub(crate) fn load(&mut self, around: &mut Surroundings) {
        self.at_the_disk = None;
        self.gathering = Group::default();
        self.receiver = Receiver::new(self.journal.records.clone(), []);
        self.floors = Floors::new(self.journal.instants.iter().max().copied());
        self.starts = Starts::default();
        self.forgot = true;
        if let Some(status) = around.retained_status.clone() {
            around.put_on_the_way(Message::Status(status));
        }
        self.acknowledge(around);
    }

    /// Another database, that knows nothing of the one before: its agents have to join it.
    pub(crate) fn set_up_anew(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        oracle.restored = true;
        self.journal = Journal::default();
        self.follows = vec![];
        self.backups.clear();
        self.database = around.fresh_database();
        self.load(around);
    }

    pub(crate) fn restore(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        let Some((journal, name, follows)) = self.backups.pop() else {
            return;
        };
        oracle.restored = true;
        self.journal = journal;
        // The backup's own name stays the one that agents have pinned, unless they met a later restored one.
        let mut chain = follows;
        for known in [name, self.database.clone()]
            .into_iter()
            .chain(self.follows.clone())
        {
            if !chain.contains(&known) {
                chain.push(known);
            }
        }
        self.follows = chain;
        self.database = around.fresh_database();
        self.load(around);
    }
}
