//! One authority follows another, and no agent has to do anything for it.
//!
//! | authorities | the broker shows | agents get | whose agents are let in |
//! |---|---|---|---|
//! | one | its certificate | its certificates | its |
//! | two | the old one's | the new one's, with both behind | both's |
//!
//! An agent believes whoever stands behind its own certificate. So when each has renewed, all believe the new one; then the old one is let go, and the broker
//! shows the new one's certificate. It begins by itself two years before an authority's end, when somebody says so, and at once where a key is in wrong hands.

use plenum_protocol::enrolment::Holder;
use plenum_protocol::{Duration, Timestamp};
use rcgen::PublicKey;

use super::authority::{self, Authority, Signed};
use super::{Enrolment, EnrolmentError, table};
use crate::database::keys::{Clear, What};

/// So long before its end an authority is followed by another: every agent renews within eight months, or its certificate has ended within twelve.
pub(super) const AHEAD: Duration = Duration::from_hours(2 * 365 * 24);

/// What came of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The new authority signs, and the old one goes when nobody goes by it any more.
    Begun,
    /// One was going on, and goes on.
    GoesOn,
    /// The old one is gone, with the certificates of so many agents, which have to join again.
    AtOnce {
        /// So many.
        agents: usize,
    },
}

/// Who signs: the newest authority, for as long as something is signed.
pub(super) struct Signer {
    pub(super) number: i64,
    authority: Authority,
    key: Clear,
    /// Those before it, the newest first.
    before: Vec<Authority>,
}

impl Signer {
    /// A certificate for an agent's key.
    pub(super) fn vouch(
        &self,
        subject: &PublicKey,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<Signed, rcgen::Error> {
        self.authority
            .vouch((&self.key, &self.before), subject, holder, now)
    }
}

impl Enrolment {
    /// The authority by which the broker is known; one is made where there is none.
    ///
    /// # Errors
    /// There is none and none can be made or kept, or it cannot be read.
    pub async fn authority(&self) -> Result<Authority, EnrolmentError> {
        if let Some(authority) = self.made_authority().await? {
            return Ok(authority);
        }
        self.make_beside(0).await?;
        let made = self.made_authority().await?;
        made.ok_or_else(|| EnrolmentError::Authority("it was not kept".to_owned()))
    }

    /// The authority by which the broker is known, if one was ever made.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn made_authority(&self) -> Result<Option<Authority>, EnrolmentError> {
        Ok(self.authorities().await?.into_iter().next())
    }

    /// All authorities, the oldest first: by it the broker is known, and the newest signs.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn authorities(&self) -> Result<Vec<Authority>, EnrolmentError> {
        let kept = self.database.read(table::authorities).await?;
        Ok(kept
            .into_iter()
            .map(|kept| Authority::of(kept.certificate))
            .collect())
    }

    /// Makes an authority where there are so many others.
    async fn make_beside(&self, others: usize) -> Result<bool, EnrolmentError> {
        let now = self.clock.now();
        let made = authority::make(now)?;
        let sealed = self.keys.seal(What::AuthorityKey, &made.key)?;
        let certificate = made.authority.certificate().to_vec();
        let put = move |connection: &rusqlite::Connection| {
            table::put_authority(connection, (&certificate, &sealed), others, now)
        };
        let is_kept = self.database.write(put).await?;
        if is_kept {
            let fingerprint = made.authority.fingerprint();
            tracing::info!(%fingerprint, "an authority for agents' certificates was made");
        }
        Ok(is_kept)
    }

    /// The newest authority with its key, and those before it.
    pub(super) async fn signer(&self) -> Result<Signer, EnrolmentError> {
        self.authority().await?;
        let mut kept = self.database.read(table::authorities).await?;
        let newest = kept.pop();
        let newest = newest.ok_or_else(|| EnrolmentError::Authority("it is gone".to_owned()))?;
        Ok(Signer {
            number: newest.number,
            authority: Authority::of(newest.certificate),
            key: self.keys.open_sealed(What::AuthorityKey, &newest.sealed)?,
            before: kept
                .into_iter()
                .rev()
                .map(|kept| Authority::of(kept.certificate))
                .collect(),
        })
    }

    /// The authority by which the broker is known, with its key.
    pub(super) async fn shown(&self) -> Result<(Authority, Clear), EnrolmentError> {
        let authority = self.authority().await?;
        let mut kept = self.database.read(table::authorities).await?.into_iter();
        let oldest = kept.next();
        let oldest = oldest.ok_or_else(|| EnrolmentError::Authority("it is gone".to_owned()))?;
        Ok((
            authority,
            self.keys.open_sealed(What::AuthorityKey, &oldest.sealed)?,
        ))
    }

    /// Makes an authority that follows the present one.
    ///
    /// # Errors
    /// None can be made or kept.
    pub async fn rotate(&self) -> Result<Rotated, EnrolmentError> {
        self.authority().await?;
        if !self.make_beside(1).await? {
            return Ok(Rotated::GoesOn);
        }
        self.show_anew().await?;
        Ok(Rotated::Begun)
    }

    /// Makes an authority in the place of all others, where their keys may be in wrong hands: who does not have a certificate of the newest has to join again.
    ///
    /// # Errors
    /// None can be made or kept.
    pub async fn rotate_at_once(&self) -> Result<Rotated, EnrolmentError> {
        self.authority().await?;
        // One that follows already lay beside the others, and its key may be in the same hands.
        let others = self.authorities().await?.len();
        if !self.make_beside(others).await? {
            let why = "another was made at the same time; try again";
            return Err(EnrolmentError::Authority(why.to_owned()));
        }
        let agents = self.let_go().await?;
        tracing::warn!(
            agents,
            "the authority was replaced at once: agents with certificates of the old one have to join again"
        );
        Ok(Rotated::AtOnce { agents })
    }

    /// Lets every authority go but the newest.
    async fn let_go(&self) -> Result<usize, EnrolmentError> {
        let newest = self.signer().await?.number;
        let now = self.clock.now();
        let ended = self
            .database
            .write(move |connection| table::let_go(connection, newest, now))
            .await?;
        self.look().await?;
        self.show_anew().await?;
        Ok(ended)
    }

    /// What is due by itself, looked at each minute: an authority that ends is followed by another, and one that nobody goes by any more is let go.
    ///
    /// # Errors
    /// It cannot be done; it is due as before.
    pub async fn turn(&self) -> Result<(), EnrolmentError> {
        // Without the key nothing can be signed, which is an alarm of its own.
        if self.keys.name().is_err() {
            return Ok(());
        }
        let (kept, now) = (self.database.read(table::authorities).await?, self.clock.now());
        match &kept[..] {
            [] => {}
            [only] => {
                let validity = Authority::of(only.certificate.clone()).validity();
                if validity.is_some_and(|validity| validity.until - AHEAD <= now) {
                    self.rotate().await?;
                }
            }
            [.., newest] => {
                let number = newest.number;
                let left =
                    move |connection: &rusqlite::Connection| table::left_behind(connection, number, now);
                if self.database.read(left).await? == 0 {
                    self.let_go().await?;
                    tracing::info!("nobody goes by the authority before any more, and it is gone");
                }
            }
        }
        Ok(())
    }

    /// How many agents and codes still go by an authority before the newest; none where there is one alone.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn left_behind(&self) -> Result<Option<u64>, EnrolmentError> {
        let now = self.clock.now();
        let read = move |connection: &rusqlite::Connection| {
            let kept = table::authorities(connection)?;
            match &kept[..] {
                [_, .., newest] => table::left_behind(connection, newest.number, now).map(Some),
                _ => Ok(None),
            }
        };
        Ok(self.database.read(read).await?)
    }
}
