//! What somebody sees of the site: all of it, some rooms, or some customers' services. What they do not see is not there for them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use plenum_collector::people::Identity;
use plenum_core::alarms::{Alarm, Subject};
use plenum_core::site::{Service, Site};
use plenum_protocol::{Identifier, Series};

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::Dashboard;

/// What the caller sees; handlers take it as an argument.
#[derive(Clone)]
pub(crate) struct Sight {
    site: Arc<Site>,
    identity: Identity,
}

impl FromRequestParts<Arc<Dashboard>> for Sight {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, dashboard: &Arc<Dashboard>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, dashboard).await?;
        Ok(Self {
            site: dashboard.collector.site(),
            identity: caller.identity,
        })
    }
}

impl Sight {
    /// Whether this series is in a room of theirs.
    pub(crate) fn series(&self, series: &Series) -> bool {
        self.is_whole() || self.room(room_of(&self.site, series))
    }

    /// Whether this room is one of theirs; what is in none is for whoever sees the whole site.
    pub(crate) fn room(&self, room: Option<&Identifier>) -> bool {
        self.identity.sees_room(room)
    }

    /// Whether this alarm is about a room of theirs.
    pub(crate) fn alarm(&self, alarm: &Alarm) -> bool {
        self.is_whole()
            || rooms_of(&self.site, alarm)
                .iter()
                .any(|room| self.room(Some(room)))
    }

    /// Whether this service is theirs to see.
    pub(crate) fn service(&self, service: &Service) -> bool {
        self.identity.sees_customer(&service.customer)
    }

    fn is_whole(&self) -> bool {
        !self.identity.scope.is_by_room()
    }
}

/// The room that a series belongs to.
pub(crate) fn room_of<'a>(site: &'a Site, series: &Series) -> Option<&'a Identifier> {
    let sensor = site.sensor(&series.agent, series.sensor());
    sensor.map(|sensor| &sensor.room)
}

/// The rooms that an alarm is about: its own, or all in which its agent reads a sensor.
pub(crate) fn rooms_of(site: &Site, alarm: &Alarm) -> Vec<Identifier> {
    match &alarm.subject {
        Subject::Agent(agent) if agent.site == site.site.id => {
            let sensors = site.sensors.iter().filter(|sensor| sensor.agent == agent.agent);
            sensors.map(|sensor| sensor.room.clone()).collect()
        }
        _ => alarm.room.iter().cloned().collect(),
    }
}
