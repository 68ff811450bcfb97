//! A GSM modem on a pseudo-terminal with its network, which `tests/support/modem.py` plays: what it is told to do, and what happened to it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::process::eventually;

const PATIENCE: Duration = Duration::from_secs(60);

/// The modem; it ends with this.
pub struct Modem {
    child: Child,
    orders: ChildStdin,
    events: Arc<Mutex<Vec<Value>>>,
    device: PathBuf,
}

impl Modem {
    /// Its device is in this folder.
    pub fn start(folder: &Path) -> Self {
        let device = folder.join("modem");
        let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/modem.py");
        let mut child = Command::new(&python)
            .arg(script)
            .arg(&device)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let orders = child.stdin.take().unwrap();
        let mut modem = Self {
            child,
            orders,
            events,
            device,
        };
        eventually("modem", PATIENCE, || {
            let ended = modem.child.try_wait().unwrap();
            assert_eq!(
                ended, None,
                "its library: pip install python-gsmmodem-new (tests/run does)"
            );
            (!modem.events("ready").is_empty()).then_some(())
        });
        modem
    }

    /// Where its line is.
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// Does this, and has done it when this returns.
    pub fn told(&mut self, order: &Value) {
        let before = self.events("done").len();
        writeln!(self.orders, "{order}").unwrap();
        eventually("modem that does what it is told", PATIENCE, || {
            (self.events("done").len() > before).then_some(())
        });
    }

    /// Somebody writes to it.
    pub fn receive(&mut self, from: &str, text: &str) {
        self.told(&json!({"do": "receive", "from": from, "text": text}));
    }

    /// What happened of this kind, so far.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter(|event| event["event"] == kind)
            .cloned()
            .collect()
    }

    /// The texts that left for a number, so far.
    pub fn texts(&self, to: &str) -> Vec<String> {
        let sent = self.events("sent").into_iter();
        let theirs = sent.filter(|sent| sent["to"] == to);
        theirs
            .filter_map(|sent| sent["text"].as_str().map(str::to_owned))
            .collect()
    }

    /// The text beyond the first `after` that left for a number and has these words; waits for it.
    pub fn text(&self, to: &str, after: usize, words: &str, patience: Duration) -> String {
        eventually(&format!("text to {to} with `{words}`"), patience, || {
            let texts = self.texts(to).into_iter().skip(after);
            texts.into_iter().find(|text| text.contains(words))
        })
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
