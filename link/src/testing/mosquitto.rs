//! A real mosquitto for tests: started on a free port with its files in a temporary folder, killed when dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::mqtt::BrokerAddress;

/// Where Debian puts the broker; it is not on every user's path.
const PROGRAM: &str = "/usr/sbin/mosquitto";
/// What to tell someone without it.
const HINT: &str = "apt-get install mosquitto";
/// It listens within a fraction of a second; a loaded machine gets this many tries of 20 ms.
const TRIES: u32 = 500;

/// A running mosquitto.
pub struct Mosquitto {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Mosquitto {
    /// One that lets anyone in.
    ///
    /// # Errors
    /// It is not installed (with the command that installs it) or does not come up (with its log).
    pub fn start() -> io::Result<Self> {
        Self::configured(&[], "allow_anonymous true\n")
    }

    /// One that lets in these users with these passwords alone.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with_users(users: &[(&str, &str)]) -> io::Result<Self> {
        Self::configured(users, "allow_anonymous false\n")
    }

    /// One with further lines of configuration.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn configured(users: &[(&str, &str)], lines: &str) -> io::Result<Self> {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let passwords = folder.path().join("passwords");
        // Started by root it would become another user, who cannot read the folder.
        let mut text =
            format!("listener {port} 127.0.0.1\npersistence false\nuser root\nlog_dest stderr\n{lines}");
        if !users.is_empty() {
            std::fs::write(&passwords, "")?;
            for (user, password) in users {
                let status = Command::new("mosquitto_passwd")
                    .arg("-b")
                    .arg(&passwords)
                    .args([user, password])
                    .stderr(Stdio::null())
                    .status()
                    .map_err(|error| missing("mosquitto_passwd", &error))?;
                if !status.success() {
                    return Err(io::Error::other(format!("mosquitto_passwd failed: {status}")));
                }
            }
            text += &format!("password_file {}\n", passwords.display());
        }
        std::fs::write(folder.path().join("mosquitto.conf"), text)?;
        let child = launch(folder.path(), port)?;
        Ok(Self { child, port, folder })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens, for a client.
    pub fn address(&self) -> BrokerAddress {
        BrokerAddress {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: false,
            user: None,
        }
    }

    /// SIGKILL: it has no time to say good-bye to anyone.
    pub fn kill(&mut self) {
        // Fails only if it is already dead, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same port, knowing nothing of before.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) -> io::Result<()> {
        self.kill();
        self.child = launch(self.folder.path(), self.port)?;
        Ok(())
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A TCP port on 127.0.0.1 that nobody listened on a moment ago.
///
/// # Errors
/// No port is free.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn missing(program: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot start {program} ({error}): {HINT}"))
}

fn launch(folder: &Path, port: u16) -> io::Result<Child> {
    let log = folder.join("mosquitto.log");
    let mut child = Command::new(PROGRAM)
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log)?)
        .spawn()
        .map_err(|error| missing(PROGRAM, &error))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for _ in 0..TRIES {
        if TcpStream::connect(address).is_ok() {
            return Ok(child);
        }
        if child.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    Err(io::Error::other(format!(
        "mosquitto did not come up on port {port}: {said}"
    )))
}
