//! A program of one's own: started for each message, without a shell, with the message on its standard input and in its environment. What is foreign never stands
//! in an argument. Its end within the attempt's time is the answer; when that time is over, it and all that it started are killed.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use async_trait::async_trait;
use futures::FutureExt;
use plenum_core::text::foreign;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, required, usual};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::document::Document;
use super::setting::{self, SettingError, Table};
use super::{Channel, Delivery, Entry, Manual, Outcome, Settings, subject};

/// What is kept of what it says is wrong.
const ERRORS: usize = 4_096;
const TOLD: usize = 200;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "command",
    summary: "whoever a program of yours tells, started with the message",
    table: "command",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[command]]",
        about: "A program that is started for each message: docs/channels.md.",
        keys: KEYS,
        collector: "\
# A program of yours, started for each message: docs/channels.md.
# [[command]]
# channel = \"horn\"
# program = \"/usr/local/bin/horn\"
# arguments = [\"--loud\"]
",
        site: "\
# [[channel]]
# id = \"horn\"
# kind = \"command\"
# priorities = [\"critical\"]
",
    },
};

const KEYS: &[Key] = &[
    setting::channel("\"horn\""),
    required(
        "program",
        "path",
        "\"/usr/local/bin/horn\"",
        "What is started. No shell reads it. It has up to 60 s, and answers by its exit code: 0 is sent.",
    ),
    usual(
        "arguments",
        "list of texts",
        "[]",
        "With which; nothing of a message is put into them.",
    ),
];

/// `[[command]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    program: PathBuf,
    #[serde(default)]
    arguments: Vec<String>,
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.program);
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("command", &self.channel);
        let kind = std::fs::metadata(&self.program).map_err(|source| SettingError::Unreadable {
            table: table.clone(),
            key: "program",
            path: self.program.clone(),
            source,
        })?;
        if !kind.is_file() {
            return Err(Box::new(SettingError::Value {
                table,
                key: "program",
                value: self.program.display().to_string(),
                wrong: "is not a valid program",
                instead: "name the file that is to be started; arguments stand in `arguments`",
            }));
        }
        Ok(Box::new(self.clone()))
    }
}

/// What a script wants without reading JSON. A byte that ends a text is none of it.
fn environment(delivery: &Delivery) -> impl Iterator<Item = (&'static str, String)> {
    let (alarm, message) = (&delivery.alarm, &delivery.message);
    let reason = serde_json::to_value(delivery.reason).unwrap_or_default();
    let values = [
        ("PLENUM_KEY", delivery.key.clone()),
        ("PLENUM_THREAD", delivery.thread().to_string()),
        ("PLENUM_REASON", reason.as_str().unwrap_or_default().to_owned()),
        ("PLENUM_GOES_ON", delivery.goes_on.to_string()),
        ("PLENUM_ALARM", alarm.id.to_string()),
        ("PLENUM_PRIORITY", alarm.priority.as_str().to_owned()),
        ("PLENUM_RULE", alarm.rule.to_string()),
        ("PLENUM_ALARM_SUBJECT", subject(alarm)),
        (
            "PLENUM_ROOM",
            alarm.room.as_ref().map(ToString::to_string).unwrap_or_default(),
        ),
        ("PLENUM_SUBJECT", message.subject.clone()),
        ("PLENUM_TEXT", message.text.clone()),
        ("PLENUM_SHORT", message.short.clone()),
        ("PLENUM_LINK", delivery.links.look.clone()),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name, value.replace('\0', "")))
}

/// A program that runs, and whatever it has started: gone with this, however that goes.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            // Nobody may be left of it, which is well.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Config {
    fn start(&self, delivery: &Delivery) -> std::io::Result<Running> {
        let child = Command::new(&self.program)
            .args(&self.arguments)
            // Ours tells where credentials lie.
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("LANG", "C.UTF-8")
            .envs(environment(delivery))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Ok(Running { child, group })
    }

    async fn run(&self, delivery: &Delivery) -> std::io::Result<(ExitStatus, String)> {
        let mut running = self.start(delivery)?;
        let (input, errors) = (running.child.stdin.take(), running.child.stderr.take());
        let document = serde_json::to_string(&Document::of(delivery))?;
        let hand_over = async move {
            // One that reads nothing has said all by its exit code.
            if let Some(mut input) = input {
                let _ = input.write_all(document.as_bytes()).await;
            }
        };
        let mut said = Vec::new();
        let listen = async {
            if let Some(mut errors) = errors {
                let _ = (&mut errors).take(ERRORS as u64).read_to_end(&mut said).await;
                // Nobody hears the rest, and it must not end by that.
                let _ = tokio::io::copy(&mut errors, &mut tokio::io::sink()).await;
            }
        };
        let mut beside = Box::pin(async { tokio::join!(hand_over, listen) }.fuse());
        let status = tokio::select! {
            status = running.child.wait() => status?,
            // It said all and goes on, or nobody hears it any more.
            _ = &mut beside => running.child.wait().await?,
        };
        // Whatever it left behind goes before its last words are read, which that might hold open.
        drop(running);
        let _ = (&mut beside).now_or_never();
        drop(beside);
        Ok((status, String::from_utf8_lossy(&said).into_owned()))
    }
}

#[async_trait]
impl Channel for Config {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        match self.run(delivery).await {
            Ok((status, _)) if status.success() => Outcome::Sent,
            Ok((status, said)) if said.trim().is_empty() => {
                Outcome::Retry(format!("the program ended with {status}"))
            }
            Ok((status, said)) => {
                let said = foreign::quoted(&said, TOLD);
                Outcome::Retry(format!("the program ended with {status}: {said}"))
            }
            Err(error) => Outcome::Retry(format!("the program cannot be run: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use plenum_core::oncall::Reason;
    use serde_json::Value;

    use super::*;
    use crate::notify::channels::tests::receiver::{endless, open_in, raised};
    use crate::notify::outbox::Along;

    fn program(folder: &Path, text: &str) -> Box<dyn Channel> {
        let path = folder.join("program");
        std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{text}\n", folder.display())).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        let table = "[[command]]\nchannel = \"horn\"\nprogram = \"program\"\narguments = [\"--loud\", \"$HOME `id` ;\"]\n";
        open_in(folder, table, &[]).unwrap()
    }

    /// Another test that starts a program at this instant holds the file open, which is then busy.
    async fn send(channel: &dyn Channel, delivery: &Delivery) -> Outcome {
        for _ in 0..200 {
            match channel.send(delivery).await {
                Outcome::Retry(words) if words.contains("busy") => tokio::task::yield_now().await,
                outcome => return outcome,
            }
        }
        panic!("the file stays busy");
    }

    #[tokio::test]
    async fn a_program_gets_the_message_and_its_arguments_as_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let channel = program(
            folder.path(),
            "cat > input; env > environment; printf '%s|' \"$@\" > arguments",
        );
        let mut delivery = raised("");
        delivery.message.short = "a\0b".to_owned();
        delivery.along = Along {
            alarms: vec![
                (delivery.alarm.clone(), Reason::First),
                (delivery.alarm.clone(), Reason::Resolved),
            ],
            standing: 1,
            over: 1,
            left: Vec::new(),
        };
        assert_eq!(send(channel.as_ref(), &delivery).await, Outcome::Sent);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("arguments"), "--loud|$HOME `id` ;|");
        let input: Value = serde_json::from_str(&read("input")).unwrap();
        assert_eq!(
            (&input["reason"], &input["thread"]),
            (&"first".into(), &"incident-7".into())
        );
        assert_eq!(input["message"]["subject"], delivery.message.subject);
        let environment = read("environment");
        assert_eq!(
            (&input["id"], &input["others"]),
            (&delivery.key.as_str().into(), &2.into())
        );
        let along: Vec<&Value> = input["along"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["reason"])
            .collect();
        assert_eq!(along, ["first", "resolved"]);
        for line in [
            "PLENUM_GOES_ON=false",
            "PLENUM_PRIORITY=critical",
            "PLENUM_REASON=first",
            "PLENUM_ALARM=1",
            "PLENUM_SHORT=ab",
        ] {
            assert!(environment.contains(line), "{environment}");
        }
        // Nothing of ours but that.
        assert!(
            !environment.contains("HOME=") && !environment.contains("CREDENTIALS_DIRECTORY"),
            "{environment}"
        );
    }

    #[tokio::test]
    async fn a_program_that_fails_says_why_and_one_that_is_not_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let channel = program(folder.path(), "echo 'no horn\u{202E}' >&2; exit 3");
        let failed = send(channel.as_ref(), &raised("")).await;
        assert_eq!(
            failed,
            Outcome::Retry("the program ended with exit status: 3: \"no horn\"".to_owned())
        );
        // It reads nothing of a message that no pipe holds, and says more than is heard.
        let channel = program(folder.path(), "head -c 1000000 /dev/zero >&2 || exit 5; exit 4");
        let failed = send(channel.as_ref(), &endless("")).await;
        assert!(
            matches!(&failed, Outcome::Retry(words) if words.len() < 300),
            "{failed:?}"
        );
        let gone = "[[command]]\nchannel = \"horn\"\nprogram = \"gone\"\n";
        let said = open_in(folder.path(), gone, &[]).err().unwrap();
        assert!(said.starts_with("command horn: program "), "{said}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_program_that_does_not_end_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let channel = program(
            folder.path(),
            "sleep 1000 & echo $! > child.tmp; mv child.tmp child; sleep 1000",
        );
        let started = folder.path().join("child");
        // The courier's deadline drops an attempt as this does.
        let delivery = raised("");
        let mut attempt = Box::pin(send(channel.as_ref(), &delivery));
        while !started.exists() {
            let step = tokio::time::timeout(std::time::Duration::from_millis(20), &mut attempt).await;
            assert!(step.is_err(), "{step:?}");
        }
        let child = std::fs::read_to_string(&started).unwrap();
        drop(attempt);
        until_gone(child.trim()).await;

        // And what one leaves behind that ends goes with it, though it holds its errors open.
        std::fs::remove_file(&started).unwrap();
        let channel = program(folder.path(), "sleep 1000 & echo $! > child; exit 0");
        assert_eq!(send(channel.as_ref(), &delivery).await, Outcome::Sent);
        until_gone(std::fs::read_to_string(&started).unwrap().trim()).await;
    }

    async fn until_gone(process: &str) {
        let status = Path::new("/proc").join(process).join("stat");
        for _ in 0..2_000 {
            let stat = std::fs::read_to_string(&status).unwrap_or_default();
            // Nobody may be there to bury it.
            if stat.is_empty() || stat.contains(") Z ") {
                return;
            }
            let never = std::future::pending::<()>();
            let _ = tokio::time::timeout(std::time::Duration::from_millis(5), never).await;
        }
        panic!("{process} runs on");
    }
}
