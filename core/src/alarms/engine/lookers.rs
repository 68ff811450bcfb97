//! The trackers whose rules look at other series, and what each can see of what happens there.

use std::collections::HashMap;

use plenum_protocol::{Quantity, Timestamp};

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::around::{Elsewhere, Look, Moved, Reach, Spot, Surroundings};
use crate::expectation::Silence;
use crate::site::Rule;

/// Who looks at what. A reading asks for those who see it: they are kept by where they are, or each would cost as much as the site is large.
#[derive(Debug, Default)]
pub(super) struct Lookers {
    /// The rules that look at a quantity, by their numbers, and what they see of it.
    looks: HashMap<Quantity, Vec<(usize, Look)>>,
    /// The trackers of each rule, where it looks at other series.
    trackers: Vec<Vec<Slot>>,
    /// The rules and trackers at each sensor, and in each room, by the numbers that [`Spot`] has for them.
    at_sensor: Vec<Vec<(usize, Slot)>>,
    in_room: Vec<Vec<(usize, Slot)>>,
}

impl Lookers {
    /// Of these rules, without a tracker yet.
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut looks: HashMap<Quantity, Vec<(usize, Look)>> = HashMap::new();
        for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            for look in rule.looks() {
                looks.entry(look.quantity).or_default().push((number, look));
            }
        }
        Self {
            looks,
            trackers: vec![Vec::new(); rules.len()],
            ..Self::default()
        }
    }

    /// A tracker of a rule that looks at other series, from one that is there.
    fn add(&mut self, rule: usize, slot: Slot, spot: Spot) {
        let Some(sensor) = spot.sensor else { return };
        let at_sensor = place(&mut self.at_sensor, sensor);
        if at_sensor.contains(&(rule, slot)) {
            return;
        }
        at_sensor.push((rule, slot));
        if let Some(room) = spot.room {
            place(&mut self.in_room, room).push((rule, slot));
        }
        self.trackers[rule].push(slot);
    }

    /// A series has no trackers any more.
    pub(super) fn forget(&mut self, series: usize) {
        for trackers in &mut self.trackers {
            trackers.retain(|slot| slot.series != series);
        }
        for trackers in self.at_sensor.iter_mut().chain(&mut self.in_room) {
            trackers.retain(|(_, slot)| slot.series != series);
        }
    }

    /// Every tracker that looks at other series.
    pub(super) fn all(&self) -> Vec<Slot> {
        self.trackers.iter().flatten().copied().collect()
    }

    /// The trackers that may see what happened to a series, in order. `sees`: whether a look does; `reaches`: whether a look of a series goes there.
    fn of(
        &self,
        spot: Option<Spot>,
        quantity: Quantity,
        sees: impl Fn(&Look) -> bool,
        reaches: impl Fn(usize, &Look) -> bool,
    ) -> Vec<Slot> {
        let mut found = Vec::new();
        let looks = self.looks.get(&quantity).into_iter().flatten();
        for (rule, look) in looks.filter(|(_, look)| sees(look)) {
            let mut add = |slot: &Slot| {
                if reaches(slot.series, look) {
                    found.push(*slot);
                }
            };
            match (&look.reach, spot) {
                (Reach::Sensor | Reach::Near | Reach::Room, Some(spot)) => {
                    let is_far = look.reach != Reach::Sensor;
                    let at_sensor = spot.sensor.and_then(|sensor| self.at_sensor.get(sensor));
                    let in_room = spot
                        .room
                        .filter(|_| is_far)
                        .and_then(|room| self.in_room.get(room));
                    let near = at_sensor.into_iter().chain(in_room).flatten();
                    near.filter(|(by, _)| by == rule).for_each(|(_, slot)| add(slot));
                }
                _ => self.trackers[*rule].iter().for_each(add),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The trackers at a place, which may be a new one.
fn place(places: &mut Vec<Vec<(usize, Slot)>>, number: usize) -> &mut Vec<(usize, Slot)> {
    places.resize_with(places.len().max(number + 1), Vec::new);
    &mut places[number]
}

impl SeriesTable {
    /// Other rules or places are in force: who is around whom begins anew.
    pub(super) fn look_around(&mut self, context: &Context<'_>) {
        self.around = Surroundings::new(context.book.rules().iter(), context.book.site());
        self.lookers = Lookers::new(context.book.rules());
        self.rearranged += 1;
        for number in 0..self.series.len() {
            if self.series[number].watched {
                self.note(number);
            }
        }
    }

    /// The trackers that may see what happened to a series, in order.
    pub(super) fn lookers_at(&self, number: usize, moved: &Moved) -> Vec<Slot> {
        self.lookers.of(
            self.around.spot(number),
            moved.quantity,
            |look| moved.is_seen_by(look),
            |from, look| self.is_looked_at(number, from, look),
        )
    }

    fn is_looked_at(&self, number: usize, from: usize, look: &Look) -> bool {
        let series = &self.series[number].series;
        self.around.reaches(from, &look.reach, number, series)
    }

    /// All that look at a series, whatever happens to it.
    fn all_lookers_at(&self, number: usize) -> Vec<Slot> {
        let quantity = self.series[number].series.quantity();
        self.lookers.of(
            self.around.spot(number),
            quantity,
            |_| true,
            |from, look| self.is_looked_at(number, from, look),
        )
    }

    /// A series is there. Who looks at it notices with its own next reading.
    pub(super) fn join(&mut self, number: usize, at: Timestamp, context: &Context<'_>) {
        if !self.around.has(number) {
            for slot in self.all_lookers_at(number) {
                self.refresh(slot, at, context);
            }
            self.note(number);
        }
    }

    /// A series is there no more: those who looked at it do so again.
    pub(super) fn leave(&mut self, number: usize, at: Timestamp, context: &mut Context<'_>) {
        let lookers = self.all_lookers_at(number);
        for slot in &lookers {
            self.refresh(*slot, at, context);
        }
        self.around.forget(number);
        self.rearranged += 1;
        self.lookers.forget(number);
        for slot in lookers {
            self.look(slot, at, context);
        }
    }

    /// Every tracker that looks at others does so: they are other ones perhaps.
    pub(super) fn look_again(&mut self, at: Timestamp, context: &mut Context<'_>) {
        for slot in self.lookers.all() {
            self.refresh(slot, at, context);
            self.look(slot, at, context);
        }
    }

    /// Puts the trackers of a series that look at others among those that are told.
    pub(super) fn register(&mut self, number: usize, context: &Context<'_>) {
        for (tracker, machine) in self.series[number].machines.iter().enumerate() {
            if context.book.rule(machine.rule).looks_elsewhere() {
                let slot = Slot {
                    series: number,
                    tracker,
                };
                if let Some(spot) = self.around.spot(number) {
                    self.lookers.add(machine.rule, slot, spot);
                }
            }
        }
    }

    /// Shows a series to those who look at it.
    pub(super) fn note(&mut self, number: usize) {
        self.rearranged += 1;
        self.around.note(number, &self.series[number].series);
        self.show(number);
    }

    /// Shows anew what is known of a series, and until when.
    pub(super) fn show(&mut self, number: usize) {
        let state = &self.series[number];
        let until = state.known_until();
        self.around.put(number, state.value, until);
    }

    /// The same where something else than a reading makes it other.
    pub(super) fn show_otherwise(&mut self, number: usize) {
        self.rearranged += 1;
        self.show(number);
    }

    /// What is known around a tracker's series; none where its rule does not look.
    pub(super) fn elsewhere(&self, slot: Slot, at: Timestamp, context: &Context<'_>) -> Option<Elsewhere> {
        let state = &self.series[slot.series];
        let rule = context.book.rule(state.machines.get(slot.tracker)?.rule);
        let looks = rule.looks_elsewhere();
        looks.then(|| rule.elsewhere(&self.around.view_of(slot.series, &state.series, at)))
    }

    /// What is known around each of a series' trackers.
    pub(super) fn around_each(
        &self,
        number: usize,
        at: Timestamp,
        context: &Context<'_>,
    ) -> Vec<Option<Elsewhere>> {
        let slots = (0..self.series[number].machines.len()).map(|tracker| Slot {
            series: number,
            tracker,
        });
        slots.map(|slot| self.elsewhere(slot, at, context)).collect()
    }

    /// The same where it ends by itself: what was last seen does not, and whoever goes by that is told of each change.
    fn elsewhere_for_a_while(&self, slot: Slot, at: Timestamp, context: &Context<'_>) -> Option<Elsewhere> {
        let machine = self.series[slot.series].machines.get(slot.tracker)?;
        let looks = context.book.rule(machine.rule).when.looks_elsewhere();
        if looks {
            self.elsewhere(slot, at, context)
        } else {
            None
        }
    }

    /// The trackers of a series that look at others know what is known of them now, before they are handed anything else. What lasts is looked up
    /// again only after others came or went: of whatever else happens to them they were told. All are asked at once, so that none waits for the memory
    /// of the one before it.
    pub(super) fn learn(&mut self, series: usize, at: Timestamp, context: &Context<'_>) {
        let rearranged = self.rearranged;
        let machines = &self.series[series].machines;
        if machines.iter().all(|machine| machine.learned == rearranged) {
            return;
        }
        for tracker in 0..machines.len() {
            if self.series[series].machines[tracker].learned == rearranged {
                continue;
            }
            let elsewhere = self.elsewhere_for_a_while(Slot { series, tracker }, at, context);
            let machine = &mut self.series[series].machines[tracker];
            if let Some(elsewhere) = elsewhere {
                machine.tracker.learn(elsewhere);
            }
            machine.learned = match machine.tracker.elsewhere().lasts() {
                true => rearranged,
                false => 0,
            };
        }
    }

    /// A tracker that looks at others knows until when they are known, before it looks at what happened to one of them.
    pub(super) fn refresh(&mut self, slot: Slot, at: Timestamp, context: &Context<'_>) {
        if let Some(elsewhere) = self.elsewhere_for_a_while(slot, at, context) {
            let machine = &mut self.series[slot.series].machines[slot.tracker];
            machine.tracker.refresh(&elsewhere);
            machine.learned = 0;
        }
    }

    /// Something happened at `at` to a series that a tracker looks at.
    pub(super) fn look(&mut self, slot: Slot, at: Timestamp, context: &mut Context<'_>) {
        let Some(elsewhere) = self.elsewhere(slot, at, context) else {
            return;
        };
        let mut decided = std::mem::take(&mut self.decided);
        let is_there = self.is_there(slot.series);
        let state = self.touch(slot.series);
        let machine = &mut state.machines[slot.tracker];
        machine.learned = 0;
        let rule = context.book.rule(machine.rule);
        let silence = Silence::of(rule, &state.expectation);
        let judged = match is_there || !rule.is_silent_while_away() {
            true => judged(rule, silence, context),
            false => Silence::Unjudged,
        };
        machine.tracker.look(rule, judged, at, elsewhere, &mut decided);
        let due = state.behind.wall_time(machine.tracker.deadline(silence));
        context.timers.schedule(slot.series, due, &mut state.scheduled);
        self.decided = decided;
        self.settle(slot, context);
    }
}

/// What silence means to a tracker now: before the journal's end was reached once nothing is called stale; what a hole does to an off-delay counts
/// always.
pub(super) fn judged<'a>(rule: &Rule, silence: Silence<'a>, context: &Context<'_>) -> Silence<'a> {
    match context.live || !rule.when.watches_silence() {
        true => silence,
        false => Silence::Unjudged,
    }
}
