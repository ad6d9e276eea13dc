//! Ids and codes: what is taken from outside, and what random bytes give.

use meeting::{ConferenceId, MeetingCode, ParticipantId, SessionId, SpaceId, UserId};
use proptest::prelude::*;
use std::fmt::Display;

#[test]
fn texts_from_outside() {
    fn check<T: Display, E>(parse: fn(&str) -> Result<T, E>, text: &str, expected: Option<&str>) {
        let parsed = parse(text).ok().map(|id| id.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text:?}");
    }
    let same = |text: &'static str| (text, Some(text));
    for (text, expected) in [
        same("jQCFfuBOdN5z"),
        same("-yy3uKlef_QB"),
        same("abc-defg-hi1"),
        ("abc-mnop-xyz", None),
        ("ABC-mnop-XYZ", None),
        ("jQCFfuBOdN5", None),
        ("jQCFfuBOdN5z0", None),
        ("jQCFfuBOdN5/", None),
        ("jQCFfuBOdN5é", None),
        ("", None),
    ] {
        check(SpaceId::parse, text, expected);
    }
    for (text, expected) in [
        same("abc-mnop-xyz"),
        ("ABC-mnOP-xyz", Some("abc-mnop-xyz")),
        ("abcmnopxyz", None),
        ("abc-mno1-xyz", None),
        ("abc_mnop_xyz", None),
        ("abc-mnop-xyz ", None),
        ("äbc-mnop-xy", None),
    ] {
        check(MeetingCode::parse, text, expected);
    }
    for (text, expected) in [
        same("abc-mnop-xyz"),
        ("abcmnopxyz", Some("abc-mnop-xyz")),
        ("ABCMNOPxyz", Some("abc-mnop-xyz")),
        ("ABC-mnop-xyz", Some("abc-mnop-xyz")),
        ("abc\u{2011}mnop\u{2013}xyz", Some("abc-mnop-xyz")),
        ("\u{2013}bcmnopxyz", None),
        ("abc-mnopxyz", None),
        ("abcmnopxy", None),
        ("abcmnopxyzz", None),
        ("abcmnopxy1", None),
        ("ébcmnopxy", None),
        ("", None),
    ] {
        check(MeetingCode::parse_typed, text, expected);
    }
    for (text, expected) in [
        same("AAAAAAAAQACAAAAAAAAAAA"),
        ("AAAAAAAAQACAAAAAAAAAAB", None),
        ("AAAAAAAAQACAAAAAAAAAA", None),
        ("AAAAAAAAQACAAAAAAAAAA==", None),
        ("000000000000000000001", None),
    ] {
        check(ConferenceId::parse, text, expected);
        check(SessionId::parse, text, expected);
    }
    for (text, expected) in [
        same("000000000000000000001"),
        ("00000000000000000001", None),
        ("00000000000000000000a", None),
    ] {
        check(UserId::parse, text, expected);
        check(ParticipantId::parse, text, expected);
    }
    check(
        ParticipantId::parse,
        "AAAAAAAAQACAAAAAAAAAAA",
        Some("AAAAAAAAQACAAAAAAAAAAA"),
    );
}

#[test]
fn a_space_id_never_looks_like_a_code() {
    // The twelve characters `abc-defg-hij` and `ABC-defg-hij`, as the bytes that encode to them.
    let decode = |text: &str| -> [u8; 9] {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits = text.bytes().fold(0_u128, |bits, byte| {
            let value = alphabet
                .iter()
                .position(|letter| *letter == byte)
                .expect("a letter of the alphabet");
            bits << 6 | u128::try_from(value).expect("small")
        });
        bits.to_be_bytes()[7..].try_into().expect("nine bytes")
    };
    for code in ["abc-defg-hij", "ABC-defg-hij"] {
        let id = SpaceId::from_random(decode(code));
        assert_eq!(id.as_str(), code.replacen('-', "_", 1));
        assert!(SpaceId::parse(id.as_str()).is_ok());
    }
}

proptest! {
    #[test]
    fn made_ids_are_well_formed(nine in any::<[u8; 9]>(), sixteen in any::<[u8; 16]>()) {
        let space = SpaceId::from_random(nine);
        prop_assert_eq!(SpaceId::parse(space.as_str()), Ok(space.clone()));
        prop_assert!(MeetingCode::parse(space.as_str()).is_err());
        let code = MeetingCode::from_random(sixteen);
        prop_assert_eq!(MeetingCode::parse(code.as_str()), Ok(code.clone()));
        prop_assert!(SpaceId::parse(code.as_str()).is_err());
        let conference = ConferenceId::from_random(sixteen);
        prop_assert_eq!(ConferenceId::parse(conference.as_str()), Ok(conference.clone()));
        let participant = ParticipantId::from_random(sixteen);
        prop_assert_eq!(ParticipantId::parse(participant.as_str()), Ok(participant.clone()));
        prop_assert!(UserId::parse(participant.as_str()).is_err());
        let user = UserId::from_random(sixteen);
        prop_assert_eq!(UserId::parse(user.as_str()), Ok(user.clone()));
        prop_assert!(!user.as_str().starts_with('0'));
    }

    #[test]
    fn no_text_from_outside_panics(text in ".{0,40}") {
        let _ = (SpaceId::parse(&text), MeetingCode::parse(&text), ConferenceId::parse(&text));
    }
}

#[test]
fn every_letter_of_a_code_is_as_likely_as_any_other() {
    let mut counts = [[0_u32; 26]; 10];
    let mut state = 1_u128;
    for _ in 0..26_000 {
        // A multiplicative generator is random enough to show a bias, and the same in every run.
        state = state.wrapping_mul(0x0fc9_4e3b_f4e9_ab32_8664_58cd_56f5_e605) ^ (state >> 64);
        let code = MeetingCode::from_random(state.to_le_bytes());
        for (place, letter) in code.as_str().bytes().filter(|byte| *byte != b'-').enumerate() {
            counts[place][usize::from(letter - b'a')] += 1;
        }
    }
    // A thousand of each are expected, with a standard deviation of 31.
    assert!(
        counts.iter().flatten().all(|count| (850..1150).contains(count)),
        "{counts:?}"
    );
}
