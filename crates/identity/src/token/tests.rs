//! What a token proves, and what no forgery does.

use super::*;
use crate::keys::FIRST_KEY;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use std::sync::LazyLock;

const NOW_US: i64 = 1_767_225_600_123_456;
const USER: &str = "100000000000000000001";
const HOUR: Duration = Duration::from_hours(1);

fn keyring() -> Keyring {
    Keyring::new(vec![StoredKey::generate(FIRST_KEY).expect("a key")]).expect("a keyring")
}

fn user() -> Bearer {
    Bearer::User(UserId::parse(USER).expect("21 digits"))
}

fn claims(iss: &str, aud: &str, sub: &str) -> Claims {
    let exp = NOW_US / MICROSECONDS_PER_SECOND + 60;
    Claims {
        iss: iss.to_owned(),
        aud: aud.to_owned(),
        sub: sub.to_owned(),
        azp: None,
        key: None,
        grant: None,
        roles: Vec::new(),
        scope: Scopes::MEET.to_string(),
        iat: exp - 60,
        exp,
    }
}

#[test]
fn a_token_proves_what_it_was_issued_for_until_it_expires() {
    let keyring = keyring();
    let token = keyring.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
    let expire_us = 1_767_229_200_000_000;
    let verified = Verified {
        bearer: user(),
        scopes: Scopes::MEET,
        issue_us: 1_767_225_600_000_000,
        expire_us,
    };
    assert_eq!(keyring.verify(&token, NOW_US), Ok(verified.clone()));
    assert_eq!(keyring.verify(&token, expire_us - 1), Ok(verified));
    assert_eq!(keyring.verify(&token, expire_us), Err(Fault::Expired));
    assert_eq!(keyring.verify(&token, i64::MAX), Err(Fault::Expired));
    for ttl in [
        Duration::ZERO,
        Duration::from_millis(999),
        limits::TOKEN_TTL_MAX + HOUR,
        Duration::MAX,
    ] {
        let refused = keyring.sign(&user(), Scopes::MEET, ttl, NOW_US);
        assert!(matches!(refused, Err(TokenError::InvalidTtl)), "{ttl:?}");
    }
}

#[test]
fn the_longest_token_is_within_the_limit() {
    let all: Scopes = crate::Scope::ALL.into_iter().collect();
    let token = keyring()
        .sign(&user(), all, limits::TOKEN_TTL_MAX, NOW_US)
        .expect("signed");
    assert!(token.len() < limits::TOKEN_BYTES_MAX / 2, "{}", token.len());
}

/// What an attacker may try, and what the log says of it.
#[test]
fn forgeries() {
    let keyring = keyring();
    let sign = |claims: &Claims| {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(FIRST_KEY.to_owned());
        jsonwebtoken::encode(&header, claims, &keyring.signing).expect("signed")
    };
    let good = sign(&claims(ISSUER, ISSUER, USER));
    assert!(keyring.verify(&good, NOW_US).is_ok());
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (_, payload) = signed.split_once('.').expect("three parts");
    let with_header = |header: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));

    let public_as_password = {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(FIRST_KEY.to_owned());
        let key = EncodingKey::from_secret(keyring.checking[FIRST_KEY].try_get_as_bytes().expect("bytes"));
        jsonwebtoken::encode(&header, &claims(ISSUER, ISSUER, USER), &key).expect("signed")
    };
    let other_installation = self::keyring()
        .sign(&user(), Scopes::MEET, HOUR, NOW_US)
        .expect("signed");
    for (what, token, fault) in [
        ("nothing", String::new(), Fault::Malformed),
        ("dots", "..".to_owned(), Fault::Malformed),
        (
            "too long",
            format!("{good}{}", "A".repeat(limits::TOKEN_BYTES_MAX)),
            Fault::Malformed,
        ),
        ("no signature", format!("{signed}."), Fault::WrongSignature),
        (
            "no algorithm",
            with_header(r#"{"alg":"none","kid":"1"}"#),
            Fault::Malformed,
        ),
        (
            "another algorithm",
            with_header(r#"{"alg":"ES384","kid":"1"}"#),
            Fault::UnknownKey,
        ),
        ("our public key as a password", public_as_password, Fault::UnknownKey),
        ("no key", with_header(r#"{"alg":"ES256"}"#), Fault::UnknownKey),
        (
            "another key",
            with_header(r#"{"alg":"ES256","kid":"2"}"#),
            Fault::UnknownKey,
        ),
        ("a key of its own", other_installation, Fault::WrongSignature),
        (
            "another header",
            with_header(r#"{"alg":"ES256","kid":"1","typ":"jwt"}"#),
            Fault::WrongSignature,
        ),
        (
            "another issuer",
            sign(&claims("https://example.org", ISSUER, USER)),
            Fault::WrongAudience,
        ),
        (
            "another audience",
            sign(&claims(ISSUER, "https://example.org", USER)),
            Fault::WrongAudience,
        ),
        ("no user", sign(&claims(ISSUER, ISSUER, "robot")), Fault::Malformed),
    ] {
        assert_eq!(keyring.verify(&token, NOW_US), Err(fault), "{what}");
    }
}

#[test]
fn the_newest_key_signs_and_older_ones_still_check() {
    let old = StoredKey::generate("1").expect("a key");
    let new = StoredKey::generate("2").expect("a key");
    let before = Keyring::new(vec![old.clone()]).expect("a keyring");
    let after = Keyring::new(vec![old, new]).expect("a keyring");
    let token = before.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
    assert!(after.verify(&token, NOW_US).is_ok());
    let token = after.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed");
    assert!(after.verify(&token, NOW_US).is_ok());
    assert_eq!(before.verify(&token, NOW_US), Err(Fault::UnknownKey));
}

#[test]
fn a_damaged_key_is_named() {
    let sound = StoredKey::generate("7").expect("a key");
    let mut short = sound.clone();
    short.private_der.truncate(30);
    let mut of_another = sound;
    of_another.public_der = StoredKey::generate("8").expect("a key").public_der;
    for damaged in [short, of_another] {
        let error = Keyring::new(vec![damaged]).err().expect("refused");
        assert!(matches!(&error, KeyError::Damaged { id } if id == "7"), "{error}");
    }
    assert!(matches!(Keyring::new(vec![]), Err(KeyError::Missing)));
}

/// Shared, since the properties need a key and a token but nothing new about them.
static KEYRING: LazyLock<Keyring> = LazyLock::new(keyring);
static TOKEN: LazyLock<String> = LazyLock::new(|| KEYRING.sign(&user(), Scopes::MEET, HOUR, NOW_US).expect("signed"));

proptest! {
    #[test]
    fn no_text_authenticates(text in any::<String>()) {
        prop_assert!(KEYRING.verify(&text, NOW_US).is_err());
    }

    /// Three parts that decode, with a header that leads on to the signature and the claims.
    #[test]
    fn no_shape_authenticates(
        header in prop::sample::select(vec![
            r#"{"alg":"ES256","kid":"1"}"#, r#"{"alg":"ES256","kid":"1","crit":["exp"]}"#, r#"{"alg":"ES256"}"#,
            r#"{"alg":"none","kid":"1"}"#, r#"{"alg":"EdDSA","kid":"1"}"#, "{}", "[]", "",
        ]),
        payload in "\\PC{0,40}|\\{\"(sub|exp|aud|iss)\":(\"[0-9]{0,25}\"|-?[0-9]{0,25}(\\.5)?|null|\\[\\])\\}",
        signature in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        let token = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(KEYRING.verify(&token, NOW_US).is_err());
    }

    #[test]
    fn no_changed_token_authenticates(place in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, cut in any::<bool>()) {
        let mut token = TOKEN.clone().into_bytes();
        let place = place.index(token.len());
        if cut {
            token.remove(place);
        } else {
            prop_assume!(token[place] != byte);
            token[place] = byte;
        }
        let token = String::from_utf8(token).expect("ASCII");
        prop_assert!(KEYRING.verify(&token, NOW_US).is_err(), "{token}");
    }
}
