//! Processes that end with the test, and waiting for what they do.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The real program, without what the tester's environment says of folders: its access then lies within its data folder.
pub fn plenum() -> Command {
    alone(Command::new(env!("CARGO_BIN_EXE_plenum")))
}

/// The same, allowed so many open files and sockets and no more.
pub fn plenum_with_files(files: u32) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_plenum"));
    alone(command)
}

fn alone(mut command: Command) -> Command {
    for variable in ["PLENUM_DATA", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"] {
        command.env_remove(variable);
    }
    command
}

/// A running program, its output in a file; killed when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, which must stay in the foreground. `package` is what installs it on Debian, for whoever lacks it.
    pub fn start(mut command: Command, package: &str, log: &Path) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = File::create(log).expect("the log can be written");
        let errors = output.try_clone().expect("a file can be shared");
        let spawned = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let child = spawned
            .unwrap_or_else(|error| panic!("{name}: {error}; install it with: apt-get install {package}"));
        Self {
            name,
            child,
            log: log.to_owned(),
        }
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it at once (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it is ready; says what it printed if it is not in time, or has ended.
    pub fn wait_until<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> T {
        let naps = patience.as_millis() / NAP.as_millis();
        for _ in 0..=naps {
            if let Some(found) = ready() {
                return found;
            }
            assert!(
                self.runs(),
                "{} ended before {what}:\n{}",
                self.name,
                self.output()
            );
            std::thread::sleep(NAP);
        }
        panic!("{}: no {what} within {patience:?}:\n{}", self.name, self.output());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

const NAP: Duration = Duration::from_millis(25);

/// Waits for something that must come; panics with `what` when it has not come in time.
pub fn eventually<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let naps = patience.as_millis() / NAP.as_millis();
    for _ in 0..=naps {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(NAP);
    }
    panic!("no {what} within {patience:?}");
}

/// The path of a program in one of `folders` or the search path, so that Debian's own folders for servers are found too.
pub fn program(name: &str, folders: &[&str]) -> PathBuf {
    let found = folders
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| PathBuf::from(name))
}
