//! Who may come in through a listener, and what is spoken there.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use plenum_collector::config::Network;
use plenum_collector::tls::{self, Served};
use tokio_rustls::TlsAcceptor;

/// One listener's terms.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// In clear where there is none.
    pub(super) tls: Option<TlsAcceptor>,
    /// From these addresses and this host alone, where it says so.
    only: Option<Arc<[Network]>>,
}

impl Entrance {
    /// The terms of the dashboard's own address; none where it would be in clear for everybody.
    pub(crate) fn of(
        address: SocketAddr,
        certificate: Option<&Arc<Served>>,
        proxies: &Arc<[Network]>,
    ) -> Option<Self> {
        if let Some(certificate) = certificate {
            let tls = TlsAcceptor::from(tls::server_config(certificate.clone()));
            return Some(Self {
                tls: Some(tls),
                only: None,
            });
        }
        if address.ip().is_loopback() {
            return Some(Self::in_clear());
        }
        (!proxies.is_empty()).then(|| Self {
            tls: None,
            only: Some(proxies.clone()),
        })
    }

    /// In clear, for whoever can reach it.
    pub(crate) fn in_clear() -> Self {
        Self {
            tls: None,
            only: None,
        }
    }

    /// Whether a connection from that address is taken.
    pub(super) fn lets_in(&self, address: IpAddr) -> bool {
        let Some(only) = &self.only else { return true };
        address.to_canonical().is_loopback() || only.iter().any(|network| network.contains(address))
    }

    /// Programs on this host get in as they are.
    pub(crate) fn is_for_this_host(&self) -> bool {
        self.tls.is_none() && self.only.is_none()
    }

    /// In words, for the log.
    pub(crate) fn describe(&self) -> &'static str {
        match (&self.tls, &self.only) {
            (Some(_), _) => "HTTPS",
            (None, Some(_)) => "HTTP, from the trusted proxies and this host alone",
            (None, None) => "HTTP, from this host alone",
        }
    }
}
