//! `tests/tls_probe.py`: what a listener in TLS speaks and refuses, by Debian's python3 and openssl.

use std::path::Path;
use std::process::{Command, Output};

/// Python, as a command.
pub fn python() -> Command {
    Command::new(std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

/// Runs it.
pub fn probe(arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls_probe.py");
    python()
        .arg(script)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("python3: {error}; install it with: apt-get install python3 openssl"))
}

/// Asks a listener everything; what is wrong stands in what it says.
pub fn is_as_it_should_be(port: u16, name: &str, root: &Path, protocol: &str) {
    let root = root.display().to_string();
    let output = probe(&["all", &port.to_string(), name, &root, protocol]);
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.lines().count() >= 15, "{said}");
}
