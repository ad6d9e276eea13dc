//! What a daemon signs in with: secrets, which are shown once, and certificates, whose keys we never see.
//!
//! Both are rows of one table, since what follows is the same: a token names the credential that it was had by, and deleting the
//! row ends the token with it. A daemon has several, so that one can be replaced while the program runs.

use std::time::Duration;

use audit::{Action, By};
use db::{Row, Statement};

use crate::{
    AppError, Daemon, Guid, Identity, Secret,
    certificate::{Certificate, CertificateError},
    limits,
    sign_in::after,
};

/// What kind of credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaemonCredentialKind {
    /// Some random characters.
    Secret,
    /// A certificate, with whose key the program signs.
    Certificate,
}

impl DaemonCredentialKind {
    /// How the column calls it.
    pub(crate) const fn number(self) -> i64 {
        match self {
            DaemonCredentialKind::Secret => 1,
            DaemonCredentialKind::Certificate => 2,
        }
    }

    fn of_number(number: i64) -> DaemonCredentialKind {
        if number == DaemonCredentialKind::Secret.number() {
            DaemonCredentialKind::Secret
        } else {
            DaemonCredentialKind::Certificate
        }
    }
}

/// A credential, as far as it may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonCredential {
    /// Names it: of a certificate its fingerprint, SHA-256 in hexadecimal digits.
    pub id: String,
    /// Secret or certificate.
    pub kind: DaemonCredentialKind,
    /// When it was made, or given to us.
    pub create_us: i64,
    /// From then on it signs nobody in; `None`: until it is deleted.
    pub expire_us: Option<i64>,
}

/// Why a credential was not made.
#[derive(Debug, thiserror::Error)]
pub enum DaemonCredentialError {
    /// The file is no certificate, or none that would do.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Longer than anybody plans ahead, or nothing.
    #[error("a secret is valid for 1 second to 10 years")]
    InvalidTtl,
    /// It is the daemon's already.
    #[error("the daemon has this certificate already")]
    Taken,
    /// As of everything about applications.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<db::Error> for DaemonCredentialError {
    fn from(error: db::Error) -> DaemonCredentialError {
        DaemonCredentialError::App(error.into())
    }
}

fn credential_of(row: &Row) -> Result<DaemonCredential, db::Error> {
    Ok(DaemonCredential {
        id: row.text(0)?.to_owned(),
        kind: DaemonCredentialKind::of_number(row.int(1)?),
        create_us: row.int(2)?,
        expire_us: row.opt_int(3)?,
    })
}

/// As the audit log and the administration name it.
fn name_of(daemon: &Daemon, id: &str) -> String {
    format!("{}/credentials/{id}", daemon.resource_name())
}

impl Identity {
    /// Makes a secret. It is shown now and never again; without a time to live it holds until it is deleted.
    pub async fn create_daemon_secret(
        &self,
        client_id: &str,
        ttl: Option<Duration>,
        by: &By,
    ) -> Result<(DaemonCredential, Secret), DaemonCredentialError> {
        if ttl.is_some_and(|ttl| ttl < Duration::from_secs(1) || ttl > limits::DAEMON_SECRET_TTL_MAX) {
            return Err(DaemonCredentialError::InvalidTtl);
        }
        let secret = Secret::generate();
        let credential = DaemonCredential {
            id: Guid::generate().to_string(),
            kind: DaemonCredentialKind::Secret,
            create_us: by.now_us,
            expire_us: ttl.map(|ttl| after(by.now_us, ttl)),
        };
        let proof = Proof {
            secret_sha256: Some(secret.digest()),
            ..Proof::default()
        };
        self.insert_credential(client_id, &credential, proof, by).await?;
        Ok((credential, secret))
    }

    /// Takes a certificate, out of a file in PEM: the first that is in it.
    pub async fn create_daemon_certificate(
        &self,
        client_id: &str,
        pem: &[u8],
        by: &By,
    ) -> Result<DaemonCredential, DaemonCredentialError> {
        let certificate = Certificate::read(pem, by.now_us)?;
        let credential = DaemonCredential {
            id: certificate.fingerprint(),
            kind: DaemonCredentialKind::Certificate,
            create_us: by.now_us,
            expire_us: Some(certificate.expire_us),
        };
        let proof = Proof {
            certificate_sha1: Some(certificate.sha1),
            public_der: Some(certificate.public_der),
            start_us: Some(certificate.start_us),
            ..Proof::default()
        };
        self.insert_credential(client_id, &credential, proof, by).await?;
        Ok(credential)
    }

    async fn insert_credential(
        &self,
        client_id: &str,
        credential: &DaemonCredential,
        proof: Proof,
        by: &By,
    ) -> Result<(), DaemonCredentialError> {
        let daemon = self.known_daemon(client_id).await?;
        let client_id = daemon.client_id.as_str();
        let write = vec![
            // Holds on to the daemon, so that credentials which are made at once are counted one after the other.
            Statement::new(
                "update app set name = name where client_id = $1
                 and (select count(*) from daemon_credential where app = $1) < $2",
                vec![client_id.into(), limits::DAEMON_CREDENTIALS_MAX.into()],
            )
            .expect(1),
            Statement::new(
                "insert into daemon_credential
                 (app, id, kind, create_us, expire_us, secret_sha256, certificate_sha1, public_der, start_us)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                vec![
                    client_id.into(),
                    credential.id.as_str().into(),
                    credential.kind.number().into(),
                    credential.create_us.into(),
                    credential.expire_us.into(),
                    proof.secret_sha256.into(),
                    proof.certificate_sha1.into(),
                    proof.public_der.into(),
                    proof.start_us.into(),
                ],
            )
            .expect(1),
            by.did(Action::CredentialCreate, &name_of(&daemon, &credential.id), ""),
        ];
        match self.db.write(write).await {
            Ok(()) => Ok(()),
            Err(db::Error::Conflict { statement: 0 }) => Err(AppError::TooMany.into()),
            Err(error) if error.is_conflict() => Err(DaemonCredentialError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// The credentials of a daemon, newest first: all of them, since there are [`limits::DAEMON_CREDENTIALS_MAX`] at most.
    pub async fn list_daemon_credentials(&self, client_id: &str) -> Result<Vec<DaemonCredential>, AppError> {
        let daemon = self.known_daemon(client_id).await?;
        let sql = "select id, kind, create_us, expire_us from daemon_credential where app = $1
            order by create_us desc, id";
        let rows = self.db.read(sql, vec![daemon.client_id.into()]).await?;
        Ok(rows.iter().map(credential_of).collect::<Result<_, _>>()?)
    }

    /// Deletes a credential: the tokens that were had by it are refused from then on.
    pub async fn delete_daemon_credential(&self, client_id: &str, id: &str, by: &By) -> Result<(), AppError> {
        let daemon = self.known_daemon(client_id).await?;
        if id.contains('\0') {
            return Err(AppError::NotFound);
        }
        let line = by.did(Action::CredentialDelete, &name_of(&daemon, id), "");
        let delete = "delete from daemon_credential where app = $1 and id = $2";
        self.write_one(Statement::new(delete, vec![daemon.client_id.into(), id.into()]), line)
            .await
    }
}

/// By what a credential is known again: of each kind its own.
#[derive(Default)]
struct Proof {
    secret_sha256: Option<Vec<u8>>,
    certificate_sha1: Option<Vec<u8>>,
    public_der: Option<Vec<u8>>,
    start_us: Option<i64>,
}
