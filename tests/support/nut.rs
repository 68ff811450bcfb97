//! Debian's Network UPS Tools: upsd on a free port, with a UPS that a file plays (`dummy-ups`) or one on a serial line
//! (`nutdrv_qx`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::ports;
use super::process::{Process, eventually, program};

/// Where Debian keeps the daemons themselves; `/usr/sbin/upsd` is a script that asks a file in /etc first.
const FOLDERS: &[&str] = &["/lib/nut", "/usr/lib/nut"];
const PATIENCE: Duration = Duration::from_secs(20);

/// upsd and one driver. Both end when this is dropped.
#[derive(Debug)]
pub struct Upsd {
    port: u16,
    drivers: Vec<Process>,
    server: Process,
    folder: tempfile::TempDir,
}

impl Upsd {
    /// Plays a UPS from variables: `[("ups.status", "OL"), ("battery.charge", "100")]`.
    pub fn dummy(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for NUT");
        let device = folder.path().join("rack.dev");
        write_variables(&device, variables);
        let settings = format!(
            "driver = dummy-ups\n port = {}\n mode = dummy-once\n",
            device.display()
        );
        Self::start(folder, "dummy-ups", &settings)
    }

    /// Plays many UPSes by their names, each from its variables.
    pub fn dummies(upses: &BTreeMap<String, BTreeMap<String, String>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for NUT");
        let mut settings = String::new();
        for (name, variables) in upses {
            let device = folder.path().join(format!("{name}.dev"));
            let pairs: Vec<(&str, &str)> = variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            write_variables(&device, &pairs);
            let device = device.display();
            settings += &format!(
                "[{name}]\n driver = dummy-ups\n port = {device}\n mode = dummy-once\n pollinterval = 1\n"
            );
        }
        let names: Vec<&str> = upses.keys().map(String::as_str).collect();
        Self::run(folder, "dummy-ups", &settings, &names)
    }

    /// Reads a UPS on a serial line with NUT's own Q1 driver.
    pub fn on_serial_line(line: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder for NUT");
        let settings = format!(
            "driver = nutdrv_qx\n port = {}\n protocol = megatec\n",
            line.display()
        );
        Self::start(folder, "nutdrv_qx", &settings)
    }

    fn start(folder: tempfile::TempDir, driver: &str, settings: &str) -> Self {
        let settings = format!("[rack]\n {settings} pollinterval = 1\n");
        let mut upsd = Self::run(folder, driver, &settings, &["rack"]);
        let (folder, port) = (upsd.folder.path().to_owned(), upsd.port);
        upsd.server.wait_until("data of the UPS", PATIENCE, || {
            let status = ask(&folder, port, "ups.status");
            status.filter(|status| !status.is_empty() && status != "WAIT")
        });
        upsd
    }

    /// A driver for each name in `settings`, and the server; nobody has waited for data.
    fn run(folder: tempfile::TempDir, driver: &str, settings: &str, names: &[&str]) -> Self {
        let port = ports::free();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("NUT's configuration can be written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("and closed to others");
        };
        write("ups.conf", settings);
        write("upsd.conf", &format!("LISTEN 127.0.0.1 {port}\nMAXAGE 5\n"));
        write("upsd.users", "[plenum]\n password = let \\\"me\\\" in\n");
        let start = |name: &&str| {
            Process::start(
                command(driver, folder.path(), &["-a", name]),
                "nut-server",
                &folder.path().join(format!("{name}.log")),
            )
        };
        let drivers = names.iter().map(start).collect();
        let server = Process::start(
            command("upsd", folder.path(), &[]),
            "nut-server",
            &folder.path().join("upsd.log"),
        );
        Self {
            port,
            drivers,
            server,
            folder,
        }
    }

    /// The port on loopback. The UPS is named `rack`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what the dummy UPS plays, and waits until upsd says so.
    pub fn play(&self, variables: &[(&str, &str)]) {
        let file = self.folder.path().join("rack.dev");
        let (name, value) = variables.last().expect("something to play");
        let mut looks = 0;
        eventually("change at upsd", PATIENCE, || {
            // The dummy compares whole seconds: what is written in the second of its last look it would never see.
            if looks % 50 == 0 {
                write_variables(&file, variables);
            }
            looks += 1;
            (self.variable(name).as_deref() == Some(*value)).then_some(())
        });
    }

    /// A variable as NUT's own client reads it.
    pub fn variable(&self, name: &str) -> Option<String> {
        ask(self.folder.path(), self.port, name)
    }

    /// Kills the driver: upsd stays, without data.
    pub fn kill_driver(&mut self) {
        self.drivers.clear();
    }

    /// Kills upsd: nobody listens on the port.
    pub fn kill_server(&mut self) {
        self.server.kill();
    }

    /// Starts upsd again on the same port.
    pub fn restart_server(&mut self) {
        let folder = self.folder.path();
        self.server = Process::start(
            command("upsd", folder, &[]),
            "nut-server",
            &folder.join("upsd.log"),
        );
    }
}

/// A daemon of NUT in the foreground, with its configuration and state in `folder`.
fn command(name: &str, folder: &Path, arguments: &[&str]) -> Command {
    let path: PathBuf = program(name, FOLDERS);
    let mut command = Command::new(path);
    command
        .arg("-F")
        .args(arguments)
        .env("NUT_CONFPATH", folder)
        .env("NUT_STATEPATH", folder);
    command.env("NUT_ALTPIDPATH", folder);
    // Started by root they would become the user `nut`, who may not read the test's folder.
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        command.args(["-u", "root"]);
    }
    command
}

fn ask(folder: &Path, port: u16, variable: &str) -> Option<String> {
    let address = format!("rack@127.0.0.1:{port}");
    let answer = Command::new(program("upsc", &["/usr/bin", "/bin"]))
        .args([&address, variable])
        .env("NUT_CONFPATH", folder)
        .output();
    let answer =
        answer.unwrap_or_else(|error| panic!("upsc: {error}; install it with: apt-get install nut-client"));
    let text = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    answer.status.success().then_some(text)
}

/// Replaces the file whole: the dummy reads it again as soon as it is newer.
fn write_variables(path: &Path, variables: &[(&str, &str)]) {
    let text: String = variables
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    let new = path.with_extension("new");
    fs::write(&new, text).expect("the UPS's file can be written");
    fs::rename(&new, path).expect("and put in place");
}
