//! The keys that sign ID tokens, as rows: RS256, because that is what libraries for Google's tokens check.
//!
//! Whoever checks a token fetches the public halves and keeps them for a while. So each key belongs to a period of time
//! ([`limits::OPENID_KEY_PERIOD`]): it signs in its own, is published one before, and stays published one after. Whoever asks for
//! them first in a period makes what is missing and forgets what is over, so nobody has to think of it, and a restart or another
//! process on the database changes nothing.
//!
//! They are apart from the keys of access tokens ([`crate::keys`]), which nobody checks but us: a token of one kind cannot pass
//! for one of the other.

use std::{collections::BTreeMap, sync::Arc};

use aside::Aside;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Db, Row, Statement};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use rcgen::{CertificateParams, DnType};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use crate::{Identity, KeyError, limits, sign_in::after};

const ALGORITHM: &str = "RS256";

/// The keys of the period in which somebody asked last.
#[derive(Default)]
pub(crate) struct OpenIdKeys(Mutex<Option<Arc<Published>>>);

/// The keys that are published in one period, oldest first.
pub(crate) struct Published {
    period: i64,
    keys: Vec<OpenIdKey>,
}

/// One key.
struct OpenIdKey {
    /// As tokens name it.
    id: String,
    period: i64,
    pair: KeyPair,
}

fn period_us() -> i64 {
    after(0, limits::OPENID_KEY_PERIOD)
}

impl OpenIdKeys {
    /// The keys of this moment. Only one at a time looks for them, since whoever finds none makes some, which is slow.
    async fn at(&self, db: &Db, aside: &Aside, now_us: i64) -> Result<Arc<Published>, KeyError> {
        let period = now_us.div_euclid(period_us());
        let mut known = self.0.lock().await;
        if let Some(published) = known.as_ref().filter(|published| published.period == period) {
            return Ok(Arc::clone(published));
        }
        let published = Arc::new(Published::open(db, aside, period).await?);
        *known = Some(Arc::clone(&published));
        Ok(published)
    }
}

impl Published {
    /// Reads the keys of a period, and makes those that there are not yet.
    async fn open(db: &Db, aside: &Aside, period: i64) -> Result<Published, KeyError> {
        let stored = stored_keys(db, period).await?;
        for wanted in [period, period + 1] {
            if stored.iter().all(|key| key.period != wanted) {
                make(db, aside, wanted).await?;
            }
        }
        Ok(Published {
            period,
            keys: stored_keys(db, period).await?,
        })
    }

    /// Signs what a token says.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let key = self.keys.iter().find(|key| key.period == self.period);
        key.ok_or(KeyError::Missing)?.sign(claims)
    }

    /// What a token says that one of these keys has signed.
    pub(crate) fn verified(&self, token: &str) -> Option<Value> {
        let id = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.keys.iter().find(|key| key.id == id)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        // Both are for whoever asks: the library would ask the system's clock, and whom a token is for is theirs to know.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode(token, &key.public(), &validation);
        decoded.ok().map(|decoded| decoded.claims)
    }
}

impl OpenIdKey {
    fn public(&self) -> DecodingKey {
        DecodingKey::from_rsa_der(self.pair.public_key().as_ref())
    }

    /// Done here and not by the library for tokens, which takes private keys in another form than we keep them in.
    fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = json!({"alg": ALGORITHM, "kid": self.id, "typ": "JWT"}).to_string();
        let claims = serde_json::to_vec(claims).expect("texts and numbers are JSON");
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Generation)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn jwk(&self) -> Option<Jwk> {
        let mut jwk = Jwk::from_decoding_key(&self.public(), Some(Algorithm::RS256)).ok()?;
        jwk.common.key_id = Some(self.id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(jwk)
    }

    /// A certificate of the key by itself. It is the same each time: its number follows from the key.
    fn certificate(&self) -> Option<String> {
        let private: Pkcs8V1Der<'_> = self.pair.as_der().ok()?;
        let pair =
            rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&private.as_ref().into(), &rcgen::PKCS_RSA_SHA256).ok()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "sederunt");
        Some(params.self_signed(&pair).ok()?.pem())
    }
}

/// The keys of this period and those around it.
async fn stored_keys(db: &Db, period: i64) -> Result<Vec<OpenIdKey>, KeyError> {
    let sql = "select id, private_der, create_us from signing_key
        where algorithm = $1 and create_us >= $2 and create_us <= $3 order by create_us";
    let around = [period - 1, period + 1].map(|period| (period * period_us()).into());
    let [from_us, to_us] = around;
    let rows = db.read(sql, vec![ALGORITHM.into(), from_us, to_us]).await?;
    rows.iter().map(key_of).collect()
}

fn key_of(row: &Row) -> Result<OpenIdKey, KeyError> {
    let pair = KeyPair::from_pkcs8(row.blob(1)?).map_err(|_| KeyError::Damaged {
        id: row.text(0).unwrap_or_default().to_owned(),
    })?;
    // Its own name and not its row's: a new installation may have a row of the same, and readers keep keys by their names.
    let digest = Sha256::digest(pair.public_key().as_ref());
    Ok(OpenIdKey {
        id: URL_SAFE_NO_PAD.encode(&digest[..15]),
        period: row.int(2)?.div_euclid(period_us()),
        pair,
    })
}

/// Makes the key of a period, dated by its beginning, and forgets those that nobody is shown any more.
async fn make(db: &Db, aside: &Aside, period: i64) -> Result<(), KeyError> {
    let pair = aside.run(|| KeyPair::generate(KeySize::Rsa2048)).await;
    let pair = pair
        .map_err(|_| KeyError::Generation)?
        .map_err(|_| KeyError::Generation)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generation)?;
    let write = vec![
        Statement::new(
            "insert into signing_key (id, algorithm, private_der, public_der, create_us) values ($1, $2, $3, $4, $5)",
            vec![
                format!("openid-{period}").into(),
                ALGORITHM.into(),
                private.as_ref().to_vec().into(),
                pair.public_key().as_ref().to_vec().into(),
                (period * period_us()).into(),
            ],
        )
        .expect(1),
        Statement::new(
            "delete from signing_key where algorithm = $1 and create_us < $2",
            vec![ALGORITHM.into(), ((period - 2) * period_us()).into()],
        ),
    ];
    match db.write(write).await {
        // Another process was faster: its key is ours.
        Err(error) if error.is_conflict() => Ok(()),
        other => Ok(other?),
    }
}

impl Identity {
    pub(crate) async fn openid_keys(&self, now_us: i64) -> Result<Arc<Published>, KeyError> {
        self.openid_keys.at(&self.db, &self.slowly, now_us).await
    }

    /// The public halves of the keys that sign ID tokens, as a JSON Web Key Set.
    pub async fn openid_key_set(&self, now_us: i64) -> Result<JwkSet, KeyError> {
        let published = self.openid_keys(now_us).await?;
        let keys = published.keys.iter().map(|key| key.jwk().ok_or(KeyError::Generation));
        Ok(JwkSet {
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    /// The same as certificates in PEM by the names of the keys, which is the form that Google's libraries fetch for Python,
    /// Node.js and Java.
    pub async fn openid_certificates(&self, now_us: i64) -> Result<BTreeMap<String, String>, KeyError> {
        let published = self.openid_keys(now_us).await?;
        let certificate = |key: &OpenIdKey| Some((key.id.clone(), key.certificate()?));
        let all = published
            .keys
            .iter()
            .map(|key| certificate(key).ok_or(KeyError::Generation));
        all.collect()
    }
}
