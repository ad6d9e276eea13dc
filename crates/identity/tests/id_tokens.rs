//! ID tokens of other issuers: which prove something, under which keys.

mod signing;

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{Expected, IdToken, IdTokenError, IssuerKeys, limits};
use proptest::prelude::*;
use serde_json::{Value, json};
use signing::{changed, rsa_signature, signed_token};

const NOW_US: i64 = 1_767_225_600_000_000;
const NOW: i64 = NOW_US / 1_000_000;
const EXPECTED: Expected<'static> = Expected {
    issuer: "https://issuer.example.org",
    client_id: "sederunt",
    nonce: "n-0S6_WzA2Mj",
};

/// An issuer with one key of each kind.
struct Issuer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer {
    rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
    ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"),
});

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    fn jwk(&self, kind: &str) -> Value {
        if kind == "RSA" {
            let public = self.rsa.public_key();
            return json!({
                "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256",
                "n": encode(public.modulus().big_endian_without_leading_zero()),
                "e": encode(public.exponent().big_endian_without_leading_zero()),
            });
        }
        // 0x04, then the coordinates.
        let point = self.ec.public_key().as_ref();
        json!({"kty": "EC", "kid": "e", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
    }

    fn keys(&self) -> IssuerKeys {
        // An issuer publishes keys for other purposes too.
        let set = json!({"keys": [
            {"kty": "OKP", "kid": "o", "crv": "Ed25519", "x": encode(&[7; 32])},
            {"kty": "oct", "kid": "s", "k": encode(b"a password")},
            {"kty": "RSA", "kid": "broken", "n": "?", "e": "AQAB"},
            {"kty": "novel", "kid": "q"},
            7,
            self.jwk("RSA"), self.jwk("EC"),
        ]});
        IssuerKeys::parse(set.to_string().as_bytes()).expect("a set")
    }

    /// Signs with the key that the algorithm is for.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        signed_token(header, claims, |message| {
            if header["alg"] == "ES256" {
                let signature = self.ec.sign(&SystemRandom::new(), message).expect("signed");
                signature.as_ref().to_vec()
            } else {
                rsa_signature(&self.rsa, message)
            }
        })
    }

    /// A good token, but for these claims; null leaves one out.
    fn token(&self, changes: &Value) -> String {
        self.sign(&json!({"alg": "RS256", "kid": "r"}), &claims(changes))
    }
}

fn claims(changes: &Value) -> Value {
    let right = json!({
        "iss": EXPECTED.issuer, "aud": EXPECTED.client_id, "nonce": EXPECTED.nonce, "sub": "ada-1", "iat": NOW,
        "exp": NOW + 600, "email": "ada@example.org", "email_verified": true, "name": "Ada",
    });
    changed(right, changes)
}

fn ada() -> IdToken {
    IdToken {
        issuer: EXPECTED.issuer.to_owned(),
        subject: "ada-1".to_owned(),
        email: Some("ada@example.org".to_owned()),
        email_verified: true,
        name: Some("Ada".to_owned()),
    }
}

#[test]
fn claims_of_tokens() {
    let keys = ISSUER.keys();
    let nobody_verified = || IdToken {
        email_verified: false,
        ..ada()
    };
    let long = "x".repeat(limits::SUBJECT_BYTES_MAX + 1);
    for (changes, expected) in [
        (json!({}), Ok(ada())),
        (json!({"aud": ["sederunt"]}), Ok(ada())),
        (json!({"aud": ["other", "sederunt"], "azp": "sederunt"}), Ok(ada())),
        (json!({"azp": "sederunt"}), Ok(ada())),
        (json!({"email_verified": "true"}), Ok(ada())),
        (json!({"email_verified": "false"}), Ok(nobody_verified())),
        (json!({"email_verified": null}), Ok(nobody_verified())),
        (json!({"name": null}), Ok(IdToken { name: None, ..ada() })),
        (json!({"iat": NOW + 300}), Ok(ada())),
        (json!({"exp": NOW - 299}), Ok(ada())),
        (json!({"exp": NOW - 300}), Err(IdTokenError::Expired)),
        (json!({"exp": i64::MIN}), Err(IdTokenError::Expired)),
        (json!({"iat": NOW + 301}), Err(IdTokenError::Expired)),
        (
            json!({"iss": "https://issuer.example.org/"}),
            Err(IdTokenError::WrongIssuer),
        ),
        (json!({"iss": null}), Err(IdTokenError::Malformed)),
        (json!({"aud": "other"}), Err(IdTokenError::WrongAudience)),
        (json!({"aud": []}), Err(IdTokenError::WrongAudience)),
        (json!({"aud": ["other", "sederunt"]}), Err(IdTokenError::WrongAudience)),
        (json!({"azp": "other"}), Err(IdTokenError::WrongAudience)),
        (json!({"aud": null}), Err(IdTokenError::Malformed)),
        (json!({"nonce": "another"}), Err(IdTokenError::WrongNonce)),
        (json!({"nonce": null}), Err(IdTokenError::WrongNonce)),
        (json!({"sub": ""}), Err(IdTokenError::Malformed)),
        (json!({"sub": "\0"}), Err(IdTokenError::Malformed)),
        (json!({"sub": long}), Err(IdTokenError::Malformed)),
        (json!({"sub": null}), Err(IdTokenError::Malformed)),
        (json!({"exp": null}), Err(IdTokenError::Malformed)),
        (json!({"iat": null}), Err(IdTokenError::Malformed)),
    ] {
        assert_eq!(
            keys.verify(&ISSUER.token(&changes), &EXPECTED, NOW_US),
            expected,
            "{changes}"
        );
    }
}

#[test]
fn keys_of_tokens() {
    let keys = ISSUER.keys();
    let headed = |header: Value| ISSUER.sign(&header, &claims(&json!({})));
    let good = ISSUER.token(&json!({}));
    let (signed, _) = good.rsplit_once('.').expect("three parts");
    for (what, token, expected) in [
        ("by RSA", good.clone(), Ok(())),
        (
            "by an elliptic curve",
            headed(json!({"alg": "ES256", "kid": "e"})),
            Ok(()),
        ),
        ("without a name", headed(json!({"alg": "RS256"})), Ok(())),
        (
            "an unknown key",
            headed(json!({"alg": "RS256", "kid": "x"})),
            Err(IdTokenError::UnknownKey),
        ),
        (
            "a damaged key",
            headed(json!({"alg": "RS256", "kid": "broken"})),
            Err(IdTokenError::UnknownKey),
        ),
        (
            "a key of another kind",
            headed(json!({"alg": "RS256", "kid": "e"})),
            Err(IdTokenError::UnknownKey),
        ),
        (
            "a password",
            headed(json!({"alg": "HS256", "kid": "s"})),
            Err(IdTokenError::Algorithm),
        ),
        (
            "another algorithm",
            headed(json!({"alg": "PS256", "kid": "r"})),
            Err(IdTokenError::Algorithm),
        ),
        (
            "no algorithm",
            headed(json!({"alg": "none"})),
            Err(IdTokenError::Malformed),
        ),
        (
            "something critical",
            headed(json!({"alg": "RS256", "kid": "r", "crit": ["x"]})),
            Err(IdTokenError::Algorithm),
        ),
        (
            "its own key",
            headed(json!({"alg": "RS256", "kid": "x", "jwk": ISSUER.jwk("RSA"), "jku": "https://evil.example.org/"})),
            Err(IdTokenError::UnknownKey),
        ),
        ("unsigned", format!("{signed}."), Err(IdTokenError::WrongSignature)),
        (
            "forged",
            format!("{signed}.{}", "A".repeat(342)),
            Err(IdTokenError::WrongSignature),
        ),
        ("nothing", String::new(), Err(IdTokenError::Malformed)),
        (
            "too long",
            "A".repeat(limits::ID_TOKEN_BYTES_MAX + 1),
            Err(IdTokenError::Malformed),
        ),
    ] {
        let read = keys.verify(&token, &EXPECTED, NOW_US).map(|_| ());
        assert_eq!(read, expected, "{what}");
    }

    // Two keys could have signed it, and it does not say which.
    let twice = json!({"keys": [ISSUER.jwk("RSA"), ISSUER.jwk("RSA")]});
    let twice = IssuerKeys::parse(twice.to_string().as_bytes()).expect("a set");
    let unnamed = headed(json!({"alg": "RS256"}));
    assert_eq!(twice.verify(&unnamed, &EXPECTED, NOW_US), Err(IdTokenError::UnknownKey));
    let mut for_encryption = ISSUER.jwk("RSA");
    for_encryption["use"] = json!("enc");
    let set = json!({"keys": [for_encryption]});
    let set = IssuerKeys::parse(set.to_string().as_bytes()).expect("a set");
    assert_eq!(set.verify(&good, &EXPECTED, NOW_US), Err(IdTokenError::UnknownKey));
}

#[test]
fn sets_of_keys() {
    for (text, readable) in [
        (r#"{"keys":[]}"#, true),
        (r#"{"keys":[{}],"more":1}"#, true),
        ("{}", false),
        ("[]", false),
        ("", false),
        (r#"{"keys":{}}"#, false),
        ("<html>", false),
    ] {
        assert_eq!(IssuerKeys::parse(text.as_bytes()).is_ok(), readable, "{text}");
    }
    let long = format!(r#"{{"keys":[]{}}}"#, " ".repeat(limits::ISSUER_KEYS_BYTES_MAX));
    assert!(IssuerKeys::parse(long.as_bytes()).is_err());
}

static KEYS: LazyLock<IssuerKeys> = LazyLock::new(|| ISSUER.keys());
static TOKEN: LazyLock<String> = LazyLock::new(|| ISSUER.token(&json!({})));

proptest! {
    #[test]
    fn no_text_is_an_id_token(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
        prop_assert!(KEYS.verify(&text, &EXPECTED, NOW_US).is_err());
    }

    #[test]
    fn no_changed_token_is_one(place in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, cut in any::<bool>()) {
        let mut token = TOKEN.clone().into_bytes();
        let place = place.index(token.len());
        if cut {
            token.remove(place);
        } else {
            prop_assume!(token[place] != byte);
            token[place] = byte;
        }
        let token = String::from_utf8(token).expect("ASCII");
        prop_assert!(KEYS.verify(&token, &EXPECTED, NOW_US).is_err(), "{}", token);
    }

    #[test]
    fn any_bytes_are_a_set_or_none(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = IssuerKeys::parse(&bytes);
    }
}
