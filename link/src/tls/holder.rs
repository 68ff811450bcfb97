//! Whose a certificate says that it is.

use plenum_protocol::enrolment::Holder;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Of which agent a certificate is; none where it names none. Believe it of one whose signature was verified.
pub fn holder(certificate: &[u8]) -> Option<Holder> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let mut names = names.value.general_names.iter();
    names.find_map(|name| match name {
        GeneralName::URI(uri) => uri.parse().ok(),
        _ => None,
    })
}
