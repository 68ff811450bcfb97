//! A UPS that speaks Megatec's Q1 on a serial line: a pseudo-terminal pair by socat, and a thread that answers at its far end.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::{Process, program};

/// What the UPS reports, in its own terms.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub input_voltage: f64,
    pub output_voltage: f64,
    pub load_percent: u32,
    pub frequency: f64,
    pub battery_voltage: f64,
    pub temperature: f64,
    /// b7 mains failed, b6 battery low, b5 bypass or boost, b4 failed, b3 standby type, b2 test, b1 shutdown, b0 beeper.
    pub bits: u8,
    pub manner: Manner,
}

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// As it should.
    Well,
    /// Not at all.
    Silent,
    /// With half a line.
    Half,
    /// With bytes that never make a line.
    Babbling,
}

impl Default for State {
    fn default() -> Self {
        Self {
            input_voltage: 231.4,
            output_voltage: 230.0,
            load_percent: 34,
            frequency: 50.0,
            battery_voltage: 27.4,
            temperature: 28.5,
            bits: 0b0000_1000,
            manner: Manner::Well,
        }
    }
}

impl State {
    /// On mains or on its battery, with the voltages that go with it.
    pub fn on_battery(mut self, on_battery: bool) -> Self {
        self.bits = (self.bits & 0x7f) | u8::from(on_battery) << 7;
        self.input_voltage = if on_battery { 0.0 } else { 231.4 };
        self.frequency = if on_battery { 0.0 } else { 50.0 };
        self
    }

    fn line(&self) -> String {
        format!(
            "({:05.1} {:05.1} {:05.1} {:03} {:04.1} {:04.1} {:04.1} {:08b}\r",
            self.input_voltage,
            self.input_voltage,
            self.output_voltage,
            self.load_percent,
            self.frequency,
            self.battery_voltage,
            self.temperature,
            self.bits
        )
    }
}

/// The UPS and its line. Both end when this is dropped.
#[derive(Debug)]
pub struct Megatec {
    state: Arc<Mutex<State>>,
    line: Option<Process>,
    /// The near end, held open: without it socat would end when a driver closes the line to open it afresh.
    keeper: Option<File>,
    folder: tempfile::TempDir,
}

impl Megatec {
    /// Switches it on.
    pub fn start() -> Self {
        let mut ups = Self {
            state: Arc::default(),
            line: None,
            keeper: None,
            folder: tempfile::tempdir().expect("a folder for the line"),
        };
        ups.plug_in();
        ups
    }

    /// The file of the near end, where a driver listens. It is the same after unplugging.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ups")
    }

    /// Changes what it reports.
    pub fn set(&self, state: State) {
        *lock(&self.state) = state;
    }

    /// Pulls the adapter: the file vanishes and whoever has it open sees it fail.
    pub fn unplug(&mut self) {
        self.keeper = None;
        self.line = None;
        // socat removes its links when it ends in order, and it was killed.
        for end in ["ups", "far"] {
            let _ = std::fs::remove_file(self.folder.path().join(end));
        }
    }

    /// Plugs the adapter in again.
    pub fn plug_in(&mut self) {
        let end = |name: &str| format!("pty,rawer,link={}", self.folder.path().join(name).display());
        let mut socat = Command::new(program("socat", &["/usr/bin"]));
        socat.arg(end("far")).arg(end("ups"));
        let mut line = Process::start(socat, "socat", &self.folder.path().join("socat.log"));
        let (near, far) = (self.path(), self.folder.path().join("far"));
        let ready = || (near.exists() && far.exists()).then_some(());
        line.wait_until("serial pair", Duration::from_secs(10), ready);
        self.keeper = Some(open(&near));
        let far = open(&far);
        let state = Arc::clone(&self.state);
        std::thread::spawn(move || serve(far, &state));
        self.line = Some(line);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(path: &Path) -> File {
    let opened = OpenOptions::new().read(true).write(true).open(path);
    opened.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Answers questions until the line ends.
fn serve(mut line: File, state: &Mutex<State>) {
    let mut question = Vec::new();
    let mut byte = [0];
    while line.read(&mut byte).is_ok_and(|count| count == 1) {
        if byte[0] != b'\r' {
            question.push(byte[0]);
            continue;
        }
        let state = lock(state).clone();
        let answer = answer(&state, &std::mem::take(&mut question));
        if line.write_all(&answer).is_err() {
            return;
        }
    }
}

fn answer(state: &State, question: &[u8]) -> Vec<u8> {
    let status = state.line();
    let text = match (state.manner, question) {
        (Manner::Silent, _) => String::new(),
        (Manner::Half, _) => status[..20].to_owned(),
        (Manner::Babbling, _) => "(23".repeat(2_000),
        (Manner::Well, b"Q1") => status,
        (Manner::Well, b"F") => "#230.0 004 024.0 50.0\r".to_owned(),
        (Manner::Well, b"I") => "#PLENUM          EMULATOR   V1.0      \r".to_owned(),
        // What it does not understand it gives back, as the real ones do.
        (Manner::Well, other) => format!("{}\r", String::from_utf8_lossy(other)),
    };
    text.into_bytes()
}
