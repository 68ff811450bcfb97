//! What goes wrong in TLS, in words for whoever has to mend it.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// What went wrong, and whether it was the other side that said no to us.
pub(crate) struct Said {
    pub(crate) why: String,
    pub(crate) refused: bool,
}

/// Of an error with TLS somewhere among its causes; none of another.
pub(crate) fn said(error: &(dyn std::error::Error + 'static)) -> Option<Said> {
    let of_socket = |error: &io::Error| error.get_ref()?.downcast_ref().map(in_words);
    let found = error.downcast_ref().map(in_words);
    found
        .or_else(|| error.downcast_ref().and_then(of_socket))
        .or_else(|| error.source().and_then(said))
}

fn in_words(error: &Error) -> Said {
    match error {
        Error::InvalidCertificate(why) => Said {
            why: of_certificate(why),
            refused: false,
        },
        Error::AlertReceived(alert) => Said {
            why: of_alert(*alert),
            refused: true,
        },
        Error::InvalidMessage(_) => Said {
            why: "what listens there does not speak TLS: is it the port for mqtt://?".to_owned(),
            refused: false,
        },
        other => Said {
            why: format!("TLS: {other}"),
            refused: false,
        },
    }
}

fn of_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is not from an authority that is believed here (`ca` or `identity`)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this host's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this host's clock is wrong".to_owned()
        }
        other => format!("its certificate is not valid: {other:?}"),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateExpired => "this host's certificate has expired".to_owned(),
        AlertDescription::CertificateRevoked => "this host's certificate was revoked".to_owned(),
        AlertDescription::CertificateRequired => "it wants a certificate".to_owned(),
        AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::DecryptError => {
            "this host's certificate is from another authority".to_owned()
        }
        other => format!("it ended TLS: {other:?}"),
    }
}
