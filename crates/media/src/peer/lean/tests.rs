//! What leaves by the lean way, as datagrams.

#![expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]

use std::{sync::Arc, time::Duration};

use str0m::crypto::{dtls::SrtpProfile, from_feature_flags};

use super::*;
use crate::{
    core::belief::Conclusion,
    egress::{Extensions, Format},
};

const SSRC: u32 = 1;
const AGAIN: u32 = 2;

#[test]
fn what_tells_of_arrivals_alone_is_heard_once() {
    let now = Instant::now();
    let arrivals = [
        &[0x8f, 205, 0, 5][..],
        &[0; 8],
        &[0, 1, 0, 1, 0, 0, 1, 0, 0x20, 1, 4, 0],
    ]
    .concat();
    let nack = [&[0x81, 205, 0, 3][..], &[0; 4], &SSRC.to_be_bytes(), &[0, 7, 0, 0]].concat();
    let mut lean = lean(now);
    let mut check = |index, plain: &[u8], expected, missing: usize| {
        let sealed = lean.ciphers.as_ref().unwrap().opener.sealed(plain, index);
        assert_eq!(lean.hear(&sealed, now), expected, "{index}");
        assert_eq!(lean.lines[0].missing.len(), missing);
    };
    check(1, &arrivals, Heard::All, 0);
    check(1, &arrivals, Heard::Stale, 0);
    // Whatever else there is in it is the stack's, which has it read by `reporting`.
    check(2, &[&nack[..], &arrivals].concat(), Heard::Nothing, 0);
    check(3, &nack, Heard::Nothing, 0);
    assert_eq!(lean.hear(&[0x80, 205], now), Heard::Nothing);
    assert_eq!(
        Lean::new(vec![], vec![], true, now).hear(&arrivals, now),
        Heard::Nothing
    );
}

/// A session with one line of pictures.
fn lean(now: Instant) -> Lean {
    let provider = from_feature_flags().srtp_provider;
    let (material, profile) = ([7; 56], SrtpProfile::AEAD_AES_128_GCM);
    let ciphers = Ciphers::new(&material, profile, true, provider).unwrap();
    let negotiated = Negotiated {
        ssrc: SSRC,
        resends: Some(AGAIN),
        padding: Some(97.into()),
        names: Names {
            mid: Some((4, "12".to_owned())),
            level: None,
            orientation: Some(13),
            number: Some(3),
        },
    };
    Lean::new(vec![], vec![negotiated], true, now).begun(ciphers)
}

fn write(lean: &mut Lean, sequence: u64, now: Instant) -> bool {
    write_part(lean, sequence, false, now)
}

fn write_part(lean: &mut Lean, sequence: u64, starts_keyframe: bool, now: Instant) -> bool {
    let types = Types {
        plain: 96.into(),
        resent: Some(97.into()),
        blocks: None,
    };
    let payload = &Arc::from([0x10; 100]);
    let packet = Outgoing {
        sequence,
        starts_keyframe,
        ..outgoing(Codec::Vp8, payload, now)
    };
    lean.write(LineId::Video(0), types, &packet)
}

fn outgoing(codec: Codec, payload: &Arc<[u8]>, now: Instant) -> Outgoing<'_> {
    Outgoing {
        format: Format {
            codec,
            profile: None,
            packetization: None,
        },
        sequence: 1,
        timestamp: 3_000,
        marker: true,
        starts_keyframe: false,
        csrc: &[5],
        payload,
        redundant: None,
        picture: None,
        captured: now,
        extensions: Extensions::default(),
    }
}

/// Source, number and type of each datagram.
fn sent(lean: &mut Lean, now: Instant) -> Vec<(u32, u16, u8)> {
    let mut sent = vec![];
    lean.send(now, &mut |datagram| {
        let number = u16::from_be_bytes([datagram[2], datagram[3]]);
        let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
        sent.push((ssrc, number, datagram[1] & 0x7f));
    });
    sent
}

fn miss(lean: &mut Lean, sequence: u16, now: Instant) {
    let nack = [
        [0x81, 205, 0, 3],
        9_u32.to_be_bytes(),
        SSRC.to_be_bytes(),
        (u32::from(sequence) << 16).to_be_bytes(),
    ];
    lean.read(&nack.concat(), now);
}

#[test]
fn no_number_is_sealed_twice() {
    let now = Instant::now();
    let mut lean = lean(now);
    let taken = [1, 2, 2, 5, 4, 1].map(|sequence| write(&mut lean, sequence, now));
    assert_eq!(taken, [true, true, false, true, true, false]);
    let plain = |number| (SSRC, number, 96);
    assert_eq!(sent(&mut lean, now), [plain(1), plain(2), plain(4), plain(5)]);
    assert!(write(&mut lean, 3, now) && !write(&mut lean, 3, now));
    assert_eq!(sent(&mut lean, now), [plain(3)]);
    let later = now + limits::RESEND_AGE;
    assert!(write(&mut lean, 6, later));
    assert_eq!(sent(&mut lean, later), [plain(6)]);
    assert!(
        !write(&mut lean, 5, later),
        "nobody knows any more whether it was there"
    );
    assert!(sent(&mut lean, later).is_empty());
}

#[test]
fn what_is_missed_is_sent_again_for_a_while_and_within_a_share() {
    let now = Instant::now();
    let mut lean = lean(now);
    for sequence in 65_530..65_540 {
        assert!(write(&mut lean, sequence, now));
    }
    assert_eq!(sent(&mut lean, now).len(), 10);
    miss(&mut lean, 65_535, now);
    miss(&mut lean, 2, now);
    miss(&mut lean, 400, now);
    assert_eq!(sent(&mut lean, now), [(AGAIN, 1, 97), (AGAIN, 2, 97)]);
    for _ in 0..20 {
        miss(&mut lean, 1, now);
    }
    assert_eq!(sent(&mut lean, now).len(), 8, "as many as were sent");
    let later = now + limits::RESEND_AGE + Duration::from_secs(1);
    assert!(write(&mut lean, 65_540, later));
    miss(&mut lean, 3, later);
    assert_eq!(sent(&mut lean, later), [(SSRC, 4, 96)]);
}

#[test]
fn no_more_is_sent_again_than_half_of_what_a_narrow_way_carries() {
    let now = Instant::now();
    let mut lean = lean(now);
    for sequence in 1..=20 {
        assert!(write(&mut lean, sequence, now));
    }
    assert_eq!(sent(&mut lean, now).len(), 20);
    let narrow = Conclusion {
        carries_bps: Some(8_000),
        begins_anew_bps: None,
    };
    lean.estimating().unwrap().believe(&narrow, now);
    for sequence in 1..=20 {
        miss(&mut lean, sequence, now);
    }
    // A thousand bytes in a second, and a hundred in each.
    assert_eq!(sent(&mut lean, now).len(), 5);
}

#[test]
fn a_keyframe_is_wanted_where_something_missed_will_not_come() {
    const NOT_NARROW: u64 = 1_000_000;
    let check = |name, carries_bps, keyframe, missed_after_ms, expected_again, expected_broken| {
        let start = Instant::now();
        let mut lean = lean(start);
        for sequence in 1..=20 {
            assert!(write_part(&mut lean, sequence, sequence == keyframe, start));
        }
        assert_eq!(sent(&mut lean, start).len(), 20);
        let narrow = Conclusion {
            carries_bps: Some(carries_bps),
            begins_anew_bps: None,
        };
        let now = start + Duration::from_millis(missed_after_ms);
        lean.estimating().unwrap().believe(&narrow, now);
        assert!(write(&mut lean, 21, now));
        for sequence in 1..=8 {
            miss(&mut lean, sequence, now);
        }
        let again = sent(&mut lean, now)
            .iter()
            .filter(|(source, ..)| *source == AGAIN)
            .count();
        let broken = lean
            .broken()
            .filter(|event| matches!(event, PeerEvent::PictureBroken(0)));
        assert_eq!((again, broken.count()), (expected_again, expected_broken), "{name}");
    };
    check("all of it comes", NOT_NARROW, 0, 0, 8, 0);
    check("the way carries a part of it", 8_000, 0, 0, 5, 1);
    check("it is forgotten", NOT_NARROW, 0, 1_500, 0, 1);
    check("a keyframe follows some of it", 8_000, 4, 0, 5, 0);
    check("a keyframe follows all of it", 8_000, 9, 0, 0, 0);
    check("and though it is forgotten", NOT_NARROW, 9, 1_500, 0, 0);
}

#[test]
fn the_end_of_a_picture_is_sent_twice_where_packets_are_lost() {
    let now = Instant::now();
    let later = now + limits::END_IS_REPEATED_AFTER;
    let mut lean = lean(now);
    let plain = |number| (SSRC, number, 96);
    assert!(write(&mut lean, 1, now));
    assert_eq!(sent(&mut lean, now), [plain(1)]);
    assert_eq!(lean.deadline(), None, "nothing is lost");
    lean.note_loses(true);
    assert!(write(&mut lean, 2, now));
    assert_eq!(sent(&mut lean, now), [plain(2)]);
    assert_eq!(lean.deadline(), Some(later));
    assert!(sent(&mut lean, now).is_empty());
    assert_eq!(sent(&mut lean, later), [(AGAIN, 1, 97)]);
    assert_eq!(lean.deadline(), None, "and no third time");
    // What another follows is missed at once.
    assert!(write(&mut lean, 3, later));
    assert_eq!(sent(&mut lean, later), [plain(3)]);
    assert!(write(&mut lean, 4, later));
    let latest = later + limits::END_IS_REPEATED_AFTER;
    assert_eq!(sent(&mut lean, latest), [plain(4)]);
    assert_eq!(lean.deadline(), Some(latest + limits::END_IS_REPEATED_AFTER));
}

/// Nobody has asked for it, so it takes nothing from what is asked for.
#[test]
fn the_end_of_a_picture_waits_for_room_on_a_narrow_way() {
    let now = Instant::now();
    let mut lean = lean(now);
    lean.note_loses(true);
    let narrow = Conclusion {
        carries_bps: Some(50_000),
        begins_anew_bps: None,
    };
    let estimating = lean.estimating().unwrap();
    estimating.want(Some(50_000), Some(100_000), now);
    estimating.believe(&narrow, now);
    assert!(write(&mut lean, 1, now));
    assert_eq!(sent(&mut lean, now), [(SSRC, 1, 96)]);
    assert!(sent(&mut lean, now + limits::END_IS_REPEATED_AFTER).is_empty());
    // It has 144 bytes.
    let passed = now + Duration::from_micros(144 * 8 * 1_000_000 / 50_000);
    assert_eq!(lean.deadline(), Some(passed));
    assert_eq!(sent(&mut lean, passed), [(AGAIN, 1, 97)]);
    assert_eq!(lean.deadline(), None);
}

#[test]
fn a_header_names_the_line_and_what_the_publisher_said() {
    let now = Instant::now();
    let mut lean = lean(now);
    assert!(write(&mut lean, 1, now));
    let expected = [
        0x91, 0xe0, 0, 1, 0, 0, 0x0b, 0xb8, 0, 0, 0, 1, 0, 0, 0, 5, // header and source
        0xbe, 0xde, 0, 2, 0xd0, 0, 0x41, b'1', b'2', 0, 0, 0,
    ];
    lean.send(now, &mut |datagram| {
        assert_eq!(datagram[..expected.len()], expected);
        assert_eq!(datagram.len(), expected.len() + 100 + 16);
    });
}

/// It is the same for all who hear it until it leaves, whatever the types of their sessions are.
#[test]
fn blocks_of_redundancy_are_named_as_they_leave() {
    let payload: Arc<[u8]> = Arc::from([0xef, 0x0f, 0, 2, 111, 1, 2, 3]);
    let check = |blocks: Option<u8>, expected: [u8; 8]| {
        let types = Types {
            plain: 63.into(),
            resent: None,
            blocks: blocks.map(Pt::from),
        };
        let packet = Packet::new(types, &outgoing(Codec::Opus, &payload, Instant::now()));
        assert!(Arc::ptr_eq(&packet.payload, &payload), "nothing is copied");
        let mut datagram = vec![9];
        packet.write_payload(&mut datagram);
        assert_eq!(datagram[1..], expected);
    };
    check(None, [0xef, 0x0f, 0, 2, 111, 1, 2, 3]);
    check(Some(109), [0xed, 0x0f, 0, 2, 109, 1, 2, 3]);
}

/// The numbers across all lines of all that leaves, and whether it is padding.
fn numbers(lean: &mut Lean, now: Instant) -> Vec<(u16, bool)> {
    let mut numbers = vec![];
    lean.send(now, &mut |datagram| {
        let extensions = 12 + 4 * usize::from(datagram[0] & 15) + 4;
        // After the orientation of the picture.
        assert_eq!(datagram[extensions + 2], 0x31);
        let number = u16::from_be_bytes([datagram[extensions + 3], datagram[extensions + 4]]);
        numbers.push((number, datagram[0] & 0x20 != 0));
    });
    numbers
}

#[test]
fn packets_are_numbered_and_probes_leave_while_pictures_are_wanted() {
    let start = Instant::now();
    let mut lean = lean(start);
    assert!(write(&mut lean, 1, start));
    assert_eq!(sent(&mut lean, start).len(), 1, "nothing is to be found out");
    lean.estimating().unwrap().want(Some(1_000_000), None, start);
    assert!(write(&mut lean, 2, start));
    let expected: Vec<(u16, bool)> = (0..9).map(|number| (number, number > 0)).collect();
    assert_eq!(numbers(&mut lean, start), expected);
    miss(&mut lean, 2, start);
    assert_eq!(
        numbers(&mut lean, start),
        [(9, false)],
        "what is sent again is numbered as well"
    );
    // The next one is due when nothing has been heard of this one, and a while after that.
    let over = start + limits::PROBE_ANSWERS;
    lean.estimating().unwrap().reading(over);
    assert!(numbers(&mut lean, over).is_empty());
    let later = over + limits::PROBE_PATIENCE.1;
    lean.estimating();
    assert_eq!(numbers(&mut lean, later).len(), 8, "though nothing else is sent");
}

#[test]
fn pictures_wait_for_each_other_on_a_narrow_way() {
    let now = Instant::now();
    let mut lean = lean(now);
    let narrow = Conclusion {
        carries_bps: Some(100_000),
        begins_anew_bps: None,
    };
    let estimating = lean.estimating().unwrap();
    // It knows enough, and does not probe.
    estimating.want(Some(100_000), Some(200_000), now);
    estimating.believe(&narrow, now);
    for sequence in 1..=10 {
        assert!(write(&mut lean, sequence, now));
    }
    let mut left = vec![];
    let mut at = now;
    while left.len() < 10 {
        left.extend(sent(&mut lean, at).iter().map(|(_, number, _)| *number));
        at = lean.deadline().unwrap_or(at);
    }
    assert_eq!(left, (1..=10).collect::<Vec<_>>());
    // Of 144 bytes each, nine times, at 150 kbit/s.
    let took = at - now;
    assert!((66..=71).contains(&took.as_millis()), "{took:?}");
    assert_eq!(lean.deadline(), None);
}
