//! Nothing but an assertion is taken for one.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Db;
use proptest::prelude::*;
use serde_json::json;

use crate::world::*;

/// Shared, since the properties need a key and an assertion but nothing new about them.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});
static WORLD: LazyLock<World> = LazyLock::new(|| {
    // Leaked with the process: a property has no end at which to remove it.
    let folder = Box::leak(Box::new(tempfile::TempDir::new().expect("a folder")));
    let location = db::Location::Sqlite(folder.path().join("sederunt.db"));
    RUNTIME.block_on(async { world(Db::open(&location).await.expect("opens")).await })
});
static ASSERTION: LazyLock<String> = LazyLock::new(|| WORLD.key.assertion(&json!({})));

proptest! {
    #[test]
    fn no_text_is_an_assertion(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&text)).is_err());
        prop_assert!(RUNTIME.block_on(WORLD.caller(&text, NOW_US)).is_err());
    }

    /// Three parts that decode, and lead on to the key and its signature.
    #[test]
    fn no_shape_is_an_assertion(
        header in prop::sample::select(vec![
            r#"{"alg":"RS256"}"#, r#"{"alg":"RS256","kid":"x"}"#, r#"{"alg":"none"}"#, r#"{"alg":"ES256","kid":"1"}"#, "{}", "",
        ]),
        issuer in prop::sample::select(vec!["robot@sederunt.iam.internal", "nobody", "\\u0000", ""]),
        number in "-?[0-9]{1,20}(\\.5)?|null|\"x\"",
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let claims = format!(r#"{{"iss":"{issuer}","aud":"{TOKEN_URI}","scope":"openid","iat":{NOW},"exp":{number}}}"#);
        let token = [header.as_bytes(), claims.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&token)).is_err());
        prop_assert!(RUNTIME.block_on(WORLD.caller(&token, NOW_US)).is_err());
    }

    #[test]
    fn no_changed_assertion_is_one(place in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, cut in any::<bool>()) {
        let mut token = ASSERTION.clone().into_bytes();
        let place = place.index(token.len());
        if cut {
            token.remove(place);
        } else {
            prop_assume!(token[place] != byte);
            token[place] = byte;
        }
        let token = String::from_utf8(token).expect("ASCII");
        prop_assert!(RUNTIME.block_on(WORLD.exchange(&token)).is_err(), "{}", token);
    }
}
