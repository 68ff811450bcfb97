//! What whole-system tests start: real servers, emulated devices, free ports, and patience with a deadline.
#![expect(
    dead_code,
    unreachable_pub,
    reason = "each test is a program of its own and uses only a part of this"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test whose servers do not work has failed, and says where"
)]

pub mod clock;
pub mod disk;
pub mod fleet;
pub mod house;
pub mod mail;
pub mod megatec;
pub mod modem;
pub mod mqtt;
pub mod nut;
pub mod older;
pub mod ports;
pub mod probe;
pub mod process;
pub mod server;
pub mod switch;
pub mod upsd;
pub mod watch;
pub mod webhook;

/// Keeps the expectation above true for a test that happens to use everything.
const NOBODY_USES_THIS: () = ();
