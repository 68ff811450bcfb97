//! Tokens as a hostile provider, another client or the network would write them.

use base64::Engine;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

use super::*;

const NOW: i64 = 1_750_000_000;

/// A provider with one key.
struct Provider {
    pair: EcdsaKeyPair,
    keys: Keys,
}

impl Provider {
    fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref();
        let part = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let key = json!({"kty": "EC", "crv": "P-256", "kid": "one", "x": part(&point[1..33]), "y": part(&point[33..])});
        let keys = Keys::read(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        Self { pair, keys }
    }

    /// A token of this header and these claims, signed.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[track_caller]
    fn check(&self, header: &Value, claims: &Value, expected: Result<(), TokenError>) {
        let token = self.sign(header, claims);
        let found = super::check(&token, &self.keys, self::expected());
        assert_eq!(found.map(|_| ()), expected, "{header} {claims}");
    }
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://id.example.org",
        client: "plenum",
        nonce: "n-0S6_WzA2Mj",
        begun: Timestamp::from_milliseconds((NOW - 30) * 1_000),
        now: Timestamp::from_milliseconds(NOW * 1_000),
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example.org", "sub": "248289761001", "aud": "plenum", "nonce": "n-0S6_WzA2Mj",
        "exp": NOW + 300, "iat": NOW, "preferred_username": "sanne", "groups": ["a"],
    })
}

/// The claims with some of them changed; null takes one away.
fn with(more: Value) -> Value {
    changed(claims(), more)
}

fn changed(mut whole: Value, more: Value) -> Value {
    let all = whole.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => all.remove(name),
            value => all.insert(name.clone(), value.clone()),
        };
    }
    whole
}

const MISSHAPEN: Result<(), TokenError> = Err(TokenError::Unreadable(
    "a part of it is not the JSON that it has to be",
));

#[test]
fn a_good_token_says_who_it_is() {
    let provider = Provider::new();
    let token = provider.sign(&header(), &claims());
    let found = check(&token, &provider.keys, expected()).unwrap();
    assert_eq!(found.subject, "248289761001");
    assert_eq!(
        (&found.rest["preferred_username"], &found.rest["groups"]),
        (&json!("sanne"), &json!(["a"]))
    );
    for more in [
        json!({"aud": ["plenum"]}),
        json!({"aud": ["other", "plenum"], "azp": "plenum"}),
        json!({"azp": "plenum"}),
        json!({"exp": NOW as f64 + 300.5, "nbf": NOW}),
        // The clocks are apart by less than they may be.
        json!({"iat": NOW + 119}),
        json!({"iat": NOW - 149}),
    ] {
        provider.check(&header(), &with(more), Ok(()));
    }
    provider.check(&json!({"alg": "ES256"}), &claims(), Ok(()));
}

#[test]
fn what_is_for_somebody_else_lets_nobody_in() {
    use TokenError as E;
    let provider = Provider::new();
    for (more, error) in [
        (json!({"iss": "https://id.example.org/"}), E::Issuer),
        (json!({"iss": "https://evil.example.org"}), E::Issuer),
        (json!({"aud": "other"}), E::Audience),
        (json!({"aud": []}), E::Audience),
        (json!({"aud": ["other", "plenum"]}), E::Audience),
        (json!({"aud": ["other", "plenum"], "azp": "other"}), E::Audience),
        (json!({"azp": "other"}), E::Audience),
        (json!({"nonce": "another"}), E::Nonce),
        (json!({"nonce": ""}), E::Nonce),
        (
            json!({"sub": ""}),
            E::Unreadable("its subject is empty or too long"),
        ),
        (
            json!({"sub": "x".repeat(256)}),
            E::Unreadable("its subject is empty or too long"),
        ),
    ] {
        provider.check(&header(), &with(more), Err(error));
    }
    for missing in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        provider.check(&header(), &with(json!({ missing: null })), MISSHAPEN);
    }
    // A claim of another kind is not one that is missing.
    for more in [
        json!({"exp": "soon"}),
        json!({"nbf": "soon"}),
        json!({"iss": 7}),
        json!({"azp": 7}),
    ] {
        provider.check(&header(), &with(more), MISSHAPEN);
    }
}

#[test]
fn a_token_of_another_time_lets_nobody_in() {
    let provider = Provider::new();
    let minutes = |minutes: i64| {
        Err(TokenError::Clock {
            ahead: Duration::from_minutes(minutes),
        })
    };
    for (more, error) in [
        (
            json!({"iat": NOW - 500, "exp": NOW - 120}),
            Err(TokenError::Clock {
                ahead: Duration::from_seconds(-470),
            }),
        ),
        (
            json!({"iat": NOW - 140, "exp": NOW - 120}),
            Err(TokenError::Expired),
        ),
        (json!({"exp": NOW}), Err(TokenError::Expired)),
        (json!({"iat": NOW + 3_600, "exp": NOW + 3_900}), minutes(60)),
        (json!({"nbf": NOW + 3_600, "exp": NOW + 3_900}), minutes(60)),
        (json!({"iat": NOW - 30 - 3_600}), minutes(-60)),
        (json!({"exp": -1e300}), Err(TokenError::Expired)),
    ] {
        provider.check(&header(), &with(more), error);
    }
    let ahead = TokenError::Clock {
        ahead: Duration::from_minutes(-60),
    };
    assert_eq!(
        ahead.to_string(),
        "the provider's clock is about 60 min behind the collector's"
    );
}

#[test]
fn a_token_that_is_not_signed_as_it_has_to_be_lets_nobody_in() {
    use TokenError as E;
    let provider = Provider::new();
    for algorithm in ["none", "None", "HS256", "RS512", "ES384", "", "es256"] {
        let header = changed(header(), json!({"alg": algorithm}));
        provider.check(&header, &claims(), Err(E::Algorithm));
    }
    provider.check(
        &changed(header(), json!({"alg": ["ES256"]})),
        &claims(),
        Err(E::Algorithm),
    );
    provider.check(
        &changed(header(), json!({"alg": "RS256"})),
        &claims(),
        Err(E::Key),
    );
    provider.check(&changed(header(), json!({"kid": "two"})), &claims(), Err(E::Key));
    // An access token, and one that wants more than we know.
    provider.check(
        &changed(header(), json!({"typ": "at+jwt"})),
        &claims(),
        Err(E::Kind),
    );
    provider.check(
        &changed(header(), json!({"crit": ["exp"]})),
        &claims(),
        Err(E::Kind),
    );
    // A key that the token brings along is not looked at.
    provider.check(
        &changed(
            header(),
            json!({"jwk": {"kty": "EC"}, "jku": "https://evil.example.org"}),
        ),
        &claims(),
        Ok(()),
    );
}

#[test]
fn a_signature_that_is_not_the_providers_lets_nobody_in() {
    use TokenError as E;
    let (provider, other) = (Provider::new(), Provider::new());
    let forged = other.sign(&header(), &claims());
    assert_eq!(check(&forged, &provider.keys, expected()), Err(E::Signature));
    let token = provider.sign(&header(), &claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let payload = URL_SAFE_NO_PAD.encode(with(json!({"sub": "root"})).to_string());
    let swapped = format!("{}.{payload}.{signature}", signed.split_once('.').unwrap().0);
    let unreadable = |what| E::Unreadable(what);
    for (token, error) in [
        (swapped, E::Signature),
        (format!("{signed}."), E::Signature),
        (
            format!("{signed}.{signature}="),
            unreadable("a part of it is not base64url"),
        ),
        (String::new(), unreadable("it has no parts")),
        ("a.b".to_owned(), unreadable("it has two parts")),
        ("a".repeat(LONGEST + 1), unreadable("it is too long")),
    ] {
        assert_eq!(check(&token, &provider.keys, expected()), Err(error), "{token}");
    }
    for token in [signed.to_owned(), format!("{signed}.{signature}.{signature}")] {
        assert!(check(&token, &provider.keys, expected()).is_err(), "{token}");
    }
}

proptest::proptest! {
    /// Whatever comes is refused and nothing worse, and so is a good token with any byte of it changed.
    #[test]
    fn nothing_but_the_token_itself_is_taken(text in ".{0,200}", place in 0_usize..10_000, byte in b'!'..=b'~') {
        let provider = Provider::new();
        assert!(check(&text, &provider.keys, expected()).is_err());
        let token = provider.sign(&header(), &claims());
        let mut changed = token.clone().into_bytes();
        let place = place % changed.len();
        changed[place] = byte;
        let changed = String::from_utf8(changed).unwrap();
        assert!(changed == token || check(&changed, &provider.keys, expected()).is_err(), "{changed}");
    }
}
