//! By which channel and to which address a message leaves, from the tables of collector.toml.

use std::sync::Arc;

use plenum_protocol::Identifier;

use super::channels::{self, Address, AddressKind, Channel, ChannelTable, Hears};
use super::outbox::Due;

/// Where messages go: addresses and secrets, which stand in collector.toml and never in a revision of the site.
#[derive(Debug, Clone, Default)]
pub struct CourierOptions {
    /// How channels are reached.
    pub channels: Vec<ChannelTable>,
    /// Where people are reached, as collector.toml says.
    pub addresses: Vec<Address>,
    /// The same as it was set for each person, which counts before it.
    pub stored: Vec<Address>,
}

impl CourierOptions {
    /// Where people are reached: the one answer of both, of which the first counts.
    pub(crate) fn reached(&self) -> impl Iterator<Item = &Address> {
        self.stored.iter().chain(&self.addresses)
    }
}

/// Settings with which a channel cannot be made ready.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CourierError(Box<dyn std::error::Error + Send + Sync>);

/// Channels that are ready to be used, with the addresses that they reach.
#[derive(Clone)]
pub struct Channels {
    ready: Arc<[Ready]>,
    addresses: Vec<Address>,
}

struct Ready {
    kind: &'static str,
    /// The only one of the site's channels that it is for.
    only: Option<Identifier>,
    channel: Box<dyn Channel>,
}

impl Channels {
    pub(super) fn new(options: &CourierOptions) -> Result<Self, CourierError> {
        let ready = options.channels.iter().map(|table| {
            Ok(Ready {
                kind: table.kind,
                only: table.settings.channel().cloned(),
                channel: table.settings.open().map_err(CourierError)?,
            })
        });
        Ok(Self {
            ready: ready.collect::<Result<_, _>>()?,
            addresses: options.reached().cloned().collect(),
        })
    }

    /// The same channels with what these say of where people are reached.
    pub(super) fn reaching(&self, options: &CourierOptions) -> Self {
        Self {
            ready: self.ready.clone(),
            addresses: options.reached().cloned().collect(),
        }
    }

    /// Lets those hear that can.
    pub(super) fn start(&self, hears: impl Fn(&Identifier) -> Hears) {
        for ready in self.ready.iter() {
            if let Some(only) = &ready.only {
                ready.channel.start(hears(only));
            }
        }
    }

    /// The one that is for this channel of the site alone.
    pub(super) fn only(&self, channel: &Identifier) -> Option<&dyn Channel> {
        let ready = self
            .ready
            .iter()
            .find(|ready| ready.only.as_ref() == Some(channel));
        ready.map(|ready| ready.channel.as_ref())
    }

    /// By what a message leaves and whereto; in words what is missing in the settings, which may be there at the next attempt.
    pub(super) fn way(
        &self,
        kind: &str,
        channel: &str,
        recipient: &str,
    ) -> Result<(&dyn Channel, &str), String> {
        let known = channels::find(kind);
        let kind = known.ok_or_else(|| format!("this version has no channels of the kind `{kind}`"))?;
        let serves = |ready: &&Ready| {
            ready.kind == kind.name && ready.only.as_ref().is_none_or(|only| only.as_str() == channel)
        };
        let ready = self.ready.iter().find(serves);
        let ready = ready.ok_or_else(|| {
            format!(
                "collector.toml has no [{}] for the channel `{channel}`",
                kind.table
            )
        })?;
        let address = match kind.address {
            None => "",
            Some(AddressKind { key, .. }) => self
                .address(recipient, key)
                .ok_or_else(|| format!("`{recipient}` has no address with `{key}`"))?,
        };
        Ok((ready.channel.as_ref(), address))
    }

    fn address(&self, person: &str, key: &str) -> Option<&str> {
        let of = |address: &&Address| address.person.as_str() == person && address.key == key;
        self.addresses.iter().find(of).map(|found| found.address.as_str())
    }

    /// Whether it goes to a person, who may answer it.
    pub(super) fn reaches_a_person(&self, due: &Due) -> bool {
        let kind = channels::find(&due.kind).and_then(|kind| kind.address);
        kind.is_some_and(|kind| self.address(&due.recipient, kind.key).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_message_leaves_by_its_channels_table_and_what_is_missing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("ops.secret");
        std::fs::write(&secret, "secret").unwrap();
        let text = format!(
            "[[webhook]]\nchannel = \"ops\"\nurl = \"http://localhost\"\nsecret_file = {:?}\n\
             [smtp]\nhost = \"localhost\"\nport = 25\nsecurity = \"none\"\nfrom = \"a@example.org\"\n\
             [[address]]\nperson = \"sanne\"\nemail = \"sanne@example.org\"\n",
            secret.display().to_string()
        );
        // reqwest takes whichever provider the process has; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = Config::parse("collector.toml", &text).unwrap();
        let channels = Channels::new(&config.courier()).unwrap();
        let check = |kind: &str, channel: &str, to: &str, expected: Result<&str, &str>| {
            let way = channels.way(kind, channel, to);
            let way = way.as_ref().map(|(_, address)| *address).map_err(String::as_str);
            assert_eq!(way, expected);
        };
        check("webhook", "ops", "ops", Ok(""));
        check(
            "webhook",
            "other",
            "other",
            Err("collector.toml has no [webhook] for the channel `other`"),
        );
        check("email", "duty", "sanne", Ok("sanne@example.org"));
        check("email", "duty", "piet", Err("`piet` has no address with `email`"));
        // What was set for somebody counts before what the file says of them.
        let stored = |person: &str, address: &str| Address {
            person: person.parse().unwrap(),
            key: "email",
            address: address.to_owned(),
        };
        let options = CourierOptions {
            stored: vec![stored("sanne", "s@example.net"), stored("piet", "p@example.net")],
            ..config.courier()
        };
        for channels in [channels.reaching(&options), Channels::new(&options).unwrap()] {
            for (person, address) in [("sanne", "s@example.net"), ("piet", "p@example.net")] {
                let way = channels.way("email", "duty", person);
                assert_eq!(way.ok().map(|(_, address)| address), Some(address));
            }
        }
        check(
            "pigeon",
            "roof",
            "sanne",
            Err("this version has no channels of the kind `pigeon`"),
        );
    }
}
