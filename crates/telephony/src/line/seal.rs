//! Sound that nobody on the way hears: SRTP (RFC 3711), by keys that the signalling carried (RFC 4568).
//!
//! The packets themselves are the work of `rtc-srtp`. It keeps a state for each source that a packet names, and makes one before it
//! knows whether the packet is genuine; so here each source that has shown to be genuine has a context of its own, a few have one, and
//! a stranger who makes up sources leaves nothing behind. It also takes reports that say of themselves that they are not encrypted
//! without looking at their seal; nobody agreed on such ones, so they are not shown to it. A packet that was there before is refused,
//! whoever sends it.

use base64::{Engine, engine::general_purpose::STANDARD};
use rtc_srtp::{
    context::Context,
    crypto::providers::AwsLcRsCrypto,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};

use crate::limits::{REPLAYED_PACKETS_MAX, SEALED_SOURCES_MAX};

/// A key and a salt, as they come: 16 bytes and 14.
pub(crate) type Secret = [u8; KEY_BYTES + SALT_BYTES];

const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 14;

/// What is behind a report: its number, and its seal, which is as long by either suite (RFC 3711 §5.2, RFC 4568 §6.2.2).
const REPORT_NUMBER_BYTES: usize = 4;
const REPORT_SEAL_BYTES: usize = 10;

/// How packets are sealed: AES in counter mode, and how many bits of their seal are sent along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    HmacSha1_80,
    HmacSha1_32,
}

impl Suite {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Suite::HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Suite> {
        let mut all = [Suite::HmacSha1_80, Suite::HmacSha1_32].into_iter();
        all.find(|suite| suite.name() == name)
    }

    fn profile(self) -> ProtectionProfile {
        match self {
            Suite::HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            Suite::HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
        }
    }
}

/// By what one side seals. It is shown to nobody but the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    suite: Suite,
    secret: Secret,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Key({}, …)", self.suite.name())
    }
}

impl Key {
    pub(crate) fn new(suite: Suite, secret: Secret) -> Key {
        Key { suite, secret }
    }

    /// As a description has it.
    pub(crate) fn read(suite: Suite, text: &str) -> Option<Key> {
        let secret = STANDARD.decode(text).ok()?.try_into().ok()?;
        Some(Key { suite, secret })
    }

    pub(crate) fn text(&self) -> String {
        STANDARD.encode(self.secret)
    }

    pub(crate) fn suite(&self) -> Suite {
        self.suite
    }

    fn context(&self) -> Context {
        let (key, salt) = self.secret.split_at(KEY_BYTES);
        let profile = self.suite.profile();
        let (sound, reports) = (
            srtp_replay_protection(REPLAYED_PACKETS_MAX),
            srtcp_replay_protection(REPLAYED_PACKETS_MAX),
        );
        let context = Context::new(key, salt, profile, Some(sound), Some(reports), &AwsLcRsCrypto);
        context.expect("key and salt have the lengths that both suites have")
    }
}

/// By what both sides seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) theirs: Key,
    pub(crate) ours: Key,
}

/// What opens the packets of a leg, and closes those to it.
pub(super) struct Seal {
    keys: Keys,
    ours: Context,
    /// Of each source that has shown to be genuine.
    theirs: Vec<(u32, Context)>,
}

impl Seal {
    pub(super) fn new(keys: Keys) -> Seal {
        Seal {
            keys,
            ours: keys.ours.context(),
            theirs: vec![],
        }
    }

    /// Goes on by these keys. Those that are the same go on where they are: beginning anew would seal two packets alike.
    pub(super) fn renew(&mut self, keys: Keys) {
        if self.keys.ours != keys.ours {
            self.ours = keys.ours.context();
        }
        if self.keys.theirs != keys.theirs {
            self.theirs.clear();
        }
        self.keys = keys;
    }

    /// What is in a packet. `None` is one that was not sealed by the other side, or that was here before.
    pub(super) fn open(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let source = source_of(datagram)?;
        if let Some((_, context)) = self.theirs.iter_mut().find(|(known, _)| *known == source) {
            return open(context, datagram);
        }
        if self.theirs.len() >= SEALED_SOURCES_MAX {
            return None;
        }
        let mut context = self.keys.theirs.context();
        let opened = open(&mut context, datagram)?;
        self.theirs.push((source, context));
        Some(opened)
    }

    /// The packet, sealed. `None` is one that is none.
    pub(super) fn close(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let closed = if is_report(datagram) {
            self.ours.encrypt_rtcp(datagram)
        } else {
            self.ours.encrypt_rtp(datagram)
        };
        closed.ok().map(Vec::from)
    }
}

fn open(context: &mut Context, datagram: &[u8]) -> Option<Vec<u8>> {
    let opened = if is_report(datagram) {
        // The bit before the number of a report, which is before the seal (RFC 3711 §3.4).
        let place = datagram.len().checked_sub(REPORT_NUMBER_BYTES + REPORT_SEAL_BYTES)?;
        if datagram[place] & 0x80 == 0 {
            return None;
        }
        context.decrypt_rtcp(datagram)
    } else {
        context.decrypt_rtp(datagram)
    };
    opened.ok().map(Vec::from)
}

/// Whether it is RTCP (RFC 5761 §4).
fn is_report(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|kind| (64..=95).contains(&(kind & 0x7f)))
}

/// Which source a packet names.
fn source_of(datagram: &[u8]) -> Option<u32> {
    let place = if is_report(datagram) { 4 } else { 8 };
    let bytes = datagram.get(place..place + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::rtp::Packet, *};

    /// Two sides that know each other's keys.
    fn sides(suite: Suite) -> [Seal; 2] {
        let [ada, bo] = [1, 2].map(|byte| Key::new(suite, [byte; 30]));
        [(ada, bo), (bo, ada)].map(|(ours, theirs)| Seal::new(Keys { theirs, ours }))
    }

    fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
        let packet = Packet {
            marker: false,
            payload_type: 0,
            sequence,
            timestamp: 160 * u32::from(sequence),
            ssrc,
            payload: b"sound",
        };
        let mut datagram = vec![];
        packet.write(&mut datagram);
        datagram
    }

    /// RFC 3711 has vectors for its parts and none for a packet; this one is of libsrtp's own tests (`srtp_driver`, `srtp_plaintext_ref`).
    #[test]
    fn another_implementation_seals_alike() {
        let secret = [
            0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6,
            0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6,
        ];
        let key = Key::new(Suite::HmacSha1_80, secret);
        let mut seal = Seal::new(Keys { theirs: key, ours: key });
        let mut plain = vec![0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe];
        plain.extend([0xab; 16]);
        let sealed = [
            0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0x4e, 0x55, 0xdc, 0x4c, 0xe7, 0x99,
            0x78, 0xd8, 0x8c, 0xa4, 0xd2, 0x15, 0x94, 0x9d, 0x24, 0x02, 0xb7, 0x8d, 0x6a, 0xcc, 0x99, 0xea, 0x17, 0x9b,
            0x8d, 0xbb,
        ];
        assert_eq!(seal.close(&plain).as_deref(), Some(sealed.as_slice()));
        assert_eq!(seal.open(&sealed), Some(plain));
    }

    #[test]
    fn what_one_closes_the_other_opens_once() {
        for suite in [Suite::HmacSha1_80, Suite::HmacSha1_32] {
            let [mut ada, mut bo] = sides(suite);
            // Past the end of the numbers, where a count goes on that no packet carries.
            for number in 65_000..66_000_u32 {
                let plain = packet(7, u16::try_from(number % 65_536).expect("below"));
                let closed = ada.close(&plain).expect("a packet");
                assert_ne!(closed[12..17], plain[12..17]);
                assert_eq!(bo.open(&closed), Some(plain), "{suite:?} {number}");
                assert_eq!(bo.open(&closed), None, "{suite:?} {number}: it was here before");
            }
            let report = [0x81, 201, 0, 1, 0, 0, 0, 7];
            let closed = ada.close(&report).expect("a report");
            let mut open = closed.clone();
            open[8] &= 0x7f;
            assert_eq!(bo.open(&open), None, "it says that it is not encrypted");
            assert_eq!(bo.open(&closed).as_deref(), Some(report.as_slice()));
        }
    }

    #[test]
    fn what_somebody_else_sends_is_not_opened() {
        let [mut ada, mut bo] = sides(Suite::HmacSha1_80);
        let closed = ada.close(&packet(7, 1)).expect("a packet");
        for place in 0..closed.len() {
            let mut changed = closed.clone();
            changed[place] ^= 1;
            assert_eq!(bo.open(&changed), None, "byte {place}");
        }
        for ssrc in 0..1_000 {
            assert_eq!(bo.open(&packet(ssrc, 1)), None);
        }
        assert!(bo.theirs.is_empty(), "strangers leave nothing behind");
        assert_eq!(bo.open(&closed), Some(packet(7, 1)));
        for ssrc in 0..1_000 {
            let other = ada.close(&packet(ssrc, 2)).expect("a packet");
            bo.open(&other);
        }
        assert_eq!(bo.theirs.len(), SEALED_SOURCES_MAX);
    }

    #[test]
    fn the_same_keys_go_on_where_they_are() {
        let [mut ada, mut bo] = sides(Suite::HmacSha1_80);
        let closed = ada.close(&packet(7, 1)).expect("a packet");
        assert!(bo.open(&closed).is_some());
        bo.renew(bo.keys);
        assert_eq!(bo.open(&closed), None, "it was here before");
        let other = Key::new(Suite::HmacSha1_32, [3; 30]);
        ada.renew(Keys {
            ours: other,
            ..ada.keys
        });
        let closed = ada.close(&packet(7, 2)).expect("a packet");
        assert_eq!(bo.open(&closed), None);
        bo.renew(Keys {
            theirs: other,
            ..bo.keys
        });
        assert!(bo.open(&closed).is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(datagram in prop::collection::vec(any::<u8>(), 0..80), first in any::<bool>()) {
            let [mut ada, _] = sides(Suite::HmacSha1_32);
            let mut datagram = datagram;
            if let Some(byte) = datagram.first_mut().filter(|_| first) {
                *byte = *byte & 0x3f | 0x80;
            }
            prop_assert_eq!(ada.open(&datagram), None);
            let _ = ada.close(&datagram);
        }
    }
}
