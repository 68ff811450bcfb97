//! What has to be read for a trial, and in which order: the rules of both revisions over all series, each tracker once where both say the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plenum_protocol::{AgentName, Duration, Identifier, Timestamp};

use super::alone::Alone;
use super::compare::{IN_FORCE, TRIED};
use super::happening::{self, Happening};
use super::point::{Point, Stood};
use super::together::{Member, Together};
use crate::alarms::Subject;
use crate::alarms::engine::OFFLINE_AFTER;
use crate::around::Surroundings;
use crate::availability::Source;
use crate::expectation::Expectation;
use crate::site::{Rule, Sensor, Site, Watches, effective_rules};

/// The least that is read from before the period: what stood when it began is not new.
const LEAD: Duration = Duration::from_hours(6);

/// That an agent was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// When it went.
    pub from: Timestamp,
    /// When it was there again; none while it is not.
    pub to: Option<Timestamp>,
}

/// What is known of the past beside the readings.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Every series, with what is and was expected of it.
    pub sources: Vec<Source>,
    /// From when on batches of an agent were lost, in order.
    pub losses: BTreeMap<AgentName, Vec<Timestamp>>,
    /// When an agent was not there, in order.
    pub absences: BTreeMap<AgentName, Vec<Absence>>,
}

/// What can be folded by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A series by its number: its readings are handed to [`Plan::alone`].
    Alone(usize),
    /// Several, in order: theirs are handed to [`Plan::together`] in the order of instants.
    Together(Vec<usize>),
}

/// A time that an alarm would have stood, with what it is about.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// By which rule.
    pub rule: Arc<Rule>,
    /// About what.
    pub subject: Subject,
    /// In which room, where the subject has one.
    pub room: Option<Identifier>,
    /// When, and how far.
    pub stood: Stood,
}

/// The alarms of the revision that is tried and of the one in force, each in the order of their beginning.
pub type Alarms = [Vec<Alarm>; 2];

/// What one tracker decided.
#[derive(Debug, Clone)]
pub struct Decided {
    spot: usize,
    stood: Vec<Stood>,
}

impl Decided {
    /// How many times its alarm stood.
    pub fn count(&self) -> usize {
        self.stood.len()
    }
}

/// A rule over a series, for one revision or both.
#[derive(Debug)]
struct Spot {
    source: usize,
    rule: usize,
    sides: [bool; 2],
    /// Series that the rule may look at.
    looked_at: Vec<usize>,
}

/// Two revisions over one past.
#[derive(Debug)]
pub struct Plan {
    sites: [Arc<Site>; 2],
    period: (Timestamp, Timestamp),
    known: Known,
    rules: Vec<Arc<Rule>>,
    spots: Vec<Spot>,
    /// The spots over each series.
    over: Vec<Vec<usize>>,
    /// For each series the first one of its agent.
    firsts: Vec<usize>,
    tasks: Vec<Task>,
}

impl Plan {
    /// Of the revision that is tried and the one in force, over `from..to`.
    pub fn new(
        tried: Arc<Site>,
        in_force: Arc<Site>,
        period: (Timestamp, Timestamp),
        mut known: Known,
    ) -> Self {
        for absences in known.absences.values_mut() {
            *absences = happening::apart(absences);
        }
        let agents = known.sources.iter().map(|source| &source.series.agent);
        let mut first = HashMap::new();
        let firsts = agents
            .enumerate()
            .map(|(number, agent)| *first.entry(agent).or_insert(number))
            .collect();
        let mut plan = Self {
            sites: [tried, in_force],
            period,
            over: vec![Vec::new(); known.sources.len()],
            firsts,
            known,
            rules: Vec::new(),
            spots: Vec::new(),
            tasks: Vec::new(),
        };
        for side in [TRIED, IN_FORCE] {
            plan.put(side);
        }
        for (number, spot) in plan.spots.iter().enumerate() {
            plan.over[spot.source].push(number);
        }
        plan.tasks = plan.arrange();
        plan
    }

    /// From when on readings are to be handed in: some time before the period, so that what stands when it begins is known.
    pub fn begin(&self) -> Timestamp {
        let longest = self.rules.iter().map(|rule| reaches_back(rule)).max();
        self.period.0 - LEAD.max(longest.unwrap_or(Duration::ZERO))
    }

    /// From when to when alarms are counted.
    pub fn period(&self) -> (Timestamp, Timestamp) {
        self.period
    }

    /// The sites of the revision that is tried and of the one in force.
    pub fn sites(&self) -> &[Arc<Site>; 2] {
        &self.sites
    }

    /// Every series, by its number.
    pub fn sources(&self) -> &[Source] {
        &self.known.sources
    }

    /// What is to be done, in any order and by any number of threads.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The rules of the revision that is tried which look further back than `begin`, where readings begin: what they would have said is not all known.
    /// Of the first while of readings nothing is said by any rule that has a delay; that is no news where they begin within the period.
    pub fn short_of(&self, begin: Timestamp) -> Vec<Arc<Rule>> {
        let mine = effective_rules(&self.sites[TRIED]);
        let from = self.period.0.max(begin + LEAD);
        let watches = |number: usize| self.spots.iter().any(|spot| spot.rule == number);
        let reach = |rule: &Rule| mine.contains(rule) && from - reaches_back(rule) < begin;
        let rules = self.rules.iter().enumerate();
        let short = rules.filter(|(number, rule)| reach(rule) && watches(*number));
        short.map(|(_, rule)| rule.clone()).collect()
    }

    /// The rule that raised most of what was decided, and how often; none if nothing was.
    pub fn loudest(&self, decided: &[Decided]) -> Option<(&Rule, usize)> {
        let mut counts = vec![0; self.rules.len()];
        for Decided { spot, stood } in decided {
            counts[self.spots[*spot].rule] += stood.len();
        }
        let (rule, count) = counts.into_iter().enumerate().max_by_key(|(_, count)| *count)?;
        (count > 0).then(|| (self.rule(rule), count))
    }

    /// Begins a series that is folded alone.
    pub fn alone(&self, source: usize) -> Alone<'_> {
        let own = self.over[source].iter();
        let own = own.filter(|number| !self.looks_elsewhere(&self.spots[**number]));
        let points = own
            .map(|number| (*number, self.point(&self.spots[*number])))
            .collect();
        Alone::new(self, source, points)
    }

    /// Begins series that are folded together.
    pub fn together(&self, sources: &[usize]) -> Together<'_> {
        let own = sources.iter().flat_map(|source| &self.over[*source]);
        let own = own.map(|number| (*number, &self.spots[*number]));
        let own = own.filter(|(_, spot)| self.looks_elsewhere(spot));
        let members = own.map(|(number, spot)| Member {
            number,
            source: spot.source,
            side: if spot.sides[TRIED] { TRIED } else { IN_FORCE },
            point: self.point(spot),
        });
        Together::new(self, sources, members.collect())
    }

    /// The alarms of both revisions that stood in the period, from all that was decided.
    pub fn alarms(&self, decided: Vec<Decided>) -> Alarms {
        let places = [TRIED, IN_FORCE].map(|side| places(&self.sites[side]));
        let mut alarms = [Vec::new(), Vec::new()];
        for Decided { spot, stood } in decided {
            let spot = &self.spots[spot];
            let series = &self.known.sources[spot.source].series;
            for side in [TRIED, IN_FORCE].into_iter().filter(|side| spot.sides[*side]) {
                let placed = placed(&self.sites[side], &places[side], series);
                alarms[side].extend(stood.iter().map(|stood| Alarm {
                    rule: Arc::clone(&self.rules[spot.rule]),
                    subject: Subject::Series(series.clone()),
                    room: placed.map(|sensor| sensor.room.clone()),
                    stood: *stood,
                }));
            }
        }
        let (from, to) = self.period;
        for side in [TRIED, IN_FORCE] {
            alarms[side].extend(self.of_agents(side));
            alarms[side]
                .retain(|alarm| alarm.stood.from < to && alarm.stood.to.is_none_or(|ended| ended > from));
            alarms[side].sort_by(|one, other| {
                (one.stood.from, &one.rule.id, &one.subject).cmp(&(
                    other.stood.from,
                    &other.rule.id,
                    &other.subject,
                ))
            });
        }
        alarms
    }

    pub(super) fn rule(&self, number: usize) -> &Rule {
        &self.rules[number]
    }

    pub(super) fn expectation(&self, source: usize) -> &Expectation {
        &self.known.sources[source].expectation
    }

    pub(super) fn happenings(&self, source: usize) -> Vec<(Timestamp, Happening)> {
        let Source { series, expectation } = &self.known.sources[source];
        let losses = self
            .known
            .losses
            .get(&series.agent)
            .map_or(&[][..], Vec::as_slice);
        let absences = self
            .known
            .absences
            .get(&series.agent)
            .map_or(&[][..], Vec::as_slice);
        happening::of_series(expectation, losses, absences, (self.begin(), self.period.1))
    }

    /// When the agent of a series was back from an absence of which this is true.
    pub(super) fn back_from(&self, source: usize, wanted: impl Fn(&Absence) -> bool) -> Option<Timestamp> {
        let agent = &self.known.sources[source].series.agent;
        let mut absences = self.known.absences.get(agent)?.iter();
        absences.find(|absence| wanted(absence))?.to
    }

    /// When a reading came: what was measured while its agent was away came when it was back.
    pub(super) fn came(&self, source: usize, at: Timestamp) -> Timestamp {
        let is_within = |absence: &Absence| absence.from < at && absence.to.is_some_and(|to| at <= to);
        self.back_from(source, is_within).unwrap_or(at)
    }

    /// The first of the series of the same agent.
    pub(super) fn first_of_agent(&self, source: usize) -> usize {
        self.firsts[source]
    }

    pub(super) fn decided(&self, spot: usize, source: usize, point: Point) -> Decided {
        let rule = self.rule(point.rule);
        Decided {
            spot,
            stood: point.finish(rule, self.expectation(source), self.period.1),
        }
    }

    fn point(&self, spot: &Spot) -> Point {
        Point::new(spot.rule, self.rule(spot.rule))
    }

    fn looks_elsewhere(&self, spot: &Spot) -> bool {
        self.rules[spot.rule].looks_elsewhere()
    }

    /// Puts the rules of one revision over the series that they watch.
    fn put(&mut self, side: usize) {
        let site = Arc::clone(&self.sites[side]);
        let places = places(&site);
        let mut known: HashMap<(usize, usize), usize> = HashMap::new();
        known.extend(
            self.spots
                .iter()
                .enumerate()
                .map(|(number, spot)| ((spot.source, spot.rule), number)),
        );
        for rule in effective_rules(&site).into_iter().filter(|rule| rule.enabled) {
            if matches!(rule.when.watches(), Watches::Agents | Watches::Monitor(_)) {
                continue;
            }
            let number = self.rules.iter().position(|known| **known == rule);
            let number = number.unwrap_or_else(|| {
                self.rules.push(Arc::new(rule));
                self.rules.len() - 1
            });
            let rule = Arc::clone(&self.rules[number]);
            let looks = rule.looks();
            let mut around = Surroundings::new([&*rule], &site);
            if !looks.is_empty() {
                for (source, one) in self.known.sources.iter().enumerate() {
                    around.note(source, &one.series);
                }
            }
            for source in 0..self.known.sources.len() {
                let series = &self.known.sources[source].series;
                let fits = rule.when.fits(series.quantity());
                if !fits || !site.selects_placed(&rule.select, series, placed(&site, &places, series)) {
                    continue;
                }
                if !looks.is_empty() && rule.when.is_for_others(&around.view(series, Timestamp::MIN)) {
                    continue;
                }
                let looked_at = looks.iter().flat_map(|look| {
                    around
                        .view(series, Timestamp::MIN)
                        .candidates(look.quantity, &look.reach)
                });
                let looked_at = looked_at.collect();
                // What it looks at depends on the rooms of its own revision.
                let shared = known.get(&(source, number)).filter(|_| !rule.looks_elsewhere());
                match shared {
                    Some(spot) => self.spots[*spot].sides[side] = true,
                    None => {
                        let mut sides = [false; 2];
                        sides[side] = true;
                        self.spots.push(Spot {
                            source,
                            rule: number,
                            sides,
                            looked_at,
                        });
                    }
                }
            }
        }
    }

    /// Each series alone for its rules that look at nothing else; those that look at each other in groups that are as small as can be.
    fn arrange(&self) -> Vec<Task> {
        let mut leaders: Vec<usize> = (0..self.known.sources.len()).collect();
        fn leader(leaders: &[usize], mut source: usize) -> usize {
            while leaders[source] != source {
                source = leaders[source];
            }
            source
        }
        let (mut alone, mut looking) = (Vec::new(), Vec::new());
        for spot in &self.spots {
            if !self.looks_elsewhere(spot) {
                alone.push(spot.source);
                continue;
            }
            looking.push(spot.source);
            for other in &spot.looked_at {
                looking.push(*other);
                let (one, other) = (leader(&leaders, spot.source), leader(&leaders, *other));
                leaders[one.max(other)] = one.min(other);
            }
        }
        alone.sort_unstable();
        alone.dedup();
        looking.sort_unstable();
        looking.dedup();
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for source in looking {
            groups.entry(leader(&leaders, source)).or_default().push(source);
        }
        // The longest first, so that no thread is left with one at the end.
        let together = groups.into_values().map(Task::Together);
        together.chain(alone.into_iter().map(Task::Alone)).collect()
    }

    /// The alarms about agents that were not there.
    fn of_agents(&self, side: usize) -> Vec<Alarm> {
        let site = &self.sites[side];
        let rules = effective_rules(site);
        let rules = rules
            .into_iter()
            .filter(|rule| rule.enabled && rule.when.watches() == Watches::Agents);
        let mut alarms = Vec::new();
        for rule in rules.map(Arc::new) {
            let after = rule.when.patience().unwrap_or(OFFLINE_AFTER) + rule.on_delay;
            let agents = &rule.select.agents;
            for (agent, absences) in &self.known.absences {
                if !agents.is_empty() && !agents.contains(&agent.agent) {
                    continue;
                }
                let long = absences.iter().map(|absence| (absence.from + after, absence.to));
                let long = long.filter(|(raised, back)| back.is_none_or(|back| *raised <= back));
                alarms.extend(long.map(|(from, to)| Alarm {
                    rule: Arc::clone(&rule),
                    subject: Subject::Agent(agent.clone()),
                    room: None,
                    stood: Stood {
                        from,
                        to,
                        worst: None,
                    },
                }));
            }
        }
        alarms
    }
}

/// How far back from an instant a rule looks to decide it.
fn reaches_back(rule: &Rule) -> Duration {
    let decided = rule
        .when
        .patience()
        .unwrap_or(Duration::ZERO)
        .max(rule.when.looks_back());
    rule.on_delay + rule.off_delay + decided
}

type Places<'a> = HashMap<(&'a Identifier, &'a Identifier), &'a Sensor>;

fn places(site: &Site) -> Places<'_> {
    let placed = site.sensors.iter();
    placed
        .map(|sensor| ((&sensor.agent, &sensor.id), sensor))
        .collect()
}

fn placed<'a>(site: &Site, places: &Places<'a>, series: &plenum_protocol::Series) -> Option<&'a Sensor> {
    let own = *series.site() == site.site.id;
    own.then(|| places.get(&(&series.agent.agent, series.sensor())).copied())?
}
