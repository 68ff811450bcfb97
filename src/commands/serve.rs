//! `plenum serve`: broker, collector, store and dashboard in one process. SIGHUP reads its file again.

use std::path::{Path, PathBuf};

use anyhow::Result;
use plenum_collector::config::Config;
use plenum_collector::timekeeper::Timekeeper;
use plenum_link::descriptors::{self, Shares};
use plenum_link::shutdown::Reloads;
use plenum_link::{Shutdown, SystemClock};
use serde_json::json;

use crate::cli::Serve;
use crate::data_folder;
use crate::failure::Failure;
use crate::print;
use crate::server::{self, Reloading, Stage};

pub(crate) async fn run(arguments: Serve) -> Result<()> {
    // Before anything else: a SIGHUP that nobody listens for ends the process.
    let signal = Reloads::new()?;
    let files = descriptors::raise();
    let Shares { agents, screens } = descriptors::shares();
    tracing::info!(
        files,
        agents,
        screens,
        "so many files and sockets may be open, so many of them by agents and by screens"
    );
    let config = configuration(&arguments)?;
    let clock = Timekeeper::shared(SystemClock::shared());
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let server = server::start(&config, clock.clone(), &shutdown, Stage::default()).await?;
    let first = server.first_link().await?;
    if arguments.json {
        print::json(&json!({"url": server.url, "mqtt": server.mqtt, "site": server.site(), "first": first}))?;
    } else {
        print::line(&format!("dashboard  {}", server.url))?;
        print::line(&format!("agents     {}", server.mqtt))?;
        if let Some(link) = first {
            print::line(&format!(
                "Nobody has an account yet. This link makes the administrator's, once, within 24 hours:\n  {link}"
            ))?;
        }
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let reloading = Reloading {
        signal,
        file: arguments.config.clone(),
        load: Box::new(move || configuration(&arguments)),
    };
    server
        .run_until_stopped(&shutdown, clock.as_ref(), Some(reloading))
        .await
}

/// What the file says, and what the command line says instead.
fn configuration(arguments: &Serve) -> Result<Config> {
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
    config.data = Some(match (arguments.data.given(), config.data) {
        (Some(given), _) => given.to_owned(),
        (None, Some(of_file)) => of_file,
        (None, None) => with_what_is_there(data_folder::usual()?, arguments.config.as_deref()),
    });
    Ok(config)
}

/// Earlier versions kept the data beside a file that names no folder: what lies there is not left behind.
fn with_what_is_there(usual: PathBuf, file: Option<&Path>) -> PathBuf {
    let holds_data = |folder: &Path| folder.join("plenum.db").exists();
    let beside = file.and_then(Path::parent).map(|folder| folder.join("data"));
    match beside {
        Some(beside) if holds_data(&beside) && !holds_data(&usual) => {
            tracing::warn!(
                data = %beside.display(), usual = %usual.display(),
                "the data is beside the configuration file, where earlier versions kept it: write `data` into the file, or move the folder"
            );
            beside
        }
        _ => usual,
    }
}

fn load(path: &Path) -> Result<Config> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Config::parse(&file, &text)?),
        Err(source) => Err(Failure::Unreadable { file, source }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_beside_the_file_is_not_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("collector.toml");
        let (beside, usual) = (folder.path().join("data"), folder.path().join("usual"));
        for folder in [&beside, &usual] {
            std::fs::create_dir(folder).unwrap();
        }
        let check = |expected: &Path| assert_eq!(with_what_is_there(usual.clone(), Some(&file)), expected);
        check(&usual);
        std::fs::write(beside.join("plenum.db"), "").unwrap();
        check(&beside);
        std::fs::write(usual.join("plenum.db"), "").unwrap();
        check(&usual);
    }
}
