//! Free TCP ports for servers that cannot be told to choose one themselves.

use std::net::{Ipv4Addr, TcpListener};

/// A port of loopback that nobody listens on at this moment.
pub fn free() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}
