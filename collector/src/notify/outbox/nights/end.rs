//! The end of a night: what is well delivers, what is not stays so, and everybody's last word is right or it is said that they are not reached.

use super::super::queue::incident_of;
use super::*;
use crate::notify::calls::Standing;

impl Night<'_> {
    /// Everything arrives that can, and then everybody's last word is right.
    pub(super) fn end(mut self, seed: u64) -> rusqlite::Result<()> {
        self.is_restless = false;
        if self.any(2) == 0 {
            self.tempers = [Temper::Well; WAYS.len()];
        }
        self.log.push(format!("the end, {:?}", self.tempers));
        // Whatever is gathered or keeps its distance leaves by then.
        self.now = self.now + Duration::from_minutes(20);
        for _ in 0..9 {
            // Whomever the ladder comes to has been told by then: everybody.
            self.round()?;
            self.all_leaves()?;
            self.now = self.now + Duration::from_minutes(6);
        }
        // What fails often enough is said.
        for _ in 0..3 {
            self.all_leaves()?;
            self.now = self.now + Duration::from_minutes(1);
        }
        let said = self.said()?;
        for alarm in &self.alarms {
            let mut is_told = false;
            for way in 0..WAYS.len() {
                is_told |= self.is_right(seed, alarm, way, &said)? == Some(Heard::Stands);
            }
            let none_on = self.on.is_empty() && said.contains("s");
            let none_reached = self.on.iter().all(|way| is_said(&said, *way)) && !self.on.is_empty();
            assert!(
                is_told || !self.is_called(alarm)? || none_on || none_reached,
                "seed {seed}: nobody is told of alarm {}, and nobody says so: {said:?}\n{}",
                alarm.id,
                self.log.join("\n")
            );
        }
        Ok(())
    }

    fn all_leaves(&mut self) -> rusqlite::Result<()> {
        for way in 0..WAYS.len() {
            for incident in INCIDENTS {
                while self.attempt(way, incident, Dies::Not)? && self.tempers[way] == Temper::Well {}
            }
        }
        Ok(())
    }

    /// Whether somebody is to be called for an alarm.
    fn is_called(&self, alarm: &Alarm) -> rusqlite::Result<bool> {
        let incident = incident_of(self.connection, alarm.id)?.cast_unsigned();
        let read = Standing::read(self.connection, incident, &self.site, Timestamp::MIN)?;
        let is_held = self.climbs && read.situation.is_some_and(|situation| situation.is_held);
        Ok(alarm.state == State::ActiveUnacknowledged && alarm.cover.is_none() && !is_held)
    }

    /// What was heard last by a way, which is right, or it is said that the way reaches nobody.
    fn is_right(
        &self,
        seed: u64,
        alarm: &Alarm,
        way: usize,
        said: &BTreeSet<String>,
    ) -> rusqlite::Result<Option<Heard>> {
        let words = self.arrived.get(&(way, alarm.id)).cloned().unwrap_or_default();
        let last = words.last().map(|(heard, _)| *heard);
        let log = self.log.join("\n");
        let told = format!(
            "seed {seed}, {:?}, alarm {}: {words:?}, said {said:?}\n{log}",
            WAYS[way], alarm.id
        );
        let is_on = self.on.contains(&way);
        // Of whoever was taken off nobody says that they are not reached.
        let is_lost = is_said(said, way) || (!is_on && self.tempers[way] != Temper::Well);
        let is_given_up = self.given_up.contains(&(way, alarm.id));
        if !alarm.state.is_active() && !is_lost && !is_given_up {
            assert_ne!(last, Some(Heard::Stands), "left with an open alarm, {told}");
        }
        if self.is_called(alarm)? && is_on && !is_lost {
            assert_eq!(last, Some(Heard::Stands), "not called, {told}");
        }
        for pair in words.windows(2) {
            let again = pair[0].0 == Heard::Over && pair[1] == (Heard::Over, false);
            assert!(!again, "an end without its beginning, {told}");
        }
        assert_ne!(
            words.first(),
            Some(&(Heard::Over, false)),
            "an end without its beginning, {told}"
        );
        Ok(last)
    }
}

/// Whether it is said that a way reaches nobody.
fn is_said(said: &BTreeSet<String>, way: usize) -> bool {
    let ways::WayOf { channel, person } = &WAYS[way];
    said.contains(*channel) || said.contains(&format!("{channel}/{person}"))
}
