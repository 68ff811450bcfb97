//! `plenum serve`: broker, collector, store and dashboard in one process.

use std::path::Path;

use anyhow::{Context, Result};
use plenum_collector::config::Config;
use plenum_link::{Shutdown, SystemClock};
use serde_json::json;

use crate::cli::Serve;
use crate::print;
use crate::server::{self, Stage};

pub(crate) async fn run(arguments: Serve) -> Result<()> {
    let mut config = match &arguments.config {
        Some(path) => load(path)?,
        None => Config::default(),
    };
    if let Some(listen) = arguments.http {
        config.http.listen = listen;
    }
    if let Some(listen) = arguments.mqtt {
        config.broker.listen = listen;
    }
    if let Some(data) = arguments.data {
        config.data = data;
    }
    let clock = SystemClock::shared();
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let server = server::start(&config, clock.clone(), &shutdown, Stage::default()).await?;
    let first = server.first_link().await?;
    if arguments.json {
        print::json(&json!({"url": server.url, "mqtt": server.mqtt, "site": server.site(), "first": first}))?;
    } else {
        print::line(&format!("dashboard  {}", server.url));
        print::line(&format!("agents     {}", server.mqtt));
        if let Some(link) = first {
            print::line(&format!(
                "Nobody has an account yet. This link makes the administrator's, once, within 24 hours:\n  {link}"
            ));
        }
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    server.run_until_stopped(&shutdown, clock.as_ref()).await
}

fn load(path: &Path) -> Result<Config> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{name}: cannot be read"))?;
    Ok(Config::parse(&name, &text)?)
}
