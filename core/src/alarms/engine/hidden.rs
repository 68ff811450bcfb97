//! Where to look for what an alarm hides, and for what may hide one: with thousands of alarms a look through all of them for each that comes or goes would
//! take minutes. What is found here may be of a while ago; whoever looks asks the alarm itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plenum_protocol::Identifier;

use crate::alarms::{Alarm, Cover};

/// The numbers of alarms, by what is asked for.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// Those that stand and are told, by rule and room.
    standing: HashMap<Identifier, BTreeMap<Option<Identifier>, BTreeSet<u64>>>,
    /// Those that each alarm hides.
    by: HashMap<u64, BTreeSet<u64>>,
}

impl Hidden {
    pub(super) fn of<'a>(alarms: impl Iterator<Item = &'a Alarm>) -> Self {
        let mut hidden = Self::default();
        for alarm in alarms {
            hidden.note(alarm);
            if let Some(Cover::Suppressed(suppression)) = &alarm.cover {
                hidden.hide(suppression.by, alarm.id);
            }
        }
        hidden
    }

    /// An alarm came to where it is.
    pub(super) fn note(&mut self, alarm: &Alarm) {
        if alarm.state.is_active() && alarm.cover.is_none() {
            let rooms = self.standing.entry(alarm.rule.clone()).or_default();
            rooms.entry(alarm.room.clone()).or_default().insert(alarm.id);
        } else if let Some(rooms) = self.standing.get_mut(&alarm.rule)
            && let Some(numbers) = rooms.get_mut(&alarm.room)
        {
            numbers.remove(&alarm.id);
        }
    }

    /// One alarm is hidden by another.
    pub(super) fn hide(&mut self, by: u64, id: u64) {
        self.by.entry(by).or_default().insert(id);
    }

    /// Those that an alarm hides, which is no longer asked for them.
    pub(super) fn take(&mut self, by: u64) -> BTreeSet<u64> {
        self.by.remove(&by).unwrap_or_default()
    }

    /// Those of a rule that may stand for something in a room, each room's in the order in which they came: of that room and of none, or of all for
    /// what is in no room.
    pub(super) fn near<'a>(
        &'a self,
        rule: &Identifier,
        room: Option<&'a Identifier>,
    ) -> impl Iterator<Item = &'a BTreeSet<u64>> {
        let rooms = self.standing.get(rule).into_iter().flatten();
        let near = move |at: &Option<Identifier>| room.is_none() || at.is_none() || at.as_ref() == room;
        rooms.filter(move |(at, _)| near(at)).map(|(_, numbers)| numbers)
    }
}
