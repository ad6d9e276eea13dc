//! The data channels, from the client: the requests of the Media API (`contracts/meet.md` §4.4) and our additions.
//!
//! A client sends `{"request":{"requestId":N, …}}`; what comes back is in `resources`. Ours are `setMediaState` on `media-entries`, the canvas policy
//! `"direct":{"mediaEntryId":N}`, and three channels that Google's clients do not open:
//!
//! * `chat`: `"send":{"text":"…"}`, with `"messageId":"…"` if its author means to send it again where no answer came
//! * `reactions`: `"react":{"emoji":"👍"}` with one of [`EMOJI`], and `"setHand":{"raised":true}`; a moderator lowers the
//!   hand of somebody else with `"setHand":{"raised":false,"participantKey":"participants/P"}`
//! * `moderation`: none, the server alone speaks
//!
//! On `video-assignment` the server tells whoever sends a picture in several sizes which of them are wanted:
//! `{"resources":[{"wantedLayers":{"camera":[0,2]}}]}`, by their places in the offer. Whoever does not heed it sends in vain.
//!
//! A request that cannot be read is answered with a status, never with silence: the client's promise would hang. What is
//! unknown inside a request is ignored, as the reference's clients send more than its documentation names.

use quality::report::Upload;
use serde::{Deserialize, de::Error as _};

use crate::{
    core::{
        EntryId,
        assignment::{Canvas, Wish},
        layer::Size,
        media_stats,
    },
    limits,
};

/// The reactions that there are. A fixed set, since each is drawn over somebody's picture at everybody else's.
pub const EMOJI: [&str; 8] = ["💖", "👍", "🎉", "👏", "😂", "😮", "😢", "🤔"];

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
    /// What people write to everybody. Ours, like the two that follow.
    Chat,
    /// Reactions and raised hands.
    Reactions,
    /// What this session may do, and who knocks.
    Moderation,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 8] = [
        Channel::SessionControl,
        Channel::Participants,
        Channel::MediaEntries,
        Channel::VideoAssignment,
        Channel::MediaStats,
        Channel::Chat,
        Channel::Reactions,
        Channel::Moderation,
    ];

    /// The label that the client opens it with.
    pub fn label(self) -> &'static str {
        match self {
            Channel::SessionControl => "session-control",
            Channel::Participants => "participants",
            Channel::MediaEntries => "media-entries",
            Channel::VideoAssignment => "video-assignment",
            Channel::MediaStats => "media-stats",
            Channel::Chat => "chat",
            Channel::Reactions => "reactions",
            Channel::Moderation => "moderation",
        }
    }

    /// The channel of a label.
    pub fn from_label(label: &str) -> Option<Channel> {
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
    /// 7.
    PermissionDenied,
    /// 8.
    ResourceExhausted,
}

impl Code {
    pub(crate) fn number(self) -> i32 {
        match self {
            Code::Ok => 0,
            Code::InvalidArgument => 3,
            Code::PermissionDenied => 7,
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
    UploadMediaStats(Box<Upload>),
    /// Say this to everybody.
    Send(Writing),
    React(&'static str),
    SetHand(HandState),
}

/// Something written for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Writing {
    pub(crate) text: String,
    /// The author's name for it: what is sent again under the same is not said again.
    pub(crate) message_id: Option<String>,
}

/// A hand that shall be up or down: the client's own, or the one of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandState {
    pub(crate) raised: bool,
    pub(crate) participant_key: Option<String>,
}

/// What a session sends at the moment, by its own word. What is absent stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaState {
    pub(crate) audio_muted: Option<bool>,
    pub(crate) video_muted: Option<bool>,
    pub(crate) screenshare: Option<bool>,
}

impl MediaState {
    /// This, and later that.
    pub(crate) fn then(self, later: MediaState) -> MediaState {
        MediaState {
            audio_muted: later.audio_muted.or(self.audio_muted),
            video_muted: later.video_muted.or(self.video_muted),
            screenshare: later.screenshare.or(self.screenshare),
        }
    }
}

/// A layout that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) label: String,
    pub(crate) canvases: Vec<Canvas>,
    /// Nothing larger than this is of use to the client.
    pub(crate) largest: Size,
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
    #[serde(default)]
    max_video_resolution: Dimensions,
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
    #[serde(default)]
    dimensions: Dimensions,
    relevant: Option<serde::de::IgnoredAny>,
    direct: Option<DirectModel>,
}

/// In pixels. What is absent is not known.
#[derive(Clone, Copy, Default, Deserialize)]
struct Dimensions {
    #[serde(default)]
    width: f64,
    #[serde(default)]
    height: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectModel {
    media_entry_id: Option<u32>,
}

#[derive(Deserialize)]
struct React {
    emoji: String,
}

impl Request {
    /// Reads a message of a client.
    pub fn parse(channel: Channel, message: &str) -> Result<Request, Refused> {
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
                Ok(Action::SetAssignment(set.into()))
            }),
            Channel::MediaStats => take("uploadMediaStats").map(|value| {
                let upload = media_stats::read(value).map_err(serde_json::Error::custom)?;
                Ok(Action::UploadMediaStats(Box::new(upload)))
            }),
            Channel::Chat => take("send").map(|value| {
                let writing: Writing = serde_json::from_value(value)?;
                check_writing(&writing).map_err(serde_json::Error::custom)?;
                Ok(Action::Send(writing))
            }),
            Channel::Reactions => take("react").map(react).or_else(|| {
                let hand = take("setHand")?;
                Some(serde_json::from_value(hand).map(Action::SetHand))
            }),
            Channel::Participants | Channel::Moderation => None,
        };
        let action = action.ok_or_else(|| malformed(id, &"it is not one of this channel"))?;
        Ok(Request {
            id,
            action: action.map_err(|error| malformed(id, &error))?,
        })
    }
}

/// Whether a text may be sent to everybody. Of control characters only the line feed is text.
fn check_writing(Writing { text, message_id }: &Writing) -> Result<(), &'static str> {
    let id_bytes = message_id.as_ref().map_or(0, String::len);
    match () {
        () if text.trim().is_empty() => Err("the text is empty"),
        () if text.chars().count() > limits::CHAT_CHARACTERS => Err("the text is too long"),
        () if text.chars().any(|char| char.is_control() && char != '\n') => Err("the text has control characters"),
        () if id_bytes > limits::MESSAGE_ID_BYTES => Err("the message's id is too long"),
        () => Ok(()),
    }
}

fn react(value: serde_json::Value) -> serde_json::Result<Action> {
    let react: React = serde_json::from_value(value)?;
    let known = EMOJI.into_iter().find(|emoji| *emoji == react.emoji);
    known
        .map(Action::React)
        .ok_or_else(|| serde_json::Error::custom("it is not one of the reactions that there are"))
}

impl From<Dimensions> for Size {
    fn from(dimensions: Dimensions) -> Size {
        Size {
            width: pixels(dimensions.width),
            height: pixels(dimensions.height),
        }
    }
}

/// A length, rounded up: a tile may end between two pixels. No picture is longer than what a size is read in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is brought between the bounds first"
)]
fn pixels(length: f64) -> u32 {
    length.ceil().clamp(0.0, f64::from(u16::MAX)) as u32
}

impl From<SetAssignment> for Layout {
    fn from(set: SetAssignment) -> Layout {
        let SetAssignment {
            layout_model: model,
            max_video_resolution,
        } = set;
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
                size: canvas.dimensions.into(),
            })
            .collect();
        Layout {
            label: model.label,
            canvases,
            largest: max_video_resolution.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::resources::{answer_done, answer_refused};

    #[test]
    fn requests_are_read() {
        let check = |channel, message: &str, expected: &str| {
            let request = Request::parse(channel, message);
            let answer = request.as_ref().map_or_else(answer_refused, answer_done);
            assert_eq!(answer, expected, "{message}");
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
    fn canvases_have_policies_and_sizes() {
        let check = |policy: &str, expected: Wish, (width, height): (u32, u32)| {
            let message = format!(
                r#"{{"request":{{"requestId":1,"setAssignment":{{"layoutModel":{{"label":"x","canvases":[{{"id":3{policy}}}]}}}}}}}}"#
            );
            let layout = Layout {
                label: "x".into(),
                canvases: vec![Canvas {
                    id: 3,
                    wish: expected,
                    size: Size { width, height },
                }],
                largest: Size::default(),
            };
            let action = Request::parse(Channel::VideoAssignment, &message).unwrap().action;
            assert_eq!(action, Action::SetAssignment(layout), "{policy}");
        };
        check(r#","relevant":{}"#, Wish::Relevant, (0, 0));
        check(r#","direct":{"mediaEntryId":7}"#, Wish::Direct(EntryId(7)), (0, 0));
        check(r#","direct":{}"#, Wish::Relevant, (0, 0));
        check("", Wish::Relevant, (0, 0));
        let size = r#","dimensions":{"width":319.5,"height":180}"#;
        check(size, Wish::Relevant, (320, 180));
        let size = r#","dimensions":{"width":-1,"height":1e300}"#;
        check(size, Wish::Relevant, (0, 65_535));
    }

    proptest! {
        #[test]
        fn no_message_panics(text in ".{0,60}", inside in r#"(\{|\}|"|:|,|\[|\]|[0-9]|id|canvases|direct|mediaEntryId){0,40}"#) {
            for channel in Channel::ALL {
                let _ = Request::parse(channel, &text);
                let _ = Request::parse(channel, &format!(r#"{{"request":{{"requestId":1,"setAssignment":{inside}}}}}"#));
            }
        }
    }
}
