//! A certificate in files, which somebody else renews: the files are looked at now and then, and a new pair is taken up without
//! a restart. A pair that is half written, or wrong, is said in the log, and the one before goes on being served.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{FileProblem, TlsError, provider};
use crate::limits;

/// The pair that is served now.
#[derive(Debug)]
pub(super) struct Renewed {
    certificate: PathBuf,
    key: PathBuf,
    served: RwLock<Served>,
}

#[derive(Debug)]
struct Served {
    pair: Arc<CertifiedKey>,
    /// When the two files were last written.
    written: [Option<SystemTime>; 2],
}

impl Renewed {
    pub(super) fn open(certificate: PathBuf, key: PathBuf) -> Result<Arc<Renewed>, TlsError> {
        let written = written(&certificate, &key);
        let pair = Arc::new(read(&certificate, &key)?);
        Ok(Arc::new(Renewed {
            certificate,
            key,
            served: RwLock::new(Served { pair, written }),
        }))
    }

    /// Takes up a pair that was written since the last look.
    fn look(&self) -> Result<bool, TlsError> {
        let written = written(&self.certificate, &self.key);
        if self.served.read().unwrap_or_else(PoisonError::into_inner).written == written {
            return Ok(false);
        }
        let pair = Arc::new(read(&self.certificate, &self.key)?);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Served { pair, written };
        Ok(true)
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.served.read().unwrap_or_else(PoisonError::into_inner).pair,
        ))
    }
}

/// Looks at the files for as long as the server runs.
pub(super) async fn follow(renewed: Arc<Renewed>) {
    loop {
        tokio::time::sleep(limits::CERTIFICATE_LOOK_INTERVAL).await;
        match renewed.look() {
            Ok(true) => tracing::info!("a renewed certificate is served"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(?error, "a new certificate cannot be used; the old one is served");
            }
        }
    }
}

fn written(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|path| fs::metadata(path).and_then(|found| found.modified()).ok())
}

/// Reads a chain and its key.
pub(super) fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let at = |path: &Path, source: FileProblem| TlsError::File {
        path: path.display().to_string(),
        source,
    };
    let chain = fs::read(certificate).map_err(|error| at(certificate, error.into()))?;
    let chain = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| at(certificate, error.into()))?;
    let text = fs::read(key).map_err(|error| at(key, error.into()))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| at(key, error.into()))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| at(key, error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str) -> (String, String) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a plain name");
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_renewed_pair_is_taken_up_and_half_a_pair_is_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (certificate, key) = (folder.path().join("a.pem"), folder.path().join("a.key"));
        let write = |path: &Path, text: &str, second: u64| {
            fs::write(path, text).expect("writable");
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            fs::File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(time))
                .expect("settable");
        };
        let (first, second) = (pair("one.example.org"), pair("two.example.org"));
        write(&certificate, &first.0, 1);
        write(&key, &first.1, 1);
        let renewed = Renewed::open(certificate.clone(), key.clone()).expect("a pair");
        let served = || renewed.served.read().expect("no panic").pair.cert[0].clone();
        let before = served();
        assert!(!renewed.look().expect("nothing changed"));

        write(&certificate, &second.0, 2);
        assert!(renewed.look().is_err(), "the key is still the old one");
        assert_eq!(served(), before);

        write(&key, &second.1, 2);
        assert!(renewed.look().expect("a pair again"));
        assert_ne!(served(), before);
    }

    #[test]
    fn what_is_no_pair_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (made, other) = (pair("one.example.org"), pair("two.example.org"));
        let check = |certificate: &str, key: &str, named: &str| {
            let paths = [folder.path().join("chain.pem"), folder.path().join("key.pem")];
            for (path, text) in paths.iter().zip([certificate, key]) {
                fs::write(path, text).expect("writable");
            }
            let error = read(&paths[0], &paths[1]).expect_err("no pair");
            assert!(error.to_string().contains(named), "{error}");
        };
        check("nothing", &made.1, "key.pem");
        check(&made.0, "nothing", "key.pem");
        check(&made.0, &other.1, "key.pem");
        assert!(read(Path::new("not/there"), Path::new("nor/there")).is_err());
    }
}
