//! Debian-independent mail: aiosmtpd receives, its lines are read here.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A mail server that keeps what it got.
pub struct MailSink {
    child: Child,
    port: u16,
    mails: Arc<Mutex<Vec<Value>>>,
    folder: tempfile::TempDir,
}

impl MailSink {
    /// Starts on a free port.
    pub fn start() -> Self {
        Self::on(0)
    }

    /// Starts on this port: for a mail server that comes back.
    pub fn on(port: u16) -> Self {
        let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/mail_sink.py");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(&python)
            .arg(script)
            .arg(port.to_string())
            .arg(folder.path().join("refused"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let first: Value = serde_json::from_str(&first)
            .expect("aiosmtpd does not start; install it with: pip install aiosmtpd (tests/run does)");
        let port = first["port"].as_u64().unwrap() as u16;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            child,
            port,
            mails,
            folder,
        }
    }

    /// Whether whoever logs in is refused from now on; 535.
    pub fn refuses(&self, refuses: bool) {
        let file = self.folder.path().join("refused");
        match refuses {
            true => std::fs::write(file, "").unwrap(),
            false => std::fs::remove_file(file).unwrap(),
        }
    }

    /// Where it listens on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything that came.
    pub fn mails(&self) -> Vec<Value> {
        self.mails.lock().unwrap().clone()
    }

    /// The first mail whose subject has all these words; waits for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test of real processes waits on the wall clock, with a deadline"
    )]
    pub fn wait_for(&self, words: &[&str], patience: Duration) -> Value {
        let deadline = Instant::now() + patience;
        loop {
            let found = self.mails().into_iter().find(|mail| {
                let subject = mail["subject"].as_str().unwrap_or_default();
                words.iter().all(|word| subject.contains(word))
            });
            match found {
                Some(mail) => return mail,
                None if Instant::now() > deadline => {
                    panic!("no mail with {words:?}; there came {:#?}", self.mails())
                }
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
