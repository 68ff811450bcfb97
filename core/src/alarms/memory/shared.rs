//! A forecaster that several trackers of a series may hold: it is the largest of the memories, and two built-in rules ask for the same.
//!
//! It is made of nothing but readings in their order, and takes none twice. So two that are equal stay equal as long as both are handed the readings of
//! the same series, and can as well be one. Nothing depends on that: whoever is handed a reading while others hold it too takes a copy first.

use std::sync::Arc;

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::alarms::forecast::Forecaster;

/// A forecaster of one tracker or more; none while it is lent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(from = "Forecaster")]
pub struct Shared(Option<Arc<Forecaster>>);

impl Shared {
    /// What it knows.
    pub(crate) fn forecaster(&self) -> Option<&Forecaster> {
        self.0.as_deref()
    }

    /// To be handed readings.
    pub(crate) fn own(&mut self) -> &mut Forecaster {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Takes the next reading, unless whoever holds it too has done so.
    pub(crate) fn push(&mut self, at: Timestamp, value: f64) {
        if self.forecaster().is_none_or(|known| known.is_before(at)) {
            self.own().push(at, value);
        }
    }

    /// Becomes one with another that knows the same. Gives whether they are one.
    pub(crate) fn join(&mut self, other: &Self) -> bool {
        let is_equal = self == other;
        if is_equal {
            self.0.clone_from(&other.0);
        }
        is_equal
    }

    /// Leaves the other one alone with it, if they are one.
    pub(crate) fn lend(&mut self, other: &Self) {
        if self.is_one_with(other) {
            self.0 = None;
        }
    }

    /// Has it back.
    pub(crate) fn have_back(&mut self, other: &Self) {
        if self.0.is_none() {
            self.0.clone_from(&other.0);
        }
    }

    pub(crate) fn is_one_with(&self, other: &Self) -> bool {
        let both = self.0.as_ref().zip(other.0.as_ref());
        both.is_some_and(|(own, other)| Arc::ptr_eq(own, other))
    }
}

impl From<Forecaster> for Shared {
    fn from(forecaster: Forecaster) -> Self {
        Self(Some(Arc::new(forecaster)))
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.forecaster() {
            Some(forecaster) => forecaster.serialize(serializer),
            None => Forecaster::default().serialize(serializer),
        }
    }
}
