//! What the trackers of one revision know of series around theirs, while stored readings are handed in.

use std::collections::VecDeque;

use plenum_protocol::{Outcome, Timestamp};

use super::leaf::Leaf;
use super::timeline::Source;
use crate::around::{Elsewhere, Look, Moved, Surroundings};
use crate::expectation::Silence;
use crate::site::{Rule, Site};

/// The series that are around those that a service looks at.
pub(super) struct Neighbours {
    around: Surroundings,
    /// From when on a source counts that nothing was read of, and from when on it does not any more.
    coming: VecDeque<(Timestamp, usize, bool)>,
}

impl Neighbours {
    /// Of these trackers; none of a source is there before it was expected or heard.
    pub(super) fn of(leaves: &[Leaf], site: &Site, sources: &[Source]) -> Self {
        let rules = || leaves.iter().map(|leaf| &leaf.rule);
        let mut coming: Vec<(Timestamp, usize, bool)> = Vec::new();
        if rules().any(Rule::looks_elsewhere) {
            for (index, source) in sources.iter().enumerate() {
                let eras = source.expectation.eras().iter();
                // What a program wrote that kept no instants says nothing of when it began.
                let eras = eras.filter_map(|era| Some((era.from.max(era.said?), era.expected.is_some())));
                coming.extend(eras.map(|(from, is_there)| (from, index, is_there)));
            }
        }
        coming.sort_unstable();
        Self {
            around: Surroundings::new(rules(), site),
            coming: coming.into(),
        }
    }

    /// The sources that these trackers may look at.
    pub(super) fn wanted(leaves: &[Leaf], site: &Site, sources: &[Source]) -> Vec<usize> {
        let rules = leaves.iter().map(|leaf| &leaf.rule);
        let mut around = Surroundings::new(rules, site);
        for (index, source) in sources.iter().enumerate() {
            around.note(index, &source.series);
        }
        let mut wanted = Vec::new();
        for leaf in leaves {
            let points = leaf.points.iter().map(|point| &sources[point.source].series);
            for view in points.map(|series| around.view(series, Timestamp::MIN)) {
                let looks = leaf.looks.iter();
                wanted.extend(looks.flat_map(|look| view.candidates(look.quantity, &look.reach)));
            }
        }
        wanted
    }

    /// A source is about to be read: those who look at it know until when what they know was so. Gives what they will see.
    pub(super) fn foresee(
        &mut self,
        source: usize,
        at: Timestamp,
        outcome: Outcome,
        leaves: &mut [Leaf],
        sources: &[Source],
    ) -> Option<Moved> {
        self.come_and_go(at, leaves, sources);
        let is_new = !self.around.has(source);
        self.join(source, at, leaves, sources);
        let moved = self.around.foresee(source, at, outcome)?;
        if !is_new {
            self.refresh(at, leaves, sources, |look| moved.is_seen_by(look));
        }
        Some(moved)
    }

    /// Readings of a source are lost: the same. One of which nothing was read yet is not there for that.
    pub(super) fn foresee_loss(
        &mut self,
        source: usize,
        at: Timestamp,
        leaves: &mut [Leaf],
        sources: &[Source],
    ) -> Option<Moved> {
        self.come_and_go(at, leaves, sources);
        let moved = self.around.foresee_loss(source, at)?;
        self.refresh(at, leaves, sources, |look| moved.is_seen_by(look));
        Some(moved)
    }

    /// Who is expected from an instant on, or not any more, by `at`.
    fn come_and_go(&mut self, at: Timestamp, leaves: &mut [Leaf], sources: &[Source]) {
        while let Some((from, index, is_there)) = self.coming.pop_front_if(|(from, ..)| *from <= at) {
            match is_there {
                true => self.join(index, from, leaves, sources),
                false => self.leave(index, from, leaves, sources),
            }
        }
    }

    /// A source counts from here on. Who looks at it notices with its own next reading.
    fn join(&mut self, source: usize, at: Timestamp, leaves: &mut [Leaf], sources: &[Source]) {
        let series = &sources[source].series;
        if !self.around.has(source) {
            self.refresh(at, leaves, sources, |look| look.quantity == series.quantity());
            self.around.note(source, series);
        }
    }

    /// A source counts no more.
    fn leave(&mut self, source: usize, at: Timestamp, leaves: &mut [Leaf], sources: &[Source]) {
        if self.around.has(source) {
            let quantity = sources[source].series.quantity();
            self.refresh(at, leaves, sources, |look| look.quantity == quantity);
            self.around.forget(source);
            self.look(at, leaves, sources, |look| look.quantity == quantity);
        }
    }

    /// Those who look so know until when what they know was so.
    pub(super) fn refresh(
        &self,
        at: Timestamp,
        leaves: &mut [Leaf],
        sources: &[Source],
        looks: impl Fn(&Look) -> bool,
    ) {
        for leaf in leaves.iter_mut().filter(|leaf| leaf.looks.iter().any(&looks)) {
            for point in &mut leaf.points {
                let view = self
                    .around
                    .view_of(point.source, &sources[point.source].series, at);
                point.tracker.refresh(&leaf.rule.elsewhere(&view));
            }
        }
    }

    /// Those who look so look.
    fn look(&self, at: Timestamp, leaves: &mut [Leaf], sources: &[Source], looks: impl Fn(&Look) -> bool) {
        for leaf in leaves.iter_mut().filter(|leaf| leaf.looks.iter().any(&looks)) {
            for point in &mut leaf.points {
                let own = &sources[point.source];
                let elsewhere = leaf
                    .rule
                    .elsewhere(&self.around.view_of(point.source, &own.series, at));
                let silence = Silence::of(&leaf.rule, &own.expectation);
                point
                    .tracker
                    .look(&leaf.rule, silence, at, elsewhere, &mut point.changes);
            }
        }
    }

    /// A source was read; it is known until that instant if nothing more is heard.
    pub(super) fn note(&mut self, source: usize, at: Timestamp, outcome: Outcome, until: Timestamp) {
        self.around.read(source, at, outcome, until);
    }

    /// Those who see what was read look.
    pub(super) fn read(&self, at: Timestamp, moved: &Moved, leaves: &mut [Leaf], sources: &[Source]) {
        self.look(at, leaves, sources, |look| moved.is_seen_by(look));
    }

    /// Readings of a source are lost: those who see it look.
    pub(super) fn lose(
        &mut self,
        source: usize,
        at: Timestamp,
        moved: &Moved,
        leaves: &mut [Leaf],
        sources: &[Source],
    ) {
        self.around.lose(source, at);
        self.look(at, leaves, sources, |look| moved.is_seen_by(look));
    }

    /// The trackers over a source know what is known around it, before they are handed anything else.
    pub(super) fn teach(&self, source: usize, at: Timestamp, leaves: &mut [Leaf], sources: &[Source]) {
        for leaf in leaves.iter_mut().filter(|leaf| leaf.rule.looks_elsewhere()) {
            for point in leaf.points.iter_mut().filter(|point| point.source == source) {
                point.tracker.learn(self.around(&leaf.rule, source, at, sources));
            }
        }
    }

    /// What a rule over a source knows around it.
    pub(super) fn around(&self, rule: &Rule, source: usize, at: Timestamp, sources: &[Source]) -> Elsewhere {
        rule.elsewhere(&self.around.view_of(source, &sources[source].series, at))
    }
}
