//! A person says that a sensor is gone for good: nothing is expected of it any more, and its alarms end. For those that no site.toml places, as of
//! a publisher that was taken away; a placed one is taken out of the site by a revision.

use plenum_core::authority::Actor;
use plenum_core::expectation::Knowledge;
use plenum_core::fact::{Expectation, ExpectationChange, Item};
use plenum_protocol::{AgentName, Identifier, Timestamp};

use super::Collector;
use crate::database::DatabaseError;
use crate::history::SeriesInfo;

/// Why a sensor is not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// Nothing is expected of it.
    #[error("nothing is expected of a sensor {agent}/{sensor}: it was never heard of, or is retired")]
    NotExpected {
        /// The agent.
        agent: AgentName,
        /// The sensor.
        sensor: Identifier,
    },
    /// The site places it.
    #[error("{0} stands in site.toml: take it out there and `plenum site apply` it")]
    Placed(Identifier),
    /// Its agent says that it reads it.
    #[error("{agent} says that it reads {sensor}: take it out of agent.toml there first")]
    Listed {
        /// The agent.
        agent: AgentName,
        /// The sensor.
        sensor: Identifier,
    },
    /// It is there.
    #[error("{sensor} speaks: its newest reading is of {at}")]
    Speaks {
        /// The sensor.
        sensor: Identifier,
        /// The instant of its newest reading.
        at: Timestamp,
    },
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Collector {
    /// Retires a sensor in a person's name. Its readings stay, and what is over is judged as before; a sensor that speaks again is expected again.
    ///
    /// # Errors
    /// [`RetireError`] says why it is expected still and what to do instead.
    pub async fn retire_sensor(
        &self,
        agent: AgentName,
        sensor: Identifier,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), RetireError> {
        let own = |info: &SeriesInfo| {
            info.series.agent == agent && *info.series.sensor() == sensor && !info.expectation.is_retired()
        };
        let expected: Vec<_> = self.history.expected().into_iter().filter(own).collect();
        if self.alarms.site().borrow().sensor(&agent, &sensor).is_some() {
            return Err(RetireError::Placed(sensor));
        }
        let status = self.agents.get(&agent).and_then(|info| info.status);
        if status.is_some_and(|status| status.sensors.iter().any(|listed| listed.id == sensor)) {
            return Err(RetireError::Listed { agent, sensor });
        }
        if expected.is_empty() {
            return Err(RetireError::NotExpected { agent, sensor });
        }
        let known = expected
            .iter()
            .find_map(|info| match self.history.knowledge(&info.series, now) {
                Knowledge::Known { at, .. } => Some(at),
                Knowledge::Unknown { .. } => None,
            });
        if let Some(at) = known {
            return Err(RetireError::Speaks { sensor, at });
        }
        let change = ExpectationChange::Retired { sensor, by: Some(by) };
        let item = Item::Expectation(Expectation { agent, change });
        self.journal.append(vec![item]).await?;
        Ok(())
    }
}
