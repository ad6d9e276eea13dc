//! Sealing packets of media beside the WebRTC stack (RFC 3711, RFC 7714).
//!
//! The key of a session is no secret to its own process: the handshake hands it out, and here the same session keys are derived from it
//! that the stack derives. A nonce is a source and a packet's number in it, and must never seal two packets. So what leaves by
//! this way is packets of sources that the stack sends nothing of. Reports are the stack's alone.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use str0m::crypto::{SrtpProvider, dtls::SrtpProfile};

const SALT_BYTES: usize = 12;
/// What is derived (RFC 3711 §4.3.2).
const LABEL_KEY: u8 = 0;
const LABEL_SALT: u8 = 2;

/// Seals what one side of a session sends.
pub(super) struct Sealer {
    key: LessSafeKey,
    salt: [u8; SALT_BYTES],
}

impl Sealer {
    /// From what a handshake made: both keys and both salts, those of its active side first. Nothing if the profile is not one that
    /// seals and authenticates in one.
    pub(super) fn new(
        material: &[u8],
        profile: SrtpProfile,
        is_active: bool,
        provider: &dyn SrtpProvider,
    ) -> Option<Sealer> {
        let (cipher, key_bytes) = match profile {
            SrtpProfile::AEAD_AES_128_GCM => (&AES_128_GCM, 16),
            SrtpProfile::AEAD_AES_256_GCM => (&AES_256_GCM, 32),
            _ => return None,
        };
        let (keys, salts) = material.split_at_checked(2 * key_bytes)?;
        let side = usize::from(!is_active);
        let master = keys.chunks_exact(key_bytes).nth(side)?;
        let salt = salts.chunks_exact(SALT_BYTES).nth(side)?;
        let derive = |label, derived: &mut [u8]| derive(provider, (master, salt), label, derived);
        let (mut key, mut session_salt) = ([0; 32], [0; SALT_BYTES]);
        derive(LABEL_KEY, &mut key[..key_bytes]);
        derive(LABEL_SALT, &mut session_salt);
        Some(Sealer {
            key: LessSafeKey::new(UnboundKey::new(cipher, &key[..key_bytes]).ok()?),
            salt: session_salt,
        })
    }

    /// Seals what follows the header, and appends the tag. `index` is the sequence number with its roll-overs.
    pub(super) fn seal(&self, packet: &mut Vec<u8>, header_bytes: usize, ssrc: u32, index: u64) -> bool {
        let mut nonce = [0; SALT_BYTES];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        let (header, body) = packet.split_at_mut(header_bytes);
        let nonce = Nonce::assume_unique_for_key(nonce);
        match self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body) {
            Ok(tag) => {
                packet.extend_from_slice(tag.as_ref());
                true
            }
            Err(_) => false,
        }
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
mod tests {
    use str0m::crypto::from_feature_flags;

    use super::*;

    /// The packet of RFC 7714 §16.1.1, and as it is sealed.
    const PLAIN: &str =
        "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
    const SEALED: &str = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce";

    fn bytes(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    #[test]
    fn seals_as_the_standard_says() {
        let key: Vec<u8> = (0..16).collect();
        let sealer = Sealer {
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap()),
            salt: bytes("517569642070726f2071756f").try_into().unwrap(),
        };
        let mut packet = bytes(PLAIN);
        assert!(sealer.seal(&mut packet, 12, 0x5501_a0b2, 0xf17b));
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
        check(LABEL_KEY, "c61e7a93744f39ee10734afe3ff7a087");
        check(LABEL_SALT, "30cbbc08863d8c85d49db34a9ae1");
    }

    #[test]
    fn each_side_has_its_own_key_and_other_profiles_have_none() {
        let material: Vec<u8> = (0..88).collect();
        let sealed = |profile, is_active, bytes: usize| {
            let provider = from_feature_flags().srtp_provider;
            let sealer = Sealer::new(&material[..bytes], profile, is_active, provider)?;
            let mut packet = vec![0; 20];
            sealer.seal(&mut packet, 12, 1, 1).then_some(packet)
        };
        for (profile, bytes) in [(SrtpProfile::AEAD_AES_128_GCM, 56), (SrtpProfile::AEAD_AES_256_GCM, 88)] {
            let (active, passive) = (sealed(profile, true, bytes), sealed(profile, false, bytes));
            assert!(active.is_some() && passive.is_some() && active != passive);
            assert_eq!(sealed(profile, false, bytes - 1), None, "half a salt");
        }
        assert_eq!(sealed(SrtpProfile::AES128_CM_SHA1_80, true, 60), None);
    }
}
