//! Whether a datagram was authentic: made with the keys of the session, which no stranger has.
//!
//! str0m does not say so. It drops what does not authenticate without a word, and of most that does (reports of receivers,
//! acknowledgements of texts) nothing comes out. But all of it passes a cipher or the DTLS record layer, and those are ours to
//! choose: so they are str0m's own, each behind a layer that notes when something was opened. Whoever hands in a datagram
//! asks afterwards, on the same thread.
//!
//! The same layer lets a session send media beside the stack, see `lean`: it notes the keys that the handshake makes and the reports
//! that were opened, and has the reports that are about to be sealed set right.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, LazyLock, OnceLock},
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

use crate::{
    core::{
        datagram,
        reporting::{Reporting, without_arrivals},
    },
    peer::srtp::{Ciphers, REPORT_HEAD_BYTES},
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
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
    static REPORT: RefCell<Vec<u8>> = const { RefCell::new(vec![]) };
    static REPORTING: RefCell<Option<Reporting>> = const { RefCell::new(None) };
}

/// How many bytes of a report are authenticated and not encrypted: its head, and its number.
const REPORT_AAD_BYTES: usize = 12;

/// How long the tag of AES-CM is, which is the last of a report.
pub(super) const TAG_BYTES: usize = 10;

/// What a handshake has made.
pub(super) enum Keys {
    Ours(Ciphers),
    /// Of the profile that the stack alone serves, AES-CM.
    OfTheStack,
}

/// What a handshake has made since the last question.
pub(super) fn take_keys() -> Option<Keys> {
    KEYS.take()
}

/// Lends what is known of packets that were sent beside the stack, until it is taken back.
pub(super) fn lend(reporting: Reporting) {
    REPORTING.set(Some(reporting));
}

/// See [`lend`].
pub(super) fn take_back() -> Option<Reporting> {
    REPORTING.take()
}

/// Reads the report that was opened since the last question, if one was.
pub(super) fn take_report<T>(read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    REPORT.with_borrow_mut(|report| {
        let result = (!report.is_empty()).then(|| read(report));
        report.clear();
        result
    })
}

/// Whether what is authenticated, but not encrypted, is of a report (RFC 5761 §4) and not of a packet of media.
fn is_report(aad: &[u8]) -> bool {
    aad.len() == REPORT_AAD_BYTES && datagram::is_report(aad)
}

/// Notes a report that was opened, and gives how much of it the stack is to see: it would take apart what is said of arrivals, and compare it with
/// packets of which it has sent none.
fn note_report(aads: &[&[u8]], opened: &[u8]) -> usize {
    let Some(aad) = aads.first().filter(|aad| is_report(aad)) else {
        return opened.len();
    };
    REPORT.with_borrow_mut(|report| {
        report.clear();
        report.extend_from_slice(&aad[..REPORT_HEAD_BYTES]);
        report.extend_from_slice(opened);
        without_arrivals(report).saturating_sub(REPORT_HEAD_BYTES)
    })
}

/// A report as it is to be sealed; nothing if it is right as it is.
fn corrected(aad: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    if !is_report(aad) {
        return None;
    }
    REPORTING.with_borrow_mut(|reporting| {
        let reporting = reporting.as_mut()?;
        let mut report = [&aad[..REPORT_HEAD_BYTES], body].concat();
        reporting
            .correct(&mut report)
            .then(|| report.split_off(REPORT_HEAD_BYTES))
    })
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

#[derive(Debug)]
struct Sealing<C>(C);

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
                    Box::new(Sealing(cipher))
                } else {
                    Box::new(Opening(cipher))
                }
            }
        }

        impl $cipher for Sealing<Box<dyn $cipher>> {
            fn encrypt(
                &mut self,
                iv: &[u8; 12],
                aad: &[u8],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<(), CryptoError> {
                match corrected(aad, input) {
                    Some(input) => self.0.encrypt(iv, aad, &input, output),
                    None => self.0.encrypt(iv, aad, input, output),
                }
            }

            fn decrypt(
                &mut self,
                iv: &[u8; 12],
                aads: &[&[u8]],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<usize, CryptoError> {
                self.0.decrypt(iv, aads, input, output)
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
                let length = noted(self.0.decrypt(iv, aads, input, output))?;
                Ok(note_report(aads, &output[..length]))
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
        _: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = dimpl::Dtls::new_12(handshakes(mtu)?, cert.clone(), now);
        Ok(Box::new(Opening(dtls)))
    }
}

/// What all handshakes have in common: the version and the datagrams of all are the same. Whoever makes this has the whole cryptography
/// tried on known answers, which takes longer than a handshake, so it is made once.
fn handshakes(mtu: Option<usize>) -> Result<Arc<dimpl::Config>, CryptoError> {
    static ALL: OnceLock<Arc<dimpl::Config>> = OnceLock::new();
    if let Some(all) = ALL.get() {
        return Ok(Arc::clone(all));
    }
    // Who sends a handshake has been vouched for by ICE, and needs no cookie.
    let builder = dimpl::Config::builder().use_server_cookie(false);
    let builder = mtu.into_iter().fold(builder, dimpl::ConfigBuilder::mtu);
    let made = builder.build().map_err(|error| CryptoError::Other(error.to_string()))?;
    Ok(Arc::clone(ALL.get_or_init(|| Arc::new(made))))
}

impl DtlsInstance for Opening<dimpl::Dtls> {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.0.poll_output(buf);
        match &output {
            DtlsOutput::ApplicationData(_) => OPENED.set(true),
            DtlsOutput::KeyingMaterial(material, profile) => {
                let (is_active, provider) = (self.0.is_active(), PLAIN.srtp_provider);
                let ciphers = Ciphers::new(material, *profile, is_active, provider);
                KEYS.set(Some(ciphers.map_or(Keys::OfTheStack, Keys::Ours)));
            }
            _ => {}
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
