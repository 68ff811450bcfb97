//! The provider's public keys (a JWK Set, RFC 7517), and signatures by them (RFC 7515, 7518, 8037). `ring` does the arithmetic.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// Providers have two or three, and some more for what is not for us.
const MOST: usize = 64;

/// How a token may be signed. There is no `none`, and no algorithm in which whoever can check a token can make one: that a name is not here is the refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in crate::people) enum Algorithm {
    /// RSA with PKCS #1 1.5 and SHA-256, 2,048 bits at least.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519, under the name that RFC 8037 gave it.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// The keys that the provider signs with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::people) struct Keys(Vec<Key>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

/// A key as it is written.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct WrittenSet {
    keys: Vec<serde_json::Value>,
}

/// Why a signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::people) enum Disbelief {
    /// None of these keys is the one that is named, or it is not one for this algorithm.
    NoKey,
    /// The key did not sign this.
    NotSigned,
}

impl Keys {
    /// Reads a set. A key that is for something else, or of a kind that is not known here, is left out, as RFC 7517 wants.
    pub(in crate::people) fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        let set: WrittenSet = serde_json::from_slice(text)?;
        let keys = set.keys.into_iter().take(MOST);
        let keys = keys.filter_map(|key| serde_json::from_value::<Written>(key).ok());
        Ok(Self(keys.filter_map(Written::key).collect()))
    }

    /// Whether the key of this name signed `signed`; without a name it has to be clear which key it is.
    pub(in crate::people) fn check(
        &self,
        (algorithm, id): (Algorithm, Option<&str>),
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), Disbelief> {
        let is_it = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let fits = |key: &&Key| key.public.algorithm() == algorithm;
        let mut fitting = self.0.iter().filter(is_it).filter(fits);
        let (Some(key), None) = (fitting.next(), fitting.next()) else {
            return Err(Disbelief::NoKey);
        };
        key.public.check(signed, signature)
    }
}

impl Written {
    fn key(self) -> Option<Key> {
        let is_for_signatures = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        let public = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Public::Rsa {
                n: read(self.n.as_deref())?,
                e: read(self.e.as_deref())?,
            },
            ("EC", Some("P-256")) => {
                let (x, y) = (read(self.x.as_deref())?, read(self.y.as_deref())?);
                // SEC 1, 2.3.3: a point that is not compressed.
                Public::P256([&[4], x.as_slice(), &y].concat().try_into().ok()?)
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(read(self.x.as_deref())?.try_into().ok()?),
            _ => return None,
        };
        let named = self.alg.as_deref();
        let is_for_this = named.is_none_or(|named| named == public.algorithm().name());
        (is_for_signatures && is_for_this).then_some(Key { id: self.kid, public })
    }
}

fn read(text: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl Public {
    /// What it signs by: a key signs in one way alone, whatever a token says.
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn check(&self, signed: &[u8], signature: &[u8]) -> Result<(), Disbelief> {
        let checked = match self {
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
            Self::P256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&signature::ED25519, key).verify(signed, signature),
        };
        checked.map_err(|_| Disbelief::NotSigned)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether one key says that it signed the token; the same token with one letter changed it does not.
    #[track_caller]
    fn check(key: &serde_json::Value, algorithm: Algorithm, token: &str) {
        let keys = Keys::read(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        assert_eq!(keys.0.len(), 1, "{key}");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let id = key["kid"].as_str();
        assert_eq!(keys.check((algorithm, id), signed.as_bytes(), &signature), Ok(()));
        let other = signed.replacen('e', "f", 1);
        let of_other = keys.check((algorithm, id), other.as_bytes(), &signature);
        assert_eq!(of_other, Err(Disbelief::NotSigned));
        let by_another = keys.check((algorithm, Some("another")), signed.as_bytes(), &signature);
        assert_eq!(by_another, Err(Disbelief::NoKey));
    }

    #[test]
    fn the_rfcs_own_signatures_are_good() {
        // RFC 7515, A.2.
        check(
            &json!({
                "kty": "RSA", "e": "AQAB",
                "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            }),
            Algorithm::Rs256,
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        );
        // RFC 7515, A.3.
        check(
            &json!({
                "kty": "EC", "crv": "P-256", "kid": "a", "use": "sig", "alg": "ES256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }),
            Algorithm::Es256,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        );
        // RFC 8037, A.4.
        check(
            &json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            Algorithm::EdDsa,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        );
    }

    #[test]
    fn a_key_does_one_thing_and_has_to_be_named_among_several() {
        let point = json!({
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let with = |more: serde_json::Value| {
            let mut key = point.clone();
            key.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            key
        };
        let count = |keys: serde_json::Value| {
            let text = json!({ "keys": keys }).to_string();
            Keys::read(text.as_bytes()).unwrap().0.len()
        };
        assert_eq!(count(json!([with(json!({"use": "enc"}))])), 0);
        assert_eq!(
            count(json!([
                with(json!({"alg": "ES384"})),
                with(json!({"crv": "P-384"}))
            ])),
            0
        );
        // A secret that whoever holds it can sign with, and what cannot be read, are left out, and the others stay.
        let strange =
            json!([{"kty": "oct", "k": "c2VjcmV0"}, 7, {"kty": "RSA"}, with(json!({"x": "AA"})), point]);
        assert_eq!(count(strange), 1);
        let two = json!({"keys": [with(json!({"kid": "a"})), with(json!({"kid": "b"}))]}).to_string();
        let two = Keys::read(two.as_bytes()).unwrap();
        assert_eq!(
            two.check((Algorithm::Es256, None), b"x", b"y"),
            Err(Disbelief::NoKey)
        );
        assert_eq!(
            two.check((Algorithm::Rs256, Some("a")), b"x", b"y"),
            Err(Disbelief::NoKey)
        );
        assert_eq!(
            two.check((Algorithm::Es256, Some("a")), b"x", b"y"),
            Err(Disbelief::NotSigned)
        );
        for wrong in ["", "[]", "{}", "{\"keys\": 7}"] {
            assert!(Keys::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
