//! The trackers whose rules look at other series, and what each can see of what happens there.

use std::collections::HashMap;

use plenum_protocol::{Quantity, Timestamp};

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::around::{Elsewhere, Look, Moved, Surroundings};
use crate::expectation::Silence;
use crate::site::Rule;

/// Who looks at what.
#[derive(Debug, Default)]
pub(super) struct Lookers {
    /// The rules that look at a quantity, by their numbers, and what they see of it.
    looks: HashMap<Quantity, Vec<(usize, Look)>>,
    /// The trackers of each rule, where it looks at other series.
    trackers: Vec<Vec<Slot>>,
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
        }
    }

    /// A tracker of a rule that looks at other series.
    pub(super) fn add(&mut self, rule: usize, slot: Slot) {
        let trackers = &mut self.trackers[rule];
        if !trackers.contains(&slot) {
            trackers.push(slot);
        }
    }

    /// A series has no trackers any more.
    pub(super) fn forget(&mut self, series: usize) {
        for trackers in &mut self.trackers {
            trackers.retain(|slot| slot.series != series);
        }
    }

    /// Every tracker that looks at other series.
    pub(super) fn all(&self) -> Vec<Slot> {
        self.trackers.iter().flatten().copied().collect()
    }

    /// The trackers that may see what happened to a series. `reaches`: whether a look of a series goes there.
    fn of(&self, quantity: Quantity, reaches: impl Fn(usize, &Look) -> bool) -> Vec<Slot> {
        let mut found = Vec::new();
        for (rule, look) in self.looks.get(&quantity).into_iter().flatten() {
            let near = self.trackers[*rule].iter();
            found.extend(near.filter(|slot| reaches(slot.series, look)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl SeriesTable {
    /// Other rules or places are in force: who is around whom begins anew.
    pub(super) fn look_around(&mut self, context: &Context<'_>) {
        self.around = Surroundings::new(context.book.rules().iter(), context.book.site());
        self.lookers = Lookers::new(context.book.rules());
        for number in 0..self.series.len() {
            if self.series[number].watched {
                self.note(number);
            }
        }
    }

    /// The trackers that may see what happened to a series.
    pub(super) fn lookers_at(&self, number: usize, moved: &Moved) -> Vec<Slot> {
        self.lookers.of(moved.quantity, |from, look| {
            moved.is_seen_by(look) && self.is_looked_at(number, from, look)
        })
    }

    fn is_looked_at(&self, number: usize, from: usize, look: &Look) -> bool {
        let from = &self.series[from].series;
        self.around
            .reaches(from, &look.reach, &self.series[number].series)
    }

    /// All that look at a series, whatever happens to it.
    fn all_lookers_at(&self, number: usize) -> Vec<Slot> {
        let quantity = self.series[number].series.quantity();
        self.lookers
            .of(quantity, |from, look| self.is_looked_at(number, from, look))
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
                self.lookers.add(machine.rule, slot);
            }
        }
    }

    /// Shows a series to those who look at it.
    pub(super) fn note(&mut self, number: usize) {
        self.around.note(number, &self.series[number].series);
        self.show(number);
    }

    /// Shows anew what is known of a series, and until when.
    pub(super) fn show(&mut self, number: usize) {
        let state = &self.series[number];
        let until = state.known_until();
        self.around.put(number, state.value, until);
    }

    /// What is known around a tracker's series; none where its rule does not look.
    fn elsewhere(&self, slot: Slot, at: Timestamp, context: &Context<'_>) -> Option<Elsewhere> {
        let state = &self.series[slot.series];
        let rule = context.book.rule(state.machines.get(slot.tracker)?.rule);
        let looks = rule.looks_elsewhere();
        looks.then(|| rule.elsewhere(&self.around.view(&state.series, at)))
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

    /// A tracker that looks at others knows what is known of them now, before it is handed anything else.
    pub(super) fn learn(&mut self, slot: Slot, at: Timestamp, context: &Context<'_>) {
        if let Some(elsewhere) = self.elsewhere_for_a_while(slot, at, context) {
            self.series[slot.series].machines[slot.tracker]
                .tracker
                .learn(elsewhere);
        }
    }

    /// A tracker that looks at others knows until when they are known, before it looks at what happened to one of them.
    pub(super) fn refresh(&mut self, slot: Slot, at: Timestamp, context: &Context<'_>) {
        if let Some(elsewhere) = self.elsewhere_for_a_while(slot, at, context) {
            self.series[slot.series].machines[slot.tracker]
                .tracker
                .refresh(&elsewhere);
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
        let rule = context.book.rule(machine.rule);
        let silence = Silence::of(rule, &state.expectation);
        let judged = match is_there || !rule.is_silent_while_away() {
            true => judged(rule, silence, context),
            false => Silence::Unjudged,
        };
        machine.tracker.look(rule, judged, at, elsewhere, &mut decided);
        let due = state.behind.wall_time(machine.tracker.deadline(silence));
        context.timers.schedule(slot, due, &mut machine.scheduled);
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
