//! Speaks to the running server on this host: cli.json in its data folder says where, and holds a token that only its owner can read.

use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The file in the data folder.
pub(crate) const FILE: &str = "cli.json";

/// Where the server answers and what lets this host's administrator in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    /// `http://127.0.0.1:8080`
    pub(crate) url: String,
    /// A bearer token.
    pub(crate) token: String,
}

/// A server that answers.
pub(crate) struct Client {
    access: Access,
    http: reqwest::Client,
}

impl Client {
    /// Reads cli.json.
    pub(crate) fn of(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "{}: no server has run with this data folder, or you may not read it; name it with --data",
                path.display()
            )
        })?;
        let access = serde_json::from_str(&text)
            .with_context(|| format!("{}: not what the server wrote", path.display()))?;
        Ok(Self {
            access,
            http: reqwest::Client::builder()
                .timeout(std::time::Duration::from_secs(60))
                .build()?,
        })
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.answer(self.http.get(self.url(path))).await
    }

    /// POST with a JSON body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.answer(self.http.post(self.url(path)).json(body)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.access.url)
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request
            .bearer_auth(&self.access.token)
            .send()
            .await
            .with_context(|| {
                format!(
                    "no server answers at {}: is `plenum serve` running?",
                    self.access.url
                )
            })?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        let words = |key: &str| body.get(key).and_then(Value::as_str);
        bail!(
            "{}",
            words("detail")
                .or(words("title"))
                .map_or_else(|| format!("the server answered {status}"), str::to_owned)
        )
    }
}
