//! Speaks to the running server on this host, which cli.json names.

use anyhow::anyhow;
use serde_json::Value;

use crate::access::Access;
use crate::data_folder::DataFolder;
use crate::failure::Failure;

/// A server that answers.
pub(crate) struct Client {
    access: Access,
    http: reqwest::Client,
}

impl Client {
    /// The server that runs with this data folder.
    ///
    /// # Errors
    /// None does, or its access may not be read.
    pub(crate) fn of(data: &DataFolder) -> anyhow::Result<Self> {
        Ok(Self {
            access: Access::find(&data.path()?)?,
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
        let no_answer = |source| Failure::NoAnswer {
            url: self.access.url.clone(),
            source,
        };
        let answer = request
            .bearer_auth(&self.access.token)
            .send()
            .await
            .map_err(no_answer)?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        let words = |key: &str| body.get(key).and_then(Value::as_str);
        let why = words("detail")
            .or(words("title"))
            .map_or_else(|| format!("the server answered {status}"), str::to_owned);
        match status.as_u16() {
            401 | 403 | 404 | 409 | 422 => Err(Failure::Refused(why).into()),
            _ => Err(anyhow!(why)),
        }
    }
}
