//! TLS to a real PostgreSQL: who is believed to be the database, and who is not.

use std::net::TcpListener;

use db::{
    Db, Location,
    testing::{Secured, new_postgres, new_secured_postgres},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

const NAME: &str = "database.example.org";

/// An authority, whose certificate lies in a file.
fn authority(folder: &TempDir, name: &str) -> (CertifiedIssuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(vec![]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, key).expect("signed");
    let path = folder.path().join(name);
    std::fs::write(&path, issuer.pem()).expect("written");
    (issuer, path.display().to_string())
}

/// Whether a connection is encrypted; `None` if there is none.
async fn encrypted(address: &str) -> Option<bool> {
    let db = Db::open(&Location::Postgres(address.to_owned())).await.ok()?;
    let sql = "select count(*) from pg_stat_ssl where pid = pg_backend_pid() and ssl";
    let rows = db.read(sql, vec![]).await.expect("a count");
    Some(rows[0].int(0).expect("a count") == 1)
}

#[tokio::test]
async fn the_database_proves_that_it_is_the_one() {
    let folder = TempDir::new().expect("a folder");
    let (ours, ours_file) = authority(&folder, "ours.pem");
    let (_, other_file) = authority(&folder, "other.pem");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
    let certificate = certificate.signed_by(&key, &ours).expect("signed");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a port")
        .port();
    let secured = Secured {
        certificate: &certificate.pem(),
        key: &key.serialize_pem(),
        port,
    };
    let Location::Postgres(by_socket) = new_secured_postgres(secured).await else {
        panic!("it is PostgreSQL");
    };
    let (_, database) = by_socket.rsplit_once('=').expect("its name is last");
    let at = |host: &str, more: &str| format!("postgres://postgres@{host}:{port}/{database}?hostaddr=127.0.0.1&{more}");
    let by = |mode: &str, file: &str| format!("sslmode={mode}&sslrootcert={file}");
    for (address, expected) in [
        (by_socket.clone(), Some(false)),
        (at("localhost", ""), Some(false)),
        (at(NAME, "sslmode=disable"), Some(false)),
        (at(NAME, "sslmode=prefer"), Some(true)),
        (at(NAME, "sslmode=require"), Some(true)),
        (at(NAME, &by("verify-full", &ours_file)), Some(true)),
        (at(NAME, &by("require", &ours_file)), Some(true)),
        (at(NAME, &by("prefer", &ours_file)), Some(true)),
        // Of another authority, of none that this machine knows, and for another name.
        (at(NAME, &by("verify-full", &other_file)), None),
        (at(NAME, &by("require", &other_file)), None),
        (at(NAME, "sslmode=verify-full"), None),
        (at("localhost", &by("verify-full", &ours_file)), None),
        (at(NAME, &by("verify-full", "/no/such/file")), None),
    ] {
        assert_eq!(encrypted(&address).await, expected, "{address}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_enough_where_it_is_required() {
    let Location::Postgres(address) = new_postgres().await else {
        panic!("it is PostgreSQL");
    };
    assert_eq!(encrypted(&format!("{address} sslmode=prefer")).await, Some(false));
    assert_eq!(encrypted(&format!("{address} sslmode=require")).await, None);
}
