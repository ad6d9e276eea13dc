//! The data channels, from the server: answers to requests, and the resources that clients keep.
//!
//! Resources are told as full snapshots by id; a client replaces what it had. Fields and their order are those of the Media
//! API (`contracts/meet.md` §4.4), which says little about what may be left out: what we know is always there.

use serde::Serialize;

use crate::{
    core::{
        assignment::Placement,
        channels::{Action, Code, Refused, Request},
        media_stats,
    },
    limits,
};

/// A message of the server.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<Response<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) resources: &'a [Resource<'a>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) deleted_resources: &'a [Deleted],
}

impl Message<'_> {
    /// The text on the channel.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are always JSON")
    }
}

/// The answer to a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response<'a> {
    request_id: i64,
    status: Status<'a>,
    #[serde(flatten)]
    echo: Echo,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    code: i32,
    message: &'a str,
    details: [(); 0],
}

/// Which request the response is to, as an empty object of its name.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Echo {
    #[serde(skip_serializing_if = "Option::is_none")]
    leave: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_media_state: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_assignment: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_media_stats: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    react: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_hand: Option<Empty>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Empty {}

/// The answer to a request that was carried out.
pub(crate) fn answer_done(request: &Request) -> String {
    let mut echo = Echo::default();
    match request.action {
        Action::Leave => echo.leave = Some(Empty {}),
        Action::SetMediaState(_) => echo.set_media_state = Some(Empty {}),
        Action::SetAssignment(_) => echo.set_assignment = Some(Empty {}),
        Action::UploadMediaStats(_) => echo.upload_media_stats = Some(Empty {}),
        Action::Send(_) => echo.send = Some(Empty {}),
        Action::React(_) => echo.react = Some(Empty {}),
        Action::SetHand(_) => echo.set_hand = Some(Empty {}),
    }
    let status = Status {
        code: Code::Ok.number(),
        message: "",
        details: [],
    };
    Message {
        response: Some(Response {
            request_id: request.id,
            status,
            echo,
        }),
        ..Message::default()
    }
    .text()
}

/// The answer to a request that was not.
pub(crate) fn answer_refused(refused: &Refused) -> String {
    let status = Status {
        code: refused.code.number(),
        message: &refused.message,
        details: [],
    };
    let response = Response {
        request_id: refused.id,
        status,
        echo: Echo::default(),
    };
    Message {
        response: Some(response),
        ..Message::default()
    }
    .text()
}

/// One resource: its id, unless there is only one, and exactly one of the kinds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u32>,
    #[serde(flatten)]
    pub(crate) kind: ResourceKind<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ResourceKind<'a> {
    SessionStatus(SessionStatus<'a>),
    Participant(Participant<'a>),
    MediaEntry(MediaEntry<'a>),
    VideoAssignment(VideoAssignment<'a>),
    WantedLayers(WantedLayers),
    Configuration(Configuration),
    ChatMessage(ChatMessage<'a>),
    Reaction(Reaction<'a>),
    Hand(Hand<'a>),
    Muted(Empty),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionStatus<'a> {
    pub(crate) connection_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disconnect_reason: Option<&'static str>,
    /// Ours: which of the things that the contract has one reason for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<&'static str>,
    /// Ours: where the register keeps this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) participant_session: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the contract's own fields")]
pub(crate) struct Participant<'a> {
    pub(crate) participant_id: u32,
    pub(crate) name: &'a str,
    pub(crate) participant_key: &'a str,
    #[serde(flatten)]
    pub(crate) kind: ParticipantKind<'a>,
    /// Ours: a program came as this person, with the session that this tells of.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_program: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "the contract's own names")]
pub(crate) enum ParticipantKind<'a> {
    SignedInUser { user: &'a str, display_name: &'a str },
    AnonymousUser { display_name: &'a str },
    PhoneUser { display_name: &'a str },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the contract's own fields")]
pub(crate) struct MediaEntry<'a> {
    pub(crate) participant_id: u32,
    pub(crate) participant: &'a str,
    pub(crate) participant_key: &'a str,
    pub(crate) session: &'a str,
    pub(crate) session_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_csrc: Option<u32>,
    pub(crate) video_csrcs: &'a [u32],
    pub(crate) presenter: bool,
    pub(crate) screenshare: bool,
    pub(crate) audio_muted: bool,
    pub(crate) video_muted: bool,
    /// Ours: it is a program's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_program: bool,
}

/// A message to everybody. `sent_time` and `raised_time` are RFC 3339.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatMessage<'a> {
    pub(crate) participant_key: &'a str,
    pub(crate) display_name: &'a str,
    /// With the message, because its author may have left when it is read.
    pub(crate) signed_in: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_program: bool,
    pub(crate) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<&'a str>,
    pub(crate) sent_time: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reaction<'a> {
    pub(crate) participant_key: &'a str,
    pub(crate) emoji: &'a str,
}

/// A raised hand.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hand<'a> {
    pub(crate) participant_key: &'a str,
    pub(crate) raised_time: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct VideoAssignment<'a> {
    pub(crate) label: &'a str,
    pub(crate) canvases: &'a [AssignedCanvas],
}

/// Ours: which layers a session shall send of what it sends in several, by their places in its offer. The others are wanted
/// by nobody.
#[derive(Debug, Serialize)]
pub(crate) struct WantedLayers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) camera: Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) screen: Option<Vec<u8>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignedCanvas {
    pub(crate) canvas_id: i64,
    pub(crate) ssrc: u32,
    pub(crate) media_entry_id: u32,
}

impl AssignedCanvas {
    pub(crate) fn new(placement: &Placement, ssrc: u32) -> AssignedCanvas {
        AssignedCanvas {
            canvas_id: placement.canvas,
            ssrc,
            media_entry_id: placement.entry.0,
        }
    }
}

/// A resource that is no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deleted {
    pub(crate) id: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) participant: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) media_entry: bool,
}

/// What statistics a client shall upload, and how often. Keys as W3C writes them, which the TypeScript client needs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    upload_interval_seconds: u32,
    allowlist: std::collections::BTreeMap<&'static str, AllowedKeys>,
}

#[derive(Debug, Serialize)]
struct AllowedKeys {
    keys: Vec<&'static str>,
}

impl Configuration {
    /// The statistics that are read, and how often.
    pub(crate) fn new() -> Configuration {
        let allowlist = media_stats::asked_for()
            .into_iter()
            .map(|(section, keys)| (section, AllowedKeys { keys }))
            .collect();
        Configuration {
            upload_interval_seconds: limits::UPLOAD_INTERVAL_SECONDS,
            allowlist,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_look_like_the_contract() {
        let check = |kind, id, expected: &str| {
            let resources = [Resource { id, kind }];
            let text = Message {
                resources: &resources,
                ..Message::default()
            }
            .text();
            assert_eq!(text, format!(r#"{{"resources":[{expected}]}}"#));
        };
        check(
            ResourceKind::SessionStatus(SessionStatus {
                connection_state: "STATE_DISCONNECTED",
                disconnect_reason: Some("REASON_CLIENT_LEFT"),
                detail: None,
                participant_session: None,
            }),
            None,
            r#"{"sessionStatus":{"connectionState":"STATE_DISCONNECTED","disconnectReason":"REASON_CLIENT_LEFT"}}"#,
        );
        check(
            ResourceKind::Participant(Participant {
                participant_id: 5,
                name: "participants/P",
                participant_key: "participants/P",
                kind: ParticipantKind::SignedInUser {
                    user: "users/U",
                    display_name: "Ada",
                },
                by_program: false,
            }),
            Some(5),
            r#"{"id":5,"participant":{"participantId":5,"name":"participants/P","participantKey":"participants/P","signedInUser":{"user":"users/U","displayName":"Ada"}}}"#,
        );
        check(
            ResourceKind::Participant(Participant {
                participant_id: 5,
                name: "participants/P",
                participant_key: "participants/P",
                kind: ParticipantKind::SignedInUser {
                    user: "users/U",
                    display_name: "Ada",
                },
                by_program: true,
            }),
            Some(5),
            r#"{"id":5,"participant":{"participantId":5,"name":"participants/P","participantKey":"participants/P","signedInUser":{"user":"users/U","displayName":"Ada"},"byProgram":true}}"#,
        );
        check(
            ResourceKind::VideoAssignment(VideoAssignment {
                label: "17",
                canvases: &[AssignedCanvas {
                    canvas_id: 1,
                    ssrc: 4000,
                    media_entry_id: 7,
                }],
            }),
            None,
            r#"{"videoAssignment":{"label":"17","canvases":[{"canvasId":1,"ssrc":4000,"mediaEntryId":7}]}}"#,
        );
        check(
            ResourceKind::WantedLayers(WantedLayers {
                camera: Some(vec![0, 2]),
                screen: None,
            }),
            None,
            r#"{"wantedLayers":{"camera":[0,2]}}"#,
        );
        let deleted = [Deleted {
            id: 7,
            participant: false,
            media_entry: true,
        }];
        let text = Message {
            deleted_resources: &deleted,
            ..Message::default()
        }
        .text();
        assert_eq!(text, r#"{"deletedResources":[{"id":7,"mediaEntry":true}]}"#);
    }
}
