//! A collector with its dashboard: what `serve` and `demo` both start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use plenum_collector::config::{Config, Entrance, Http};
use plenum_collector::reload::Reload;
use plenum_collector::tls::Served;
use plenum_collector::{Collector, open};
use plenum_dashboard::{Answering, Dashboard, Receivers};
use plenum_link::Shutdown;
use plenum_link::causes::with_causes;
use plenum_link::shutdown::Reloads;
use plenum_protocol::{Clock, Duration, Timestamp};

use crate::access::AccessFile;

/// How long the token of the command line on this host is good.
const COMMAND_LINE: Duration = Duration::from_hours(24);
/// How often it is looked at.
const RENEW: Duration = Duration::from_hours(6);
/// How long the parts may take to stop.
const DEADLINE: Duration = Duration::from_seconds(10);

/// What the demo adds.
#[derive(Default)]
pub(crate) struct Stage {
    /// The first revision's text.
    pub(crate) site: Option<String>,
    /// Where its messages arrive.
    pub(crate) receivers: Option<Receivers>,
}

/// A collector whose journal may be filled and that nobody can reach yet.
pub(crate) struct Opened {
    /// Its parts.
    pub(crate) collector: Collector,
    inner: open::Opened,
    clock: Arc<dyn Clock>,
    receivers: Option<Receivers>,
}

/// How a running server is given a changed configuration.
pub(crate) struct Reloading {
    /// SIGHUP.
    pub(crate) signal: Reloads,
    /// The file; `None` where the server began without one.
    pub(crate) file: Option<PathBuf>,
    /// Reads the configuration anew.
    pub(crate) load: Box<dyn Fn() -> Result<Config> + Send>,
}

impl Reloading {
    /// Ends at the next SIGHUP, with what the files say now.
    async fn next(reloading: &mut Option<Self>) -> Result<Config> {
        match reloading {
            Some(reloading) => {
                reloading.signal.requested().await;
                (reloading.load)()
            }
            None => std::future::pending().await,
        }
    }
}

/// A running server.
pub(crate) struct Server {
    /// Where the dashboard answers.
    pub(crate) url: String,
    /// Where it answers the command line on this host.
    local: String,
    /// Where agents publish.
    pub(crate) mqtt: String,
    /// Its parts.
    pub(crate) collector: Collector,
    access: AccessFile,
    reload: Reload,
    certificate: Option<Arc<Served>>,
    clock: Arc<dyn Clock>,
}

/// Opens the databases and starts what reads the journal.
pub(crate) async fn open(
    config: &Config,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
    stage: Stage,
) -> Result<Opened> {
    let inner = open::open(config, stage.site, clock.clone(), shutdown).await?;
    Ok(Opened {
        collector: inner.collector.clone(),
        inner,
        clock,
        receivers: stage.receivers,
    })
}

/// Opens and serves.
pub(crate) async fn start(
    config: &Config,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
    stage: Stage,
) -> Result<Server> {
    open(config, clock, shutdown, stage)
        .await?
        .serve(config, shutdown)
        .await
}

impl Opened {
    /// What happened before this instant is not told to anybody.
    pub(crate) fn deliver_from(&self, instant: Timestamp) {
        self.inner.deliver_from(instant);
    }

    /// Opens the doors: dashboard, broker, messages.
    pub(crate) async fn serve(mut self, config: &Config, shutdown: &Shutdown) -> Result<Server> {
        let dashboard = Dashboard::new(
            Arc::new(self.collector),
            self.clock.clone(),
            env!("CARGO_PKG_VERSION"),
        );
        let dashboard = match &config.http.base_url {
            Some(url) => dashboard.with_base_url(url),
            None => dashboard,
        };
        let dashboard = match self.receivers {
            Some(receivers) => dashboard.with_demo(receivers),
            None => dashboard,
        };
        let certificate = certificate(&config.http, &self.clock, shutdown)?;
        let dashboard = match &certificate {
            Some(certificate) => {
                self.inner.shows(certificate.clone());
                dashboard.with_certificate(certificate.clone())
            }
            None => dashboard,
        };
        let dashboard = Arc::new(dashboard.with_trusted_proxies(&config.http.trusted_proxies));
        let answering = plenum_dashboard::serve(config.http.listen, dashboard, shutdown).await?;
        let url = url(&config.http, &answering, certificate.as_deref());
        let base_url = config.http.base_url.as_ref();
        let base_url = base_url.map_or_else(|| url.clone(), ToString::to_string);
        let (collector, broker, reload) = self.inner.serve(config, base_url, shutdown).await?;
        let mqtt = match (broker.local_address(), &config.broker.url) {
            (Some(address), _) => format!("mqtt://{address}"),
            (None, external) => external.clone().unwrap_or_default(),
        };
        let server = Server {
            url,
            mqtt,
            local: format!("http://{}", answering.local),
            collector,
            access: AccessFile::of_server(config.data_folder())?,
            reload,
            certificate,
            clock: self.clock,
        };
        server.let_the_command_line_in().await?;
        Ok(server)
    }
}

/// The certificate that people are shown, if there is to be one. It follows its files until `shutdown`.
fn certificate(http: &Http, clock: &Arc<dyn Clock>, shutdown: &Shutdown) -> Result<Option<Arc<Served>>> {
    let Entrance::Files { certificate, key } = http.entrance()? else {
        return Ok(None);
    };
    let served = Served::of_files(&certificate, &key)?;
    served.announce(clock.now());
    let following = served.clone().follow(clock.clone(), shutdown.token());
    shutdown.spawn("certificate", following);
    Ok(Some(served))
}

/// Under what people find it: by HTTPS under a name of its certificate, unless it is said.
fn url(http: &Http, answering: &Answering, certificate: Option<&Served>) -> String {
    if let Some(base_url) = http.base_url.as_ref().filter(|_| !http.listen.ip().is_loopback()) {
        return base_url.to_string().trim_end_matches('/').to_owned();
    }
    let names = certificate
        .map(|certificate| certificate.facts().names)
        .unwrap_or_default();
    let name = names.into_iter().find(|name| !name.starts_with('*'));
    match (answering.https, name) {
        (false, _) => format!("http://{}", answering.address),
        (true, Some(name)) if http.listen.ip().is_unspecified() => {
            let host = if name.contains(':') {
                format!("[{name}]")
            } else {
                name
            };
            format!("https://{host}:{}", answering.address.port())
        }
        (true, _) => format!("https://{}", answering.address),
    }
}

impl Server {
    /// The site's identifier.
    pub(crate) fn site(&self) -> String {
        self.collector.site().site.id.to_string()
    }

    /// The link that makes the administrator's account; nothing if there is one.
    pub(crate) async fn first_link(&self) -> Result<Option<String>> {
        let token = self.collector.people.issue_first_link().await?;
        Ok(token.map(|token| format!("{}/first#{token}", self.url)))
    }

    /// The file with the address and the token that let the command line in.
    pub(crate) fn access(&self) -> &Path {
        self.access.path()
    }

    /// A bearer token for the API.
    pub(crate) async fn token(&self, name: &str) -> Result<String> {
        Ok(self.collector.people.issue_token(name).await?)
    }

    /// Lets the command line on this host in for a day. A token that was given out before a crash stays good.
    async fn let_the_command_line_in(&self) -> Result<()> {
        let people = &self.collector.people;
        let token = people
            .keep_token(self.access.token(), "command line", COMMAND_LINE)
            .await?;
        self.access.write(&self.local, &token)
    }

    /// Takes what a changed configuration says, or goes on with the old one and says why.
    async fn reload(&mut self, changed: Result<Config>, file: Option<&Path>) {
        // Whatever the file says: what it named at the start may have been renewed.
        if let Some(certificate) = &self.certificate {
            certificate.reload(self.clock.now());
        }
        let outcome = match changed {
            Ok(config) => self.reload.apply(config).await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(left) => {
                match file {
                    Some(file) => tracing::info!(
                        file = %file.display(),
                        "the configuration was reloaded; a changed site.toml is taken by `plenum site apply`"
                    ),
                    None => tracing::info!("the configuration was reloaded"),
                }
                for key in left {
                    tracing::warn!(key, "changed in the file, but needs a restart");
                }
            }
            Err(error) => {
                let why = with_causes(error.as_ref());
                tracing::error!("the configuration was not reloaded; the old one goes on: {why}");
            }
        }
    }

    /// Waits until it is told to stop, then stops its parts in order and names whoever is late. An error if a part ended by
    /// itself: the service manager starts the process again, and the journal is the truth.
    pub(crate) async fn run_until_stopped(
        mut self,
        shutdown: &Shutdown,
        clock: &dyn Clock,
        mut reloading: Option<Reloading>,
    ) -> Result<()> {
        let watchdog = sd_notify::watchdog_enabled();
        let mut renew_at = clock.steady() + RENEW;
        loop {
            let nap = watchdog.map_or(Duration::from_hours(1), |every| {
                Duration::from_milliseconds(every.as_millis() as i64 / 2)
            });
            tokio::select! {
                () = shutdown.requested() => break,
                changed = Reloading::next(&mut reloading) => {
                    let file = reloading.as_ref().and_then(|reloading| reloading.file.as_deref());
                    self.reload(changed, file).await;
                }
                () = clock.sleep_until(renew_at) => {
                    renew_at = clock.steady() + RENEW;
                    if let Err(error) = self.let_the_command_line_in().await {
                        let why = with_causes(error.as_ref());
                        tracing::error!("the command line's access could not be renewed: {why}");
                    }
                }
                () = clock.sleep(nap) => {
                    // The watchdog is fed only while the database's writer answers: a hung disk must end the process.
                    if self.collector.database.write(|_| Ok(())).await.is_ok() {
                        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
                    }
                }
            }
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        shutdown.finish(DEADLINE, clock).await;
        match shutdown.failure() {
            Some(failure) => bail!("a part ended by itself: {failure}"),
            None => Ok(()),
        }
    }
}
