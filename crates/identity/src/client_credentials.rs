//! Client credentials (RFC 6749 §4.4) as Microsoft's clients send them: a daemon signs in with a secret or a certificate, and gets
//! a token in its own name.
//!
//! What it may do is not asked for: the scope is `.default` of this server, "whatever I was given", and the roles are looked up
//! with every request. A token names the credential that it was had by, and ends with it.
//!
//! An assertion may come again until it expires. Microsoft's libraries keep one for ten minutes and send it with each request of that
//! time, under one `jti`; who refused it the second time would lock out a program whose first answer was lost. Whoever copies one on
//! its way could as well copy the token that answers it, and both end within the hour.
//!
//! Errors carry the numbers of Microsoft's contract, because programs and people look for those.

use audit::{Action, Actor, By};
use db::Row;

use crate::{
    Daemon, Fault, Identity, OAuthCode, OAuthError, Secret,
    client::claimed,
    client_assertion::{ClientAssertion, Expected, Fingerprint},
    daemon_credentials::DaemonCredentialKind,
    limits,
    parameters::Parameters,
    sign_in::after,
    token::Bearer,
};

/// Whose `.default` is ours, beside that of our own address: what programs ask for that are written for Graph.
const GRAPH: &str = "https://graph.microsoft.com";

/// The only kind of assertion that there is.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Asked for by libraries with everything, and of no meaning where there is no user.
const OF_USERS: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A daemon's request for a token. It holds secrets, so it does not print.
#[derive(Clone, Copy)]
pub struct ClientCredentials<'a> {
    /// Its body: `application/x-www-form-urlencoded`.
    pub form: &'a [u8],
    /// The value of that header, if it has one.
    pub authorization: Option<&'a str>,
}

/// The body of a good answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DaemonToken {
    /// `Bearer`.
    pub token_type: &'static str,
    /// In seconds.
    pub expires_in: u64,
    /// For how long it may be used while we cannot be reached: no longer.
    pub ext_expires_in: u64,
    /// What to send as `Authorization: Bearer`.
    pub access_token: String,
}

fn wrong_assertion(fault: Fault) -> OAuthError {
    let (number, description) = match fault {
        Fault::Expired | Fault::NotYetValid | Fault::TooLongLived => (
            700_024,
            "The client assertion is not within its valid time range, which is an hour at most: check the clock of the \
             machine that signed it.",
        ),
        Fault::WrongAudience => (700_023, "The aud of the client assertion is not this token endpoint."),
        Fault::UnknownKey | Fault::WrongSignature => (
            700_027,
            "The client assertion is not signed (RS256 or PS256) with a certificate of the application, named by x5t or \
             x5t#S256.",
        ),
        _ => (
            50_013,
            "The client assertion is not a JSON Web Token with iss and sub (both the client_id), aud and exp.",
        ),
    };
    OAuthError::new(OAuthCode::InvalidClient, description)
        .numbered(number)
        .because(fault)
}

impl Identity {
    /// Answers a daemon's request for a token.
    pub async fn client_credentials(&self, request: ClientCredentials<'_>, by: &By) -> Result<DaemonToken, OAuthError> {
        let form = Parameters::parse(request.form, limits::TOKEN_FORM_BYTES_MAX)?;
        if form.require("grant_type")? != "client_credentials" {
            return Err(OAuthError::new(
                OAuthCode::UnsupportedGrantType,
                "The grant_type must be client_credentials: people sign in by /oauth2/auth.",
            )
            .numbered(70_003));
        }
        let client = claimed(&form, request.authorization)?;
        self.check_scope(form.require("scope")?)?;
        let Some(daemon) = self.daemon(&client.client_id).await.map_err(unreachable)? else {
            return Err(OAuthError::new(
                OAuthCode::UnauthorizedClient,
                "There is no application with roles of this client_id: `sederunt app list` shows them.",
            )
            .numbered(700_016));
        };
        let credential = match (client.secret, form.get("client_assertion")) {
            (Some(secret), None) => self.by_secret(&daemon, &secret, by.now_us).await?,
            (None, Some(assertion)) if form.get("client_assertion_type") == Some(ASSERTION_TYPE) => {
                self.by_assertion(&daemon, assertion, by.now_us).await?
            }
            _ => {
                return Err(OAuthError::new(
                    OAuthCode::InvalidClient,
                    "Send either client_secret or client_assertion, the latter with a client_assertion_type of \
                     urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
                )
                .numbered(7_000_216));
            }
        };
        let by = by.known_as(Actor::Daemon(daemon.client_id.clone()));
        let subject = daemon.resource_name();
        self.log
            .at_intervals(&by, Action::TokenIssue, &subject, &daemon.roles.to_string())
            .await?;
        self.daemon_token(daemon, credential, by.now_us)
    }

    fn daemon_token(&self, daemon: Daemon, credential: String, now_us: i64) -> Result<DaemonToken, OAuthError> {
        let bearer = Bearer::Daemon {
            app: daemon.client_id,
            credential,
            roles: daemon.roles,
        };
        let ttl_s = limits::TOKEN_TTL.as_secs();
        let access_token = self.signed_token(&bearer, crate::Scopes::NONE, now_us)?;
        Ok(DaemonToken {
            token_type: "Bearer",
            expires_in: ttl_s,
            ext_expires_in: ttl_s,
            access_token,
        })
    }

    /// Refuses whoever asks for something else than all of what it has here.
    fn check_scope(&self, asked: &str) -> Result<(), OAuthError> {
        let mut names = asked.split_ascii_whitespace().filter(|name| !OF_USERS.contains(name));
        let is_ours = |name: &str| {
            let resource = name.strip_suffix("/.default");
            let resource = resource.map(|resource| resource.trim_end_matches('/'));
            resource.is_some_and(|resource| {
                [&*self.public_url, GRAPH]
                    .iter()
                    .any(|own| own.eq_ignore_ascii_case(resource))
            })
        };
        match (names.next(), names.next()) {
            (Some(name), None) if is_ours(name) => Ok(()),
            _ => Err(OAuthError::new(
                OAuthCode::InvalidScope,
                format!(
                    "The scope must be {}/.default: what an application may do is given to it as roles.",
                    self.public_url
                ),
            )
            .numbered(1_002_012)),
        }
    }

    /// The credential that this secret is.
    async fn by_secret(&self, daemon: &Daemon, secret: &str, now_us: i64) -> Result<String, OAuthError> {
        let wrong = || {
            let description = "The client secret is wrong: it is not the id of a secret, and is shown when it is made.";
            OAuthError::new(OAuthCode::InvalidClient, description).numbered(7_000_215)
        };
        let secret = Secret::parse(secret).ok_or_else(wrong)?;
        let sql = "select id, expire_us from daemon_credential where app = $1 and kind = $2 and secret_sha256 = $3";
        let kind = DaemonCredentialKind::Secret.number();
        let params = vec![daemon.client_id.as_str().into(), kind.into(), secret.digest().into()];
        let rows = self.db.read(sql, params).await?;
        let row = rows.first().ok_or_else(wrong)?;
        if row.opt_int(1)?.is_some_and(|expire_us| expire_us <= now_us) {
            let description = "The client secret has expired: `sederunt app secret` makes another.";
            return Err(OAuthError::new(OAuthCode::InvalidClient, description).numbered(7_000_222));
        }
        Ok(row.text(0)?.to_owned())
    }

    /// The credential with whose key this was signed.
    async fn by_assertion(&self, daemon: &Daemon, assertion: &str, now_us: i64) -> Result<String, OAuthError> {
        let assertion = ClientAssertion::read(assertion).map_err(wrong_assertion)?;
        let certificate = self.certificate_of(daemon, &assertion.certificate).await?;
        let certificate = certificate.ok_or_else(|| wrong_assertion(Fault::UnknownKey))?;
        let expected = Expected {
            client_id: &daemon.client_id,
            audiences: &self.token_endpoint_names(),
            now_us,
        };
        assertion
            .check(&certificate.public_der, &expected)
            .map_err(wrong_assertion)?;
        // As lenient as with everything that others date.
        let valid = after(certificate.expire_us, limits::CLOCK_SKEW) > now_us
            && certificate.start_us <= after(now_us, limits::CLOCK_SKEW);
        if valid {
            Ok(certificate.id)
        } else {
            let description = "The certificate of the client assertion has expired, or is not valid yet.";
            Err(OAuthError::new(OAuthCode::InvalidClient, description).numbered(700_027))
        }
    }

    async fn certificate_of(
        &self,
        daemon: &Daemon,
        named: &Fingerprint,
    ) -> Result<Option<StoredCertificate>, db::Error> {
        let (column, value) = match named {
            Fingerprint::Sha1(digest) => ("certificate_sha1", digest.as_slice().into()),
            Fingerprint::Sha256(digest) => ("id", crate::certificate::fingerprint(digest).into()),
        };
        let sql = format!(
            "select id, public_der, start_us, expire_us from daemon_credential
             where app = $1 and kind = $2 and {column} = $3"
        );
        let kind = DaemonCredentialKind::Certificate.number();
        let params = vec![daemon.client_id.as_str().into(), kind.into(), value];
        let rows = self.db.read(&sql, params).await?;
        rows.first().map(StoredCertificate::of_row).transpose()
    }

    /// The address of the token endpoint for Microsoft's clients.
    pub fn daemon_token_uri(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.public_url, self.tenant)
    }

    /// The issuer that Microsoft's clients are told.
    pub fn tenant_issuer(&self) -> String {
        format!("{}/{}/v2.0", self.public_url, self.tenant)
    }

    /// For whom an assertion may be: the endpoint, or whoever speaks there.
    fn token_endpoint_names(&self) -> [String; 2] {
        [self.daemon_token_uri(), self.tenant_issuer()]
    }
}

/// What is needed of a certificate to believe what it signed.
struct StoredCertificate {
    id: String,
    public_der: Vec<u8>,
    start_us: i64,
    expire_us: i64,
}

impl StoredCertificate {
    fn of_row(row: &Row) -> Result<StoredCertificate, db::Error> {
        Ok(StoredCertificate {
            id: row.text(0)?.to_owned(),
            public_der: row.blob(1)?.to_vec(),
            start_us: row.int(2)?,
            expire_us: row.int(3)?,
        })
    }
}

fn unreachable(error: crate::AppError) -> OAuthError {
    OAuthError::new(
        OAuthCode::TemporarilyUnavailable,
        "The application cannot be looked up now; try again later.",
    )
    .because(error)
}
