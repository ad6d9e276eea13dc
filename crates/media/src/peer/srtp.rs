//! Sealing packets of media, and opening reports, beside the WebRTC stack (RFC 3711, RFC 7714).
//!
//! The key of a session is no secret to its own process: the handshake hands it out, and here the same session keys are derived from it
//! that the stack derives. A nonce is a source and a packet's number in it, and must never seal two packets. So what leaves by
//! this way is packets of sources that the stack sends nothing of. Reports are sealed by the stack alone; they are opened here too, since most
//! of them are for nobody but the lean way.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use str0m::crypto::{SrtpProvider, dtls::SrtpProfile};

use crate::peer::once::{IS_ENCRYPTED, Once};

const SALT_BYTES: usize = 12;
/// What is derived for packets, key and salt (RFC 3711 §4.3.2).
const OF_PACKETS: [u8; 2] = [0, 2];
/// The same for reports.
const OF_REPORTS: [u8; 2] = [3, 5];
/// How many bytes of a report are not encrypted, before those that are.
pub(super) const REPORT_HEAD_BYTES: usize = 8;

/// What a handshake has made for our side of a session.
pub(super) struct Ciphers {
    pub(super) sealer: Sealer,
    pub(super) opener: Opener,
}

/// Seals what one side of a session sends.
pub(super) struct Sealer(Keys);

/// Opens what the other side reports.
pub(super) struct Opener {
    keys: Keys,
    once: Once,
}

/// Whether a report is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// It was made with the keys, and has not come before.
    Authentic,
    /// It has come before, or is too old for that to be known (RFC 3711 §3.3.2).
    Again,
    /// It was not made with these keys, or is no report.
    Not,
}

/// The keys for what one side sends of one kind.
struct Keys {
    key: LessSafeKey,
    salt: [u8; SALT_BYTES],
}

impl Keys {
    /// From what a handshake made: both keys and both salts, those of its active side first. Nothing if the profile is not one that
    /// seals and authenticates in one.
    fn derive(
        material: &[u8],
        profile: SrtpProfile,
        is_of_active: bool,
        [of_key, of_salt]: [u8; 2],
        provider: &dyn SrtpProvider,
    ) -> Option<Keys> {
        let (cipher, key_bytes) = match profile {
            SrtpProfile::AEAD_AES_128_GCM => (&AES_128_GCM, 16),
            SrtpProfile::AEAD_AES_256_GCM => (&AES_256_GCM, 32),
            _ => return None,
        };
        let (keys, salts) = material.split_at_checked(2 * key_bytes)?;
        let side = usize::from(!is_of_active);
        let master = keys.chunks_exact(key_bytes).nth(side)?;
        let master_salt = salts.chunks_exact(SALT_BYTES).nth(side)?;
        let (mut key, mut salt) = ([0; 32], [0; SALT_BYTES]);
        derive(provider, (master, master_salt), of_key, &mut key[..key_bytes]);
        derive(provider, (master, master_salt), of_salt, &mut salt);
        Some(Keys {
            key: LessSafeKey::new(UnboundKey::new(cipher, &key[..key_bytes]).ok()?),
            salt,
        })
    }

    /// Of a packet or a report, by its number in its source, which has 48 bits at most (RFC 7714 §8.1, §9.1).
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = [0; SALT_BYTES];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

impl Ciphers {
    /// From what a handshake made. Nothing if the profile is not one that seals and authenticates in one.
    pub(super) fn new(
        material: &[u8],
        profile: SrtpProfile,
        is_active: bool,
        provider: &dyn SrtpProvider,
    ) -> Option<Ciphers> {
        let keys = |is_of_active, labels| Keys::derive(material, profile, is_of_active, labels, provider);
        Some(Ciphers {
            sealer: Sealer(keys(is_active, OF_PACKETS)?),
            opener: Opener {
                keys: keys(!is_active, OF_REPORTS)?,
                once: Once::default(),
            },
        })
    }
}

impl Sealer {
    /// Seals what follows the header, and appends the tag. `index` is the sequence number with its roll-overs.
    pub(super) fn seal(&self, packet: &mut Vec<u8>, header_bytes: usize, ssrc: u32, index: u64) -> bool {
        let Sealer(keys) = self;
        let (header, body) = packet.split_at_mut(header_bytes);
        let nonce = keys.nonce(ssrc, index);
        match keys.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body) {
            Ok(tag) => {
                packet.extend_from_slice(tag.as_ref());
                true
            }
            Err(_) => false,
        }
    }
}

impl Opener {
    /// Opens a report (RFC 7714 §9): its head and what was encrypted are what `report` holds afterwards, if it is to be believed.
    pub(super) fn open(&mut self, datagram: &[u8], report: &mut Vec<u8>) -> Opened {
        let whole = datagram.split_last_chunk::<4>().and_then(|(sealed, last)| {
            let head = sealed.first_chunk::<REPORT_HEAD_BYTES>()?;
            Some((head, sealed, *last))
        });
        let Some((head, sealed, last)) = whole else {
            return Opened::Not;
        };
        let [_, _, _, _, ssrc @ ..] = *head;
        let (ssrc, number) = (u32::from_be_bytes(ssrc), u32::from_be_bytes(last));
        if number & IS_ENCRYPTED == 0 {
            return Opened::Not;
        }
        let index = number & !IS_ENCRYPTED;
        report.clear();
        report.extend_from_slice(sealed);
        let mut authenticated = [0; REPORT_HEAD_BYTES + 4];
        authenticated[..REPORT_HEAD_BYTES].copy_from_slice(head);
        authenticated[REPORT_HEAD_BYTES..].copy_from_slice(&last);
        let nonce = self.keys.nonce(ssrc, index.into());
        let body = &mut report[REPORT_HEAD_BYTES..];
        let Ok(opened) = self.keys.key.open_in_place(nonce, Aad::from(authenticated), body) else {
            return Opened::Not;
        };
        let opened_bytes = opened.len();
        report.truncate(REPORT_HEAD_BYTES + opened_bytes);
        if !self.once.is_new(ssrc, index) {
            return Opened::Again;
        }
        self.once.take(ssrc, index);
        Opened::Authentic
    }
}

/// RFC 3711 §4.3.3: AES in counter mode.
fn derive(provider: &dyn SrtpProvider, (master, salt): (&[u8], &[u8]), label: u8, derived: &mut [u8]) {
    let mut counter = [0; 16];
    counter[..salt.len()].copy_from_slice(salt);
    counter[7] ^= label;
    for (round, derived) in (0..).zip(derived.chunks_mut(16)) {
        counter[15] = round;
        // The provider pads, and what it pads with is not wanted.
        let mut block = [0; 32];
        match master.len() {
            16 => provider.srtp_aes_128_ecb_round(master, &counter, &mut block),
            _ => provider.srtp_aes_256_ecb_round(master, &counter, &mut block),
        }
        derived.copy_from_slice(&block[..derived.len()]);
    }
}

#[cfg(test)]
impl Opener {
    /// A report of this number, as its sender seals it.
    pub(super) fn sealed(&self, plain: &[u8], index: u32) -> Vec<u8> {
        let (head, body) = plain.split_at(REPORT_HEAD_BYTES);
        let number = (IS_ENCRYPTED | index).to_be_bytes();
        let ssrc = u32::from_be_bytes(head[4..].try_into().unwrap());
        let mut body = body.to_vec();
        let (nonce, aad) = (self.keys.nonce(ssrc, index.into()), Aad::from([head, &number].concat()));
        self.keys.key.seal_in_place_append_tag(nonce, aad, &mut body).unwrap();
        [head, &body, &number].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use str0m::crypto::from_feature_flags;

    use super::*;

    /// The packet of RFC 7714 §16.1.1, and as it is sealed.
    const PLAIN: &str =
        "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
    const SEALED: &str = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce";

    /// The report of RFC 7714 §17.1, and as it is sealed.
    const REPORT: &str =
        "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
    const SEALED_REPORT: &str = "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4";

    fn bytes(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    /// Those of RFC 7714's examples.
    fn keys() -> Keys {
        let key: Vec<u8> = (0..16).collect();
        Keys {
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap()),
            salt: bytes("517569642070726f2071756f").try_into().unwrap(),
        }
    }

    fn opener() -> Opener {
        Opener {
            keys: keys(),
            once: Once::default(),
        }
    }

    #[test]
    fn opens_reports_as_the_standard_says() {
        let mut opener = opener();
        let mut report = vec![];
        assert_eq!(opener.open(&bytes(SEALED_REPORT), &mut report), Opened::Authentic);
        assert_eq!(report, bytes(REPORT));
        for at in 0..SEALED_REPORT.len() / 2 {
            let mut broken = bytes(SEALED_REPORT);
            broken[at] ^= 1;
            assert_eq!(opener.open(&broken, &mut report), Opened::Not, "byte {at}");
            assert_eq!(opener.open(&broken[..at], &mut report), Opened::Not, "{at} bytes");
        }
    }

    proptest! {
        /// Whatever a stranger sends.
        #[test]
        fn nothing_else_is_opened(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            assert_eq!(opener().open(&bytes, &mut vec![]), Opened::Not);
        }
    }

    #[test]
    fn a_report_is_believed_once() {
        let mut opener = opener();
        let mut check = |ssrc: u32, index, expected| {
            let plain = [&[0x80, 205, 0, 1][..], &ssrc.to_be_bytes()].concat();
            let datagram = opener.sealed(&plain, index);
            assert_eq!(opener.open(&datagram, &mut vec![]), expected, "{index} of {ssrc}");
        };
        check(1, 70, Opened::Authentic);
        check(1, 70, Opened::Again);
        check(1, 75, Opened::Authentic);
        check(1, 71, Opened::Authentic);
        check(1, 71, Opened::Again);
        check(1, 70, Opened::Again);
        check(1, 12, Opened::Authentic);
        check(1, 11, Opened::Again);
        check(1, 0x7fff_ffff, Opened::Authentic);
        check(1, 75, Opened::Again);
        check(2, 75, Opened::Authentic);
        check(2, 75, Opened::Again);
    }

    #[test]
    fn seals_as_the_standard_says() {
        let mut packet = bytes(PLAIN);
        assert!(Sealer(keys()).seal(&mut packet, 12, 0x5501_a0b2, 0xf17b));
        assert_eq!(packet, bytes(SEALED));
    }

    #[test]
    fn derives_as_the_standard_says() {
        // RFC 3711 §B.3.
        let (master, salt) = (
            bytes("e1f97a0d3e018be0d64fa32c06de4139"),
            bytes("0ec675ad498afeebb6960b3aabe6"),
        );
        let check = |label, expected: &str| {
            let expected = bytes(expected);
            let mut derived = vec![0; expected.len()];
            derive(
                from_feature_flags().srtp_provider,
                (&master, &salt),
                label,
                &mut derived,
            );
            assert_eq!(derived, expected);
        };
        check(OF_PACKETS[0], "c61e7a93744f39ee10734afe3ff7a087");
        check(OF_PACKETS[1], "30cbbc08863d8c85d49db34a9ae1");
    }

    #[test]
    fn each_side_has_its_own_key_and_other_profiles_have_none() {
        let material: Vec<u8> = (0..88).collect();
        let sealed = |profile, is_active, bytes: usize| {
            let provider = from_feature_flags().srtp_provider;
            let ciphers = Ciphers::new(&material[..bytes], profile, is_active, provider)?;
            let mut packet = vec![0; 20];
            ciphers.sealer.seal(&mut packet, 12, 1, 1).then_some(packet)
        };
        for (profile, bytes) in [(SrtpProfile::AEAD_AES_128_GCM, 56), (SrtpProfile::AEAD_AES_256_GCM, 88)] {
            let (active, passive) = (sealed(profile, true, bytes), sealed(profile, false, bytes));
            assert!(active.is_some() && passive.is_some() && active != passive);
            assert_eq!(sealed(profile, false, bytes - 1), None, "half a salt");
        }
        assert_eq!(sealed(SrtpProfile::AES128_CM_SHA1_80, true, 60), None);
    }
}
