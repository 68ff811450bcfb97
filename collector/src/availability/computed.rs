//! A service's timeline, computed: fetches readings and gaps of the whole stored history and hands them to the pure fold.

use std::collections::HashMap;
use std::sync::Arc;

use plenum_core::availability::{Availability, Calendar, Revision, Source, Stretch, Timeline, availability};
use plenum_core::site::{Service, Site};
use plenum_protocol::{Identifier, Timestamp};

use super::ServicesError;
use crate::history::{History, HistoryError};
use crate::revisions;

/// A service's timeline over its whole history.
#[derive(Clone)]
pub(super) struct Computed {
    /// Up to when the history was read.
    pub(super) at: Timestamp,
    /// The site's revision in force.
    pub(super) number: u64,
    /// The service as that revision describes it.
    pub(super) service: Arc<Service>,
    /// Its calendars, each from the instant of the revision that brought it. At least one.
    pub(super) calendars: Arc<Vec<(Timestamp, Calendar)>>,
    stretches: Arc<Vec<Stretch>>,
}

impl Computed {
    /// Reads the history of all that the service depends on, up to now. Blocks.
    pub(super) fn from_history(
        history: &History,
        name: &Identifier,
        number: u64,
        revisions: &[(revisions::Revision, Site)],
        now: Timestamp,
    ) -> Result<Self, ServicesError> {
        let eras: Vec<Revision> = revisions
            .iter()
            .map(|(revision, site)| Revision {
                from: revision.at,
                site: Arc::new(site.clone()),
            })
            .collect();
        let service = eras.last().and_then(|era| service(era, name));
        let service = service.ok_or_else(|| ServicesError::NotFound(name.clone()))?;
        Ok(Self {
            at: now,
            number,
            service: Arc::new(service.clone()),
            calendars: Arc::new(calendars(name, &eras)),
            stretches: Arc::new(stretches(history, name, &eras, now)?),
        })
    }

    /// In [from, to); unknown after `at`.
    pub(super) fn availability(&self, from: Timestamp, to: Timestamp) -> Availability {
        availability(&self.calendars, &self.stretches, from, to)
    }
}

fn service<'a>(era: &'a Revision, name: &Identifier) -> Option<&'a Service> {
    era.site.services.iter().find(|service| service.id == *name)
}

/// The calendar of each revision that knows the service.
fn calendars(name: &Identifier, eras: &[Revision]) -> Vec<(Timestamp, Calendar)> {
    eras.iter()
        .filter_map(|era| Some((era.from, Calendar::new(service(era, name)?))))
        .collect()
}

/// What the service was and when, folded from every reading of what it depends on and every gap in it.
fn stretches(
    history: &History,
    name: &Identifier,
    eras: &[Revision],
    now: Timestamp,
) -> Result<Vec<Stretch>, HistoryError> {
    let begin = Timestamp::from_milliseconds(0);
    // What is said of a sensor before its first reading tells what it is there for, and what not.
    let sources: Vec<Source> = history
        .expected()
        .into_iter()
        .map(|info| Source {
            series: info.series,
            expectation: info.expectation,
        })
        .collect();
    let names: Vec<_> = sources.iter().map(|source| source.series.clone()).collect();
    let mut timeline = Timeline::new(name, eras, sources);
    let wanted = timeline.wanted();
    let mut losses: Vec<(Timestamp, Timestamp, usize)> = Vec::new();
    for index in &wanted {
        let gaps = history.gaps_blocking(&names[*index].agent, begin, now)?;
        losses.extend(gaps.into_iter().map(|gap| (gap.from, gap.to, *index)));
    }
    losses.sort_unstable();
    let mut losses = losses.into_iter().peekable();
    // Up to when what was lost of each reaches.
    let mut reach: HashMap<usize, Timestamp> = HashMap::new();
    let series: Vec<_> = wanted.iter().map(|index| names[*index].clone()).collect();
    for scanned in history.scan(&series, begin, now) {
        let scanned = scanned?;
        while let Some((from, to, index)) = losses.next_if(|(from, ..)| *from < scanned.at) {
            timeline.lost(index, from);
            let reach = reach.entry(index).or_insert(to);
            *reach = to.max(*reach);
        }
        let index = wanted[scanned.series];
        timeline.reading(index, scanned.at, scanned.outcome);
        // One that lies among what was lost does not tell what came after it.
        if reach.get(&index).is_some_and(|to| scanned.at < *to) {
            timeline.lost(index, scanned.at);
        }
    }
    losses.for_each(|(from, _, index)| timeline.lost(index, from));
    Ok(timeline.finish(now))
}
