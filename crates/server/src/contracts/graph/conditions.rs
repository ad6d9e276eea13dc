//! Conditions on records and sessions: from the names that Graph has for things to those of the register.
//!
//! What a name cannot be asked for is refused here, with the names that can; what the register compares is refused by it, and both
//! say where in the filter. A record is of a meeting, which is a group call, or of a telephone call.

use filter::{Comparison, Malformed, Predicate, Word};
use meeting::MeetingCode;
use register::{MEETING, TELEPHONE};

use super::primitives;
use crate::failure::{Failure, Kind};

/// What there is to ask of a record, as its callers name it.
const OF_RECORDS: &str = "startDateTime, endDateTime, lastModifiedDateTime, version, type, modalities/any(m:m eq …), joinWebUrl, organizer_v2/id, participants_v2/any(p:p/id …)";

/// A filter that cannot be used, as its caller is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit(Malformed);

impl From<Malformed> for Unfit {
    fn from(malformed: Malformed) -> Unfit {
        Unfit(malformed)
    }
}

impl From<Unfit> for Failure {
    fn from(Unfit(malformed): Unfit) -> Failure {
        Failure::new(Kind::Invalid, format!("`$filter`, {malformed}."))
    }
}

/// The condition on records that a filter is.
pub(super) fn of_records(text: &str, public_url: &str) -> Result<Predicate, Unfit> {
    let translated = filter::odata(text)?.translated(&mut |condition: Predicate| match path_of(&condition) {
        "startDateTime" => Ok(renamed(condition, "start_time")),
        "endDateTime" => Ok(renamed(condition, "end_time")),
        "lastModifiedDateTime" => Ok(renamed(condition, "modified_time")),
        "version" => Ok(renamed(condition, "version")),
        "organizer_v2.id" | "organizer_v2.identity.user.id" | "organizer.user.id" => {
            Ok(renamed(without_order(condition)?, "organizer"))
        }
        "participants_v2.id" => Ok(renamed(with_our_id(condition), "participants.id")),
        "joinWebUrl" => with_code(without_order(condition)?, public_url),
        "type" => of_type(condition),
        "modalities" => of_modality(condition),
        _ => Err(unknown(&condition, OF_RECORDS)),
    });
    Ok(translated?)
}

/// The condition on sessions that a filter is.
pub(super) fn of_sessions(text: &str) -> Result<Predicate, Unfit> {
    let translated = filter::odata(text)?.translated(&mut |condition: Predicate| match path_of(&condition) {
        "startDateTime" => Ok(renamed(condition, "start_time")),
        "endDateTime" => Ok(renamed(condition, "end_time")),
        _ => Err(unknown(&condition, "startDateTime, endDateTime")),
    });
    Ok(translated?)
}

/// The code of the meeting whose address a filter is; none if that is not of this server.
pub(super) fn of_meetings(text: &str, public_url: &str) -> Result<Option<MeetingCode>, Unfit> {
    match filter::odata(text)? {
        Predicate::Compare {
            path,
            comparison: Comparison::Equal,
            literal,
        } if path.text.eq_ignore_ascii_case("joinWebUrl") => Ok(code_of(&literal.text, public_url)),
        _ => Err(Unfit(Malformed {
            at: 0,
            why: "a meeting is asked for by its address: JoinWebUrl eq 'https://…'".into(),
        })),
    }
}

fn path(condition: &Predicate) -> &Word {
    match condition {
        Predicate::Compare { path, .. } | Predicate::IsNull { path } => path,
        Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => unreachable!("only conditions are translated"),
    }
}

fn path_of(condition: &Predicate) -> &str {
    &path(condition).text
}

fn renamed(mut condition: Predicate, name: &str) -> Predicate {
    if let Predicate::Compare { path, .. } | Predicate::IsNull { path } = &mut condition {
        name.clone_into(&mut path.text);
    }
    condition
}

fn unknown(condition: &Predicate, known: &str) -> Malformed {
    let path = path(condition);
    let why = format!(
        "there is no condition on {}; there are {known}",
        path.text.replace('.', "/")
    );
    Malformed {
        at: path.at,
        why: why.into(),
    }
}

/// What is compared by what it is and not by its order: nobody stands before somebody, and of what has none there is no order at all.
fn without_order(condition: Predicate) -> Result<Predicate, Malformed> {
    match condition {
        Predicate::Compare { path, comparison, .. }
            if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) =>
        {
            Err(Malformed {
                at: path.at,
                why: format!("{} compares only with eq, ne and in", path.text.replace('.', "/")).into(),
            })
        }
        other => Ok(other),
    }
}

/// An id that cannot be one of ours stays as it is: nobody has it.
fn with_our_id(mut condition: Predicate) -> Predicate {
    if let Predicate::Compare { literal, .. } = &mut condition
        && let Some(id) = primitives::id(&literal.text)
    {
        literal.text = id;
    }
    condition
}

/// The code of the meeting at an address of this server.
fn code_of(address: &str, public_url: &str) -> Option<MeetingCode> {
    let code = address.strip_prefix(public_url)?.strip_prefix('/')?;
    MeetingCode::parse(code).ok()
}

/// The address of a meeting is that of its code. Of another server's there are no records.
fn with_code(condition: Predicate, public_url: &str) -> Result<Predicate, Malformed> {
    match condition {
        Predicate::Compare {
            path,
            comparison,
            literal,
        } => {
            let code = code_of(&literal.text, public_url);
            let code = code.map_or_else(String::new, |code| code.as_str().to_owned());
            let literal = Word { text: code, ..literal };
            let compare = Predicate::Compare {
                path,
                comparison,
                literal,
            };
            Ok(renamed(compare, "space.meeting_code"))
        }
        other => Err(Malformed {
            at: path(&other).at,
            why: "joinWebUrl compares with an address".into(),
        }),
    }
}

/// A kind of media that flowed, which the register keeps as 1 or 0. Of Graph's others none ever flows here.
fn of_modality(condition: Predicate) -> Result<Predicate, Malformed> {
    let Predicate::Compare {
        path,
        comparison: Comparison::Equal,
        literal,
    } = condition
    else {
        return Err(Malformed {
            at: path(&condition).at,
            why: "modalities compares only with eq and in, as in modalities/any(m:m eq 'video')".into(),
        });
    };
    let kind = match literal.text.as_str() {
        "audio" => "media.audio",
        "video" => "media.video",
        "videoBasedScreenSharing" => "media.screen",
        "data" | "screenSharing" | "unknownFutureValue" => return Ok(Predicate::Or(Vec::new())),
        _ => {
            return Err(Malformed {
                at: literal.at,
                why: "expected one of audio, video, videoBasedScreenSharing, data, screenSharing".into(),
            });
        }
    };
    let word = |text: &str, at| Word {
        text: text.to_owned(),
        at,
    };
    Ok(Predicate::Compare {
        path: word(kind, path.at),
        comparison: Comparison::Equal,
        literal: word("1", literal.at),
    })
}

/// A meeting or a telephone call; of Graph's other types there is none.
fn of_type(condition: Predicate) -> Result<Predicate, Malformed> {
    let Predicate::Compare {
        path,
        comparison: comparison @ (Comparison::Equal | Comparison::NotEqual),
        literal,
    } = condition
    else {
        // It is never null.
        return match condition {
            Predicate::Compare { path, .. } => Err(Malformed {
                at: path.at,
                why: "type compares only with eq, ne and in".into(),
            }),
            _ => Ok(Predicate::Or(Vec::new())),
        };
    };
    let kind = match literal.text.as_str() {
        "groupCall" => MEETING,
        "peerToPeer" => TELEPHONE,
        "unknown" | "unknownFutureValue" => "",
        _ => {
            let why = "expected one of groupCall, peerToPeer, unknown";
            return Err(Malformed {
                at: literal.at,
                why: why.into(),
            });
        }
    };
    let compare = Predicate::Compare {
        path,
        comparison,
        literal: Word {
            text: kind.to_owned(),
            ..literal
        },
    };
    Ok(renamed(compare, "kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_become_those_of_the_register() {
        let check = |text: &str, expected: &str| {
            let predicate = of_records(text, "https://meet.example.org").expect(text);
            assert_eq!(predicate.to_string(), expected, "{text}");
        };
        check("", "");
        check(
            "startDateTime ge 2026-11-20T00:00:00Z and participants_v2/any(p:p/id eq 'e523d2ed-2966-4b6b-925b-754a88034cc5')",
            "start_time >= \"2026-11-20T00:00:00Z\" AND participants.id = \"5SPS7SlmS2uSW3VKiANMxQ\"",
        );
        check(
            "participants_v2/any(p:p/id in ('100000000000000000001','x'))",
            "participants.id = \"100000000000000000001\" OR participants.id = \"x\"",
        );
        check(
            "organizer_v2/id eq '1' and version gt 1",
            "organizer = \"1\" AND version > \"1\"",
        );
        check(
            "endDateTime lt 2026-11-20T00:00:00Z",
            "end_time < \"2026-11-20T00:00:00Z\"",
        );
        check(
            "joinWebUrl eq 'https://meet.example.org/abc-mnop-xyz'",
            "space.meeting_code = \"abc-mnop-xyz\"",
        );
        check(
            "joinWebUrl eq 'https://elsewhere.example/abc-mnop-xyz'",
            "space.meeting_code = \"\"",
        );
        check("modalities/any(m:m eq 'video')", "media.video = \"1\"");
        check(
            "modalities/any(m:m in ('audio','videoBasedScreenSharing'))",
            "media.audio = \"1\" OR media.screen = \"1\"",
        );
        check("not modalities/any(m:m eq 'audio')", "NOT media.audio = \"1\"");
        let never = of_records("modalities/any(m:m eq 'data')", "").expect("a condition");
        assert_eq!(never, Predicate::Or(Vec::new()));
        check("type eq 'groupCall'", "kind = \"1\"");
        check("type in ('peerToPeer','unknown')", "kind = \"2\" OR kind = \"\"");
        let none = of_records("type eq null", "").expect("a condition");
        assert_eq!(none, Predicate::Or(Vec::new()));
    }

    #[test]
    fn a_meeting_is_asked_for_by_its_address() {
        let check = |text: &str, expected: Option<Option<&str>>| {
            let code = of_meetings(text, "https://meet.example.org").ok();
            let code = code.as_ref().map(|code| code.as_ref().map(MeetingCode::as_str));
            assert_eq!(code, expected, "{text}");
        };
        check(
            "JoinWebUrl eq 'https://meet.example.org/abc-mnop-xyz'",
            Some(Some("abc-mnop-xyz")),
        );
        check(
            "joinWebUrl eq 'https://meet.example.org/abc-mnop-xyz'",
            Some(Some("abc-mnop-xyz")),
        );
        check("JoinWebUrl eq 'https://elsewhere.example/abc-mnop-xyz'", Some(None));
        check("JoinWebUrl eq 'https://meet.example.org/'", Some(None));
        for refused in [
            "",
            "JoinWebUrl ne 'x'",
            "JoinWebUrl eq null",
            "subject eq 'x'",
            "JoinWebUrl",
        ] {
            check(refused, None);
        }
        check("JoinWebUrl eq 'x' or JoinWebUrl eq 'y'", None);
    }

    #[test]
    fn refusals_say_where_and_why() {
        let check = |text: &str, expected: &str| {
            let refused = Failure::from(of_records(text, "").expect_err(text));
            let sentence = refused.into_parts().1.unwrap_or_default();
            assert!(sentence.contains(expected), "{text}: {sentence}");
        };
        check("startDateTime", "at byte 13: expected eq");
        check(
            "version eq 1 and subject eq 'x'",
            "at byte 17: there is no condition on subject; there are startDateTime",
        );
        check(
            "sessions/any(s:s/id eq 'x')",
            "at byte 15: there is no condition on sessions/id",
        );
        check("joinWebUrl eq null", "at byte 0: joinWebUrl compares with an address");
        check(
            "organizer_v2/id gt '1'",
            "at byte 0: organizer_v2/id compares only with eq, ne and in",
        );
        check(
            "version eq 1 and joinWebUrl lt 'x'",
            "at byte 17: joinWebUrl compares only with eq",
        );
        check("type eq 'phone'", "at byte 8: expected one of groupCall");
        check("type lt 'groupCall'", "at byte 0: type compares only");
        check("modalities ne 'audio'", "at byte 0: modalities compares only with eq");
        check("modalities/any(m:m eq 'smell')", "at byte 22: expected one of audio");
        let sessions = of_sessions("endDateTime eq null and id eq 'x'").expect_err("no condition");
        assert_eq!(sessions.0.at, 24);
    }
}
