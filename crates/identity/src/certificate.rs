//! A certificate by which an application signs in: what is kept of a PEM file.
//!
//! Nobody vouches for it, and nobody has to: an administrator says whose it is. So of all that a certificate says only its key and
//! its times count. A key that comes with it would be worth nothing here and much to a thief, so a file that holds one is read
//! over it, and keeps nothing of it.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use x509_parser::{certificate::X509Certificate, pem::Pem, prelude::FromDer, public_key::PublicKey, time::ASN1Time};

use crate::{limits, token::MICROSECONDS_PER_SECOND};

/// Why a text is no certificate that an application could sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No block of PEM that says so, or one that is no certificate.
    #[error("it is not a certificate in PEM (`-----BEGIN CERTIFICATE-----`)")]
    NotOne,
    /// What signs assertions is RSA, in every client library.
    #[error("its key is not RSA of 2048 to 8192 bits")]
    KeyNotRsa,
    /// It would never let anybody in.
    #[error("it has expired")]
    Expired,
}

/// What the library checks signatures with.
const RSA_KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) sha1: Vec<u8>,
    pub(crate) sha256: Vec<u8>,
    /// The RSA key as PKCS #1 has it.
    pub(crate) public_der: Vec<u8>,
    pub(crate) start_us: i64,
    pub(crate) expire_us: i64,
}

impl Certificate {
    /// Reads the first certificate of a file: the others are those that vouch for it.
    pub(crate) fn read(pem: &[u8], now_us: i64) -> Result<Certificate, CertificateError> {
        if pem.len() > limits::CERTIFICATE_FILE_BYTES_MAX {
            return Err(CertificateError::NotOne);
        }
        let blocks = Pem::iter_from_buffer(pem);
        let found = blocks.flatten().find(|block| block.label == "CERTIFICATE");
        let der = found.ok_or(CertificateError::NotOne)?.contents;
        let (_, read) = X509Certificate::from_der(&der).map_err(|_| CertificateError::NotOne)?;
        match read.public_key().parsed() {
            Ok(PublicKey::RSA(key)) if RSA_KEY_BITS.contains(&key.key_size()) => {}
            _ => return Err(CertificateError::KeyNotRsa),
        }
        let validity = read.validity();
        let us = |time: ASN1Time| time.timestamp().saturating_mul(MICROSECONDS_PER_SECOND);
        let certificate = Certificate {
            sha1: digest(&SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref().to_vec(),
            sha256: digest(&SHA256, &der).as_ref().to_vec(),
            public_der: read.public_key().subject_public_key.data.to_vec(),
            start_us: us(validity.not_before),
            expire_us: us(validity.not_after),
        };
        if certificate.expire_us <= now_us {
            return Err(CertificateError::Expired);
        }
        Ok(certificate)
    }

    /// Its SHA-256 in hexadecimal digits, as `openssl x509 -fingerprint -sha256` has it without the colons.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.sha256)
    }
}

/// A digest as fingerprints are written.
pub(crate) fn fingerprint(sha256: &[u8]) -> String {
    sha256.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};

    const NOW_US: i64 = 1_767_225_600_000_000;

    fn pem(algorithm: &'static rcgen::SignatureAlgorithm, years: [i32; 2]) -> String {
        let pair = KeyPair::generate_for(algorithm).expect("a key");
        let mut params = CertificateParams::default();
        [params.not_before, params.not_after] = years.map(|year| rcgen::date_time_ymd(year, 1, 1));
        let certificate = params.self_signed(&pair).expect("signed").pem();
        // As programs have it: the key in the same file, and before it.
        format!("{}{certificate}", pair.serialize_pem())
    }

    #[test]
    fn what_a_daemon_may_sign_in_with() {
        let good = pem(&PKCS_RSA_SHA256, [2020, 2030]);
        let read = Certificate::read(good.as_bytes(), NOW_US).expect("it is good");
        assert_eq!(
            (read.sha1.len(), read.sha256.len(), read.fingerprint().len()),
            (20, 32, 64)
        );
        assert_eq!(read.expire_us, 1_893_456_000_000_000, "2030-01-01");
        assert!(read.start_us < NOW_US);

        let end = good.len() - 200;
        for (text, expected) in [
            (pem(&PKCS_ECDSA_P256_SHA256, [2020, 2030]), CertificateError::KeyNotRsa),
            (pem(&PKCS_RSA_SHA256, [2020, 2025]), CertificateError::Expired),
            (good[..end].to_owned(), CertificateError::NotOne),
            (good.replace(" CERTIFICATE", " PUBLIC KEY"), CertificateError::NotOne),
            (String::new(), CertificateError::NotOne),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
                CertificateError::NotOne,
            ),
            (
                good + &" ".repeat(limits::CERTIFICATE_FILE_BYTES_MAX),
                CertificateError::NotOne,
            ),
        ] {
            let read = Certificate::read(text.as_bytes(), NOW_US);
            assert_eq!(read, Err(expected), "{text:.80}");
        }
    }
}
