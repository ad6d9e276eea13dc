//! Everything that strangers write about themselves: bearer tokens, assertions, ID tokens, key sets, and the requests of
//! OAuth. Nothing of it may crash, and nothing that was not signed may be believed.
//!
//! The input is three parts of a JSON Web Token; they are tried as they are and encoded, so that the fuzzer need not
//! learn base64 to get past it.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Db, Location};
use form_urlencoded::Serializer;
use identity::{Credential, Expected, Identity, IssuerKeys};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

const NOW_US: i64 = 1_767_225_600_000_000;
const EXPECTED: Expected<'static> = Expected {
    issuer: "https://issuer.example.org",
    client_id: "sederunt",
    nonce: "nonce",
};
/// The key of RFC 7515, appendix A.2, and the one of A.3.
const KEYS: &str = r#"{"keys":[
    {"kty":"RSA","kid":"r","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
    {"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
]}"#;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

/// A service account with a key whose private half nobody has any more.
static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let file = std::env::temp_dir().join(format!("sederunt-fuzz-{}.db", std::process::id()));
        let db = Db::open(&Location::Sqlite(file)).await.expect("a database");
        let identity = Identity::open(db).await.expect("an installation");
        let robot = identity.create_service_account("robot", NOW_US).await.expect("an account");
        identity.create_key(&robot.client_id, NOW_US).await.expect("a key");
        identity
    })
});

static ISSUER_KEYS: LazyLock<IssuerKeys> = LazyLock::new(|| IssuerKeys::parse(KEYS.as_bytes()).expect("a key set"));

fuzz_target!(|parts: (&str, &str, &[u8])| {
    let (header, claims, signature) = parts;
    // Made here, since it takes the runtime itself.
    let identity = &*IDENTITY;
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let encoded = format!("{}.{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()), encode(signature));
    let _ = IssuerKeys::parse(claims.as_bytes());
    for token in [header, &encoded] {
        assert!(ISSUER_KEYS.verify(token, &EXPECTED, NOW_US).is_err());
        RUNTIME.block_on(async {
            for credential in [Credential::Bearer(token), Credential::Cookie(token)] {
                assert!(identity.authenticate(credential, NOW_US).await.is_err());
            }
            let form = Serializer::new(String::new())
                .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                .append_pair("assertion", token)
                .finish();
            assert!(identity.token(form.as_bytes(), None, NOW_US).await.is_err());
        });
    }
    RUNTIME.block_on(async {
        assert!(identity.token(claims.as_bytes(), Some(header), NOW_US).await.is_err());
        assert!(identity.authorization(claims).await.is_err());
        let _ = identity.revoke(header, NOW_US).await;
    });
});
