//! Everything that strangers write about themselves: bearer tokens, assertions, ID tokens, key sets, and the requests of
//! OAuth. Nothing of it may crash, and nothing that was not signed may be believed.
//!
//! The input is three parts of a JSON Web Token, each on a line of its own; they are tried as they are and encoded, so that the fuzzer need not
//! learn base64 to get past it.

use audit::By;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Db, Location};
use form_urlencoded::Serializer;
use identity::{Credential, Expected, Identity, IssuerKeys, TokenRequest};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

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

/// A service account with a key whose private half nobody has any more.
struct Installation {
    runtime: Runtime,
    identity: Identity,
    issuer_keys: IssuerKeys,
    /// Removed with the thread: a test leaves nothing behind.
    _folder: TempDir,
}

thread_local! {
    static INSTALLATION: Installation = Installation::open();
}

impl Installation {
    fn open() -> Installation {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let identity = runtime.block_on(async {
            let file = folder.path().join("sederunt.db");
            let db = Db::open(&Location::Sqlite(file)).await.expect("a database");
            let identity = Identity::open(db).await.expect("an installation");
            let robot = identity
                .create_service_account("robot", &By::command_line(NOW_US))
                .await;
            let robot = robot.expect("an account");
            identity
                .create_key(&robot.client_id, &By::command_line(NOW_US))
                .await
                .expect("a key");
            identity
        });
        Installation {
            runtime,
            identity,
            issuer_keys: IssuerKeys::parse(KEYS.as_bytes()).expect("a key set"),
            _folder: folder,
        }
    }

    /// Nobody signed the token, whatever it says.
    async fn refuses(&self, token: &str) {
        assert!(self.issuer_keys.verify(token, &EXPECTED, NOW_US).is_err());
        for credential in [Credential::Bearer(token), Credential::Cookie(token)] {
            assert!(self.identity.authenticate(credential, NOW_US).await.is_err());
        }
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", token)
            .finish();
        self.gives_no_token(form.as_bytes(), None).await;
    }

    async fn gives_no_token(&self, form: &[u8], authorization: Option<&str>) {
        let request = TokenRequest {
            form,
            authorization,
            issuer: "http://localhost:8080",
        };
        let by = By::command_line(NOW_US);
        assert!(self.identity.token(request, &by).await.is_err());
    }
}

/// The bytes are a header, claims and a signature.
pub fn run(data: &[u8]) {
    let [header, claims, signature] = crate::lines(data);
    let encoded = [header, claims, signature]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let (header, claims) = (crate::text(header), crate::text(claims));
    let _ = IssuerKeys::parse(claims.as_bytes());
    INSTALLATION.with(|installation| {
        installation.runtime.block_on(async {
            let identity = &installation.identity;
            installation.refuses(header).await;
            installation.refuses(&encoded).await;
            installation.gives_no_token(claims.as_bytes(), Some(header)).await;
            assert!(identity.authorization(claims).await.is_err());
            let _ = identity.revoke(header, &By::command_line(NOW_US)).await;
        });
    });
}
