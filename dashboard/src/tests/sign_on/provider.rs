//! A provider of single sign-on that does what a test wants of it: a good one, a broken one, a hostile one.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plenum_collector::config::Config;
use plenum_collector::people::SignOn;
use plenum_link::SystemClock;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::tests::rig::Rig;

pub(super) const SECRET: &str = "a secret & more";

/// What it does, beside what is right.
pub(super) struct Manner {
    /// Claims that are otherwise; null takes one away.
    pub(super) claims: Value,
    /// Parts of the token's header that are otherwise.
    pub(super) header: Value,
    /// The token is not signed by the key that is published.
    pub(super) forged: bool,
    /// What it says of itself otherwise.
    pub(super) metadata: Value,
    /// What answers the code, instead of a token.
    pub(super) token: Option<(u16, String)>,
    /// Which of its keys it publishes and signs with.
    pub(super) key: usize,
    /// The nonce and the challenge that came with whoever has logged in there.
    came_with: (String, String),
}

/// It runs until the test ends.
pub(super) struct Provider {
    pub(super) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

struct Answering {
    issuer: String,
    keys: [EcdsaKeyPair; 3],
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let manner = Arc::new(Mutex::new(Manner {
            claims: json!({}),
            header: json!({}),
            forged: false,
            metadata: json!({}),
            token: None,
            key: 0,
            came_with: Default::default(),
        }));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let answering = Arc::new(Answering {
            issuer: format!("http://{address}"),
            keys: [pair(), pair(), pair()],
            manner: manner.clone(),
            asked: asked.clone(),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answering.clone().answer(stream));
            }
        });
        Self {
            address,
            manner,
            asked,
        }
    }

    /// From now on it does this.
    pub(super) fn now(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }

    /// How often a path of it was asked.
    pub(super) fn was_asked(&self, path: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| *one == path).count()
    }

    /// Lets people in at the rig by this provider, with these keys of `[people.single_sign_on]` more.
    pub(super) fn lets_in_at(&self, rig: &Rig, more: &str) {
        rig.collector
            .people
            .use_sign_on(Some(sign_on(self.address, more)));
    }

    /// Somebody logs in there, where they were sent to.
    pub(super) fn log_in(&self, sent_to: &HashMap<String, String>) {
        let part = |name: &str| sent_to[name].clone();
        self.now(|manner| manner.came_with = (part("nonce"), part("code_challenge")));
    }
}

/// Single sign-on as a file wants it whose issuer is at this address.
pub(super) fn sign_on(address: SocketAddr, more: &str) -> SignOn {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
    let text = format!(
        "[http]\nbase_url = \"https://plenum.example.org/\"\n[people.single_sign_on]\nissuer = \"http://{address}\"\n\
         client_id = \"plenum\"\nclient_secret_file = \"secret\"\nbutton = \"Example ID\"\n{more}\n\
         [[people.single_sign_on.group]]\ngroup = \"admins\"\nrole = \"administrator\"\n\
         [[people.single_sign_on.group]]\ngroup = \"room-a\"\nrole = \"viewer\"\nrooms = [\"room-a\"]\n"
    );
    let file = folder.path().join("collector.toml").display().to_string();
    let config = Config::parse(&file, &text).unwrap();
    config.sign_on(SystemClock::shared()).unwrap().unwrap()
}

fn pair() -> EcdsaKeyPair {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

fn changed(mut whole: Value, more: &Value) -> Value {
    let all = whole.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => all.remove(name),
            value => all.insert(name.clone(), value.clone()),
        };
    }
    whole
}

impl Answering {
    async fn answer(self: Arc<Self>, mut stream: TcpStream) {
        let mut asked = Vec::new();
        let (head, body) = loop {
            let mut chunk = [0; 4_096];
            let count = stream.read(&mut chunk).await.unwrap_or(0);
            asked.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8_lossy(&asked).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_lowercase();
                let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
                let length: usize = length.lines().next().unwrap().parse().unwrap();
                if body.len() >= length {
                    break (text.split_once("\r\n\r\n").unwrap().0.to_owned(), body.to_owned());
                }
            }
            if count == 0 {
                return;
            }
        };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let (status, body) = self.answer_to(&path, &head, &body);
        let answer = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.ok();
    }

    fn answer_to(&self, path: &str, head: &str, body: &str) -> (u16, String) {
        let manner = self.manner.lock().unwrap();
        match path {
            "/.well-known/openid-configuration" => {
                let at = |path: &str| format!("{}{path}", self.issuer);
                let metadata = json!({
                    "issuer": self.issuer, "authorization_endpoint": at("/authorize?tenant=a"), "token_endpoint": at("/token"),
                    "jwks_uri": at("/keys"),
                });
                (200, changed(metadata, &manner.metadata).to_string())
            }
            "/keys" => {
                let point = self.keys[manner.key].public_key().as_ref();
                let part = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
                let key = json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "kid": manner.key.to_string(), "x": part(&point[1..33]), "y": part(&point[33..]),
                });
                (200, json!({ "keys": [key] }).to_string())
            }
            "/token" => manner
                .token
                .clone()
                .unwrap_or_else(|| self.token(&manner, head, body)),
            _ => (404, String::new()),
        }
    }

    /// A token, for whoever shows the secret, the code, and what the challenge was of.
    fn token(&self, manner: &Manner, head: &str, body: &str) -> (u16, String) {
        let basic = base64::engine::general_purpose::STANDARD.encode("plenum:a%20secret%20%26%20more");
        assert!(head.contains(&format!("Basic {basic}")), "{head}");
        let form = parameters(body);
        assert_eq!(
            (form["grant_type"].as_str(), form["redirect_uri"].as_str()),
            ("authorization_code", "https://plenum.example.org/signed-on")
        );
        let (nonce, challenge) = &manner.came_with;
        let shown = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        if form["code"] != "good code" || shown != *challenge {
            return (400, json!({"error": "invalid_grant"}).to_string());
        }
        let now = SystemClock::shared().now().milliseconds() / 1_000;
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": manner.key.to_string()});
        let claims = json!({
            "iss": self.issuer, "sub": "subject of sanne", "aud": "plenum", "nonce": nonce, "iat": now, "exp": now + 300,
            "preferred_username": "sanne", "groups": ["admins"], "amr": ["pwd"],
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let (header, claims) = (changed(header, &manner.header), changed(claims, &manner.claims));
        let signed = format!("{}.{}", part(header), part(claims));
        let key = &self.keys[if manner.forged { 2 } else { manner.key }];
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        (
            200,
            json!({"token_type": "Bearer", "access_token": "x", "id_token": token}).to_string(),
        )
    }
}

/// The parameters of a query or a form.
pub(super) fn parameters(text: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
    url.query_pairs().into_owned().collect()
}
