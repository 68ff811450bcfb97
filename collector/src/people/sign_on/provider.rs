//! The provider over the network: what it says of itself (OpenID Connect Discovery), its keys, and the code that it gives a token for (RFC 6749, 4.1.3; RFC 7636).
//!
//! Whatever it answers is bounded in bytes and time and believed only as far as it can be checked. What was found out is kept for an hour; while it does not answer, it is
//! asked every five seconds at most, so that whoever knocks here does not knock there.

use std::path::PathBuf;
use std::sync::Arc;

use plenum_protocol::{Clock, Duration, Steady};
use reqwest::{Client, RequestBuilder, redirect};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::keys::Keys;
use super::settings::{Issuer, SingleSignOnConfig};

/// An answer of the provider's has to be whole within this.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// Bytes of an answer: a token with many groups, or the keys with their certificates.
const LARGEST: usize = 256 << 10;
/// What is known of the provider is asked for anew after this, so that a key that it has withdrawn is not believed for ever.
const KEPT: Duration = Duration::from_hours(1);
/// After a failure, and for a key that is not known, it is asked again after this.
const PAUSE: Duration = Duration::from_seconds(5);

/// The provider, and what is known of it.
pub(super) struct Provider {
    client: Client,
    pub(super) issuer: Issuer,
    pub(super) client_id: String,
    secret: Option<String>,
    clock: Arc<dyn Clock>,
    metadata: Mutex<Kept<Arc<Metadata>>>,
    keys: Mutex<Kept<Arc<Keys>>>,
}

/// What was found out, and when it was last tried.
struct Kept<T> {
    known: Option<(T, Steady)>,
    failed: Option<(ProviderError, Steady)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            known: None,
            failed: None,
        }
    }
}

/// What the provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    /// Where people log out there (OpenID Connect RP-Initiated Logout 1.0).
    pub(super) end_session_endpoint: Option<String>,
    /// How it wants to be shown the secret; without the list in the `Authorization` header.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// It names itself where it sends people back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Why the provider was of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It is down, too slow, or says that it cannot.
    #[error("the provider does not answer: {0}")]
    Silent(String),
    /// What it answers is not what it has to be.
    #[error("the provider's answer is wrong: {0}")]
    Wrong(String),
    /// It does not give a token for the code.
    #[error("the provider gives no token for the code: {0}")]
    Refused(String),
}

/// What cannot be used of the settings.
#[derive(Debug, thiserror::Error)]
pub enum SignOnSettingsError {
    /// A file.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// Which key names it.
        key: &'static str,
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file without a certificate.
    #[error("{}: holds no certificate that can be used", path.display())]
    Certificates {
        /// Which.
        path: PathBuf,
    },
    /// An empty file.
    #[error("{}: holds no secret", path.display())]
    NoSecret {
        /// Which.
        path: PathBuf,
    },
    /// TLS cannot be spoken.
    #[error("single sign-on: {0}")]
    Client(reqwest::Error),
}

impl SignOnSettingsError {
    /// The key at which it shows.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::File { key, .. } => key,
            Self::Certificates { .. } => "ca",
            Self::NoSecret { .. } => "client_secret_file",
            Self::Client(_) => "",
        }
    }
}

#[derive(Deserialize)]
struct Token {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    pub(super) fn new(
        config: &SingleSignOnConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SignOnSettingsError> {
        // A redirect would carry the secret and the code to an address that nobody configured.
        let mut client = Client::builder()
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none());
        if let Some(path) = &config.ca {
            let text = read("ca", path)?;
            let unusable = || SignOnSettingsError::Certificates { path: path.clone() };
            let believed = reqwest::Certificate::from_pem_bundle(text.as_bytes()).map_err(|_| unusable())?;
            if believed.is_empty() {
                return Err(unusable());
            }
            client = believed
                .into_iter()
                .fold(client, |client, one| client.add_root_certificate(one));
        }
        let secret = match &config.client_secret_file {
            Some(path) => {
                let secret = read("client_secret_file", path)?.trim_end().to_owned();
                if secret.is_empty() {
                    return Err(SignOnSettingsError::NoSecret { path: path.clone() });
                }
                Some(secret)
            }
            None => None,
        };
        Ok(Self {
            client: client.build().map_err(SignOnSettingsError::Client)?,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            secret,
            clock,
            metadata: Mutex::default(),
            keys: Mutex::default(),
        })
    }

    /// What the provider says of itself.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let mut kept = self.metadata.lock().await;
        if let Some(found) = kept.get(self.clock.steady(), KEPT) {
            return found;
        }
        let found = self.discover().await.map(Arc::new);
        kept.put(found, self.clock.steady())
    }

    async fn discover(&self) -> Result<Metadata, ProviderError> {
        let at = self.issuer.as_str().trim_end_matches('/');
        let address = format!("{at}/.well-known/openid-configuration");
        let answer = self.ask(self.client.get(address)).await?;
        let metadata: Metadata = answer.read("what it says of itself")?;
        if metadata.issuer != self.issuer.as_str() {
            let named: String = metadata.issuer.chars().take(200).collect();
            let wrong = format!("it names itself `{named}` and not `{}`", self.issuer);
            return Err(ProviderError::Wrong(wrong));
        }
        let addresses = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ];
        let are_safe = addresses.iter().all(|address| self.issuer.allows(address));
        match are_safe {
            true => Ok(metadata),
            false => Err(ProviderError::Wrong(
                "one of its addresses is not https".to_owned(),
            )),
        }
    }

    /// The keys that it signs with; `anew` where one is missing among those that are known.
    pub(super) async fn keys(&self, anew: bool) -> Result<Arc<Keys>, ProviderError> {
        let metadata = self.metadata().await?;
        let mut kept = self.keys.lock().await;
        let age = if anew { PAUSE } else { KEPT };
        if let Some(found) = kept.get(self.clock.steady(), age) {
            return found;
        }
        let found = self.ask(self.client.get(&metadata.jwks_uri)).await;
        let found = found.and_then(|answer| {
            let wrong = |_| ProviderError::Wrong("its keys cannot be read".to_owned());
            Keys::read(answer.ok("its keys")?).map(Arc::new).map_err(wrong)
        });
        kept.put(found, self.clock.steady())
    }

    /// The ID token that the provider gives for a code.
    pub(super) async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        home: &str,
    ) -> Result<String, ProviderError> {
        let metadata = self.metadata().await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", home),
            ("code_verifier", verifier),
        ];
        let mut request = self.client.post(&metadata.token_endpoint);
        match &self.secret {
            Some(secret) if metadata.takes_basic() => {
                // RFC 6749, 2.3.1: each part as in a form.
                let [id, secret] = [self.client_id.as_str(), secret].map(encoded);
                request = request.basic_auth(id, Some(secret));
            }
            Some(secret) => form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]),
            None => form.push(("client_id", &self.client_id)),
        }
        let answer = self.ask(request.form(&form)).await?;
        if answer.status.is_client_error() {
            let refusal: Result<Refusal, _> = serde_json::from_slice(&answer.body);
            let why = refusal.map_or_else(|_| answer.status.to_string(), |refusal| word(&refusal.error));
            return Err(ProviderError::Refused(why));
        }
        let token: Token = answer.read("what it answers to the code")?;
        let missing = || ProviderError::Wrong("it gives no ID token".to_owned());
        token.id_token.ok_or_else(missing)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, ProviderError> {
        let silent = |error: reqwest::Error| {
            let error = error.without_url();
            ProviderError::Silent(plenum_link::causes::with_causes(&error))
        };
        let request = request.header("accept", "application/json");
        let mut response = request.send().await.map_err(silent)?;
        let status = response.status();
        if status.is_server_error() {
            return Err(ProviderError::Silent(status.to_string()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(ProviderError::Wrong("it is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }
}

/// What came.
struct Answer {
    status: reqwest::StatusCode,
    body: Vec<u8>,
}

impl Answer {
    fn ok(&self, what: &str) -> Result<&[u8], ProviderError> {
        match self.status.is_success() {
            true => Ok(&self.body),
            false => Err(ProviderError::Wrong(format!("{what} is {}", self.status))),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, what: &str) -> Result<T, ProviderError> {
        let read = serde_json::from_slice(self.ok(what)?);
        read.map_err(|_| ProviderError::Wrong(format!("{what} cannot be read")))
    }
}

impl Metadata {
    fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

impl<T: Clone> Kept<T> {
    /// What was found out less than `age` ago, or has just failed.
    fn get(&self, now: Steady, age: Duration) -> Option<Result<T, ProviderError>> {
        let known = self.known.as_ref().filter(|(_, at)| now.since(*at) < age);
        let failed = self.failed.as_ref().filter(|(_, at)| now.since(*at) < PAUSE);
        match (known, failed) {
            (Some((known, _)), _) => Some(Ok(known.clone())),
            (None, Some((error, _))) => Some(Err(error.clone())),
            (None, None) => None,
        }
    }

    fn put(&mut self, found: Result<T, ProviderError>, now: Steady) -> Result<T, ProviderError> {
        match &found {
            Ok(found) => {
                *self = Self {
                    known: Some((found.clone(), now)),
                    failed: None,
                }
            }
            Err(error) => self.failed = Some((error.clone(), now)),
        }
        found
    }
}

/// A word of the provider's, as far as it is one (RFC 6749, 5.2).
pub(super) fn word(text: &str) -> String {
    let is_of_a_word = |letter: &char| letter.is_ascii_alphanumeric() || "_-. ".contains(*letter);
    text.chars().filter(is_of_a_word).take(60).collect()
}

/// As in a form.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            // A string takes what is written into it.
            byte => drop(write!(encoded, "%{byte:02X}")),
        }
        encoded
    })
}

fn read(key: &'static str, path: &PathBuf) -> Result<String, SignOnSettingsError> {
    std::fs::read_to_string(path).map_err(|source| SignOnSettingsError::File {
        key,
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_out_is_kept_for_an_hour_and_a_failure_for_five_seconds() {
        let at = |seconds: i64| Steady::from_milliseconds(seconds * 1_000);
        let mut kept = Kept::default();
        assert_eq!(kept.get(at(0), KEPT), None);
        let silent = ProviderError::Silent("x".to_owned());
        assert_eq!(kept.put(Err(silent.clone()), at(0)), Err(silent.clone()));
        assert_eq!(
            (kept.get(at(4), KEPT), kept.get(at(5), KEPT)),
            (Some(Err(silent.clone())), None)
        );
        assert_eq!(kept.put(Ok(7), at(5)), Ok(7));
        assert_eq!(
            (kept.get(at(3_604), KEPT), kept.get(at(3_605), KEPT)),
            (Some(Ok(7)), None)
        );
        // A key that is not known is asked for at most every five seconds, whether that fails or not.
        assert_eq!(
            (kept.get(at(9), PAUSE), kept.get(at(10), PAUSE)),
            (Some(Ok(7)), None)
        );
        assert_eq!(kept.put(Err(silent.clone()), at(10)), Err(silent.clone()));
        assert_eq!(
            (kept.get(at(11), PAUSE), kept.get(at(11), KEPT)),
            (Some(Err(silent)), Some(Ok(7)))
        );
    }

    #[test]
    fn words_of_the_providers_are_bounded_and_parameters_encoded() {
        assert_eq!(word("access_denied\n\u{1b}[31m<b>"), "access_denied31mb");
        assert_eq!(word(&"x".repeat(1_000)).len(), 60);
        assert_eq!(encoded("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
