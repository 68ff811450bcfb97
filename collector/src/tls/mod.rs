//! TLS for people: the certificate that the dashboard shows, where it comes from, and how it is renewed while the collector runs.
//!
//! Protocols are TLS 1.2 and 1.3, ciphers those with forward secrecy and authenticated encryption: rustls has no others.

mod served;
mod validity;

use std::sync::Arc;

use rustls::ServerConfig;

pub use plenum_link::tls::{Pair, PairError};
pub use served::{Facts, Served};
pub use validity::{Standing, Validity};

#[cfg(test)]
mod tests;

/// What a listener of ours speaks: HTTP/1.1 in TLS, with the certificate that is in force when a client comes.
pub fn server_config(served: Arc<Served>) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(served);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
