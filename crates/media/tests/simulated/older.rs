//! A client that knows no newer cipher for media than AES-CM with HMAC-SHA1, as old libraries and gateways do.
//!
//! The library on both ends agrees on the newest cipher that both know, and cannot be told to know fewer. So in place of the newer ones this
//! client offers two that nobody has: in the datagram that goes out, and wherever it makes sure itself of what it has said, which is in the
//! hash of the handshake and in its signature.

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use dimpl::{
    CryptoError as HandshakeError,
    crypto::{Buf, HashAlgorithm, HashContext, HashProvider, KeyProvider, SignatureAlgorithm, SigningKey},
};
use str0m::{
    config::CryptoProvider,
    crypto::{
        CryptoError,
        dtls::{
            DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion, SrtpProfile,
        },
        from_feature_flags,
    },
};

/// The extension of a first message that names ciphers for media (RFC 5764 §4.1.1), as the library writes it: GCM with long keys and with short ones, and AES-CM.
const NEWER: [u8; 13] = [0, 14, 0, 9, 0, 6, 0, 8, 0, 7, 0, 1, 0];
/// The same with two ciphers that encrypt nothing.
const OLDER: [u8; 13] = [0, 14, 0, 9, 0, 6, 0, 5, 0, 6, 0, 1, 0];

static HANDSHAKES: LazyLock<dimpl::crypto::CryptoProvider> = LazyLock::new(dimpl::crypto::aws_lc_rs::default_provider);

/// What such a client does its cryptography with.
pub(crate) fn older_ciphers() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        dtls_provider: &Older,
        ..from_feature_flags()
    })
}

#[derive(Debug)]
struct Older;

#[derive(Debug)]
struct Saying<T>(T);

/// What was said, as it goes out.
fn said(bytes: &[u8]) -> Vec<u8> {
    let mut said = bytes.to_vec();
    if let Some(at) = bytes.windows(NEWER.len()).position(|window| window == NEWER) {
        said[at..at + OLDER.len()].copy_from_slice(&OLDER);
    }
    said
}

impl DtlsProvider for Older {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        _: DtlsVersion,
        _: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let provider = dimpl::crypto::CryptoProvider {
            hash_provider: &Older,
            key_provider: &Older,
            ..HANDSHAKES.clone()
        };
        let config = dimpl::Config::builder().with_crypto_provider(provider).build().unwrap();
        Ok(Box::new(Saying(dimpl::Dtls::new_12(
            Arc::new(config),
            cert.clone(),
            now,
        ))))
    }
}

impl DtlsInstance for Saying<dimpl::Dtls> {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let mut polled = vec![0; buf.len()];
        let mut write = |bytes: &[u8]| buf[..bytes.len()].copy_from_slice(bytes);
        match self.0.poll_output(&mut polled) {
            DtlsOutput::Packet(packet) => {
                write(&said(packet));
                DtlsOutput::Packet(&buf[..packet.len()])
            }
            DtlsOutput::PeerCert(bytes) => {
                write(bytes);
                DtlsOutput::PeerCert(&buf[..bytes.len()])
            }
            DtlsOutput::ApplicationData(bytes) => {
                write(bytes);
                DtlsOutput::ApplicationData(&buf[..bytes.len()])
            }
            DtlsOutput::KeyingMaterial(material, profile) => {
                assert_eq!(profile, SrtpProfile::AES128_CM_SHA1_80);
                DtlsOutput::KeyingMaterial(material, profile)
            }
            DtlsOutput::BufferTooSmall { needed } => DtlsOutput::BufferTooSmall { needed },
            DtlsOutput::Timeout(at) => DtlsOutput::Timeout(at),
            DtlsOutput::Connected => DtlsOutput::Connected,
            DtlsOutput::CloseNotify => DtlsOutput::CloseNotify,
            other => panic!("{other:?}"),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}

impl HashProvider for Older {
    fn create_hash(&self, algorithm: HashAlgorithm) -> Box<dyn HashContext> {
        Box::new(Saying(HANDSHAKES.hash_provider.create_hash(algorithm)))
    }
}

impl HashContext for Saying<Box<dyn HashContext>> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(&said(data));
    }

    fn clone_and_finalize(&self, out: &mut Buf) {
        self.0.clone_and_finalize(out);
    }
}

impl KeyProvider for Older {
    fn load_private_key(&self, key_der: &[u8]) -> Result<Box<dyn SigningKey>, HandshakeError> {
        Ok(Box::new(Saying(HANDSHAKES.key_provider.load_private_key(key_der)?)))
    }
}

impl SigningKey for Saying<Box<dyn SigningKey>> {
    fn sign(&mut self, data: &[u8], hash: HashAlgorithm, out: &mut Buf) -> Result<(), HandshakeError> {
        self.0.sign(&said(data), hash, out)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        self.0.hash_algorithm()
    }

    fn supported_hash_algorithms(&self) -> &[HashAlgorithm] {
        self.0.supported_hash_algorithms()
    }
}
