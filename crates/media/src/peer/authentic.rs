//! Whether a datagram was authentic: made with the keys of the session, which no stranger has.
//!
//! str0m does not say so. It drops what does not authenticate without a word, and of most that does (reports of receivers,
//! acknowledgements of texts) nothing comes out. But all of it passes a cipher or the DTLS record layer, and those are ours to
//! choose: so they are str0m's own, each behind a layer that notes when something was opened. Whoever hands in a datagram
//! asks afterwards, on the same thread. Nothing is added to what is sealed on the way out.

use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
    time::Instant,
};

use str0m::{
    config::CryptoProvider,
    crypto::{
        AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, SrtpProvider,
        SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
        dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion},
        from_feature_flags,
    },
};

/// What does the work.
static PLAIN: LazyLock<CryptoProvider> = LazyLock::new(from_feature_flags);

/// The same, watched.
pub(super) static WATCHED: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    Arc::new(CryptoProvider {
        srtp_provider: &Srtp,
        dtls_provider: &Dtls,
        ..PLAIN.clone()
    })
});

thread_local! {
    static OPENED: Cell<bool> = const { Cell::new(false) };
}

/// Whether something authentic was opened on this thread since the last question.
pub(super) fn take_opened() -> bool {
    OPENED.replace(false)
}

fn noted<T, E>(opened: Result<T, E>) -> Result<T, E> {
    if opened.is_ok() {
        OPENED.set(true);
    }
    opened
}

#[derive(Debug)]
struct Srtp;

#[derive(Debug)]
struct Opening<C>(C);

impl SrtpProvider for Srtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &Srtp
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Srtp
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Srtp
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        PLAIN.srtp_provider.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        PLAIN.srtp_provider.srtp_aes_256_ecb_round(key, input, output);
    }
}

impl SupportedAes128CmSha1_80 for Srtp {
    fn create_cipher(&self, key: [u8; 16], encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        let cipher = PLAIN.srtp_provider.aes_128_cm_sha1_80().create_cipher(key, encrypt);
        if encrypt { cipher } else { Box::new(Opening(cipher)) }
    }
}

impl Aes128CmSha1_80Cipher for Opening<Box<dyn Aes128CmSha1_80Cipher>> {
    fn encrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.0.encrypt(iv, input, output)
    }

    /// This one does not authenticate by itself: it is asked once the tag was found right.
    fn decrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        noted(self.0.decrypt(iv, input, output))
    }
}

/// The two that differ in the length of their key alone.
macro_rules! watch_gcm {
    ($supported:ident, $cipher:ident, $make:ident, $key_bytes:literal) => {
        impl $supported for Srtp {
            fn create_cipher(&self, key: [u8; $key_bytes], encrypt: bool) -> Box<dyn $cipher> {
                let cipher = PLAIN.srtp_provider.$make().create_cipher(key, encrypt);
                if encrypt {
                    cipher
                } else {
                    Box::new(Opening(cipher))
                }
            }
        }

        impl $cipher for Opening<Box<dyn $cipher>> {
            fn encrypt(
                &mut self,
                iv: &[u8; 12],
                aad: &[u8],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<(), CryptoError> {
                self.0.encrypt(iv, aad, input, output)
            }

            fn decrypt(
                &mut self,
                iv: &[u8; 12],
                aads: &[&[u8]],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<usize, CryptoError> {
                noted(self.0.decrypt(iv, aads, input, output))
            }
        }
    };
}

watch_gcm!(SupportedAeadAes128Gcm, AeadAes128GcmCipher, aead_aes_128_gcm, 16);
watch_gcm!(SupportedAeadAes256Gcm, AeadAes256GcmCipher, aead_aes_256_gcm, 32);

#[derive(Debug)]
struct Dtls;

impl DtlsProvider for Dtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        PLAIN.dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = PLAIN.dtls_provider.new_dtls(cert, now, dtls_version, mtu)?;
        Ok(Box::new(Opening(dtls)))
    }
}

impl DtlsInstance for Opening<Box<dyn DtlsInstance>> {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.0.poll_output(buf);
        if matches!(output, DtlsOutput::ApplicationData(_)) {
            OPENED.set(true);
        }
        output
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

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}
