//! Single sign-on by OpenID Connect: the authorization code flow with PKCE. A browser goes to the provider with a state, a nonce and a challenge of ours, comes back with a
//! code, and the ID token for that code says who it is, in which groups, and whether with a second factor.
//!
//! Somebody is known by issuer and subject and by nothing else. What they are here is what their groups make them, looked at at each log-in; they have no password and no second
//! factor here.

mod error;
mod id_token;
mod keys;
mod pending;
mod provider;
mod rights;
mod settings;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plenum_link::neighbourhood;
use plenum_protocol::Clock;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

pub use error::{Reason, SignOnError};
pub use id_token::TokenError;
use id_token::{Claims, Expected};
use pending::{Gone, Pending};
pub use pending::{LIFE as SIGN_ON_LIFE, MOST as SIGN_ONS};
use provider::Provider;
pub use provider::{ProviderError, SignOnSettingsError};
use rights::Rights;
pub(crate) use settings::is_loopback;
pub use settings::{GroupConfig, Issuer, IssuerError, SingleSignOnConfig};

use super::limiter::Bursts;
use super::table::sign_on::{self as table, Signed, Signing};
use super::{Identity, NewSession, People, Person, SecondFactor, secret};

/// Where the provider sends people back to, from `base_url` on.
pub const HOME: &str = "/signed-on";
/// So many log-ins are finished at a time: each waits for the provider.
const AT_ONCE: usize = 8;
/// Codes are some hundred characters.
const LONGEST_CODE: usize = 4_096;

/// Single sign-on as `[people.single_sign_on]` wants it.
pub struct SignOn {
    config: SingleSignOnConfig,
    home: String,
    provider: Provider,
    rights: Rights,
}

/// What of single sign-on is in memory alone.
pub(super) struct SignOns {
    current: RwLock<Option<Arc<SignOn>>>,
    pending: Mutex<Pending>,
    limiter: Mutex<Bursts>,
    at_once: Semaphore,
}

/// A log-in that goes to the provider.
#[derive(Debug)]
pub struct SignOnBegun {
    /// Where the browser goes.
    pub address: String,
    /// What it holds until it comes back.
    pub browser: String,
}

/// What a browser comes back with.
#[derive(Debug, Clone, Copy)]
pub struct CameBack<'a> {
    /// What it went with.
    pub state: &'a str,
    /// What it holds.
    pub browser: &'a str,
    /// What the provider gave it.
    pub code: Option<&'a str>,
    /// Why it gave none.
    pub error: Option<&'a str>,
    /// Who the provider says that it is (RFC 9207).
    pub issuer: Option<&'a str>,
}

impl Default for SignOns {
    fn default() -> Self {
        Self {
            current: RwLock::default(),
            pending: Mutex::default(),
            limiter: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
        }
    }
}

impl SignOns {
    pub(super) fn current(&self) -> Option<Arc<SignOn>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn with_parameters(endpoint: &str, parameters: &[(&str, &str)]) -> String {
    let parameters = parameters.iter().filter(|(_, value)| !value.is_empty());
    let parameters = parameters.map(|(name, value)| format!("{name}={}", provider::encoded(value)));
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joint}{}", parameters.collect::<Vec<_>>().join("&"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SignOn {
    /// Reads the files that are named; asks nobody yet. `home` is the address of [`HOME`], as people reach it.
    ///
    /// # Errors
    /// A file cannot be read or used.
    pub fn new(
        config: &SingleSignOnConfig,
        home: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SignOnSettingsError> {
        Ok(Self {
            home,
            provider: Provider::new(config, clock)?,
            rights: Rights::of(config),
            config: config.clone(),
        })
    }

    /// By which the provider names itself.
    pub(super) fn issuer(&self) -> &str {
        self.provider.issuer.as_str()
    }

    /// Where a browser goes with these.
    fn address(&self, endpoint: &str, (state, nonce, verifier): (&str, &str, &str)) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let scope = ["openid".to_owned()]
            .into_iter()
            .chain(self.config.scopes.clone());
        let scope = scope.collect::<Vec<_>>().join(" ");
        let acr = self.config.second_factor_acr.join(" ");
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.provider.client_id),
            ("redirect_uri", &self.home),
            ("scope", &scope),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("acr_values", &acr),
        ];
        with_parameters(endpoint, &parameters)
    }

    /// Where a browser goes to log out there, and comes back to the log-in here. Which session it is, the provider knows by its own cookie; it asks before it
    /// ends anything, since no token of ours says who sends it.
    async fn leaves_to(&self) -> Option<String> {
        if !self.config.log_out_at_provider {
            return None;
        }
        let metadata = self.provider.metadata().await.ok()?;
        let endpoint = metadata.end_session_endpoint.as_deref();
        let endpoint = endpoint.filter(|endpoint| self.provider.issuer.allows(endpoint))?;
        let back = format!("{}/", self.home.strip_suffix(HOME).unwrap_or(&self.home));
        let parameters = [
            ("client_id", self.provider.client_id.as_str()),
            ("post_logout_redirect_uri", &back),
        ];
        Some(with_parameters(endpoint, &parameters))
    }

    /// The claims of the token that the code stands for.
    async fn redeem(&self, gone: &Gone, code: &str, clock: &dyn Clock) -> Result<Claims, SignOnError> {
        let token = self.provider.redeem(code, &gone.verifier, &self.home).await?;
        let expected = Expected {
            issuer: self.issuer(),
            client: &self.provider.client_id,
            nonce: &gone.nonce,
            begun: gone.begun.1,
            now: clock.now(),
        };
        let keys = self.provider.keys(false).await?;
        let checked = match id_token::check(&token, &keys, expected) {
            // It signs with a new one since they were read.
            Err(TokenError::Key) => {
                let keys = self.provider.keys(true).await?;
                id_token::check(&token, &keys, expected)
            }
            checked => checked,
        };
        Ok(checked?)
    }
}

impl People {
    /// From now on this lets people in; nothing lets nobody in so, and ends the sessions that began so. Who has gone to another provider does not come back.
    pub fn use_sign_on(&self, sign_on: Option<SignOn>) {
        let mut current = self
            .sign_ons
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let known = |one: &SignOn| {
            (
                one.config.issuer.clone(),
                one.config.client_id.clone(),
                one.home.clone(),
            )
        };
        if current.as_deref().map(known) != sign_on.as_ref().map(known) {
            lock(&self.sign_ons.pending).forget();
        }
        *current = sign_on.map(Arc::new);
    }

    /// What the button of single sign-on says, where there is one.
    pub fn sign_on_button(&self) -> Option<String> {
        let current = self.sign_ons.current()?;
        Some(current.config.button.clone())
    }

    /// Where somebody logs out at the provider who has come by it, if the settings want that and it says where.
    pub async fn sign_on_leaves_to(&self) -> Option<String> {
        self.sign_ons.current()?.leaves_to().await
    }

    /// Sends a browser to the provider; `address` is the person's own, `browser` what that browser holds of a log-in that went before: both may come back.
    pub async fn begin_sign_on(
        &self,
        browser: Option<String>,
        address: IpAddr,
    ) -> Result<SignOnBegun, SignOnError> {
        let sign_on = self.sign_ons.current().ok_or(SignOnError::Off)?;
        let (begun, address) = ((self.clock.steady(), self.clock.now()), neighbourhood(address));
        lock(&self.sign_ons.limiter)
            .begin(address, begun.0)
            .map_err(|after| SignOnError::Locked { after })?;
        let metadata = sign_on.provider.metadata().await?;
        let (state, nonce, verifier) = (secret::draw(), secret::draw(), secret::draw());
        let browser = browser
            .filter(|browser| secret::is_drawn(browser))
            .unwrap_or_else(secret::draw);
        let endpoint = &metadata.authorization_endpoint;
        let goes_to = sign_on.address(endpoint, (&state, &nonce, &verifier));
        let gone = Gone {
            nonce,
            verifier,
            browser: secret::fingerprint(&browser),
            address,
            begun,
        };
        lock(&self.sign_ons.pending).begin(secret::fingerprint(&state), gone);
        Ok(SignOnBegun {
            address: goes_to,
            browser,
        })
    }

    /// Lets somebody in who comes back from the provider, if that is who they are and one of their groups is something here.
    pub async fn finish_sign_on(
        &self,
        back: CameBack<'_>,
        address: IpAddr,
    ) -> Result<NewSession, SignOnError> {
        let finished = self.finish(back).await;
        match &finished {
            Ok(session) => {
                lock(&self.sign_ons.limiter).take_back(neighbourhood(address));
                tracing::info!(person = session.identity.name, %address, "logged in by single sign-on");
            }
            Err(error) => {
                tracing::warn!(%error, reason = error.reason().as_str(), %address, "a single sign-on failed")
            }
        }
        finished
    }

    async fn finish(&self, back: CameBack<'_>) -> Result<NewSession, SignOnError> {
        let sign_on = self.sign_ons.current().ok_or(SignOnError::Off)?;
        let (state, browser) = (secret::fingerprint(back.state), secret::fingerprint(back.browser));
        let gone = lock(&self.sign_ons.pending).end(&state, &browser, self.clock.steady());
        let gone = gone.ok_or_else(|| SignOnError::BeginAgain {
            home: sign_on.home.clone(),
        })?;
        let _turn = self
            .sign_ons
            .at_once
            .try_acquire()
            .map_err(|_| SignOnError::Busy)?;
        let metadata = sign_on.provider.metadata().await?;
        let is_named = metadata.authorization_response_iss_parameter_supported;
        if back.issuer.map_or(is_named, |issuer| issuer != sign_on.issuer()) {
            return Err(TokenError::Issuer.into());
        }
        let code = match (back.error, back.code) {
            (Some(error), _) => return Err(SignOnError::Denied(provider::word(error))),
            (None, Some(code)) if (1..=LONGEST_CODE).contains(&code.len()) => code,
            (None, _) => return Err(SignOnError::Denied("no code".to_owned())),
        };
        let claims = sign_on.redeem(&gone, code, self.clock.as_ref()).await?;
        self.let_in(&sign_on, claims).await
    }

    /// Whether a session goes on by the rule under which it began: who comes by single sign-on stays as long as that lets people in, a group of the file gives what they
    /// are, and a second factor that their role has come to need was shown.
    pub(super) fn still_signs_on(&self, person: &Person, shown: bool) -> bool {
        let Some(issuer) = &person.signs_on_at else {
            return true;
        };
        let current = self.sign_ons.current();
        let lets_in = current.is_some_and(|current| {
            current.issuer() == issuer && current.rights.gives(person.role, &person.scope)
        });
        lets_in && (shown || !self.demands_second_factor(person.role))
    }

    /// Who somebody is in a session: a second factor of single sign-on is the provider's.
    pub(super) fn identity_of(&self, person: Person, shown: bool) -> Identity {
        let signs_on = person.signs_on_at.is_some();
        let identity = self.identity(person);
        let second_factor = match (signs_on, shown) {
            (false, _) => identity.second_factor,
            (true, true) => SecondFactor::On,
            (true, false) => SecondFactor::Off,
        };
        Identity {
            second_factor,
            ..identity
        }
    }

    /// Begins a session for whoever the provider says that it is.
    async fn let_in(&self, sign_on: &SignOn, claims: Claims) -> Result<NewSession, SignOnError> {
        let shown = sign_on.rights.shows_second_factor(&claims.rest);
        let right = sign_on.rights.role(&claims.rest);
        let (secret, now) = (secret::draw(), self.clock.now());
        let signing = Signing {
            who: (sign_on.issuer().to_owned(), claims.subject),
            name: sign_on.rights.name(&claims.rest).map(str::to_owned),
            owes: right
                .as_ref()
                .is_some_and(|(role, _)| !shown && self.demands_second_factor(*role)),
            right,
            session: (secret::fingerprint(&secret), shown),
            now,
        };
        let claim = sign_on.rights.name_claim().to_owned();
        let signed = self
            .database
            .write(move |connection| table::sign(connection, &signing));
        match signed.await? {
            Signed::In(person) => Ok(NewSession {
                identity: self.identity_of(person, shown),
                secret,
            }),
            Signed::NoRight(person) => Err(SignOnError::NoRole(person)),
            Signed::Disabled(person) => Err(SignOnError::Disabled(person)),
            Signed::Owes(person) => Err(SignOnError::NoSecondFactor(person)),
            Signed::NoAdministrator => Err(SignOnError::NoAdministrator),
            Signed::NoName => Err(SignOnError::NoName { claim }),
            Signed::Refused(refused) => Err(SignOnError::Refused(refused)),
            Signed::Taken(taken) => Err(SignOnError::Taken { taken }),
        }
    }
}
