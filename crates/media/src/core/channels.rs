//! The data channels: the JSON of the Media API (`contracts/meet.md` §4.4) and our two additions to it.
//!
//! A client sends `{"request":{"requestId":N, …}}`, the server answers `{"response":{…}}` and tells `resources` (full
//! snapshots, by id) and `deletedResources`. Ours are `setMediaState` on `media-entries` and the canvas policy
//! `"direct":{"mediaEntryId":N}`.
//!
//! A request that cannot be read is answered with a status, never with silence: the client's promise would hang. What is
//! unknown inside a request is ignored, as the reference's clients send more than its documentation names.

use serde::{Deserialize, Serialize};

use crate::core::{
    EntryId,
    assignment::{Canvas, Placement, Wish},
};

/// The data channels, by their labels. The client opens them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Joined, disconnected, leave.
    SessionControl,
    /// Who is there.
    Participants,
    /// What they send.
    MediaEntries,
    /// Who is on which video line.
    VideoAssignment,
    /// Statistics of the client.
    MediaStats,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 5] = [
        Channel::SessionControl,
        Channel::Participants,
        Channel::MediaEntries,
        Channel::VideoAssignment,
        Channel::MediaStats,
    ];

    /// The label that the client opens it with.
    pub fn label(self) -> &'static str {
        match self {
            Channel::SessionControl => "session-control",
            Channel::Participants => "participants",
            Channel::MediaEntries => "media-entries",
            Channel::VideoAssignment => "video-assignment",
            Channel::MediaStats => "media-stats",
        }
    }

    /// The channel of a label.
    pub fn of_label(label: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.label() == label)
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// A google.rpc code, as far as channels use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 0.
    Ok,
    /// 3.
    InvalidArgument,
    /// 8.
    ResourceExhausted,
}

impl Code {
    fn number(self) -> i32 {
        match self {
            Code::Ok => 0,
            Code::InvalidArgument => 3,
            Code::ResourceExhausted => 8,
        }
    }
}

/// A request, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The client's number for it; the response repeats it.
    pub id: i64,
    pub(crate) action: Action,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Leave,
    SetMediaState(MediaState),
    SetAssignment(Layout),
    /// Read and thanked for; the register of quality is a later issue.
    UploadMediaStats,
}

/// What a session sends at the moment, by its own word. What is absent stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaState {
    pub(crate) audio_muted: Option<bool>,
    pub(crate) video_muted: Option<bool>,
    pub(crate) screenshare: Option<bool>,
}

/// A layout that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) label: String,
    pub(crate) canvases: Vec<Canvas>,
}

/// A request that is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The request's number, or 0 if it could not be read.
    pub id: i64,
    /// The status code.
    pub code: Code,
    /// What was wrong.
    pub message: String,
}

#[derive(Deserialize)]
struct Envelope {
    request: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetAssignment {
    layout_model: LayoutModel,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutModel {
    #[serde(default)]
    label: String,
    #[serde(default)]
    canvases: Vec<CanvasModel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CanvasModel {
    id: i64,
    relevant: Option<serde::de::IgnoredAny>,
    direct: Option<DirectModel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectModel {
    media_entry_id: Option<u32>,
}

impl Request {
    /// Reads a message of a client.
    pub fn read(channel: Channel, message: &str) -> Result<Request, Refused> {
        let malformed = |id: i64, error: &dyn std::fmt::Display| Refused {
            id,
            code: Code::InvalidArgument,
            message: format!("the request cannot be read: {error}"),
        };
        let envelope: Envelope = serde_json::from_str(message).map_err(|error| malformed(0, &error))?;
        let mut request = envelope.request;
        let id = request
            .get("requestId")
            .and_then(serde_json::Value::as_i64)
            .unwrap_or(0);
        let mut take = |name: &str| request.remove(name);
        let action = match channel {
            Channel::SessionControl => take("leave").map(|_| Ok(Action::Leave)),
            Channel::MediaEntries => {
                take("setMediaState").map(|value| serde_json::from_value(value).map(Action::SetMediaState))
            }
            Channel::VideoAssignment => take("setAssignment").map(|value| {
                let set: SetAssignment = serde_json::from_value(value)?;
                Ok(Action::SetAssignment(set.layout_model.into()))
            }),
            Channel::MediaStats => take("uploadMediaStats").map(|_| Ok(Action::UploadMediaStats)),
            Channel::Participants => None,
        };
        let action = action.ok_or_else(|| malformed(id, &"it is not one of this channel"))?;
        Ok(Request {
            id,
            action: action.map_err(|error| malformed(id, &error))?,
        })
    }
}

impl From<LayoutModel> for Layout {
    fn from(model: LayoutModel) -> Layout {
        let wish = |canvas: &CanvasModel| match &canvas.direct {
            // The reference's `direct:{}` names nobody: the server picks, as it does without a policy.
            Some(DirectModel {
                media_entry_id: Some(entry),
            }) if canvas.relevant.is_none() => Wish::Direct(EntryId(*entry)),
            _ => Wish::Relevant,
        };
        let canvases = model
            .canvases
            .iter()
            .map(|canvas| Canvas {
                id: canvas.id,
                wish: wish(canvas),
            })
            .collect();
        Layout {
            label: model.label,
            canvases,
        }
    }
}

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
}

#[derive(Debug, Serialize)]
struct Empty {}

/// The answer to a request that was carried out.
pub(crate) fn done(request: &Request) -> String {
    let mut echo = Echo::default();
    match request.action {
        Action::Leave => echo.leave = Some(Empty {}),
        Action::SetMediaState(_) => echo.set_media_state = Some(Empty {}),
        Action::SetAssignment(_) => echo.set_assignment = Some(Empty {}),
        Action::UploadMediaStats => echo.upload_media_stats = Some(Empty {}),
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
pub(crate) fn refused(refused: &Refused) -> String {
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
    SessionStatus(SessionStatus),
    Participant(Participant<'a>),
    MediaEntry(MediaEntry<'a>),
    VideoAssignment(VideoAssignment<'a>),
    Configuration(Configuration),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionStatus {
    pub(crate) connection_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disconnect_reason: Option<&'static str>,
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
}

#[derive(Debug, Serialize)]
pub(crate) struct VideoAssignment<'a> {
    pub(crate) label: &'a str,
    pub(crate) canvases: &'a [AssignedCanvas],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignedCanvas {
    pub(crate) canvas_id: i64,
    pub(crate) ssrc: u32,
    pub(crate) media_entry_id: u32,
}

impl AssignedCanvas {
    pub(crate) fn of(placement: &Placement, ssrc: u32) -> AssignedCanvas {
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
    keys: &'static [&'static str],
}

impl Configuration {
    /// The statistics that a quality record is made of, at the interval that the register keeps it.
    pub(crate) fn new() -> Configuration {
        const TABLE: [(&str, &[&str]); 4] = [
            ("codec", &["mimeType", "clockRate", "payloadType"]),
            (
                "inbound-rtp",
                &[
                    "ssrc",
                    "kind",
                    "packetsReceived",
                    "packetsLost",
                    "jitter",
                    "framesDecoded",
                    "freezeCount",
                ],
            ),
            (
                "candidate-pair",
                &["state", "currentRoundTripTime", "availableOutgoingBitrate"],
            ),
            ("transport", &["selectedCandidatePairId"]),
        ];
        let allowlist = TABLE
            .into_iter()
            .map(|(section, keys)| (section, AllowedKeys { keys }))
            .collect();
        Configuration {
            upload_interval_seconds: 5,
            allowlist,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_are_read() {
        let check = |channel, message: &str, expected: &str| {
            let read = Request::read(channel, message);
            let said = read.as_ref().map_or_else(refused, done);
            assert_eq!(said, expected, "{message}");
        };
        let ok = |id: i64, echo: &str| {
            format!(
                r#"{{"response":{{"requestId":{id},"status":{{"code":0,"message":"","details":[]}},"{echo}":{{}}}}}}"#
            )
        };
        check(
            Channel::SessionControl,
            r#"{"request":{"requestId":1,"leave":{}}}"#,
            &ok(1, "leave"),
        );
        let upload = r#"{"request":{"requestId":2,"uploadMediaStats":{"sections":[{"id":"CP","candidate-pair":{}}]}}}"#;
        check(Channel::MediaStats, upload, &ok(2, "uploadMediaStats"));
        let state = r#"{"request":{"requestId":3,"setMediaState":{"audioMuted":true,"later":1}}}"#;
        check(Channel::MediaEntries, state, &ok(3, "setMediaState"));
        let google = r#"{"request":{"requestId":4,"setAssignment":{"layoutModel":{"label":"17","canvases":[{"id":1,"dimensions":{"width":640,"height":360},"relevant":{}}]},"maxVideoResolution":{"height":1080}}}}"#;
        check(Channel::VideoAssignment, google, &ok(4, "setAssignment"));
        let no = |id: i64, why: &str| {
            format!(
                r#"{{"response":{{"requestId":{id},"status":{{"code":3,"message":"the request cannot be read: {why}","details":[]}}}}}}"#
            )
        };
        check(
            Channel::SessionControl,
            "leave",
            &no(0, "expected value at line 1 column 1"),
        );
        check(
            Channel::SessionControl,
            r#"{"request":{"requestId":5}}"#,
            &no(5, "it is not one of this channel"),
        );
        check(
            Channel::Participants,
            r#"{"request":{"requestId":6,"leave":{}}}"#,
            &no(6, "it is not one of this channel"),
        );
        check(
            Channel::VideoAssignment,
            r#"{"request":{"requestId":7,"setAssignment":{}}}"#,
            &no(7, "missing field `layoutModel`"),
        );
    }

    #[test]
    fn canvases_have_policies() {
        let check = |policy: &str, expected: Wish| {
            let message = format!(
                r#"{{"request":{{"requestId":1,"setAssignment":{{"layoutModel":{{"label":"x","canvases":[{{"id":3{policy}}}]}}}}}}}}"#
            );
            let layout = Layout {
                label: "x".into(),
                canvases: vec![Canvas { id: 3, wish: expected }],
            };
            let action = Request::read(Channel::VideoAssignment, &message).unwrap().action;
            assert_eq!(action, Action::SetAssignment(layout), "{policy}");
        };
        check(r#","relevant":{}"#, Wish::Relevant);
        check(r#","direct":{"mediaEntryId":7}"#, Wish::Direct(EntryId(7)));
        check(r#","direct":{}"#, Wish::Relevant);
        check("", Wish::Relevant);
    }

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
            }),
            Some(5),
            r#"{"id":5,"participant":{"participantId":5,"name":"participants/P","participantKey":"participants/P","signedInUser":{"user":"users/U","displayName":"Ada"}}}"#,
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

    proptest! {
        #[test]
        fn no_message_panics(text in ".{0,60}", inside in r#"(\{|\}|"|:|,|\[|\]|[0-9]|id|canvases|direct|mediaEntryId){0,40}"#) {
            for channel in Channel::ALL {
                let _ = Request::read(channel, &text);
                let _ = Request::read(channel, &format!(r#"{{"request":{{"requestId":1,"setAssignment":{inside}}}}}"#));
            }
        }
    }
}
