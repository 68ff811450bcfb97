//! A message of readings in: stream, pack, instants; what is taken goes into the group that gathers.

use plenum_core::fact::{Batch, Expectation, ExpectationChange, Item, Report, SystemKind};
use plenum_link::mqtt::{Arrival, Incoming};
use plenum_protocol::senml::{self, MessageError, Pack, Times, encode};
use plenum_protocol::streams::{AHEAD, Circumstances, Class, Drop, Envelope, Offer, Position, StreamId};
use plenum_protocol::{AgentName, Duration, Reading, Timestamp};

use super::super::agents::Astray;
use super::super::counters::add;
use super::super::dead_letters::stored;
use super::Intake;

type Decoded = Result<Pack, MessageError>;

impl Intake {
    pub(super) fn readings(&mut self, name: &AgentName, message: &Incoming, now: Arrival) {
        let properties = message
            .user_properties
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        match Envelope::from_properties(properties) {
            Ok(Some(envelope)) => self.batch(name, &envelope, &message.payload, now),
            Ok(None) => self.foreign(name, message, now),
            Err(error) => self.letter(name, None, error.to_string(), true, message.payload.to_vec(), now),
        }
    }

    fn batch(&mut self, name: &AgentName, envelope: &Envelope, payload: &[u8], now: Arrival) {
        let position = &envelope.position;
        self.gathered.position(&position.stream, position.seq);
        let (bound, short) = (self.options.dead_letters, self.disk.is_short());
        let held = now.steady < self.held;
        let agent = self.agent(name);
        agent.seen = now.at;
        if !agent.starts.takes(&position.stream, now.steady) {
            add(&self.counters.batches_of_a_second_host, 1);
            return;
        }
        let too_many = agent.receiver.is_one_too_many(&position.stream);
        let refused = held || too_many || (envelope.class == Class::Routine && short);
        let decode = || senml::decode(&name.site, &name.agent, payload, now.at);
        // Beyond the bound of its dead letters, or of the disk, an agent's readable batches still raise alarms; others are not acknowledged.
        let early = (short || agent.letter_bytes > bound).then(decode);
        let unreadable = early
            .as_ref()
            .is_some_and(|decoded| decoded.as_ref().map_or(true, |pack| !pack.bad.is_empty()));
        if refused || unreadable {
            agent.receiver.refused(now.steady);
            add(&self.counters.batches_refused, 1);
            return;
        }
        let taken = match agent.receiver.offer(envelope, now.steady) {
            Offer::Take(taken) => taken,
            Offer::Drop(why) => {
                self.dropped(name, why, now);
                return;
            }
        };
        self.found_its_way(name, now);
        let decoded = early.unwrap_or_else(decode);
        let begins = decoded
            .as_ref()
            .ok()
            .and_then(|pack| begins(&pack.readings, now.at));
        self.say_online(name, now);
        let before = self.agent(name).memory(&position.stream).last_at;
        self.close_open_gap(name, &position.stream, begins);
        match decoded {
            Ok(pack) => {
                // What is urgent comes when it comes: an old edge says nothing of the clock, a new one does.
                let newest = pack.readings.iter().map(|reading| reading.at).max();
                if position.seq == position.last
                    && let Some(old) = newest.map(|newest| now.at.since(newest))
                    && (envelope.class == Class::Routine || old <= AHEAD)
                {
                    self.note_age(name, old, now);
                }
                self.pack(name, Some(position), pack, now);
            }
            Err(error) => {
                let batch = Some((position.stream.clone(), position.seq));
                self.letter(name, batch, error.to_string(), true, payload.to_vec(), now);
                self.lost_to_the_letters(name, position, now);
            }
        }
        self.account(
            name,
            taken,
            begins.unwrap_or(now.at),
            Some((&position.stream, before)),
            now,
        );
    }

    fn dropped(&mut self, name: &AgentName, why: Drop, now: Arrival) {
        add(
            match why {
                Drop::Duplicate => &self.counters.batches_duplicate,
                Drop::Ahead => &self.counters.batches_out_of_order,
            },
            1,
        );
        let agent = self.agent(name);
        agent.astray.note(now.steady);
        if agent.astray.is_sure() {
            self.say(
                SystemKind::FollowsAnother,
                name,
                true,
                now,
                Report::FollowsAnother,
            );
        }
    }

    /// A batch of it was what was wanted next.
    fn found_its_way(&mut self, name: &AgentName, now: Arrival) {
        self.agent(name).astray = Astray::default();
        // Also where it was said before a restart.
        if self.conditions.of(SystemKind::FollowsAnother).next().is_some() {
            self.say(SystemKind::FollowsAnother, name, false, now, Report::OVER);
        }
    }

    /// What an agent or a foreign publisher sent, as far as it can be read.
    pub(super) fn pack(&mut self, name: &AgentName, position: Option<&Position>, pack: Pack, now: Arrival) {
        add(&self.counters.letters_dropped, pack.more_bad);
        let batch = || position.map(|position| (position.stream.clone(), position.seq));
        for bad in pack.bad {
            self.letter(name, batch(), bad.reason, false, bad.text.into_bytes(), now);
        }
        if pack.readings.is_empty() {
            return;
        }
        let circumstances = Circumstances {
            receipt: now.at,
            stream: position.map(|position| &position.stream),
            relative: pack.relative,
            most: self.options.series,
        };
        let placed = self.agent(name).floors.place(pack.readings, circumstances);
        if placed.ahead {
            self.note_ahead(name, placed.readings.len(), now);
        } else if position.is_none_or(|position| position.seq == position.last) {
            self.note_on_time(name, now);
        }
        self.beyond(name, placed.beyond, batch(), now);
        if placed.readings.is_empty() {
            return;
        }
        if let Some(position) = position {
            let newest = placed.readings.iter().map(|(reading, _)| reading.at).max();
            let memory = self.agent(name).memory(&position.stream);
            memory.last_at = memory.last_at.max(newest);
        }
        let learned = self.learn(name, &placed.readings, now);
        self.gathered.readings += placed.readings.len();
        self.gathered.item(Item::Batch(Batch {
            agent: name.clone(),
            position: position.map(|position| (position.stream.to_string(), position.seq)),
            newest: position.is_none_or(|position| position.seq == position.last),
            readings: placed.readings.into_iter().map(stored).collect(),
        }));
        for change in learned {
            let agent = name.clone();
            self.gathered
                .item(Item::Expectation(Expectation { agent, change }));
        }
    }

    /// A publisher without a status shows how often it sends; what a status says is not learned.
    fn learn(
        &mut self,
        name: &AgentName,
        readings: &[(Reading, Option<Timestamp>)],
        now: Arrival,
    ) -> Vec<ExpectationChange> {
        let (mut learned, mut passed_over) = (Vec::new(), Vec::new());
        let agent = self.agent(name);
        if agent.status.is_some() {
            return learned;
        }
        for (reading, _) in readings {
            let (spacing, changes) = match agent.spacings.get_mut(&reading.channel) {
                Some(known) => known,
                None => agent.spacings.entry(reading.channel.clone()).or_default(),
            };
            let Some(shown) = spacing.reading(reading.at).or_else(|| changes.waiting()) else {
                continue;
            };
            let said = changes.say(shown, now.steady);
            if said.passed_over {
                passed_over.push(reading.channel.sensor.clone());
            } else if said.is_taken {
                learned.push(ExpectationChange::Learned {
                    channel: reading.channel.clone(),
                    interval: said.expected,
                    at: reading.at,
                });
            }
        }
        self.pass_over(name, &passed_over, now);
        learned
    }

    /// Readings of series beyond the most that an agent may have.
    fn beyond(
        &mut self,
        name: &AgentName,
        readings: Vec<Reading>,
        batch: Option<(StreamId, u64)>,
        now: Arrival,
    ) {
        if readings.is_empty() {
            return;
        }
        let most = self.options.series;
        add(&self.counters.readings_of_too_many_series, readings.len());
        let report = Report::SeriesLimit { most: most as u64 };
        self.say(SystemKind::SeriesLimit, name, true, now, report);
        for reading in readings {
            let mut pack = Vec::new();
            encode(
                &name.site,
                &name.agent,
                std::slice::from_ref(&reading),
                Times::Absolute,
                &mut pack,
            );
            // A pack of one, without its brackets: so it can be tried again.
            let record = pack
                .strip_prefix(b"[")
                .and_then(|rest| rest.strip_suffix(b"]"))
                .unwrap_or(&pack);
            let reason = format!("its agent has {most} series already");
            self.letter(name, batch.clone(), reason, false, record.to_vec(), now);
        }
    }

    fn note_ahead(&mut self, name: &AgentName, readings: usize, now: Arrival) {
        add(&self.counters.readings_ahead, readings);
        let report = Report::ClockAhead {
            readings: readings as u64,
        };
        self.say(SystemKind::ClockAhead, name, true, now, report);
    }

    /// What comes with nothing newer behind it is so old.
    fn note_age(&mut self, name: &AgentName, old: Duration, now: Arrival) {
        if let Some(by) = self.agent(name).behind.note(old, now.steady) {
            self.say(
                SystemKind::ClockBehind,
                name,
                true,
                now,
                Report::AgentClockBehind { by },
            );
        } else if old <= AHEAD && !self.conditions.is_quiet(SystemKind::ClockBehind) {
            self.say(SystemKind::ClockBehind, name, false, now, Report::OVER);
        }
    }

    fn note_on_time(&mut self, name: &AgentName, now: Arrival) {
        if self.conditions.of(SystemKind::ClockAhead).next().is_none() {
            return;
        }
        self.say(SystemKind::ClockAhead, name, false, now, Report::OVER);
    }

    /// A publisher that is not an agent of ours: stored, never acknowledged.
    fn foreign(&mut self, name: &AgentName, message: &Incoming, now: Arrival) {
        if message.retain {
            // Relative instants would be read anew at each of our connections.
            add(&self.counters.retained_ignored, 1);
            return;
        }
        let full = self.agent(name).letter_bytes > self.options.dead_letters;
        let spoken_for = self.agent(name).has_a_stream() || self.options.is_given(name);
        if spoken_for {
            add(&self.counters.foreign_refused, 1);
            if !full {
                let reason =
                    "it came without stream properties under a name that belongs to an agent".to_owned();
                self.letter(name, None, reason, true, message.payload.to_vec(), now);
            }
            return;
        }
        let decoded: Decoded = senml::decode(&name.site, &name.agent, &message.payload, now.at);
        let urgent = decoded
            .as_ref()
            .is_ok_and(|pack| pack.readings.iter().any(is_urgent));
        if now.steady < self.held || (self.disk.is_short() && !urgent) {
            add(&self.counters.batches_refused, 1);
            return;
        }
        self.agent(name).seen = now.at;
        match decoded {
            Ok(mut pack) => {
                if full {
                    add(&self.counters.letters_dropped, pack.bad.len());
                    pack.bad.clear();
                }
                if !pack.readings.is_empty() {
                    self.say_online(name, now);
                }
                if let Some(newest) = pack.readings.iter().map(|reading| reading.at).max() {
                    self.note_age(name, now.at.since(newest), now);
                }
                self.pack(name, None, pack, now);
            }
            Err(error) if !full => {
                self.letter(name, None, error.to_string(), true, message.payload.to_vec(), now);
            }
            Err(_) => add(&self.counters.batches_refused, 1),
        }
    }
}

/// The first instant of a batch, as it is stored: one from the future is moved with its newest reading to the receipt.
fn begins(readings: &[Reading], receipt: Timestamp) -> Option<Timestamp> {
    let instants = || readings.iter().map(|reading| reading.at);
    let (first, newest) = (instants().min()?, instants().max()?);
    Some(if newest > receipt + AHEAD {
        first + receipt.since(newest)
    } else {
        first
    })
}

fn is_urgent(reading: &Reading) -> bool {
    reading.outcome.is_err()
        || reading.channel.quantity.urgency() == plenum_protocol::quantity::Urgency::Urgent
}
