//! The site as the screens draw it: rooms with their racks, sensors, series and limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use plenum_collector::history::SeriesInfo;
use plenum_collector::site::{self, Condition, Place, Priority, Rule, Site};
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Identifier};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::Dashboard;

/// The site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteView {
    id: String,
    name: String,
    /// IANA time zone of its screens.
    zone: String,
    /// `en` or `nl`.
    language: String,
    /// In the order of screens. Sensors that send but have no place come last, in a room with the empty id.
    rooms: Vec<RoomView>,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomView {
    id: String,
    name: String,
    floor: String,
    width_m: f64,
    depth_m: f64,
    racks: Vec<RackView>,
    sensors: Vec<SensorView>,
}

/// A rack on the plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RackView {
    id: String,
    name: String,
    x_m: f64,
    y_m: f64,
    width_m: f64,
    depth_m: f64,
}

/// A sensor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SensorView {
    agent: String,
    sensor: String,
    name: String,
    #[schema(value_type = String)]
    place: Place,
    rack: Option<String>,
    position: String,
    x_m: Option<f64>,
    y_m: Option<f64>,
    series: Vec<SensorSeriesView>,
    limits: Vec<LimitView>,
}

/// One quantity of a sensor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SensorSeriesView {
    series: String,
    quantity: &'static str,
    unit: &'static str,
    boolean: bool,
    /// Without a reading for so many seconds it is stale.
    stale_after_s: f64,
}

/// What a rule calls abnormal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitView {
    series: String,
    rule: String,
    name: String,
    #[schema(value_type = String)]
    priority: Priority,
    #[serde(flatten)]
    bound: Bound,
}

/// The bound itself.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Bound {
    /// Abnormal above the limit.
    Above { limit: f64, deadband: f64 },
    /// Abnormal below the limit.
    Below { limit: f64, deadband: f64 },
    /// Abnormal in this state.
    Is { limit: bool },
}

/// The site's rooms with their racks, sensors, series and limits.
#[utoipa::path(get, path = "/api/v1/site", tag = "site", responses((status = 200, body = SiteView)))]
pub(crate) async fn get_site(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<SiteView> {
    let collector = &dashboard.collector;
    axum::Json(draw(&collector.site(), &collector.history.series()))
}

/// Draws the site with the series that were seen so far.
fn draw(site: &Site, seen: &[SeriesInfo]) -> SiteView {
    let rules = site::effective_rules(site);
    let mut by_sensor: BTreeMap<(&Identifier, &Identifier), Vec<&SeriesInfo>> = BTreeMap::new();
    for one in seen.iter().filter(|one| one.series.site == site.site.id) {
        by_sensor
            .entry((&one.series.agent, one.series.sensor()))
            .or_default()
            .push(one);
    }
    let mut rooms: Vec<RoomView> = site
        .rooms
        .iter()
        .map(|room| RoomView {
            id: room.id.to_string(),
            name: room.name.clone(),
            floor: room.floor.clone(),
            width_m: room.width_m,
            depth_m: room.depth_m,
            racks: racks(site, &room.id),
            sensors: Vec::new(),
        })
        .collect();
    for sensor in &site.sensors {
        let seen = by_sensor.remove(&(&sensor.agent, &sensor.id)).unwrap_or_default();
        let view = SensorView {
            agent: sensor.agent.to_string(),
            sensor: sensor.id.to_string(),
            name: sensor.name.clone(),
            place: sensor.place,
            rack: sensor.rack.as_ref().map(ToString::to_string),
            position: sensor.position.clone(),
            x_m: sensor.x_m,
            y_m: sensor.y_m,
            series: infos(site, &rules, &seen),
            limits: limits(site, &rules, &seen),
        };
        if let Some(room) = rooms.iter_mut().find(|room| room.id == sensor.room.as_str()) {
            room.sensors.push(view);
        }
    }
    let unplaced: Vec<SensorView> = by_sensor
        .into_iter()
        .map(|((agent, sensor), seen)| SensorView {
            agent: agent.to_string(),
            sensor: sensor.to_string(),
            name: sensor.to_string(),
            place: Place::Other,
            rack: None,
            position: String::new(),
            x_m: None,
            y_m: None,
            series: infos(site, &rules, &seen),
            limits: limits(site, &rules, &seen),
        })
        .collect();
    if !unplaced.is_empty() {
        rooms.push(RoomView {
            id: String::new(),
            name: "Not placed".to_owned(),
            floor: String::new(),
            width_m: 0.0,
            depth_m: 0.0,
            racks: Vec::new(),
            sensors: unplaced,
        });
    }
    SiteView {
        id: site.site.id.to_string(),
        name: site.site.name.clone(),
        zone: site.site.zone.clone(),
        language: site.site.language.clone(),
        rooms,
    }
}

fn racks(site: &Site, room: &Identifier) -> Vec<RackView> {
    let racks = site.racks.iter().filter(|rack| rack.room == *room);
    racks
        .map(|rack| RackView {
            id: rack.id.to_string(),
            name: rack.name.clone(),
            x_m: rack.x_m,
            y_m: rack.y_m,
            width_m: rack.width_m,
            depth_m: rack.depth_m,
        })
        .collect()
}

fn infos(site: &Site, rules: &[Rule], seen: &[&SeriesInfo]) -> Vec<SensorSeriesView> {
    seen.iter()
        .map(|one| {
            let quantity = one.series.quantity();
            SensorSeriesView {
                series: one.series.to_string(),
                quantity: quantity.as_str(),
                unit: quantity.unit(),
                boolean: quantity.kind() == Kind::Boolean,
                stale_after_s: stale_after(site, rules, one).seconds(),
            }
        })
        .collect()
}

/// As its stale rule says; else three intervals, and 60 s at least.
fn stale_after(site: &Site, rules: &[Rule], seen: &SeriesInfo) -> Duration {
    let by_rule = rules
        .iter()
        .filter(|rule| rule.enabled && site.selects(&rule.select, &seen.series))
        .filter_map(|rule| match rule.when {
            Condition::Stale { after } => after,
            _ => None,
        })
        .min();
    by_rule.unwrap_or_else(|| {
        let interval = seen.interval.unwrap_or(Duration::ZERO).milliseconds();
        Duration::from_milliseconds(interval.saturating_mul(3)).max(Duration::from_minutes(1))
    })
}

fn limits(site: &Site, rules: &[Rule], seen: &[&SeriesInfo]) -> Vec<LimitView> {
    let mut limits = Vec::new();
    for one in seen {
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let bound = match &rule.when {
                Condition::Above { limit, deadband } => Bound::Above {
                    limit: *limit,
                    deadband: *deadband,
                },
                Condition::Below { limit, deadband } => Bound::Below {
                    limit: *limit,
                    deadband: *deadband,
                },
                Condition::Is { state, .. } => Bound::Is { limit: *state },
                Condition::Stale { .. } | Condition::Offline { .. } | Condition::System { .. } => continue,
            };
            if site.selects(&rule.select, &one.series) {
                limits.push(LimitView {
                    series: one.series.to_string(),
                    rule: rule.id.to_string(),
                    name: rule.name.clone(),
                    priority: rule.priority,
                    bound,
                });
            }
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = r#"
        [site]
        id = "zaandam"
        name = "Zaandam"
        zone = "Europe/Amsterdam"
        [[room]]
        id = "room-a"
        name = "Room A"
        [[rack]]
        id = "a3"
        name = "A3"
        room = "room-a"
        x_m = 1.0
        y_m = 2.0
        width_m = 0.6
        depth_m = 1.0
        [[sensor]]
        agent = "pi-a1"
        id = "inlet-a3"
        name = "Inlet A3"
        room = "room-a"
        rack = "a3"
        place = "inlet"
    "#;

    fn seen(text: &str, seconds: i64) -> SeriesInfo {
        SeriesInfo {
            series: text.parse().unwrap(),
            interval: Some(Duration::from_seconds(seconds)),
        }
    }

    #[test]
    fn sensors_stand_in_their_rooms_with_their_limits_and_the_others_apart() {
        let site: Site = plenum_protocol::config_error::parse("site.toml", SITE).unwrap();
        let view = draw(
            &site,
            &[
                seen("zaandam/pi-a1/inlet-a3/temperature", 10),
                seen("zaandam/pi-x/new/smoke", 60),
            ],
        );
        assert_eq!(view.rooms.len(), 2);
        let inlet = &view.rooms[0].sensors[0];
        assert_eq!(
            (inlet.name.as_str(), inlet.rack.as_deref()),
            ("Inlet A3", Some("a3"))
        );
        assert_eq!(inlet.series[0].stale_after_s, 60.0);
        assert!(
            inlet
                .limits
                .iter()
                .any(|limit| matches!(limit.bound, Bound::Above { limit: 27.0, .. }))
        );
        let room = &view.rooms[1];
        assert_eq!((room.id.as_str(), room.name.as_str()), ("", "Not placed"));
        let smoke = &room.sensors[0];
        assert!(smoke.series[0].boolean);
        assert_eq!(smoke.series[0].stale_after_s, 180.0);
        let json = serde_json::to_value(&smoke.limits).unwrap();
        assert!(
            json.as_array()
                .unwrap()
                .iter()
                .any(|limit| limit["kind"] == "is" && limit["limit"] == true),
            "{json}"
        );
    }
}
