//! What the `moderation` channel says: one whole snapshot of what somebody is and may do, and for hosts of who is at the door.
//!
//! A snapshot and no changes, because it is small, and whoever missed one is right again with the next. The media plane keeps
//! the last one for a channel that opens later, and never looks into it.

use std::collections::BTreeSet;
use std::sync::Arc;

use meeting::{
    Conference, Consent, DeviceKind, LiveSession, Person, Recorded, RestrictionType, Right, Role, SessionId, Settings,
    Space,
};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct Message<'a> {
    resources: [Resource<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    id: u32,
    moderation: Snapshot<'a>,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    role: &'static str,
    device: &'static str,
    #[serde(serialize_with = "each_right")]
    permissions: BTreeSet<Right>,
    settings: ShownSettings,
    recording: ShownRecording,
    #[serde(skip_serializing_if = "Option::is_none")]
    knocks: Option<Vec<ShownKnock<'a>>>,
}

/// Whether the conference is recorded, or why it is not any more.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownRecording {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_reason: Option<String>,
    /// What they have said to it, where they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'static str>,
}

#[derive(Serialize)]
struct ShownSettings {
    moderation: bool,
    chat: &'static str,
    reactions: &'static str,
    present: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownKnock<'a> {
    session: &'a str,
    display_name: &'a str,
    signed_in: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_phone: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_program: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// The snapshot for a live session. `email` tells the address of somebody who knocks.
pub(crate) fn snapshot(space: &Space, session: &LiveSession, email: impl Fn(&SessionId) -> Option<String>) -> Arc<str> {
    let settings = space.settings();
    let knocks = session.role.is_moderator().then(|| {
        let knocks = space.knocks().iter().map(|knock| &knock.arrival);
        let shown = knocks.map(|arrival| ShownKnock {
            session: arrival.session.as_str(),
            display_name: arrival.person.display_name().as_str(),
            signed_in: matches!(arrival.person, Person::SignedIn { .. }),
            by_phone: matches!(arrival.person, Person::Phone { .. }),
            by_program: arrival.by_program,
            email: email(&arrival.session),
        });
        shown.collect()
    });
    let moderation = Snapshot {
        role: role(session.role),
        device: device(session.device),
        permissions: Right::granted(settings, session.role, session.device),
        settings: shown(settings),
        recording: recording(space.conference().map(Conference::recording), consent(space, session)),
        knocks,
    };
    let message = Message {
        resources: [Resource { id: 1, moderation }],
    };
    serde_json::to_string(&message)
        .expect("texts and switches under plain names")
        .into()
}

/// Every right by its name, with whether it is granted.
fn each_right<S: Serializer>(granted: &BTreeSet<Right>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Right::ALL.map(|right| (right.name(), granted.contains(&right))))
}

/// What somebody who is there has said to being recorded.
pub(crate) fn consent(space: &Space, session: &LiveSession) -> Consent {
    let recording = space.conference().and_then(|conference| conference.recording().now());
    recording.map_or(Consent::NotAsked, |recording| {
        recording.consent_of(&session.participant)
    })
}

fn recording(recorded: Option<&Recorded>, consent: Consent) -> ShownRecording {
    let (state, end_reason) = match recorded {
        None | Some(Recorded::Never) => ("NONE", None),
        Some(Recorded::Now(recording)) if recording.paused => ("PAUSED", None),
        Some(Recorded::Now(_)) => ("RECORDING", None),
        Some(Recorded::Before { reason, .. }) => ("NONE", Some(reason.as_str().to_uppercase())),
    };
    let consent = match consent {
        Consent::NotAsked => None,
        Consent::Asked => Some("ASKED"),
        Consent::Agreed => Some("AGREED"),
        Consent::Refused => Some("REFUSED"),
    };
    ShownRecording {
        state,
        end_reason,
        consent,
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Host => "HOST",
        Role::CoHost => "COHOST",
        Role::Contributor => "CONTRIBUTOR",
        Role::Viewer => "VIEWER",
    }
}

fn device(device: DeviceKind) -> &'static str {
    match device {
        DeviceKind::Full => "FULL",
        DeviceKind::Companion => "COMPANION",
        DeviceKind::Viewer => "VIEWER",
    }
}

fn shown(settings: &Settings) -> ShownSettings {
    let word = |restriction| match restriction {
        RestrictionType::HostsOnly => "HOSTS_ONLY",
        RestrictionType::NoRestriction => "NO_RESTRICTION",
    };
    ShownSettings {
        moderation: settings.moderation,
        chat: word(settings.chat_restriction),
        reactions: word(settings.reaction_restriction),
        present: word(settings.present_restriction),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeting::{
        AccessType, Arrival, ClientKey, ConferenceId, DisplayName, EntryPoint, FreshIds, Input, Micros, ParticipantId,
        RecordingEndReason, RecordingId, SecretHash, SpaceId, Standing, UserId,
    };
    use serde_json::{Value, json};

    const NOW: Micros = Micros(1_767_225_600_000_000);

    fn arrival(number: u8, standing: Standing, device: DeviceKind) -> Arrival {
        let display_name = DisplayName::parse(&format!("Person {number}")).expect("a name");
        let user = UserId::parse(&format!("{number:021}")).expect("21 digits");
        Arrival {
            person: match standing {
                Standing::Stranger => Person::Anonymous { display_name },
                _ => Person::SignedIn { user, display_name },
            },
            session: SessionId::from_random([number; 16]),
            secret: SecretHash([number; 32]),
            presented: None,
            standing,
            device,
            through: EntryPoint::Own,
            by_program: false,
            client: ClientKey(0),
        }
    }

    /// A locked meeting that strangers must knock at, with these in it or at its door.
    fn space(arrivals: &[Arrival]) -> Space {
        let settings = Settings {
            access_type: AccessType::Trusted,
            moderation: true,
            chat_restriction: RestrictionType::HostsOnly,
            ..Settings::default()
        };
        let mut space = Space::new(SpaceId::from_random([7; 9]), settings);
        for arrival in arrivals {
            let fresh = FreshIds {
                conference: ConferenceId::from_random([1; 16]),
                later_conference: ConferenceId::from_random([3; 16]),
                participant: ParticipantId::from_random([2; 16]),
            };
            let join = Input::Join {
                arrival: arrival.clone(),
                fresh,
            };
            let session = arrival.session.clone();
            for input in [join, Input::Connected { session }] {
                let facts = meeting::decide(&space, input, NOW).expect("they may come as far as the door");
                for fact in &facts {
                    space.apply(fact);
                }
            }
        }
        space
    }

    #[test]
    fn each_is_told_what_concerns_them() {
        let knocking = arrival(9, Standing::Stranger, DeviceKind::Full);
        let settings = json!({
            "moderation": true, "chat": "HOSTS_ONLY", "reactions": "NO_RESTRICTION", "present": "NO_RESTRICTION",
        });
        let permissions = |speaks: bool, screen: bool, chat: bool| json!({"microphone": speaks, "camera": speaks, "screen": screen, "chat": chat, "reactions": true});
        let queue = json!([{"session": knocking.session.as_str(), "displayName": "Person 9", "signedIn": false}]);
        for (standing, device, role, kind, permissions, knocks) in [
            (
                Standing::Owner,
                DeviceKind::Full,
                "HOST",
                "FULL",
                permissions(true, true, true),
                Some(&queue),
            ),
            (
                Standing::CoHost,
                DeviceKind::Companion,
                "COHOST",
                "COMPANION",
                permissions(false, true, true),
                Some(&queue),
            ),
            (
                Standing::Member,
                DeviceKind::Full,
                "CONTRIBUTOR",
                "FULL",
                permissions(true, true, false),
                None,
            ),
            (
                Standing::Trusted,
                DeviceKind::Viewer,
                "VIEWER",
                "VIEWER",
                permissions(false, false, false),
                None,
            ),
        ] {
            let present = arrival(1, standing, device);
            let space = space(&[present.clone(), knocking.clone()]);
            let session = &space.conference().expect("active").live_sessions()[&present.session];
            let text = snapshot(&space, session, |_| None);
            let told: Value = serde_json::from_str(&text).expect("JSON");
            let mut expected = json!({"role": role, "device": kind, "permissions": permissions, "settings": settings, "recording": {"state": "NONE"}});
            if let Some(knocks) = knocks {
                expected["knocks"] = knocks.clone();
            }
            assert_eq!(
                told,
                json!({"resources": [{"id": 1, "moderation": expected}]}),
                "{role}"
            );
        }
    }

    #[test]
    fn everybody_is_told_of_a_recording() {
        let guest = arrival(1, Standing::Member, DeviceKind::Viewer);
        let mut space = space(std::slice::from_ref(&guest));
        let start = Input::StartRecording {
            recording: RecordingId::from_random([5; 16]),
            asks: false,
            by: None,
        };
        let stop = Input::StopRecording {
            recording: None,
            reason: RecordingEndReason::DiskFull,
        };
        for (input, expected) in [
            (start, json!({"state": "RECORDING"})),
            (Input::PauseRecording, json!({"state": "PAUSED"})),
            (stop, json!({"state": "NONE", "endReason": "DISK_FULL"})),
        ] {
            for fact in meeting::decide(&space, input, NOW).expect("it is possible") {
                space.apply(&fact);
            }
            let session = &space.conference().expect("active").live_sessions()[&guest.session];
            let told: Value = serde_json::from_str(&snapshot(&space, session, |_| None)).expect("JSON");
            assert_eq!(told["resources"][0]["moderation"]["recording"], expected);
        }
    }

    #[test]
    fn each_is_told_what_they_have_said_to_being_recorded() {
        let guests = [1, 2].map(|number| arrival(number, Standing::Member, DeviceKind::Full));
        let mut space = space(&guests);
        let start = Input::StartRecording {
            recording: RecordingId::from_random([5; 16]),
            asks: true,
            by: None,
        };
        let answer = Input::AnswerRecording {
            session: guests[0].session.clone(),
            secret: guests[0].secret,
            agrees: true,
        };
        for input in [start, answer] {
            for fact in meeting::decide(&space, input, NOW).expect("it is possible") {
                space.apply(&fact);
            }
        }
        let told = guests.each_ref().map(|guest| {
            let session = &space.conference().expect("active").live_sessions()[&guest.session];
            let told: Value = serde_json::from_str(&snapshot(&space, session, |_| None)).expect("JSON");
            told["resources"][0]["moderation"]["recording"]["consent"].clone()
        });
        assert_eq!(told, ["AGREED", "ASKED"]);
        let only = crate::Wanted::of(&space).and_then(|wanted| wanted.only);
        assert_eq!(only, Some([guests[0].session.clone()].into()));
    }

    #[test]
    fn the_address_of_somebody_who_knocks_is_shown_if_they_are_signed_in() {
        let host = arrival(1, Standing::Owner, DeviceKind::Full);
        let space = space(&[host.clone(), arrival(9, Standing::Stranger, DeviceKind::Full)]);
        let session = &space.conference().expect("active").live_sessions()[&host.session];
        let text = snapshot(&space, session, |_| Some("bo@example.com".to_owned()));
        assert!(text.contains(r#""email":"bo@example.com""#), "{text}");
    }
}
