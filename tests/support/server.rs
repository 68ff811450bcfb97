//! The real program `plenum serve` in a folder of its own: started, killed, started again on the same ports, and asked over its API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::ports;
use super::process::{self, Process};

/// A loaded machine gets this long to start it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands in its files.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `site.toml`; none where it is empty.
    pub site: String,
    /// Further keys of `[http]`.
    pub http: String,
    /// The keys of `[broker]`; an embedded one on a free port where it is empty.
    pub broker: String,
    /// Further tables of `collector.toml`.
    pub tables: String,
    /// Where the databases are, instead of `data` in its folder.
    pub data: Option<PathBuf>,
    /// What its processes have in their environment besides the test's.
    pub environment: Vec<(String, String)>,
    /// How many files and sockets it may have; what the test itself may where it is none.
    pub files: Option<u32>,
}

/// A server, running or not.
pub struct Server {
    folder: PathBuf,
    data: PathBuf,
    process: Option<Process>,
    environment: Vec<(String, String)>,
    files: Option<u32>,
    starts: usize,
    announced: Value,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

impl Server {
    /// Writes its files into `folder`, starts it and waits until it is up.
    pub fn start(folder: &Path, settings: &Settings) -> Self {
        let mut server = Self::prepare(folder, settings);
        server.launch();
        server.wait_until_up();
        server
    }

    /// Writes its files into `folder`.
    pub fn prepare(folder: &Path, settings: &Settings) -> Self {
        let data = settings.data.clone().unwrap_or_else(|| folder.join("data"));
        let mut text = format!("data = {:?}\n", data.display().to_string());
        if !settings.site.is_empty() {
            std::fs::write(folder.join("site.toml"), &settings.site).expect("the folder can be written");
            text += "site = \"site.toml\"\n";
        }
        text += &format!(
            "[http]\nlisten = \"127.0.0.1:{}\"\n{}[broker]\n",
            ports::free(),
            settings.http
        );
        if settings.broker.is_empty() {
            text += &format!("listen = \"127.0.0.1:{}\"\n", ports::free());
        }
        text += &format!("{}\n{}", settings.broker, settings.tables);
        std::fs::write(folder.join("collector.toml"), text).expect("the folder can be written");
        // reqwest takes whichever provider the process has; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            folder: folder.to_owned(),
            data,
            process: None,
            environment: settings.environment.clone(),
            files: settings.files,
            starts: 0,
            announced: Value::Null,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(30))
                // A connection kept from before a kill would fail the first question after it.
                .pool_max_idle_per_host(0)
                .build()
                .expect("an HTTP client"),
        }
    }

    /// Starts it, again after a kill, on the same ports; does not wait.
    pub fn launch(&mut self) {
        self.starts += 1;
        let log = self.folder.join(format!("server-{}.log", self.starts));
        let mut command = match self.files {
            Some(files) => process::plenum_with_files(files),
            None => process::plenum(),
        };
        command
            .args(["serve", "--json", "--config"])
            .arg(self.folder.join("collector.toml"))
            .envs(self.environment.iter().cloned());
        self.process = Some(Process::start(command, "plenum", &log));
    }

    /// Waits until it has said that all is up.
    pub fn wait_until_up(&mut self) {
        let process = self.process.as_mut().expect("it was launched");
        let log = self.folder.join(format!("server-{}.log", self.starts));
        let announced = process.wait_until("line of JSON", PATIENCE, || {
            let text = std::fs::read_to_string(&log).ok()?;
            let mut lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
            lines.find(|value: &Value| value.get("url").is_some())
        });
        self.announced = announced;
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// SIGHUP: it reads its file again.
    pub fn hang_up(&self) {
        let process = self.process.as_ref().expect("it was launched");
        let number = process.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-HUP", &number])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -HUP {number}");
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::runs)
    }

    /// What the newest start has logged so far.
    pub fn log(&self) -> String {
        let log = self.folder.join(format!("server-{}.log", self.starts));
        std::fs::read_to_string(log).unwrap_or_default()
    }

    /// What it announced: `url`, `mqtt`, `site`, `first`.
    pub fn announced(&self, key: &str) -> String {
        self.announced[key].as_str().unwrap_or_default().to_owned()
    }

    /// The folder of its databases.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its `collector.toml`.
    pub fn config(&self) -> PathBuf {
        self.folder.join("collector.toml")
    }

    /// GET; `path` begins after `/api/v1/`.
    pub fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As `get`, with what went wrong in words.
    pub fn try_get(&self, path: &str) -> Result<Value, String> {
        let text = self.fetch(&format!("/api/v1/{path}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{path}: {error}: {text}"))
    }

    /// GET of any path, as text.
    pub fn fetch(&self, path: &str) -> Result<String, String> {
        let url = format!("{}{path}", self.local());
        self.answer(self.http.get(url))
    }

    /// POST with a JSON body; `path` begins after `/api/v1/`.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}/api/v1/{path}", self.local());
        let text = self.answer(self.http.post(url).json(body))?;
        serde_json::from_str(&text).map_err(|error| format!("{path}: {error}: {text}"))
    }

    /// POST of these bytes with a header of their own; `path` begins after `/api/v1/`.
    pub fn post_bytes(&self, path: &str, header: (&str, &str), body: &[u8]) -> Result<String, String> {
        let url = format!("{}/api/v1/{path}", self.local());
        let request = self.http.post(url).header(header.0, header.1);
        self.answer(request.body(body.to_owned()))
    }

    /// All items of a list, page by page; `path` has its parameters already.
    pub fn items(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{cursor}"));
            all.extend(page["items"].as_array().expect("a list").iter().cloned());
            match page["next"].as_str() {
                Some(next) => {
                    let sign = if path.contains('?') { '&' } else { '?' };
                    cursor = format!("{sign}cursor={next}");
                }
                None => return all,
            }
        }
    }

    /// The state in which an alarm of this rule is, if there ever was one.
    pub fn alarm(&self, rule: &str) -> Option<Value> {
        let alarms = self.items("alarms?state=all");
        alarms.into_iter().find(|alarm| alarm["rule"] == rule)
    }

    /// Where it answers the command line; what it announced, once it has ended.
    fn local(&self) -> String {
        let access = self.access().unwrap_or_else(|_| self.announced.clone());
        access["url"].as_str().unwrap_or_default().to_owned()
    }

    fn access(&self) -> Result<Value, String> {
        let access =
            std::fs::read_to_string(self.data.join("run/cli.json")).map_err(|error| error.to_string())?;
        serde_json::from_str(&access).map_err(|error| error.to_string())
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Result<String, String> {
        let access = self.access()?;
        let token = access["token"].as_str().unwrap_or_default();
        self.runtime.block_on(async {
            let answer = request
                .bearer_auth(token)
                .send()
                .await
                .map_err(|error| error.to_string())?;
            let status = answer.status();
            let text = answer.text().await.map_err(|error| error.to_string())?;
            match status.is_success() {
                true => Ok(text),
                false => Err(format!("{status}: {text}")),
            }
        })
    }
}
