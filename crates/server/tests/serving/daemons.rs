//! Applications with roles as Microsoft's clients meet the server: the tenant's metadata, and tokens for secrets and certificates.
//! What each credential is worth is tested in `identity`, and with Microsoft's own libraries in `tests/`.

use audit::By;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{AppRole, AppRoles, Daemon};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use server::clock;

use crate::oauth::{error, form};
use crate::world::{Answer, World, text};

const ROLES: AppRoles = AppRoles::of(&[AppRole::CallRecordsReadAll]);

/// A daemon, by its secret.
pub(crate) struct Program {
    pub(crate) daemon: Daemon,
    secret: String,
}

impl Program {
    pub(crate) async fn make(world: &World, roles: AppRoles) -> Program {
        let by = By::command_line(clock::now_us());
        let daemon = world.identity.create_daemon("Reports", roles, &by).await.expect("made");
        let made = world.identity.create_daemon_secret(&daemon.client_id, None, &by).await;
        let (_, secret) = made.expect("made");
        Program {
            daemon,
            secret: secret.expose(),
        }
    }

    /// Asks for a token at a tenant; rows replace or add parameters, and an empty value takes one away.
    async fn asks(&self, world: &World, tenant: &str, rows: &[(&str, &str)]) -> Answer {
        let scope = format!("{}/.default", world.running.public_url());
        let usual = [
            ("grant_type", "client_credentials"),
            ("client_id", &*self.daemon.client_id),
            ("client_secret", &*self.secret),
            ("scope", &*scope),
            ("client_info", "1"),
        ];
        let kept = usual
            .iter()
            .filter(|(name, _)| rows.iter().all(|(other, _)| other != name));
        let pairs = kept.chain(rows).filter(|(_, value)| !value.is_empty());
        let path = format!("/{tenant}/oauth2/v2.0/token?client-request-id=noise");
        let own = [("client-request-id", CORRELATION)];
        form(world, &path, &own, pairs).await
    }

    pub(crate) async fn token(&self, world: &World) -> String {
        let tenant = world.identity.tenant().as_str();
        text(&self.asks(world, tenant, &[]).await.ok(), "access_token")
    }
}

const CORRELATION: &str = "821809f5-0000-4000-8000-3b5136c0e777";

#[tokio::test]
async fn a_library_finds_everything_by_the_tenant() {
    let world = World::new().await;
    let (public_url, tenant) = (world.running.public_url().to_owned(), world.identity.tenant());
    let found = async |path: &str| world.get(None, path).await;
    let described = found(&format!("/{tenant}/v2.0/.well-known/openid-configuration"))
        .await
        .ok();
    for (name, path) in [
        ("issuer", format!("/{tenant}/v2.0")),
        ("token_endpoint", format!("/{tenant}/oauth2/v2.0/token")),
        ("jwks_uri", format!("/{tenant}/discovery/v2.0/keys")),
        // MSAL takes the tenant out of it.
        ("authorization_endpoint", format!("/{tenant}/oauth2/v2.0/authorize")),
    ] {
        assert_eq!(described[name], format!("{public_url}{path}"), "{name}");
    }
    let asked = found(&format!("/{tenant}/oauth2/v2.0/authorize?client_id=1")).await;
    let same = found("/oauth2/auth?client_id=1").await;
    assert_eq!(
        (asked.status, asked.text),
        (same.status, same.text),
        "people are asked in one place"
    );
    let keys = found(&format!("/{tenant}/discovery/v2.0/keys")).await.ok();
    assert_eq!(keys, found("/oauth2/v3/certs").await.ok());
    for other in ["organizations", "common", CORRELATION] {
        let refused = found(&format!("/{other}/v2.0/.well-known/openid-configuration")).await;
        error(&refused, 400, "invalid_request");
        assert_eq!(refused.body["error_codes"], json!([90_002]), "{other}");
    }
}

#[tokio::test]
async fn a_secret_is_worth_a_token() {
    let world = World::new().await;
    let program = Program::make(&world, ROLES).await;
    let tenant = world.identity.tenant().as_str();
    let told = program.asks(&world, tenant, &[]).await.ok();
    assert_eq!(
        (&told["token_type"], &told["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    assert_eq!(told["ext_expires_in"], 3600);
    let claims = text(&told, "access_token");
    let claims = claims.split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    assert_eq!(claims["roles"], json!(["CallRecords.Read.All"]));

    // By HTTP Basic, as other libraries have it.
    let basic = STANDARD.encode(format!("{}:{}", program.daemon.client_id, program.secret));
    let basic = format!("Basic {basic}");
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    form(&world, &path, &[("authorization", &basic)], fields.iter())
        .await
        .ok();

    for (tenant, rows, status, code, number) in [
        (tenant, [("client_secret", "wrong")], 401, "invalid_client", 7_000_215),
        (tenant, [("client_secret", "")], 401, "invalid_client", 7_000_216),
        (tenant, [("client_id", "")], 401, "invalid_client", 7_000_216),
        (
            tenant,
            [("client_id", CORRELATION)],
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            tenant,
            [("scope", "https://elsewhere.example.org/.default")],
            400,
            "invalid_scope",
            1_002_012,
        ),
        (
            tenant,
            [("grant_type", "password")],
            400,
            "unsupported_grant_type",
            70_003,
        ),
        (tenant, [("grant_type", "")], 400, "invalid_request", 9_002_313),
        (CORRELATION, [("client_info", "1")], 400, "invalid_request", 90_002),
    ] {
        let refused = program.asks(&world, tenant, &rows).await;
        error(&refused, status, code);
        assert_eq!(refused.body["error_codes"], json!([number]), "{rows:?}");
        let description = text(&refused.body, "error_description");
        assert!(description.starts_with(&format!("AADSTS{number}: ")), "{description}");
        assert_eq!(refused.body["correlation_id"], CORRELATION, "as the program named it");
        assert!(text(&refused.body, "timestamp").ends_with('Z'));
    }
}

#[tokio::test]
async fn a_certificate_is_worth_a_token() {
    let world = World::new().await;
    let by = By::command_line(clock::now_us());
    let program = Program::make(&world, ROLES).await;
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
    let certificate = CertificateParams::default().self_signed(&pair).expect("signed");
    let taken = world
        .identity
        .create_daemon_certificate(&program.daemon.client_id, certificate.pem().as_bytes(), &by)
        .await;
    taken.expect("taken");
    let fingerprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate.der());
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(fingerprint)});
    let now = clock::now_us() / 1_000_000;
    let endpoint = format!(
        "{}/{}/oauth2/v2.0/token",
        world.running.public_url(),
        world.identity.tenant()
    );
    let right = json!({
        "iss": program.daemon.client_id, "sub": program.daemon.client_id, "aud": endpoint,
        "nbf": now, "exp": now + 600, "jti": "one",
    });
    let mut late = right.clone();
    late["exp"] = json!(now - 600);
    for (claims, right) in [(&right, true), (&right, true), (&late, false)] {
        let assertion = signed(&pair, &header, claims);
        let rows = [
            ("client_secret", ""),
            ("client_assertion", &*assertion),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
        ];
        let answer = program.asks(&world, world.identity.tenant().as_str(), &rows).await;
        if right {
            answer.ok();
        } else {
            error(&answer, 401, "invalid_client");
            assert_eq!(answer.body["error_codes"], json!([700_024]));
        }
    }
}

fn signed(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = message.join(".");
    let pair = RsaKeyPair::from_pkcs8(&pair.serialize_der()).expect("an RSA key");
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PSS_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .expect("it can sign");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_token_ends_with_its_secret_and_is_for_no_meetings() {
    let world = World::new().await;
    let by = By::command_line(clock::now_us());
    let program = Program::make(&world, AppRoles::of(&AppRole::ALL)).await;
    let bearer = format!("Bearer {}", program.token(&world).await);
    let ask = async |path: &str| {
        let headers = [("authorization", &*bearer)];
        world.send("GET", None, path, &headers, "").await.status
    };
    for path in [
        "/v2/conferenceRecords",
        "/v2/spaces/abc-mnop-xyz",
        "/sederunt/v1/users",
        "/oauth2/v3/userinfo",
    ] {
        assert_eq!(ask(path).await, 403, "{path}: a role is for what it names");
    }
    let id = &program.daemon.client_id;
    let credentials = world.identity.list_daemon_credentials(id).await.expect("read");
    let deleted = world.identity.delete_daemon_credential(id, &credentials[0].id, &by);
    deleted.await.expect("it was there");
    assert_eq!(ask("/v2/conferenceRecords").await, 401);
}
