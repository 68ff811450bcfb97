//! What of a `collector.toml` is valid and probably not meant: secrets that others can read, and ways in clear. It is told by `plenum check` and at each start, and
//! taken all the same: alarms and messages do not stop for it after an update in the night.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Config;

/// Everybody on the host anything, its group to change it: a file of root's is often read by the group of whom it is for.
const TOO_OPEN: u32 = 0o027;

/// A doubt, and where in the file it belongs: a table, which of them, a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(super) table: &'static str,
    pub(super) index: usize,
    pub(super) key: &'static str,
    pub(crate) said: String,
}

impl Config {
    /// All of them.
    pub(crate) fn doubts(&self) -> Vec<Doubt> {
        let agents = self.agents.iter().enumerate();
        let own = self
            .broker
            .password_file
            .as_deref()
            .map(|path| ("broker", 0, path));
        let named = own
            .into_iter()
            .chain(agents.map(|(index, agent)| ("agent", index, agent.password_file.as_path())));
        let open = named.filter_map(|(table, index, path)| {
            let (key, said) = ("password_file", open_to_others(path)?);
            Some(Doubt {
                table,
                index,
                key,
                said,
            })
        });
        let single = self.people.single_sign_on.as_ref();
        let single = single.and_then(|single| open_to_others(single.client_secret_file.as_deref()?));
        let single = single.map(|said| Doubt {
            table: "people",
            index: 0,
            key: "single_sign_on",
            said,
        });
        open.chain(single)
            .chain(self.doubts_of_beats())
            .chain(self.doubts_of_channels())
            .collect()
    }

    fn doubts_of_beats(&self) -> impl Iterator<Item = Doubt> {
        self.beats.iter().enumerate().flat_map(|(index, beat)| {
            let open = beat
                .secrets()
                .filter_map(|(key, path)| Some((key, open_to_others(path)?)));
            open.chain(beat.doubt()).map(move |(key, said)| Doubt {
                table: "beat",
                index,
                key,
                said,
            })
        })
    }

    fn doubts_of_channels(&self) -> impl Iterator<Item = Doubt> {
        let place = |number: usize| {
            let kind = self.channels[number].kind;
            let before = self.channels[..number].iter();
            before.filter(|other| other.kind == kind).count()
        };
        self.channels
            .iter()
            .enumerate()
            .flat_map(move |(number, channel)| {
                let table = crate::notify::channels::find(channel.kind).map_or("", |entry| entry.table);
                let index = place(number);
                let secrets = channel.settings.secrets().into_iter();
                let open = secrets.filter_map(|(key, path)| Some((key, open_to_others(path)?)));
                // What is open is looked at now: the paths are the table's.
                let open: Vec<_> = open.collect();
                let all = open.into_iter().chain(channel.settings.doubt());
                all.map(move |(key, said)| Doubt {
                    table,
                    index,
                    key,
                    said,
                })
            })
    }
}

/// What is to be said of a file with a secret that others on this host may read or change; nothing of one that is not there, which is refused elsewhere.
fn open_to_others(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & TOO_OPEN != 0).then(|| {
        format!("{path}: others on this host may read or change this secret (mode {mode:o}): chmod g-w,o= {path}, and change it if somebody may have read it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_others_read_and_what_leaves_in_clear_are_told_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("collector.toml").display().to_string();
        for (name, mode) in [
            ("own", 0o600),
            ("group", 0o640),
            ("all", 0o644),
            ("changed", 0o660),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, "secret").unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        let check = |text: &str, expected: &[(&str, usize, &str)]| {
            let config = Config::parse(&file, text).unwrap();
            let found = config.doubts();
            let places: Vec<_> = found
                .iter()
                .map(|found| (found.table, found.index, found.key))
                .collect();
            assert_eq!(places, expected, "{text}");
        };
        let agent =
            |name: &str| format!("[[agent]]\nsite = \"s\"\nid = \"{name}\"\npassword_file = \"{name}\"\n");
        let agents: String = ["own", "all", "group", "changed"].map(agent).concat();
        check(
            &agents,
            &[("agent", 1, "password_file"), ("agent", 3, "password_file")],
        );
        let smtp = |host: &str, more: &str| {
            format!("[smtp]\nhost = \"{host}\"\nport = 25\nfrom = \"a@example.org\"\n{more}")
        };
        let none = "security = \"none\"\n";
        check(&smtp("mail.lan", none), &[("smtp", 0, "security")]);
        check(&smtp("mail.lan", &format!("{none}insecure = true\n")), &[]);
        check(&smtp("localhost", none), &[]);
        check(&smtp("::1", none), &[]);
        check(&smtp("mail.lan", ""), &[]);
        let post = |url: &str, more: &str| {
            format!("[[webhook]]\nchannel = \"ops\"\nurl = \"{url}\"\nsecret_file = \"own\"\n{more}")
        };
        let chat = "http://chat.lan:8065/hooks/plenum";
        check(&post(chat, ""), &[("webhook", 0, "url")]);
        check(&post(chat, "insecure = true\n"), &[]);
        check(&post("https://chat.lan/hooks/plenum", ""), &[]);
        check(&post("http://[::1]:8065/", ""), &[]);
        check(&post("http://LOCALHOST/", ""), &[]);
        let open = "user = \"a\"\npassword_file = \"all\"\n";
        check(&smtp("mail.lan", open), &[("smtp", 0, "password_file")]);
        check(
            "[broker]\nurl = \"mqtt://localhost\"\npassword_file = \"all\"\n",
            &[("broker", 0, "password_file")],
        );
    }

    #[test]
    fn a_beat_in_clear_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("collector.toml").display().to_string();
        let path = folder.path().join("all");
        std::fs::write(&path, "secret").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let check = |text: &str, expected: &[(&str, usize, &str)]| {
            let found = Config::parse(&file, text).unwrap().doubts().into_iter();
            let places: Vec<_> = found.map(|found| (found.table, found.index, found.key)).collect();
            assert_eq!(places, expected, "{text}");
        };
        let beat = |url: &str, more: &str| format!("[[beat]]\nid = \"b\"\nurl = \"{url}\"\n{more}");
        check(&beat("http://second.lan/", ""), &[("beat", 0, "url")]);
        check(&beat("http://second.lan/", "insecure = true\n"), &[]);
        check(
            &beat("https://second.lan/", "token_file = \"all\"\n"),
            &[("beat", 0, "token_file")],
        );
    }
}
