//! Somebody at an address of their own.

use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::{NAME, PASSWORD};

/// So long is an answer waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

#[derive(Clone)]
pub(super) struct Visitor {
    http: Client,
    url: String,
}

impl Visitor {
    /// One who comes from this address of the host's own.
    pub(super) fn from(url: &str, address: [u8; 4]) -> Result<Self> {
        let http = Client::builder()
            .local_address(IpAddr::from(address))
            .tls_built_in_root_certs(false)
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            http,
            url: format!("{url}/api/v1/sessions"),
        })
    }

    /// Makes the first administrator, by the link that the server printed.
    pub(super) async fn begin(&self, link: Option<&str>) -> Result<()> {
        let token = link.and_then(|link| Some(link.rsplit_once('#')?.1));
        let token = token.context("the server gave no link for the first administrator")?;
        let first = json!({"token": token, "name": NAME, "password": PASSWORD});
        let answer = self.http.post(format!("{}/first", self.url)).json(&first);
        answer.send().await?.error_for_status()?;
        self.log_in().await
    }

    /// Logs in with the right password.
    pub(super) async fn log_in(&self) -> Result<()> {
        self.post(NAME, PASSWORD).await?.error_for_status()?;
        Ok(())
    }

    /// Tries a wrong password; it has to be refused, and not to be held back.
    pub(super) async fn guess(&self, name: &str) -> Result<()> {
        match self.post(name, "cold air sinks quickly").await?.status() {
            StatusCode::UNAUTHORIZED => Ok(()),
            other => bail!("a wrong password for {name} was answered with {other}"),
        }
    }

    pub(super) async fn post(&self, name: &str, password: &str) -> Result<Response> {
        let body: Value = json!({"name": name, "password": password});
        Ok(self.http.post(&self.url).json(&body).send().await?)
    }
}
