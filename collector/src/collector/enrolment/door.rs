//! The broker's door in TLS, as the settings want it.

use std::net::SocketAddr;
use std::sync::Arc;

use plenum_protocol::enrolment::is_host;

use super::Enrolment;
use crate::broker::Secure;
use crate::config::Config;

/// The door in TLS, where one is wanted. Without the authority's key it stays shut, and everything else goes on: alarms and messages do not wait for it.
pub(crate) async fn door(config: &Config, enrolment: &Arc<Enrolment>) -> Option<Secure> {
    let listen = config.broker.tls_listen?;
    match enrolment.server_config(names(config, listen)).await {
        Ok(server) => {
            if let Err(error) = enrolment.write_authority(config.data_folder()).await {
                tracing::warn!(%error, "the authority's certificate is not written for others to know the broker by");
            }
            Some(Secure {
                listen,
                config: server,
                enrolment: enrolment.clone(),
            })
        }
        Err(error) => {
            tracing::error!(%error, address = %listen, "the broker does not listen in TLS: agents that come by it are not heard");
            None
        }
    }
}

/// Where agents find the broker in TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// A name or an IPv4 address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The broker listens, in TLS or not.
pub(crate) fn opened(config: &Config, enrolment: &Enrolment, secure: Option<SocketAddr>) {
    if let Some(listens) = secure {
        enrolment.opened(way_in(config, listens));
    }
}

/// Where they find it, as far as the collector can tell: at the address that it listens on, else under the name that people use, else under this host's.
fn way_in(config: &Config, listens: SocketAddr) -> WayIn {
    let own = (!listens.ip().is_unspecified()).then(|| listens.ip().to_string());
    let link = config.http.base_url.as_ref().map(|url| url.host().to_owned());
    let all = own.into_iter().chain(link).chain([host_name()]);
    let host = all.into_iter().find(|name| is_host(name));
    WayIn {
        host: host.unwrap_or_else(|| "localhost".to_owned()),
        port: listens.port(),
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What other clients than our agents may call the broker; agents know it by its authority.
fn names(config: &Config, listen: SocketAddr) -> Vec<String> {
    let own = (!listen.ip().is_unspecified()).then(|| listen.ip().to_string());
    let link = config.http.base_url.as_ref().map(|url| url.host().to_owned());
    let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let usual = |name: &String| !name.is_empty() && name.is_ascii();
    let all = loopback.into_iter().chain(own).chain([host_name()]).chain(link);
    all.filter(usual).collect()
}
