//! The site as the screens draw it: rooms with their racks, sensors, series and limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use plenum_collector::history::SeriesInfo;
use plenum_core::site;
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Identifier, Quantity, Timestamp};

use crate::judge::Judge;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{Limit, Place, Rack, Room, Sensor, SensorSeries, Site, Unit};

/// The site's rooms with their racks, sensors, series and limits.
#[utoipa::path(get, path = "/api/v1/site", tag = "site", responses((status = 200, body = Site)))]
pub(crate) async fn get_site(State(dashboard): State<Arc<Dashboard>>, sight: Sight) -> axum::Json<Site> {
    let collector = &dashboard.collector;
    let mut site = draw(&collector.site(), &collector.history.series());
    // The room of what is not placed has no identifier.
    site.rooms
        .retain(|room| sight.room(room.id.parse().ok().as_ref()));
    axum::Json(site)
}

/// What was received, by agent and sensor.
type BySensor<'a> = BTreeMap<(&'a Identifier, &'a Identifier), Vec<&'a SeriesInfo>>;

/// Draws the site with the series that were seen so far.
fn draw(site: &Arc<site::Site>, seen: &[SeriesInfo]) -> Site {
    let mut judge = Judge::new(site.clone());
    let mut by_sensor = BySensor::new();
    // A drill measures nothing.
    let seen = seen.iter().filter(|one| one.series.quantity() != Quantity::Drill);
    for one in seen.filter(|one| *one.series.site() == site.site.id) {
        by_sensor
            .entry((&one.series.agent.agent, one.series.sensor()))
            .or_default()
            .push(one);
    }
    let mut rooms: Vec<Room> = site.rooms.iter().map(|room| empty(site, room)).collect();
    for sensor in &site.sensors {
        let seen = by_sensor.remove(&(&sensor.agent, &sensor.id)).unwrap_or_default();
        if let Some(room) = rooms.iter_mut().find(|room| room.id == sensor.room.as_str()) {
            room.sensors.push(placed(&mut judge, sensor, &seen));
        }
    }
    if !by_sensor.is_empty() {
        rooms.push(not_placed(&mut judge, by_sensor));
    }
    Site {
        id: site.site.id.clone(),
        name: site.site.name.clone(),
        zone: site.site.zone.to_string(),
        language: site.site.language.into(),
        rooms,
    }
}

fn empty(site: &site::Site, room: &site::Room) -> Room {
    Room {
        id: room.id.to_string(),
        name: room.name.clone(),
        floor: room.floor.clone(),
        width_m: room.width_m,
        depth_m: room.depth_m,
        racks: racks(site, &room.id),
        sensors: Vec::new(),
    }
}

fn placed(judge: &mut Judge, sensor: &site::Sensor, seen: &[&SeriesInfo]) -> Sensor {
    Sensor {
        agent: sensor.agent.clone(),
        sensor: sensor.id.clone(),
        name: sensor.name.clone(),
        place: sensor.place.into(),
        rack: sensor.rack.clone(),
        position: sensor.position.clone(),
        x_m: sensor.x_m,
        y_m: sensor.y_m,
        series: infos(judge, seen),
        limits: limits(judge, seen),
    }
}

/// The room of what sends and has no place.
fn not_placed(judge: &mut Judge, seen: BySensor<'_>) -> Room {
    let sensors = seen.into_iter().map(|((agent, sensor), seen)| Sensor {
        agent: agent.clone(),
        sensor: sensor.clone(),
        name: sensor.to_string(),
        place: Place::Other,
        rack: None,
        position: String::new(),
        x_m: None,
        y_m: None,
        series: infos(judge, &seen),
        limits: limits(judge, &seen),
    });
    Room {
        id: String::new(),
        name: "Not placed".to_owned(),
        floor: String::new(),
        width_m: 0.0,
        depth_m: 0.0,
        racks: Vec::new(),
        sensors: sensors.collect(),
    }
}

fn racks(site: &site::Site, room: &Identifier) -> Vec<Rack> {
    let racks = site.racks.iter().filter(|rack| rack.room == *room);
    racks
        .map(|rack| Rack {
            id: rack.id.clone(),
            name: rack.name.clone(),
            x_m: rack.x_m,
            y_m: rack.y_m,
            width_m: rack.width_m,
            depth_m: rack.depth_m,
        })
        .collect()
}

fn infos(judge: &mut Judge, seen: &[&SeriesInfo]) -> Vec<SensorSeries> {
    let views = seen.iter().map(|one| {
        let quantity = one.series.quantity();
        SensorSeries {
            series: one.series.clone(),
            quantity,
            unit: Unit::of(quantity),
            boolean: quantity.kind() == Kind::Boolean,
            stale_after_s: one.expectation.silence_limit(Timestamp::MAX).seconds(),
            band: judge.measures(&one.series).band.clone(),
        }
    });
    views.collect()
}

fn limits(judge: &mut Judge, seen: &[&SeriesInfo]) -> Vec<Limit> {
    let of_each = seen.iter().map(|one| judge.measures(&one.series).limits.clone());
    of_each.flatten().collect()
}

#[cfg(test)]
mod tests {
    use plenum_core::expectation::Expectation;
    use plenum_protocol::Duration;

    use super::*;
    use crate::view::Bound;

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
            expectation: Expectation::told(Duration::from_seconds(seconds)),
        }
    }

    #[test]
    fn sensors_stand_in_their_rooms_with_their_limits_and_the_others_apart() {
        let site: Arc<site::Site> =
            Arc::new(plenum_protocol::config_error::parse("site.toml", SITE).unwrap());
        let view = draw(
            &site,
            &[
                seen("zaandam/pi-a1/inlet-a3/temperature", 10),
                seen("zaandam/pi-x/new/smoke", 60),
                seen("zaandam/pi-x/monthly/drill", 60),
            ],
        );
        assert_eq!(view.rooms.len(), 2);
        let inlet = &view.rooms[0].sensors[0];
        assert_eq!(
            (inlet.name.as_str(), inlet.rack.as_ref().map(Identifier::as_str)),
            ("Inlet A3", Some("a3"))
        );
        assert_eq!(inlet.series[0].stale_after_s, 60.0);
        assert_eq!(inlet.series[0].band.as_ref().unwrap().high, Some(27.0));
        assert!(
            inlet
                .limits
                .iter()
                .any(|limit| matches!(limit.bound, Bound::Above { limit: 27.0, .. }))
        );
        let room = &view.rooms[1];
        assert_eq!(room.sensors.len(), 1, "a drill measures nothing");
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
