//! Says to others that the collector is well, each `[[beat]]` as often as it says: whoever stops hearing it tells somebody. Where the self-check says no, nothing is said.
//!
//! There is no queue and no second attempt: what is late says nothing, and the next beat is near.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration, Identifier};
use reqwest::Url;
use tokio_util::sync::CancellationToken;

use super::self_check::SelfCheck;
use crate::config::BeatConfig;
use crate::notify::channels::http::Http;
use crate::notify::channels::is_this_host;
use crate::notify::channels::setting::{Secret, SettingError, Table, parse};

/// How long one exchange may take, all of it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// One that is beaten.
pub struct Beat {
    id: Identifier,
    http: Http,
    url: Url,
    token: Option<Secret>,
    every: Duration,
    counters: Counters,
}

/// What came of its beats.
#[derive(Debug, Default)]
pub struct Counters {
    /// Beats that were taken.
    pub taken: AtomicU64,
    /// Beats that were not.
    pub failed: AtomicU64,
    /// When the last was taken, in milliseconds since 1970; 0 before the first.
    pub taken_at: AtomicU64,
}

impl BeatConfig {
    /// Reads its files.
    pub(crate) fn open(&self) -> Result<Beat, BeatError> {
        let table = Table::new("beat", &self.id);
        // In clear is told and taken, see `doubt`.
        let (url, address) = match (&self.url_file, &self.url) {
            (Some(path), _) => table.secret_url("url_file", path, true)?,
            (None, url) => {
                let url = url.clone().unwrap_or_default();
                (table.url("url", &url, true)?, Secret::from(url))
            }
        };
        let token = self.token_file.as_deref();
        let token = token.map(|path| table.secret("token_file", path)).transpose()?;
        let secrets: Vec<&Secret> = token.iter().chain([&address]).collect();
        let http =
            Http::patient(&secrets, PATIENCE).map_err(|source| SettingError::Client { table, source })?;
        Ok(Beat {
            id: self.id.clone(),
            http,
            url,
            token,
            every: self.every,
            counters: Counters::default(),
        })
    }

    /// What is valid and probably not meant: the key, and why.
    pub(crate) fn doubt(&self) -> Option<(&'static str, String)> {
        // What is not an address is refused when it is opened.
        let (key, text) = match (&self.url, &self.url_file) {
            (Some(url), _) => ("url", url.clone()),
            (None, path) => ("url_file", std::fs::read_to_string(path.as_ref()?).ok()?),
        };
        let url = parse(text.trim_end())?;
        let host = url.host_str()?;
        let in_clear = url.scheme() == "http" && !self.insecure && !is_this_host(host);
        in_clear.then(|| {
            let said = format!("what lets one beat crosses the network to {host} in clear, and whoever reads it can beat when this collector is dead: write an `https` address, or `insecure = true` if that network is yours alone");
            (key, said)
        })
    }
}

/// What is wrong with a `[[beat]]`.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BeatError(#[from] SettingError);

/// Prepares all of them.
pub(crate) fn open(tables: &[BeatConfig]) -> Result<Arc<[Arc<Beat>]>, BeatError> {
    let beats = tables.iter().map(|table| table.open().map(Arc::new));
    beats.collect()
}

/// Beats until told to stop.
pub(crate) fn start(beats: &[Arc<Beat>], check: &SelfCheck, clock: &Arc<dyn Clock>, shutdown: &Shutdown) {
    for beat in beats {
        let (beat, check, clock, stop) = (beat.clone(), check.clone(), clock.clone(), shutdown.token());
        shutdown.spawn(format!("beat {}", beat.id), async move {
            let beating = beat.run(&check, clock.as_ref());
            stop_with(beating, &stop).await;
        });
    }
}

async fn stop_with(beating: impl Future<Output = ()>, stop: &CancellationToken) {
    stop.run_until_cancelled(beating).await;
}

impl Beat {
    /// What it is called.
    pub fn id(&self) -> &Identifier {
        &self.id
    }

    /// What came of it.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    async fn run(&self, check: &SelfCheck, clock: &dyn Clock) {
        let mut was_taken = None;
        loop {
            check.is_well().await;
            let next = clock.steady() + self.every;
            let taken = self.beat(clock).await;
            let (beat, is_taken) = (&self.id, taken.is_ok());
            match taken {
                Err(why) if was_taken != Some(false) => {
                    tracing::warn!(%beat, why, "a beat was not taken; whoever awaits it will say that this collector is silent");
                }
                Ok(()) if was_taken != Some(true) => tracing::info!(%beat, "beats are taken"),
                _ => {}
            }
            was_taken = Some(is_taken);
            clock.sleep_until(next).await;
        }
    }

    /// One of them; in words why it was not taken.
    async fn beat(&self, clock: &dyn Clock) -> Result<(), String> {
        let mut request = self.http.post(&self.url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        let taken = self.http.exchange(request, "").await;
        let taken = taken.and_then(|answer| match answer.status.is_success() {
            true => Ok(()),
            false => Err(answer.words()),
        });
        match taken {
            Ok(()) => {
                let now = u64::try_from(clock.now().milliseconds()).unwrap_or(0);
                self.counters.taken_at.store(now, Ordering::Relaxed);
                self.counters.taken.fetch_add(1, Ordering::Relaxed)
            }
            Err(_) => self.counters.failed.fetch_add(1, Ordering::Relaxed),
        };
        taken
    }
}
