//! The authority of this collector: made once, and then the one who signs. Its key is in clear only while something is signed.

use plenum_link::tls::COLLECTOR;
use plenum_protocol::enrolment::{FINGERPRINT_LENGTH, Fingerprint, Holder};
use plenum_protocol::{Duration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKey,
    PublicKeyData, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

use crate::database::keys::Clear;
use crate::tls::Validity;

/// How long a certificate of an agent holds.
pub const LIFE: Duration = Duration::from_hours(365 * 24);
/// How long the authority's own does.
pub(super) const AUTHORITY_LIFE: Duration = Duration::from_hours(20 * 365 * 24);
/// So much earlier than now certificates begin: clocks differ.
const EARLIER: Duration = Duration::from_hours(1);
/// A public key on P-256 that is not compressed.
const KEY_LENGTH: usize = 65;

/// The authority without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    certificate: CertificateDer<'static>,
}

/// A new one.
pub(super) struct Made {
    pub(super) authority: Authority,
    pub(super) key: Clear,
}

/// A certificate that was just signed.
#[derive(Debug)]
pub(super) struct Signed {
    /// Itself and the authority's, in PEM.
    pub(super) chain: String,
    pub(super) until: Timestamp,
}

/// Makes one, whose certificate begins now.
pub(super) fn make(now: Timestamp) -> Result<Made, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name("Plenum's authority for agents");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now - EARLIER, now + AUTHORITY_LIFE);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?.der().clone();
    Ok(Made {
        authority: Authority { certificate },
        key: Clear::new(key.serialize_der()),
    })
}

/// The key that a certificate request asks for, if whoever made it has it. Nothing else of it is looked at.
pub(super) fn requested(pem: &str) -> Option<PublicKey> {
    let request = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).ok()?;
    let key = CertificateSigningRequestParams::from_der(&request)
        .ok()?
        .public_key;
    (key.algorithm() == &PKCS_ECDSA_P256_SHA256 && key.der_bytes().len() == KEY_LENGTH).then_some(key)
}

impl Authority {
    /// The one whose certificate this is.
    pub(super) fn of(certificate: Vec<u8>) -> Self {
        Self {
            certificate: certificate.into(),
        }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// From when and until when it holds; none where its certificate cannot be read.
    pub fn validity(&self) -> Option<Validity> {
        let (_, parsed) = x509_parser::parse_x509_certificate(&self.certificate).ok()?;
        let at = |seconds: i64| Timestamp::from_milliseconds(seconds * 1_000);
        let validity = parsed.validity();
        Some(Validity {
            from: at(validity.not_before.timestamp()),
            until: at(validity.not_after.timestamp()),
        })
    }

    /// By which an agent knows it.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::digest(&self.certificate);
        let mut first = [0; FINGERPRINT_LENGTH];
        first.copy_from_slice(&digest[..FINGERPRINT_LENGTH]);
        Fingerprint(first)
    }

    /// A certificate for an agent's key; behind it stand this authority and those before it that are still shown.
    pub(super) fn vouch(
        &self,
        (key, before): (&Clear, &[Self]),
        subject: &PublicKey,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<Signed, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&holder.agent.to_string());
        params.subject_alt_names = vec![SanType::URI(holder.to_string().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        // Nobody is believed for longer than who vouches for them.
        let end = self
            .validity()
            .ok_or(rcgen::Error::CouldNotParseCertificate)?
            .until;
        let until = end.min(now + LIFE);
        valid(&mut params, now - EARLIER, until);
        let own = params.signed_by(subject, &self.issuer(key)?)?;
        let behind = std::iter::once(self).chain(before);
        let behind: String = behind.map(|authority| pem(&authority.certificate)).collect();
        Ok(Signed {
            chain: own.pem() + &behind,
            until,
        })
    }

    /// A new key for the broker with its certificate, for [`COLLECTOR`] and these names. It begins with the authority, so that a host whose clock starts in the
    /// past believes it, and is never stored: each start makes another.
    pub(super) fn serve(&self, key: &Clear, names: Vec<String>) -> Result<CertifiedKey, String> {
        let own = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| error.to_string())?;
        let signed = self.sign_server(key, &own, names);
        let signed = signed.map_err(|error| error.to_string())?;
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
        let provider = rustls::crypto::ring::default_provider();
        let chain = vec![signed, self.certificate.clone()];
        CertifiedKey::from_der(chain, private, &provider).map_err(|error| error.to_string())
    }

    fn sign_server(
        &self,
        key: &Clear,
        own: &KeyPair,
        names: Vec<String>,
    ) -> Result<CertificateDer<'static>, rcgen::Error> {
        let all: Vec<String> = std::iter::once(COLLECTOR.to_owned()).chain(names).collect();
        let mut params = CertificateParams::new(all)?;
        params.distinguished_name = common_name(COLLECTOR);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let issuer = self.issuer(key)?;
        let validity = self.validity().ok_or(rcgen::Error::CouldNotParseCertificate)?;
        valid(&mut params, validity.from, validity.until);
        Ok(params.signed_by(own, &issuer)?.der().clone())
    }

    fn issuer(&self, key: &Clear) -> Result<Issuer<'static, KeyPair>, rcgen::Error> {
        let key = PrivatePkcs8KeyDer::from(key.as_slice());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?;
        Issuer::from_ca_cert_der(&self.certificate, key)
    }
}

/// A certificate as it stands in files.
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = data_encoding::BASE64.encode(certificate);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

fn common_name(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn valid(params: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    let at = |instant: Timestamp| {
        let seconds = u64::try_from(instant.milliseconds() / 1_000).unwrap_or(0);
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
    };
    (params.not_before, params.not_after) = (at(from), at(until));
}
