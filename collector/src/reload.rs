//! A changed `collector.toml` while the collector runs: everything new is built first and then swapped in, so that a mistake leaves what
//! was in force. Channels, people's addresses, agents' credentials and the bounds of intake are swapped; the rest needs a restart.

use std::sync::Arc;

use plenum_protocol::Clock;
use tokio::sync::{mpsc, watch};

use crate::broker::{AgentPasswords, Broker, Enrolled};
use crate::config::{AgentCredential, Config};
use crate::intake;
use crate::notify::courier::{Courier, CourierOptions};
use crate::open::{OpenError, passwords};
use crate::people::{People, SignOnSettingsError};

/// What of a running collector can be given new settings.
pub struct Reload {
    /// The settings of the start: what needs a restart is compared with these.
    pub(crate) started: Config,
    pub(crate) broker: Broker,
    /// The embedded broker's.
    pub(crate) passwords: Arc<AgentPasswords>,
    pub(crate) enrolled: Arc<Enrolled>,
    pub(crate) intake: mpsc::Sender<intake::Command>,
    pub(crate) courier: Arc<Courier>,
    /// What the courier goes by: who looks out for what is missing in it is told.
    pub(crate) ways: watch::Sender<CourierOptions>,
    pub(crate) people: Arc<People>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Reload {
    /// Takes `config`. Returns the keys that differ from those of the start and hold only after a restart.
    ///
    /// # Errors
    /// Something that it names cannot be read or is not valid; then nothing has changed.
    pub async fn apply(&mut self, config: Config) -> Result<Vec<&'static str>, OpenError> {
        let options = CourierOptions {
            stored: self.ways.borrow().stored.clone(),
            ..config.courier()
        };
        let channels = self.courier.prepare(&options)?;
        let passwords = passwords(&config)?;
        log_ins(&self.people, &config, &self.clock)?;
        // From here on nothing fails.
        self.courier.swap(channels);
        self.ways.send_replace(options);
        self.people.look_up_addresses();
        self.passwords.replace(passwords);
        self.broker.accept_new_agents(config.broker.accept_new_agents);
        let bounds = bounds(&config, self.enrolled.clone());
        if self
            .intake
            .send(intake::Command::Configure(bounds))
            .await
            .is_err()
        {
            tracing::warn!("intake has stopped and took no new bounds");
        }
        Ok(needs_restart(&self.started, &config))
    }
}

/// What people need to log in, as the file says now; where that cannot be read nothing has changed.
pub(crate) fn log_ins(
    people: &People,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<(), SignOnSettingsError> {
    let sign_on = config.sign_on(clock.clone())?;
    people.demand_second_factor(&config.people.second_factor);
    people.use_sign_on(sign_on);
    Ok(())
}

/// What bounds intake: the reserve on the disk of the data folder, and the dead letters' bytes an agent.
pub(crate) fn bounds(config: &Config, enrolled: Arc<Enrolled>) -> intake::Options {
    intake::Options {
        disk_reserve: config.storage.disk_reserve.0,
        dead_letters: config.storage.dead_letters.0,
        series: config.storage.series as usize,
        credentials: config.agents.iter().map(AgentCredential::name).collect(),
        enrolled,
        ..intake::Options::new(config.data_folder().to_owned())
    }
}

fn needs_restart(started: &Config, now: &Config) -> Vec<&'static str> {
    let broker = |config: &Config| {
        let broker = &config.broker;
        let remote = (
            broker.url.clone(),
            broker.user.clone(),
            broker.password_file.clone(),
        );
        let files = (broker.ca.clone(), broker.identity.clone());
        (broker.listen, broker.tls_listen, broker.insecure, remote, files)
    };
    let changes = [
        ("data", started.data != now.data),
        ("key_file", started.key_file != now.key_file),
        ("[[beat]]", started.beats != now.beats),
        ("[http]", started.http != now.http),
        (
            "[broker] listen, tls_listen, url, user, password_file, insecure, ca or identity",
            broker(started) != broker(now),
        ),
        (
            "[storage] journal_max",
            started.storage.journal_max != now.storage.journal_max,
        ),
        (
            "[storage] alarm_history",
            started.storage.alarm_history != now.storage.alarm_history,
        ),
    ];
    changes
        .into_iter()
        .filter_map(|(key, changed)| changed.then_some(key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_change_while_running_is_named() {
        let check = |text: &str, expected: &[&str]| {
            let now = Config::parse("collector.toml", text).unwrap();
            assert_eq!(needs_restart(&Config::default(), &now), expected);
        };
        check("", &[]);
        check(
            "[storage]\ndisk_reserve = \"1MiB\"\ndead_letters = \"1MiB\"\n[broker]\naccept_new_agents = true\n[people]\nsecond_factor = [\"viewer\"]",
            &[],
        );
        check(
            "data = \"elsewhere\"\n[http]\nlisten = \"127.0.0.1:1\"\n[broker]\nlisten = \"127.0.0.1:2\"\n[storage]\njournal_max = \"1GiB\"",
            &[
                "data",
                "[http]",
                "[broker] listen, tls_listen, url, user, password_file, insecure, ca or identity",
                "[storage] journal_max",
            ],
        );
    }
}
