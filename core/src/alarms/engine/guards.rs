//! Guards, "only while": the series whose state decides whether other rules count.

use plenum_protocol::Quantity;

use super::rulebook::Rulebook;
use super::series::SeriesState;
use crate::site::Guard;

/// The numbers of the series whose quantity guards a rule.
#[derive(Debug, Default)]
pub(super) struct Guards(Vec<usize>);

impl Guards {
    /// Notes a series if a rule asks for its quantity.
    pub(super) fn note(&mut self, number: usize, quantity: Quantity, book: &Rulebook) {
        let asked = |guard: Guard| guard.quantity == quantity;
        let guards = book.rules().iter().any(|rule| rule.only_while.is_some_and(asked));
        if guards && !self.0.contains(&number) {
            self.0.push(number);
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.contains(&number)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether a guard holds for a series, by what was last seen at its sensor, or else in its room.
    pub(super) fn holds(
        &self,
        guard: Guard,
        guarded: &SeriesState,
        all: &[SeriesState],
        book: &Rulebook,
    ) -> bool {
        let room = book.room_of(&guarded.series);
        let mut in_room = false;
        for source in &self.0 {
            let state = &all[*source];
            if state.series.quantity() != guard.quantity {
                continue;
            }
            let holds = state.value.is_some_and(|value| (value != 0.0) == guard.is);
            let same_agent = state.series.agent == guarded.series.agent;
            if same_agent && state.series.sensor() == guarded.series.sensor() {
                return holds;
            }
            in_room |= holds && room.is_some() && book.room_of(&state.series) == room;
        }
        in_room
    }
}
