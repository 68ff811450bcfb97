//! Trackers of one series that remember the same do so together: each reading is taken once, and what one of them says is what it would say by itself.

use plenum_protocol::Timestamp;

use super::rulebook::Rulebook;
use super::series::{Machine, SeriesState};
use crate::expectation::Silence;

/// Which trackers of a series hold what they remember together.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// Nobody has to look who could.
    is_known: bool,
    /// The places of whoever takes a reading first, and of those that come after it.
    pairs: Vec<(usize, usize)>,
}

impl SeriesState {
    /// Its trackers are others than before, or began anew.
    pub(super) fn part(&mut self) {
        self.together = Together::default();
    }

    /// Before a good reading: whoever comes first is alone with what they remember, and so need not copy it. Gives whether that is so. Not where
    /// something is due before the reading: each decides that by what it knew until then.
    #[inline]
    pub(super) fn lend(&mut self, at: Timestamp, book: &Rulebook) -> bool {
        let pairs = &self.together.pairs;
        if pairs.is_empty() {
            return false;
        }
        let is_due = |place: &usize| {
            let machine = &self.machines[*place];
            let silence = Silence::of(book.rule(machine.rule), &self.expectation);
            machine.tracker.has_due(silence, at)
        };
        if pairs.iter().any(|(first, then)| is_due(first) || is_due(then)) {
            return false;
        }
        for (first, then) in pairs {
            if let Some((first, then)) = two(&mut self.machines, *first, *then) {
                then.tracker.lend(&first.tracker);
            }
        }
        true
    }

    /// A tracker's turn has come: it has back what it lent, with the reading in it.
    pub(super) fn have_back(&mut self, place: usize) {
        for (first, then) in self.together.pairs.iter().filter(|(_, then)| *then == place) {
            if let Some((first, then)) = two(&mut self.machines, *first, *then) {
                then.tracker.have_back(&first.tracker);
            }
        }
    }

    /// A good reading was taken. `lent`: by those who remember together. Where it is not known who could, or each took it by itself, whoever
    /// remembers alike does so together from here on.
    #[inline]
    pub(super) fn remember_together(&mut self, lent: bool) {
        if !self.together.is_known || (!lent && !self.together.pairs.is_empty()) {
            self.find_together();
        }
    }

    fn find_together(&mut self) {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for place in 1..self.machines.len() {
            let mut firsts = (0..place).filter(|earlier| pairs.iter().all(|(_, then)| then != earlier));
            let first = firsts.find(|first| {
                let two = two(&mut self.machines, *first, place);
                two.is_some_and(|(first, then)| then.tracker.remember_with(&first.tracker))
            });
            pairs.extend(first.map(|first| (first, place)));
        }
        let is_known = true;
        self.together = Together { is_known, pairs };
    }
}

/// One to be looked at, and one behind it to be changed.
fn two(machines: &mut [Machine], first: usize, then: usize) -> Option<(&Machine, &mut Machine)> {
    let (before, from) = machines.split_at_mut_checked(then)?;
    Some((before.get(first)?, from.first_mut()?))
}
