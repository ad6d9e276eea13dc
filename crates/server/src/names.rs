//! Resource names, read: `spaces/{space}`, `conferenceRecords/{conference_record}/participants/{participant}` and so on.
//!
//! A name of the wrong shape is the caller's mistake and gets the field back. A name of the right shape whose id cannot be one
//! of ours is merely unknown: that answer is the same as for one that was never given out.

use meeting::{ConferenceId, MemberId, ParticipantId, RecordingId, SessionId};
use rooms::SpaceName;

use crate::failure::{Answer, Failure};

/// Reads `spaces/{space}`.
pub(crate) fn space(field: &str, name: &str) -> Answer<SpaceName> {
    let [id] = split(field, name, ["spaces"])?;
    Ok(SpaceName::parse(id))
}

/// Reads `spaces/{space}/members/{member}`; the member is `None` if it cannot be one of ours.
pub(crate) fn member(field: &str, name: &str) -> Answer<(SpaceName, Option<MemberId>)> {
    let [space, member] = split(field, name, ["spaces", "members"])?;
    Ok((SpaceName::parse(space), MemberId::parse(member).ok()))
}

/// Reads `conferenceRecords/{conference_record}`; `None` if it cannot be one of ours.
pub(crate) fn conference(field: &str, name: &str) -> Answer<Option<ConferenceId>> {
    let [conference] = split(field, name, ["conferenceRecords"])?;
    Ok(ConferenceId::parse(conference).ok())
}

/// Reads `conferenceRecords/{conference_record}/participants/{participant}`; each part is `None` if it cannot be ours.
pub(crate) fn participant(field: &str, name: &str) -> Answer<(Option<ConferenceId>, Option<ParticipantId>)> {
    let [conference, participant] = split(field, name, ["conferenceRecords", "participants"])?;
    Ok((
        ConferenceId::parse(conference).ok(),
        ParticipantId::parse(participant).ok(),
    ))
}

/// Reads `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{participant_session}`.
pub(crate) fn participant_session(
    field: &str,
    name: &str,
) -> Answer<(Option<ConferenceId>, Option<ParticipantId>, Option<SessionId>)> {
    let [conference, participant, session] = split(
        field,
        name,
        ["conferenceRecords", "participants", "participantSessions"],
    )?;
    Ok((
        ConferenceId::parse(conference).ok(),
        ParticipantId::parse(participant).ok(),
        SessionId::parse(session).ok(),
    ))
}

/// Reads `conferenceRecords/{conference_record}/recordings/{recording}`; each part is `None` if it cannot be ours.
pub(crate) fn recording(field: &str, name: &str) -> Answer<(Option<ConferenceId>, Option<RecordingId>)> {
    let [conference, recording] = split(field, name, ["conferenceRecords", "recordings"])?;
    Ok((ConferenceId::parse(conference).ok(), RecordingId::parse(recording).ok()))
}

/// The ids of a name, one after each collection.
pub(crate) fn split<'n, const N: usize>(field: &str, name: &'n str, collections: [&str; N]) -> Answer<[&'n str; N]> {
    let mut ids = [""; N];
    let mut segments = name.split('/');
    for (collection, id) in collections.iter().zip(&mut ids) {
        match (segments.next(), segments.next()) {
            (Some(found), Some(segment)) if found == *collection && !segment.is_empty() => *id = segment,
            _ => return Err(malformed(field, &collections)),
        }
    }
    if segments.next().is_some() {
        return Err(malformed(field, &collections));
    }
    Ok(ids)
}

fn malformed(field: &str, collections: &[&str]) -> Failure {
    let pattern: Vec<String> = collections.iter().map(|collection| format!("{collection}/*")).collect();
    Failure::field(field, format!("the name is not of the form `{}`", pattern.join("/")))
}

#[cfg(test)]
mod tests {
    use meeting::{MeetingCode, SpaceId};

    use super::*;

    #[test]
    fn names_of_spaces() {
        let code = MeetingCode::parse("abc-mnop-xyz").expect("a code");
        let id = SpaceId::parse("-yy3uKlef_QB").expect("an id");
        for (name, expected) in [
            ("spaces/-yy3uKlef_QB", Some(SpaceName::Id(id))),
            ("spaces/abc-mnop-xyz", Some(SpaceName::Code(code.clone()))),
            ("spaces/ABC-mnop-XYZ", Some(SpaceName::Code(code))),
            ("spaces/nobody", Some(SpaceName::Unknown)),
            ("", None),
            ("spaces", None),
            ("spaces/", None),
            ("spaces//", None),
            ("spaces/a/b", None),
            ("spaces/a b", Some(SpaceName::Unknown)),
            ("spaces/\u{e9}", Some(SpaceName::Unknown)),
            ("space/abc-mnop-xyz", None),
            ("conferenceRecords/abc", None),
        ] {
            assert_eq!(space("name", name).ok(), expected, "{name}");
        }
    }

    #[test]
    fn names_of_members() {
        let id = "A".repeat(22);
        let (space, found) = member("name", &format!("spaces/-yy3uKlef_QB/members/{id}")).expect("well formed");
        let SpaceName::Id(space) = space else {
            panic!("{space:?} is an id");
        };
        let found = found.expect("ours");
        assert_eq!(
            meeting::names::member(&space, &found),
            format!("spaces/-yy3uKlef_QB/members/{id}")
        );
        for (name, expected) in [
            ("spaces/abc-mnop-xyz/members/x", true),
            ("spaces/abc-mnop-xyz/members", false),
            ("spaces/abc-mnop-xyz/members/", false),
            ("spaces/abc-mnop-xyz/people/x", false),
            ("members/x", false),
        ] {
            assert_eq!(member("name", name).is_ok(), expected, "{name}");
        }
    }

    #[test]
    fn names_of_sessions() {
        let (c, p, s) = ("A".repeat(22), "1".repeat(21), "B".repeat(21) + "A");
        let name = format!("conferenceRecords/{c}/participants/{p}/participantSessions/{s}");
        let (conference, participant, session) = participant_session("name", &name).expect("well formed");
        let again = meeting::names::participant_session(
            &conference.expect("ours"),
            &participant.expect("ours"),
            &session.expect("ours"),
        );
        assert_eq!(again, name);
        assert_eq!(
            participant_session("name", "conferenceRecords/c1/participants/p/participantSessions/s").ok(),
            Some((None, None, None))
        );
        assert!(participant_session("name", "conferenceRecords/c1/participants/p").is_err());
    }
}
