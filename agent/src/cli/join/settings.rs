//! agent.toml, made or completed: where the broker is, and which file shows the agent to it. Everything else in it stays as it is, comments too.

use std::fmt::Write;
use std::io;
use std::ops::Range;
use std::path::Path;

use plenum_protocol::enrolment::Code;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::AgentConfig;
use crate::enrolment::{Mode, replace};

/// Keys of [broker] that say something else than a code.
const OTHERS: [&str; 4] = ["user", "password_file", "insecure", "ca"];

/// What the file says now.
pub(super) struct Settings(Option<String>);

impl Settings {
    /// Reads it, if it is there.
    pub(super) fn read(file: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Self(Some(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self(None)),
            Err(error) => Err(format!("{}: cannot be read: {error}", file.display())),
        }
    }

    /// Its text.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Writes the file anew. An error says what is to be written by hand.
    pub(super) fn complete(&self, file: &Path, code: &Code, identity: &Path) -> Result<(), String> {
        let url = format!("mqtts://{}:{}", code.host, code.port);
        let identity = std::path::absolute(identity).unwrap_or_else(|_| identity.to_owned());
        let identity = identity.display().to_string();
        let (url, quoted) = (basic(&url), basic(&identity));
        let by_hand = |why: &str| {
            format!(
                "{}: {why}; write these two lines under [broker], and take `user`, `password_file`, `insecure` and `ca` out:\n  url = {url}\n  identity = {quoted}",
                file.display()
            )
        };
        let text = match &self.0 {
            None => fresh(code, &url, &quoted),
            Some(text) => completed(text, &url, &quoted).ok_or_else(|| by_hand("could not be completed"))?,
        };
        let meant = |written: &Path| {
            let parsed = AgentConfig::load(written).map_err(drop)?;
            let broker = &parsed.broker;
            let same = basic(&broker.url) == url
                && broker.identity.as_deref() == Some(Path::new(&identity))
                && broker.ca.is_none()
                && broker.user.is_none();
            same.then_some(()).ok_or(())
        };
        let replaced = replace(file, &text, Mode::AsBefore, meant);
        let replaced = replaced.map_err(|error| by_hand(&format!("cannot be written: {error}")))?;
        replaced.map_err(|()| by_hand("could not be completed"))
    }
}

/// A file for an agent that had none.
fn fresh(code: &Code, url: &str, identity: &str) -> String {
    let (site, agent) = (&code.agent.site, &code.agent.agent);
    format!(
        "# Written by `plenum-agent join`. Add a [[sensor]] for each sensor; `plenum-agent check` explains every mistake.\n\n\
         site = \"{site}\"\nagent = \"{agent}\"\n\n[broker]\nurl = {url}\nidentity = {identity}\n"
    )
}

/// The text with both keys, and the others of [broker] as comments; none where it is written in a way that lines cannot be changed in.
fn completed(text: &str, url: &str, identity: &str) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    let broker = document.get_ref().get("broker")?;
    let DeValue::Table(keys) = broker.get_ref() else {
        return None;
    };
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    let value = |name: &str| keys.get(name).map(Spanned::span);
    let before = value("url")?;
    let mut urls = url.to_owned();
    match value("identity") {
        Some(span) => changes.push((span, identity.to_owned())),
        None => write!(urls, "\nidentity = {identity}").ok()?,
    }
    changes.push((before, urls));
    for (key, _) in keys {
        if OTHERS.contains(&key.get_ref().as_ref()) {
            let start = text[..key.span().start].rfind('\n').map_or(0, |end| end + 1);
            changes.push((start..start, "# ".to_owned()));
        }
    }
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_owned();
    for (span, new) in changes {
        text.replace_range(span, &new);
    }
    Some(text)
}

/// As TOML writes it.
fn basic(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str =
        "mqtts://ams1/pi-a1@10.0.0.5:8883#k7qm2abcdefghjkmn3p4.9f86d081884c7d659a2feaa0c55ad015";

    fn check(before: Option<&str>, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        if let Some(before) = before {
            std::fs::write(&file, before).unwrap();
        }
        let settings = Settings::read(&file).unwrap();
        let identity = Path::new("/var/lib/plenum-agent/identity.pem");
        let outcome = settings.complete(&file, &CODE.parse().unwrap(), identity);
        let after = std::fs::read_to_string(&file).unwrap_or_default();
        match outcome {
            Ok(()) => assert_eq!(after, expected),
            Err(error) => {
                assert!(error.contains(expected), "{error}");
                assert_eq!(Some(after.as_str()), before);
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_made() {
        check(
            None,
            "# Written by `plenum-agent join`. Add a [[sensor]] for each sensor; `plenum-agent check` explains every mistake.\n\n\
             site = \"ams1\"\nagent = \"pi-a1\"\n\n[broker]\nurl = \"mqtts://10.0.0.5:8883\"\n\
             identity = \"/var/lib/plenum-agent/identity.pem\"\n",
        );
    }

    #[test]
    fn one_that_is_there_keeps_all_but_its_way_in() {
        check(
            Some(
                "site = \"ams1\" # here\nagent = \"pi-a1\"\n[broker]\ninsecure = true\nurl = \"mqtt://old\" # the way\npassword_file = \"p\"\n\
                 [[sensor]]\nid = \"a\"\ndriver = \"lm75\"\nbus = \"/dev/i2c-1\"\naddress = 0x48\n",
            ),
            "site = \"ams1\" # here\nagent = \"pi-a1\"\n[broker]\n# insecure = true\nurl = \"mqtts://10.0.0.5:8883\"\n\
             identity = \"/var/lib/plenum-agent/identity.pem\" # the way\n# password_file = \"p\"\n\
             [[sensor]]\nid = \"a\"\ndriver = \"lm75\"\nbus = \"/dev/i2c-1\"\naddress = 0x48\n",
        );
        check(
            Some(
                "site = \"ams1\"\nagent = \"pi-a1\"\n[broker]\nidentity = \"old.pem\"\nurl = \"mqtts://old\"\n",
            ),
            "site = \"ams1\"\nagent = \"pi-a1\"\n[broker]\nidentity = \"/var/lib/plenum-agent/identity.pem\"\nurl = \"mqtts://10.0.0.5:8883\"\n",
        );
    }

    #[test]
    fn one_whose_lines_cannot_be_changed_stays_and_it_is_said_what_to_write() {
        check(
            Some("broker = { insecure = true, url = \"mqtt://old\" }\nsite = \"ams1\"\nagent = \"pi-a1\"\n"),
            "write these two lines under [broker], and take `user`, `password_file`, `insecure` and `ca` out:\n  url = \"mqtts://10.0.0.5:8883\"\n  \
             identity = \"/var/lib/plenum-agent/identity.pem\"",
        );
    }
}
