//! A whole house in the test's own process under one clock that goes faster: the collector, its broker, agents with simulated sensors, and a mail
//! server. What takes a quarter of an hour there takes a minute.

use std::sync::Arc;

use plenum_agent::AgentConfig;
use plenum_collector::config::Config;
use plenum_collector::{Collector, open};
use plenum_link::Shutdown;
use plenum_link::testing::HurriedClock;
use plenum_protocol::{Clock, Duration, Timestamp};
use serde_json::{Value, json};

use super::mail::MailSink;

/// The house.
pub struct House {
    pub collector: Collector,
    pub mail: MailSink,
    pub clock: Arc<dyn Clock>,
    /// Where agents connect.
    pub broker: String,
    /// When it was up.
    pub begun: Timestamp,
    shutdown: Shutdown,
    folder: tempfile::TempDir,
}

impl House {
    /// It is up, with this site, so many times as fast as the machine's clock. Each of these people has an address at hall.example; `smtp` are further
    /// keys of that table.
    pub async fn begin(factor: i64, site: String, people: &[&str], smtp: &str) -> Self {
        let (folder, mail, shutdown) = (tempfile::tempdir().unwrap(), MailSink::start(), Shutdown::new());
        let clock: Arc<dyn Clock> = Arc::new(HurriedClock::new(factor));
        let mut text = format!(
            "data = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[broker]\nlisten = \"127.0.0.1:0\"\naccept_new_agents = true\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"Plenum <plenum@hall.example>\"\n{smtp}\n",
            folder.path().join("data").display().to_string(),
            mail.port(),
        );
        for person in people {
            text += &format!("[[address]]\nperson = \"{person}\"\nemail = \"{person}@hall.example\"\n");
        }
        let config = Config::parse("collector.toml", &text).unwrap();
        let opened = open::open(&config, Some(site), clock.clone(), &shutdown)
            .await
            .unwrap();
        let url = "http://127.0.0.1".to_owned();
        let (collector, broker, _reload) = opened.serve(&config, url, &shutdown).await.unwrap();
        Self {
            collector,
            mail,
            broker: format!("mqtt://{}", broker.local_address().unwrap()),
            begun: clock.now(),
            clock,
            shutdown,
            folder,
        }
    }

    /// An agent of site "hall" that finds its broker there and reads these sensors.
    pub async fn agent(&self, name: &str, broker: &str, sensors: &str) {
        let spool = self.folder.path().join(format!("spool-{name}.db"));
        let text = format!(
            "site = \"hall\"\nagent = \"{name}\"\nclock = \"trusted\"\n[broker]\nurl = \"{broker}\"\n[spool]\npath = {:?}\n{sensors}",
            spool.display().to_string()
        );
        let config = AgentConfig::parse("agent.toml", &text).unwrap();
        plenum_agent::start(config, self.clock.clone(), &self.shutdown)
            .await
            .unwrap();
    }

    /// A sensor that this house's agents simulate, from its beginning on.
    pub fn sensor(&self, id: &str, interval: &str, quantities: &str) -> String {
        let begun = self.begun;
        format!(
            "[[sensor]]\nid = \"{id}\"\ndriver = \"simulated\"\ninterval = \"{interval}\"\nstart = \"{begun}\"\nseed = 1\n{quantities}"
        )
    }

    /// Waits until so long after its beginning.
    pub async fn wait_until(&self, since: Duration) {
        let left = (self.begun + since).since(self.clock.now());
        self.clock.sleep(left.max(Duration::ZERO)).await;
    }

    /// What this person got so far.
    pub fn told(&self, person: &str) -> Vec<Value> {
        let address = json!([format!("{person}@hall.example")]);
        let mut mails = self.mail.mails();
        mails.retain(|mail| mail["to"] == address);
        mails
    }

    /// The subjects of what this person got so far.
    pub fn subjects(&self, person: &str) -> Vec<String> {
        let told = self.told(person).into_iter();
        told.map(|mail| mail["subject"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// It stops.
    pub async fn end(&self) {
        let within = Duration::from_minutes(5);
        self.shutdown.finish(within, self.clock.as_ref()).await;
    }
}
