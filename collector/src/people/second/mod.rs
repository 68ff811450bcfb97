//! The second factor: a code of the person's phone beside the password, and codes for whoever has lost the phone. How it is set up, asked for and
//! turned off. What is stored of it is in `table/second.rs`.

mod begun;
pub(super) mod owed;
pub(super) mod recovery;
pub(super) mod seed;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use plenum_core::authority::Role;
use plenum_protocol::Timestamp;

use self::begun::Begun;
use self::owed::Owed;
use self::recovery::Typed;
use self::seed::{Code, Seed, Step};
use super::limiter::Codes;
use super::secret::Fingerprint;
use super::table::second::{self as table, Kept};
use super::{Challenge, Entry, Identity, NewSession, People, PeopleError, Person, PersonNumber, Who, secret};

/// How somebody's second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// They have none, and need none.
    Off,
    /// Their log-in asks for a code.
    On,
    /// Their role asks for one, and they have none: they may set it up and nothing else.
    Missing,
}

/// What somebody's second factor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorState {
    /// How it stands.
    pub stands: SecondFactor,
    /// Since when it is on.
    pub since: Option<Timestamp>,
    /// How many recovery codes were not used.
    pub recovery_codes: usize,
}

/// What of second factors is in memory alone.
#[derive(Default)]
pub(super) struct Seconds {
    /// Whose role needs one.
    demanded: RwLock<Vec<Role>>,
    owed: Mutex<Owed>,
    /// Codes have a limiter of their own: a right password forgets what was wrong before it, and must not forget wrong codes.
    limiter: Mutex<Codes>,
    /// Seeds whose first code has not come yet.
    begun: Mutex<Begun>,
}

impl Seconds {
    pub(super) fn stands(&self, person: &Person) -> SecondFactor {
        let demanded = self.demanded.read().unwrap_or_else(PoisonError::into_inner);
        match (person.has_second_factor, demanded.contains(&person.role)) {
            (true, _) => SecondFactor::On,
            (false, true) => SecondFactor::Missing,
            (false, false) => SecondFactor::Off,
        }
    }

    /// Whatever somebody has shown so far counts no more.
    pub(super) fn forget(&self, person: PersonNumber) {
        lock(&self.owed).forget(person);
        lock(&self.begun).forget(person);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl People {
    /// From now on people of these roles need a second factor; whoever of them has none may set one up and nothing else.
    pub fn demand_second_factor(&self, roles: &[Role]) {
        let mut demanded = self
            .seconds
            .demanded
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        roles.clone_into(&mut demanded);
    }

    /// Begins a session for whoever has shown the password, of whose stored hash this is the fingerprint, or asks for the code.
    pub(super) async fn enter(&self, person: Person, password: Fingerprint) -> Result<Entry, PeopleError> {
        if !person.has_second_factor {
            let begun = self.begin_session(person.number, password, false).await?;
            return Ok(Entry::In(begun.ok_or(PeopleError::Wrong)?));
        }
        let challenge = secret::draw();
        let fingerprint = secret::fingerprint(&challenge);
        let shown = (person.number, password);
        lock(&self.seconds.owed).begin(fingerprint, shown, self.clock.steady());
        Ok(Entry::Owed(Challenge {
            person: person.number,
            secret: challenge,
            expires_at: self.clock.now() + owed::LIFE,
        }))
    }

    /// Who owes a code for this challenge, if anybody does.
    pub fn owes(&self, challenge: &str) -> Option<PersonNumber> {
        lock(&self.seconds.owed).whose(&secret::fingerprint(challenge))
    }

    /// The second step of a log-in: what came for the password, and a code or a recovery code.
    pub async fn enter_code(
        &self,
        challenge: &str,
        code: &str,
        address: IpAddr,
    ) -> Result<NewSession, PeopleError> {
        let fingerprint = secret::fingerprint(challenge);
        let shown = lock(&self.seconds.owed).attempt(&fingerprint, self.clock.steady());
        let (number, password) = shown.ok_or(PeopleError::Challenge)?;
        let person = self.person(number).await?;
        if !person.can_log_in() {
            return Err(PeopleError::Challenge);
        }
        let checked = self
            .check_code((person.number, &person.name), code, address)
            .await;
        checked.map_err(|error| match error {
            // It was turned off meanwhile.
            PeopleError::NoSecondFactor => PeopleError::Challenge,
            other => other,
        })?;
        // Whatever became of the person meanwhile has ended the challenge.
        if !lock(&self.seconds.owed).end(&fingerprint) {
            return Err(PeopleError::Challenge);
        }
        let begun = self.begin_session(number, password, true).await?;
        let begun = begun.ok_or(PeopleError::Challenge)?;
        tracing::info!(person = person.name, %address, "logged in with a second factor");
        Ok(begun)
    }

    /// How somebody's second factor stands.
    pub async fn second_factor(&self, identity: &Identity) -> Result<SecondFactorState, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let read = move |connection: &rusqlite::Connection| {
            let since = table::get(connection, number)?.map(|kept| kept.since);
            Ok((since, table::codes(connection, number)?.len()))
        };
        let (since, recovery_codes) = self.database.read(read).await?;
        Ok(SecondFactorState {
            stands: identity.second_factor,
            since,
            recovery_codes,
        })
    }

    /// Begins to set one up in a session: a fresh seed, which counts once its first code has come there.
    pub async fn begin_second_factor(
        &self,
        identity: &Identity,
        session: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Seed, PeopleError> {
        let number = self.check_password(identity, password, address).await?;
        self.keys.name()?;
        if self.person(number).await?.has_second_factor {
            return Err(PeopleError::HasSecondFactor);
        }
        let (seed, session) = (Seed::draw(), secret::fingerprint(session));
        lock(&self.seconds.begun).begin((number, session), seed.clone(), self.clock.steady());
        Ok(seed)
    }

    /// Turns on what was begun in this session, with its first code. Gives the recovery codes, this once. Other sessions of theirs end: they began without.
    pub async fn confirm_second_factor(
        &self,
        identity: &Identity,
        session: &str,
        code: &str,
    ) -> Result<Vec<String>, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let (now, session) = (self.clock.now(), secret::fingerprint(session));
        let begun = lock(&self.seconds.begun).attempt((number, &session), self.clock.steady());
        let seed = begun.ok_or(PeopleError::NoEnrolment)?;
        let Some(Typed::Code(code)) = recovery::read(code) else {
            return Err(PeopleError::Code);
        };
        let used = seed.step_of(&code, now).ok_or_else(|| {
            let step = seed.astray(&code, now).first().copied();
            step.map_or(PeopleError::Code, |step| PeopleError::Astray {
                ahead: seed::ahead(step, now),
            })
        })?;
        let (codes, salt, hashes) = self.draw_codes().await?;
        let keys = self.keys.clone();
        let added = self.database.write(move |connection| {
            // The codes took a while to hash: somebody may have logged this session out meanwhile, as for a stolen one.
            if !super::table::session::is_of(connection, &session, number, now)? {
                return Ok(Err(PeopleError::NoEnrolment));
            }
            let sealed = match keys.seal(table::what(number.0), seed.bytes()) {
                Ok(sealed) => sealed,
                Err(error) => return Ok(Err(error.into())),
            };
            if !table::add(connection, number, &sealed, (used, &salt, now))? {
                return Ok(Err(PeopleError::HasSecondFactor));
            }
            table::put_codes(connection, number, &salt, &hashes)?;
            super::table::session::end_all(connection, number, Some(&session))?;
            Ok(Ok(()))
        });
        added.await??;
        lock(&self.seconds.begun).forget(number);
        tracing::info!(person = identity.name, "the second factor is on");
        Ok(codes)
    }

    /// New recovery codes in place of those before, this once.
    pub async fn renew_recovery_codes(
        &self,
        identity: &Identity,
        (password, code): (&str, &str),
        address: IpAddr,
    ) -> Result<Vec<String>, PeopleError> {
        let number = self.check_both(identity, (password, code), address).await?;
        let (codes, salt, hashes) = self.draw_codes().await?;
        let put =
            move |connection: &rusqlite::Connection| table::put_codes(connection, number, &salt, &hashes);
        if !self.database.write(put).await? {
            return Err(PeopleError::NoSecondFactor);
        }
        tracing::info!(person = identity.name, "the recovery codes were made anew");
        Ok(codes)
    }

    /// Turns one's own off. Other sessions of theirs end.
    pub async fn end_second_factor(
        &self,
        identity: &Identity,
        session: &str,
        (password, code): (&str, &str),
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        let number = self.check_both(identity, (password, code), address).await?;
        let session = secret::fingerprint(session);
        let ended = self.database.write(move |connection| {
            table::forget(connection, number)?;
            super::table::session::end_all(connection, number, Some(&session))
        });
        ended.await?;
        self.seconds.forget(number);
        tracing::info!(person = identity.name, "the second factor is off");
        Ok(())
    }

    /// Takes somebody's second factor away, for a lost phone, and logs them out everywhere: the phone may be logged in. Nobody does so to themselves:
    /// whoever has taken an administrator's session would need neither password nor code.
    pub async fn reset_second_factor(&self, number: PersonNumber, by: &Identity) -> Result<(), PeopleError> {
        if by.person() == Some(number) {
            return Err(PeopleError::OwnSecondFactor);
        }
        let person = self.person(number).await?;
        let gone = self.database.write(move |connection| {
            let gone = table::forget(connection, number)?;
            if gone {
                super::table::session::end_all(connection, number, None)?;
            }
            Ok(gone)
        });
        if !gone.await? {
            return Err(PeopleError::NoSecondFactor);
        }
        self.seconds.forget(number);
        tracing::warn!(person = person.name, "the second factor was taken away");
        Ok(())
    }

    async fn check_both(
        &self,
        identity: &Identity,
        (password, code): (&str, &str),
        address: IpAddr,
    ) -> Result<PersonNumber, PeopleError> {
        let number = self.check_password(identity, password, address).await?;
        self.check_code((number, &identity.name), code, address).await?;
        Ok(number)
    }

    /// Uses a code or a recovery code up. Without the key codes cannot be checked; recovery codes are hashes and can.
    async fn check_code(
        &self,
        (number, name): (PersonNumber, &str),
        code: &str,
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        let read = move |connection: &rusqlite::Connection| table::get(connection, number);
        let kept = self.database.read(read).await?;
        let kept = kept.ok_or(PeopleError::NoSecondFactor)?;
        let typed = recovery::read(code);
        let seed = match typed {
            // A code that nobody can check is not a wrong one.
            Some(Typed::Code(_)) => Some(kept.seed.open(&self.keys, number)?),
            _ => None,
        };
        lock(&self.seconds.limiter)
            .begin(name, address, self.clock.steady())
            .map_err(|after| PeopleError::Locked { after })?;
        let right = match (typed, seed) {
            (Some(Typed::Code(code)), Some(seed)) => self.use_code(number, (seed, kept.used), code).await,
            (Some(Typed::Recovery(code)), _) => self.use_recovery_code(number, &kept, code).await,
            _ => Err(PeopleError::Code),
        };
        match right {
            Ok(()) => lock(&self.seconds.limiter).succeeded(name, address),
            Err(PeopleError::Code | PeopleError::Astray { .. }) => {
                tracing::warn!(name, %address, "a code of the second factor was wrong");
            }
            Err(_) => {}
        }
        right
    }

    async fn use_code(
        &self,
        number: PersonNumber,
        (seed, last): (Seed, Step),
        code: Code,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let Some(step) = seed.step_of(&code, now) else {
            let steps = seed.astray(&code, now);
            let nearest = *steps.first().ok_or(PeopleError::Code)?;
            lock(&self.seconds.owed).tell(number, &steps, seed::step(now));
            return Err(PeopleError::Astray {
                ahead: seed::ahead(nearest, now),
            });
        };
        let was_told = lock(&self.seconds.owed).was_told(number, step);
        let keys = self.keys.clone();
        let used = move |connection: &rusqlite::Connection| {
            table::use_step(connection, &keys, number, (&seed, step))
        };
        match step > last && !was_told && self.database.write(used).await? {
            true => Ok(()),
            false => Err(PeopleError::Code),
        }
    }

    async fn use_recovery_code(
        &self,
        number: PersonNumber,
        kept: &Kept,
        code: String,
    ) -> Result<(), PeopleError> {
        let salt = kept.salt;
        let hash = self
            .hashing
            .blocking(move || recovery::hash(&code, &salt))
            .await?;
        let hash = hash.map_err(|error| PeopleError::Hash(error.to_string()))?;
        let used = move |connection: &rusqlite::Connection| table::use_code(connection, number, &hash);
        match self.database.write(used).await? {
            true => {
                tracing::warn!(person = number.0, "a recovery code was used");
                Ok(())
            }
            false => Err(PeopleError::Code),
        }
    }

    /// Fresh recovery codes, and what is stored of them.
    async fn draw_codes(&self) -> Result<(Vec<String>, recovery::Salt, Vec<recovery::Hash>), PeopleError> {
        let (codes, salt) = (recovery::draw(), recovery::salt());
        let shown = codes.clone();
        let hashes = self
            .hashing
            .blocking(move || recovery::hash_all(&shown, &salt))
            .await?;
        let hashes = hashes.map_err(|error| PeopleError::Hash(error.to_string()))?;
        Ok((codes, salt, hashes))
    }

    /// Whether people of this role need a second factor.
    pub(super) fn demands_second_factor(&self, role: Role) -> bool {
        let demanded = self.seconds.demanded.read();
        demanded.unwrap_or_else(PoisonError::into_inner).contains(&role)
    }

    /// Who somebody is to whatever asks what they may.
    pub(super) fn identity(&self, person: Person) -> Identity {
        Identity {
            second_factor: self.seconds.stands(&person),
            signs_on: person.signs_on_at.is_some(),
            who: Who::Person(person.number),
            name: person.name,
            role: person.role,
            scope: person.scope,
        }
    }
}
