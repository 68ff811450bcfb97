//! One `rule` of a service's condition: the series that it looks at with a tracker each, and the sensors that are placed there and were never heard.

use plenum_protocol::{AgentName, Channel, Identifier, Quantity, Series};

use super::membership::PointState;
use super::timeline::Source;
use super::truth::Truth;
use crate::alarms::{Change, ConditionTracker};
use crate::around::Look;
use crate::site::{Down, Rule, Sensor, SensorName, Site};

/// One `rule` of the expression.
pub(super) struct Leaf {
    pub(super) rule: Rule,
    /// What the rule looks for at other series.
    pub(super) looks: Vec<Look>,
    pub(super) at_least: usize,
    pub(super) points: Vec<Point>,
    pub(super) placed: Vec<Placed>,
}

/// A sensor that is placed where the condition looks, and of which nothing may have been heard yet: unknown until then.
pub(super) struct Placed {
    pub(super) name: String,
    /// The sources of the same sensor, whatever they measure.
    pub(super) sources: Vec<usize>,
}

/// One rule over one series.
pub(super) struct Point {
    pub(super) source: usize,
    pub(super) tracker: ConditionTracker,
    pub(super) changes: Vec<Change>,
}

impl Leaf {
    /// Of those that are expected at that time; without any nobody can say.
    pub(super) fn truth(&self, states: &[PointState]) -> Truth {
        let mut truths = states.iter().filter_map(|state| state.truth()).peekable();
        match truths.peek() {
            None => Truth::Unknown,
            Some(_) => Truth::at_least(self.at_least, truths),
        }
    }
}

/// The trackers of one `rule` of the expression, over the series and sensors that it looks at; none for what is put together of others.
pub(super) fn leaf(down: &Down, rules: &[Rule], site: &Site, sources: &[Source]) -> Option<Leaf> {
    let Down::Rule {
        rule,
        room,
        sensor,
        at_least,
    } = down
    else {
        return None;
    };
    let rule = rules.iter().find(|candidate| candidate.id == *rule)?.clone();
    let wanted = |series: &Series| {
        let placed = site.sensor(&series.agent, series.sensor());
        let in_room = room
            .as_ref()
            .is_none_or(|room| placed.is_some_and(|placed| placed.room == *room));
        let is_sensor = sensor
            .as_ref()
            .is_none_or(|sensor| sensor.agent == series.agent.agent && sensor.sensor == *series.sensor());
        *series.site() == site.site.id
            && in_room
            && is_sensor
            && rule.when.fits(series.quantity())
            && site.selects(&rule.select, series)
    };
    let points: Vec<Point> = sources
        .iter()
        .enumerate()
        .filter(|(_, source)| wanted(&source.series))
        .map(|(index, _)| Point {
            source: index,
            tracker: ConditionTracker::new(&rule),
            changes: Vec::new(),
        })
        .collect();
    let placed = placed(&rule, (room.as_ref(), sensor.as_ref()), site, sources);
    Some(Leaf {
        looks: rule.looks(),
        rule,
        at_least: *at_least,
        points,
        placed,
    })
}

/// The sensors placed where a leaf looks that may be there for what its rule watches, though no series says so yet.
fn placed(
    rule: &Rule,
    (room, sensor): (Option<&Identifier>, Option<&SensorName>),
    site: &Site,
    sources: &[Source],
) -> Vec<Placed> {
    let looked_at = |placed: &&Sensor| {
        room.is_none_or(|room| placed.room == *room)
            && sensor.is_none_or(|name| name.agent == placed.agent && name.sensor == placed.id)
    };
    let may_be_selected = |placed: &Sensor, quantity: Quantity| {
        let series = Series {
            agent: AgentName::new(site.site.id.clone(), placed.agent.clone()),
            channel: Channel {
                sensor: placed.id.clone(),
                quantity,
            },
        };
        rule.when.fits(quantity) && placed.place.may_measure(quantity) && site.selects(&rule.select, &series)
    };
    let found = site.sensors.iter().filter(looked_at).filter(|placed| {
        let mut quantities = Quantity::ALL.iter();
        quantities.any(|quantity| may_be_selected(placed, *quantity))
    });
    let of_sensor = |placed: &Sensor| {
        let same = |series: &Series| {
            *series.site() == site.site.id
                && series.agent.agent == placed.agent
                && *series.sensor() == placed.id
        };
        let all = sources.iter().enumerate();
        all.filter(|(_, source)| same(&source.series))
            .map(|(index, _)| index)
            .collect()
    };
    found
        .map(|placed| Placed {
            name: placed.name.clone(),
            sources: of_sensor(placed),
        })
        .collect()
}
