//! What the engine judges by: the site in force, its rules, and revisions that were handed in and wait for their turn.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plenum_protocol::{AgentName, Duration, Identifier, Quantity, Series};

use crate::fact::SystemKind;
use crate::site::condition::{Condition, System};
use crate::site::{Priority, Rule, Selector, Sensor, Site, Watches, effective_rules};

#[derive(Debug)]
pub(super) struct Rulebook {
    site: Arc<Site>,
    rules: Arc<[Rule]>,
    /// Where in the site each sensor stands: whoever looks through all of them for each rule is busy for minutes in a large site.
    places: Places,
    revision: u64,
    prepared: BTreeMap<u64, Arc<Site>>,
}

/// The numbers of the site's sensors, by agent.
type Places = HashMap<AgentName, HashMap<Identifier, usize>>;

fn places(site: &Site) -> Places {
    let mut places = Places::new();
    for (number, sensor) in site.sensors.iter().enumerate() {
        let agent = AgentName::new(site.site.id.clone(), sensor.agent.clone());
        places.entry(agent).or_default().insert(sensor.id.clone(), number);
    }
    places
}

/// What was in force before a revision.
pub(super) struct Before {
    pub(super) site: Arc<Site>,
    pub(super) rules: Arc<[Rule]>,
}

impl Rulebook {
    pub(super) fn new(site: Arc<Site>, revision: u64) -> Self {
        Self {
            rules: effective_rules(&site).into(),
            places: places(&site),
            site,
            revision,
            prepared: BTreeMap::new(),
        }
    }

    pub(super) fn site(&self) -> &Arc<Site> {
        &self.site
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn rules(&self) -> &Arc<[Rule]> {
        &self.rules
    }

    pub(super) fn rule(&self, number: usize) -> &Rule {
        &self.rules[number]
    }

    pub(super) fn prepare(&mut self, revision: u64, site: Arc<Site>) {
        self.prepared.insert(revision, site);
    }

    /// Puts a revision in force. One that was not handed in, or is not newer than the one in force, changes nothing.
    pub(super) fn revise(&mut self, number: u64) -> Option<Before> {
        if number <= self.revision {
            return None;
        }
        let site = self.prepared.remove(&number)?;
        self.prepared.retain(|later, _| *later > number);
        self.revision = number;
        let rules = effective_rules(&site).into();
        self.places = places(&site);
        Some(Before {
            site: std::mem::replace(&mut self.site, site),
            rules: std::mem::replace(&mut self.rules, rules),
        })
    }

    /// The room of a series, where the site names its sensor.
    pub(super) fn room_of(&self, series: &Series) -> Option<&Identifier> {
        Some(&self.placed(series)?.room)
    }

    /// As what a drill is told; none of any other series.
    pub(super) fn drill_priority(&self, series: &Series) -> Option<Priority> {
        let is_drill = series.quantity() == Quantity::Drill;
        let drill = is_drill.then(|| self.site.drill(series.sensor().as_str()))?;
        Some(drill?.priority)
    }

    /// The sensor of a series, where the site names it.
    fn placed(&self, series: &Series) -> Option<&Sensor> {
        let number = *self.places.get(&series.agent)?.get(series.sensor())?;
        self.site.sensors.get(number)
    }

    /// As [`Site::watches`].
    pub(super) fn watches(&self, rule: &Rule, series: &Series) -> bool {
        let quantity = series.quantity();
        let may = rule.select.quantities.is_empty() || rule.select.quantities.contains(&quantity);
        rule.enabled
            && may
            && rule.when.fits(quantity)
            && self
                .site
                .selects_placed(&rule.select, series, self.placed(series))
    }

    /// The room of an agent's sensors, if they are all in one.
    pub(super) fn room_of_agent(&self, name: &AgentName) -> Option<Identifier> {
        if name.site != self.site.site.id {
            return None;
        }
        let mut rooms = self
            .site
            .sensors
            .iter()
            .filter(|sensor| sensor.agent == name.agent)
            .map(|sensor| &sensor.room);
        let first = rooms.next()?;
        rooms.all(|room| room == first).then(|| first.clone())
    }

    /// The agents that the site names.
    pub(super) fn named_agents(&self) -> Vec<AgentName> {
        let site = &self.site.site.id;
        self.site
            .sensors
            .iter()
            .map(|sensor| AgentName::new(site.clone(), sensor.agent.clone()))
            .collect()
    }

    /// The numbers of the offline rules that watch an agent.
    pub(super) fn offline_rules(&self, name: &AgentName) -> Vec<usize> {
        let watches = |rule: &Rule| {
            let select = &rule.select;
            rule.enabled
                && rule.when.watches() == Watches::Agents
                && (select.agents.is_empty() || select.agents.contains(&name.agent))
        };
        (0..self.rules.len())
            .filter(|number| watches(&self.rules[*number]))
            .collect()
    }

    /// The rule for a condition of the monitor itself. One that no rule knows is told all the same, as high.
    pub(super) fn system_rule(&self, kind: SystemKind) -> Option<Rule> {
        let watched = Watches::Monitor(kind);
        if let Some(rule) = self.rules.iter().find(|rule| rule.when.watches() == watched) {
            return rule.enabled.then(|| rule.clone());
        }
        Some(Rule {
            id: kind.as_str().parse().ok()?,
            name: kind.as_str().replace('-', " "),
            enabled: true,
            select: Selector::default(),
            when: Condition::System(System { kind }),
            only_while: None,
            not_while: Vec::new(),
            suppressed_by: Vec::new(),
            on_delay: Duration::ZERO,
            off_delay: Duration::ZERO,
            two_readings: None,
            priority: Priority::High,
            cause: String::new(),
            consequence: String::new(),
            response: Vec::new(),
        })
    }
}
