//! Speaks to the running server on this host, which cli.json names, in the API's own types.

use anyhow::{Context, Result, anyhow};
use plenum_dashboard::problem::Problem;
use plenum_dashboard::view::List;
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    pub(crate) fn of(data: &DataFolder) -> Result<Self> {
        Ok(Self {
            access: Access::find(&data.path()?)?,
            http: reqwest::Client::builder()
                .timeout(std::time::Duration::from_secs(60))
                .build()?,
        })
    }

    /// What GET answers; `path` begins after `/api/v1/`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.answer(self.http.get(self.url(path))).await
    }

    /// The same with parameters, in which anything may stand.
    pub(crate) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        asked: &[(&str, String)],
    ) -> Result<T> {
        self.answer(self.http.get(self.url(path)).query(asked)).await
    }

    /// A document as it is.
    pub(crate) async fn document(&self, path: &str, asked: &[(&str, String)]) -> Result<Vec<u8>> {
        self.bytes(self.http.get(self.url(path)).query(asked)).await
    }

    /// All of a list, page by page; `path` has its parameters already.
    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<List<T>> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let mut all: List<T> = self.get(path).await?;
        while let Some(next) = all.next.take() {
            let page: List<T> = self.get(&format!("{path}{sign}cursor={next}")).await?;
            all.items.extend(page.items);
            all.next = page.next;
        }
        Ok(all)
    }

    /// POST with a JSON body.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.answer(self.http.post(self.url(path)).json(body)).await
    }

    /// The same, where the answer may take longer than usual.
    pub(crate) async fn post_for<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        longest: std::time::Duration,
    ) -> Result<T> {
        self.answer(self.http.post(self.url(path)).json(body).timeout(longest))
            .await
    }

    /// POST with a JSON body that answers nothing.
    pub(crate) async fn tell(&self, path: &str, body: &impl Serialize) -> Result<()> {
        self.bytes(self.http.post(self.url(path)).json(body))
            .await
            .map(drop)
    }

    /// PATCH with a JSON body.
    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.answer(self.http.patch(self.url(path)).json(body)).await
    }

    /// DELETE, which answers what is left.
    pub(crate) async fn delete_with_answer<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.answer(self.http.delete(self.url(path))).await
    }

    /// DELETE, which answers nothing.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.bytes(self.http.delete(self.url(path))).await.map(drop)
    }

    /// The whole address of a page that an answer names by its path.
    pub(crate) fn url_of(&self, page: &str) -> String {
        format!("{}{page}", self.access.url)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.access.url)
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T> {
        let body = self.bytes(request).await?;
        serde_json::from_slice(&body).with_context(|| {
            format!(
                "{} is of another version: its answer cannot be read",
                self.access.url
            )
        })
    }

    async fn bytes(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>> {
        let no_answer = |source| Failure::NoAnswer {
            url: self.access.url.clone(),
            source,
        };
        let request = request.bearer_auth(&self.access.token);
        let answer = request.send().await.map_err(no_answer)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(no_answer)?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        let problem: Option<Problem> = serde_json::from_slice(&body).ok();
        let why = problem.map_or_else(
            || format!("the server answered {status}"),
            |problem| problem.detail,
        );
        match status.as_u16() {
            401 | 403 | 404 | 409 | 422 => Err(Failure::Refused(why).into()),
            _ => Err(anyhow!(why)),
        }
    }
}
