//! A certificate for development, signed by an authority that lives in the data folder.
//!
//! The authority is made once, so that a developer trusts it once; the certificate is made at each start, for the names that the
//! server has now, and its key never touches the disk.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{FileProblem, TlsError, provider};

/// The file that developers trust.
pub(super) const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority.key";

/// Longer than any test bed lives.
const AUTHORITY_DAYS: i64 = 3_650;

/// What browsers accept at most is 398 days; a server that runs for longer than this is no development server.
const CERTIFICATE_DAYS: i64 = 390;

/// A certificate for this machine and the host of the public URL.
pub(super) fn certificate(folder: &Path, host: Option<&str>, now: SystemTime) -> Result<CertifiedKey, TlsError> {
    let authority = authority(folder, now)?;
    let made = (|| {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        names.extend(host.map(str::to_owned).filter(|host| !names.contains(host)));
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = name("Sederunt, for development");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = valid_for(CERTIFICATE_DAYS, now);
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &authority)?, key))
    })();
    let (certificate, key): (rcgen::Certificate, KeyPair) = made.map_err(TlsError::Development)?;
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Ok(CertifiedKey::from_der(
        vec![certificate.der().clone()],
        private,
        &provider(),
    )?)
}

/// The authority of this folder. What it signs with is read back; its certificate follows from that.
fn authority(folder: &Path, now: SystemTime) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let at = |file: &str| {
        let path = folder.join(file).display().to_string();
        move |source: FileProblem| TlsError::File { path, source }
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = name("Sederunt development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = valid_for(AUTHORITY_DAYS, now);

    let (certificate_path, key_path) = (folder.join(AUTHORITY), folder.join(AUTHORITY_KEY));
    if certificate_path.exists() && key_path.exists() {
        let pem = fs::read_to_string(&key_path).map_err(|error| at(AUTHORITY_KEY)(error.into()))?;
        let key = KeyPair::from_pem(&pem).map_err(|error| at(AUTHORITY_KEY)(error.into()))?;
        return Ok(Issuer::new(params, key));
    }
    let key = KeyPair::generate().map_err(TlsError::Development)?;
    let certificate = params.self_signed(&key).map_err(TlsError::Development)?;
    write(&key_path, &key.serialize_pem()).map_err(|error| at(AUTHORITY_KEY)(error.into()))?;
    write(&certificate_path, &certificate.pem()).map_err(|error| at(AUTHORITY)(error.into()))?;
    Ok(Issuer::new(params, key))
}

/// Writes a file that only its owner may open.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// From yesterday, since the clocks of two machines differ.
fn valid_for(days: i64, now: SystemTime) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::from(now);
    (now - Duration::days(1), now + Duration::days(days))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_authority_stays_and_the_certificate_does_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(490_000);
        let first = certificate(folder.path(), Some("meet.example.org"), now).expect("made");
        let authority = fs::read(folder.path().join(AUTHORITY)).expect("written");
        let second = certificate(folder.path(), None, now).expect("made again");
        assert_ne!(first.cert, second.cert);
        assert_eq!(fs::read(folder.path().join(AUTHORITY)).expect("still there"), authority);
        for file in [AUTHORITY, AUTHORITY_KEY] {
            let mode = fs::metadata(folder.path().join(file)).expect("there").mode();
            assert_eq!(mode & 0o777, 0o600, "{file} is for its owner alone");
        }
    }
}
