//! A certificate and its key from two files, checked before anybody is shown them.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_protocol::Timestamp;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Everybody on the host.
const OTHERS: u32 = 0o007;
/// A file of certificates or a key is far shorter.
const LARGEST: u64 = 1 << 20;

/// A certificate with those that vouch for it, and its key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// As rustls takes it.
    pub key: Arc<CertifiedKey>,
    /// From when on it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// SHA-256 of the certificate, as browsers and openssl show it.
    pub fingerprint: String,
}

/// Why a certificate and its key are not taken.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file is not there, may not be read, or is far too long.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is none in it.
    #[error("{}: holds no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----, the server's own first", .0.display())]
    NoCertificate(PathBuf),
    /// It is broken.
    #[error("{}: is not a valid certificate: {why}", path.display())]
    Certificate {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is none in it.
    #[error("{}: holds no private key; it must be PEM, with -----BEGIN PRIVATE KEY-----", .0.display())]
    NoKey(PathBuf),
    /// It has a passphrase, and nobody is there to type it.
    #[error(
        "{path}: the key is encrypted with a passphrase; write it without one: openssl pkey -in {path} -out new.pem && chmod 600 new.pem",
        path = .0.display()
    )]
    Encrypted(PathBuf),
    /// It is broken, or of a kind that is not spoken here.
    #[error("{}: is not a valid private key: {why}", path.display())]
    Key {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Any program on the host may read it.
    #[error("{path}: everybody on this host can read the key (mode {mode:o}): chmod o= {path}", path = path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What it allows.
        mode: u32,
    },
    /// A certificate of its own without those that vouch for the other side's.
    #[error("{}: holds no certificate of an authority behind its own; name the file with it as `ca`", .0.display())]
    NoAuthority(PathBuf),
    /// TLS without anything to know the other side by.
    #[error(
        "TLS needs `ca`, the file with the certificate of whoever vouches for the broker's, or `identity`, the file that `plenum-agent join` wrote"
    )]
    NobodyToBelieve,
    /// They belong to different pairs.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// Its file.
        certificate: PathBuf,
        /// Its file.
        key: PathBuf,
    },
    /// It is too old; only for a pair that would take the place of another.
    #[error("{}: the certificate has expired: it was valid until {until}", path.display())]
    Expired {
        /// Which.
        path: PathBuf,
        /// Until when it was valid.
        until: Timestamp,
    },
}

impl PairError {
    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NoCertificate(path)
            | Self::NoKey(path)
            | Self::Encrypted(path)
            | Self::NoAuthority(path) => path,
            Self::NobodyToBelieve => Path::new(""),
            Self::Unreadable { path, .. }
            | Self::Certificate { path, .. }
            | Self::Key { path, .. }
            | Self::Open { path, .. }
            | Self::Expired { path, .. } => path,
            Self::Mismatch { key, .. } => key,
        }
    }
}

impl Pair {
    /// Reads and checks both files. An expired certificate is one still: what becomes of it is for the caller to say.
    ///
    /// # Errors
    /// A file cannot be read, is none of what it should be, lets others read the key, or the two do not belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, PairError> {
        let chain = chain(certificate)?;
        let private = private(key)?;
        Self::new(chain, private, certificate, key)
    }

    /// Of what stands in two files.
    fn new(
        chain: Vec<CertificateDer<'static>>,
        private: PrivateKeyDer<'static>,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, PairError> {
        let own = chain
            .first()
            .ok_or_else(|| PairError::NoCertificate(certificate.to_owned()))?;
        let wrong = |why: String| PairError::Certificate {
            path: certificate.to_owned(),
            why,
        };
        let (_, parsed) = X509Certificate::from_der(own).map_err(|error| wrong(error.to_string()))?;
        let validity = parsed.validity();
        let at =
            |instant: x509_parser::time::ASN1Time| Timestamp::from_milliseconds(instant.timestamp() * 1_000);
        let (not_before, not_after) = (at(validity.not_before), at(validity.not_after));
        let (names, fingerprint) = (names(&parsed), fingerprint(own));
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, private, &provider).map_err(|error| match error {
            TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => PairError::Mismatch {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            },
            TlsError::InvalidCertificate(why) => wrong(format!("{why:?}")),
            other => PairError::Key {
                path: key.to_owned(),
                why: other.to_string(),
            },
        })?;
        Ok(Self {
            key: Arc::new(key),
            not_before,
            not_after,
            names,
            fingerprint,
        })
    }
}

/// The certificates in a file: one at least.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, PairError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| PairError::Certificate {
        path: path.to_owned(),
        why: said(&error),
    })?;
    match found.is_empty() {
        true => Err(PairError::NoCertificate(path.to_owned())),
        false => Ok(found),
    }
}

fn private(path: &Path) -> Result<PrivateKeyDer<'static>, PairError> {
    let text = read(path)?;
    let mode = fs::metadata(path).map_err(|source| PairError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mode = mode.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(PairError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    // The old form has the passphrase's cipher in a header of the section.
    let lossy = String::from_utf8_lossy(&text);
    if lossy.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || lossy.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(PairError::Encrypted(path.to_owned()));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => PairError::NoKey(path.to_owned()),
        error => PairError::Key {
            path: path.to_owned(),
            why: said(&error),
        },
    })
}

fn read(path: &Path) -> Result<Vec<u8>, PairError> {
    let unreadable = |source| PairError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(path).map_err(unreadable)
}

/// The crate's own words are those of its types.
fn said(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            // One version of the crate names the whole line, the next its label alone.
            let line = String::from_utf8_lossy(end_marker);
            let label = line.trim_start_matches("-----END ").trim_end_matches('-');
            format!("the line -----END {label}----- is missing")
        }
        pem::Error::Base64Decode(_) => "what stands between its lines is not valid base64".to_owned(),
        other => other.to_string(),
    }
}

/// What it is for: names as they stand, addresses in their usual form.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            ref bytes => <[u8; 16]>::try_from(bytes)
                .ok()
                .map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

/// As `openssl x509 -fingerprint -sha256` prints it.
fn fingerprint(certificate: &[u8]) -> String {
    let digest = Sha256::digest(certificate);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
