//! What a message may tell of the inlets of a room that is too warm, or whose cooling reports something.

use plenum_core::site::condition::Bound;
use plenum_core::site::{Place, Rule, Sensor, Site};
use plenum_core::text::message::{Climate, Hottest, Siblings};
use plenum_core::text::rules::BuiltIn;
use plenum_protocol::quantity::Language;
use plenum_protocol::{Quantity, Series};

use super::inputs::Input;
use super::place::never_heard;

/// Of an alarm about an inlet that is too warm or will be, or about a cooling unit; none of any other.
pub(super) fn climate(
    site: &Site,
    rules: &[Rule],
    rule: Option<&Rule>,
    (sensor, series): (Option<&Sensor>, Option<&Series>),
    near: &[(&Sensor, Input)],
) -> Option<Climate> {
    let (rule, sensor, series) = (rule?, sensor?, series?);
    let bound = rule.when.bound();
    let is_about_warmth = match series.quantity() {
        Quantity::CoolingFault | Quantity::CoolingRunning => true,
        Quantity::Temperature => sensor.place == Place::Inlet && !matches!(bound, Some(Bound::Below { .. })),
        _ => false,
    };
    if !is_about_warmth || rule.when.watches_silence() {
        return None;
    }
    let of_inlets = near.iter().filter(|(sensor, input)| {
        sensor.place == Place::Inlet && input.series.quantity() == Quantity::Temperature
    });
    let inlets: Vec<&(&Sensor, Input)> = of_inlets.collect();
    let limit = match bound {
        Some(Bound::Above { limit, .. }) => Some(limit),
        _ => inlets
            .first()
            .and_then(|(_, input)| lowest(site, rules, &input.series)),
    };
    let known = || {
        inlets
            .iter()
            .filter_map(|(sensor, input)| Some((*sensor, input.known.value()?)))
    };
    let never = never_heard(site, Place::Inlet, sensor, near);
    let hottest = known().max_by(|left, right| left.1.total_cmp(&right.1));
    Some(Climate {
        hottest: hottest.map(|(sensor, value)| Hottest {
            sensor: sensor.name.clone(),
            position: sensor.position.clone(),
            value,
        }),
        inlets: Siblings {
            beyond: known()
                .filter(|(_, value)| limit.is_some_and(|limit| *value > limit))
                .count(),
            unknown: never + inlets.len() - known().count(),
            total: never + inlets.len(),
        },
        limit,
        advises: advises(rule),
    })
}

/// The lowest limit that a series may not rise above.
fn lowest(site: &Site, rules: &[Rule], series: &Series) -> Option<f64> {
    let watching = rules
        .iter()
        .filter(|rule| rule.enabled && site.watches(rule, series));
    let limits = watching.filter_map(|rule| match rule.when.bound()? {
        Bound::Above { limit, .. } => Some(limit),
        Bound::Below { .. } | Bound::Is { .. } => None,
    });
    limits.min_by(f64::total_cmp)
}

/// Whether the response is a built-in rule's own that leaves it to the message which unit is to be started.
fn advises(rule: &Rule) -> bool {
    let own = [
        BuiltIn::CoolingFailed,
        BuiltIn::CoolingFailing,
        BuiltIn::CoolingFault,
        BuiltIn::InletVeryHigh,
    ];
    let found = own.into_iter().find(|own| own.id() == rule.id.as_str());
    found.is_some_and(|own| rule.response == own.words(Language::English).response)
}
