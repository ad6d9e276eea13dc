//! The texts of a session's channels, as far as they concern a telephone; and what it asks on them.
//!
//! They are the media plane's own, so one that cannot be read is a mistake of ours and means nothing to a caller.

use std::collections::BTreeMap;

use media::{Channel, DisconnectReason};
use serde::{Deserialize, de::IgnoredAny};

/// What a telephone is told of its part in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It waits to be let in.
    Waiting,
    /// It is in.
    Joined,
    /// Somebody else has muted it. It may unmute itself, unless those who run the meeting do not permit it:
    /// [`crate::Attendance::mute`] says so.
    Muted,
    /// The meeting is being recorded from now on, or it is no longer.
    Recorded(bool),
    /// It is being recorded, and of this telephone nothing is kept until it agrees.
    Asked,
    /// What it says is recorded since it agreed, or is not any more.
    Agreed(bool),
    /// Its hand is up, or down: by its own wish or another's.
    Hand(bool),
    /// It is out. Nothing comes after this.
    Disconnected(DisconnectReason),
}

/// Something that follows from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consequence {
    Tell(Told),
    /// A host has muted it.
    Hushed,
    /// Whether it may be heard at all.
    MaySpeak(bool),
}

/// What is remembered of what was told.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    participant_key: Option<String>,
    /// The number of its hand, while that is up.
    hand: Option<u64>,
    recording: Recorded,
}

/// What a telephone knows of a recording.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    #[default]
    Not,
    /// With everybody.
    All,
    /// With those who agree; `None` while it has not said whether it does.
    Those(Option<bool>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    deleted_resources: Vec<Deleted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(default)]
    id: u64,
    session_status: Option<SessionStatus>,
    moderation: Option<Moderation>,
    muted: Option<IgnoredAny>,
    hand: Option<Hand>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionStatus {
    connection_state: String,
    disconnect_reason: Option<String>,
    detail: Option<String>,
    participant_session: Option<String>,
}

#[derive(Deserialize)]
struct Moderation {
    permissions: BTreeMap<String, bool>,
    recording: Option<Recording>,
}

#[derive(Deserialize)]
struct Recording {
    state: String,
    consent: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hand {
    participant_key: String,
}

#[derive(Deserialize)]
struct Deleted {
    id: u64,
}

impl Recording {
    fn known(&self) -> Recorded {
        match (self.state.as_str(), self.consent.as_deref()) {
            ("RECORDING", None) => Recorded::All,
            ("RECORDING", Some("ASKED")) => Recorded::Those(None),
            ("RECORDING", Some(consent)) => Recorded::Those(Some(consent == "AGREED")),
            _ => Recorded::Not,
        }
    }
}

impl Reader {
    /// Reads a text of a channel.
    pub(crate) fn read(&mut self, channel: Channel, text: &str) -> Vec<Consequence> {
        let Ok(message) = serde_json::from_str::<Message>(text) else {
            tracing::warn!("a telephone cannot read what its meeting tells");
            return vec![];
        };
        let resources = message.resources.into_iter();
        let mut consequences: Vec<Consequence> = resources.flat_map(|resource| self.resource(resource)).collect();
        // Nothing else is ever gone on the channel of hands.
        let lowered = |deleted: &Deleted| channel == Channel::Reactions && Some(deleted.id) == self.hand;
        if message.deleted_resources.iter().any(lowered) {
            self.hand = None;
            consequences.push(Consequence::Tell(Told::Hand(false)));
        }
        consequences
    }

    fn resource(&mut self, resource: Resource) -> Vec<Consequence> {
        let Resource {
            id,
            session_status,
            moderation,
            muted,
            hand,
        } = resource;
        if let Some(status) = session_status {
            return self.status(&status).map(Consequence::Tell).into_iter().collect();
        }
        if let Some(moderation) = moderation {
            return self.moderation(&moderation);
        }
        if muted.is_some() {
            return vec![Consequence::Hushed];
        }
        let Some(Hand { participant_key }) = hand else {
            return vec![];
        };
        let is_own = self.participant_key == Some(participant_key);
        let is_new = is_own && self.hand.replace(id) != Some(id);
        is_new
            .then_some(Consequence::Tell(Told::Hand(true)))
            .into_iter()
            .collect()
    }

    fn moderation(&mut self, moderation: &Moderation) -> Vec<Consequence> {
        let Moderation { permissions, recording } = moderation;
        let may_speak = permissions.get("microphone").map(|may| Consequence::MaySpeak(*may));
        let known = recording.as_ref().map_or(Recorded::Not, Recording::known);
        let before = std::mem::replace(&mut self.recording, known);
        let told = match known {
            _ if known == before => None,
            Recorded::Not => Some(Told::Recorded(false)),
            Recorded::All => Some(Told::Recorded(true)),
            Recorded::Those(None) => Some(Told::Asked),
            Recorded::Those(Some(agrees)) => Some(Told::Agreed(agrees)),
        };
        let recorded = told.map(Consequence::Tell);
        may_speak.into_iter().chain(recorded).collect()
    }

    fn status(&mut self, status: &SessionStatus) -> Option<Told> {
        match status.connection_state.as_str() {
            "STATE_WAITING" => Some(Told::Waiting),
            "STATE_JOINED" => {
                self.participant_key = status.participant_session.as_deref().and_then(participant_key);
                Some(Told::Joined)
            }
            "STATE_DISCONNECTED" => {
                let reason = status.disconnect_reason.as_deref();
                Some(Told::Disconnected(disconnect_reason(reason, status.detail.as_deref())))
            }
            _ => None,
        }
    }
}

/// `participants/P` of `conferenceRecords/C/participants/P/participantSessions/S`.
fn participant_key(session: &str) -> Option<String> {
    let (_, rest) = session.split_once("/participants/")?;
    let (participant, _) = rest.split_once('/')?;
    Some(format!("participants/{participant}"))
}

/// The reason as it was before it was written down.
fn disconnect_reason(reason: Option<&str>, detail: Option<&str>) -> DisconnectReason {
    match (reason, detail) {
        (Some("REASON_CLIENT_LEFT"), _) => DisconnectReason::ClientLeft,
        (Some("REASON_CONFERENCE_ENDED"), _) => DisconnectReason::ConferenceEnded,
        (Some("REASON_USER_STOPPED"), Some("DENIED")) => DisconnectReason::Denied,
        (Some("REASON_USER_STOPPED"), Some("EXPIRED")) => DisconnectReason::Expired,
        (Some("REASON_USER_STOPPED"), Some("FULL")) => DisconnectReason::Full,
        (Some("REASON_USER_STOPPED"), _) => DisconnectReason::Removed,
        (_, Some("RESTARTING")) => DisconnectReason::ShuttingDown,
        _ => DisconnectReason::Unhealthy,
    }
}

/// Something that a telephone asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Muted(bool),
    Hand(bool),
    Leave,
}

impl Ask {
    /// The channel on which it is asked, and the request of this number.
    pub(crate) fn request(self, id: u64) -> (Channel, String) {
        let (channel, asked) = match self {
            Ask::Muted(is_muted) => (
                Channel::MediaEntries,
                format!(r#""setMediaState":{{"audioMuted":{is_muted}}}"#),
            ),
            Ask::Hand(is_raised) => (Channel::Reactions, format!(r#""setHand":{{"raised":{is_raised}}}"#)),
            Ask::Leave => (Channel::SessionControl, r#""leave":{}"#.to_owned()),
        };
        (channel, format!(r#"{{"request":{{"requestId":{id},{asked}}}}}"#))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_telephone_is_told_what_concerns_it() {
        let mut reader = Reader::default();
        let mut check = |text: &str, expected: &[Consequence]| {
            let channel = if text.contains("hand") || text.contains("deleted") {
                Channel::Reactions
            } else {
                Channel::SessionControl
            };
            assert_eq!(reader.read(channel, text), expected, "{text}");
        };
        let status = |rest: &str| format!(r#"{{"resources":[{{"sessionStatus":{{"connectionState":{rest}}}}}]}}"#);
        check(&status(r#""STATE_WAITING""#), &[Consequence::Tell(Told::Waiting)]);
        let joined =
            r#""STATE_JOINED","participantSession":"conferenceRecords/c/participants/7/participantSessions/9""#;
        check(&status(joined), &[Consequence::Tell(Told::Joined)]);
        check(r#"{"resources":[{"muted":{}}]}"#, &[Consequence::Hushed]);
        let permits = |speaks: bool| {
            format!(
                r#"{{"resources":[{{"id":1,"moderation":{{"role":"VIEWER","permissions":{{"microphone":{speaks},"chat":true}}}}}}]}}"#
            )
        };
        check(&permits(false), &[Consequence::MaySpeak(false)]);
        check(&permits(true), &[Consequence::MaySpeak(true)]);
        let recorded = |state: &str| {
            format!(
                r#"{{"resources":[{{"id":1,"moderation":{{"permissions":{{}},"recording":{{"state":"{state}"}}}}}}]}}"#
            )
        };
        check(&recorded("NONE"), &[]);
        check(&recorded("RECORDING"), &[Consequence::Tell(Told::Recorded(true))]);
        check(&recorded("RECORDING"), &[]);
        check(&recorded("PAUSED"), &[Consequence::Tell(Told::Recorded(false))]);
        check(&recorded("NONE"), &[]);
        let asked = |consent: &str| {
            format!(
                r#"{{"resources":[{{"id":1,"moderation":{{"permissions":{{}},"recording":{{"state":"RECORDING","consent":"{consent}"}}}}}}]}}"#
            )
        };
        check(&asked("ASKED"), &[Consequence::Tell(Told::Asked)]);
        check(&asked("AGREED"), &[Consequence::Tell(Told::Agreed(true))]);
        check(&asked("AGREED"), &[]);
        check(&asked("REFUSED"), &[Consequence::Tell(Told::Agreed(false))]);
        check(&recorded("NONE"), &[Consequence::Tell(Told::Recorded(false))]);
        let hand = |id: u64, key: &str| {
            format!(r#"{{"resources":[{{"id":{id},"hand":{{"participantKey":"{key}","raisedTime":"now"}}}}]}}"#)
        };
        check(&hand(4, "participants/8"), &[]);
        check(&hand(5, "participants/7"), &[Consequence::Tell(Told::Hand(true))]);
        check(&hand(5, "participants/7"), &[]);
        check(r#"{"deletedResources":[{"id":4}]}"#, &[]);
        check(
            r#"{"deletedResources":[{"id":5}]}"#,
            &[Consequence::Tell(Told::Hand(false))],
        );
        check(
            r#"{"response":{"requestId":1,"status":{"code":0,"message":"","details":[]}}}"#,
            &[],
        );
        check(
            r#"{"resources":[{"reaction":{"participantKey":"participants/7","emoji":"👍"}}]}"#,
            &[],
        );
    }

    #[test]
    fn it_is_told_why_it_is_out() {
        let check = |reason: &str, detail: Option<&str>, expected| {
            assert_eq!(disconnect_reason(Some(reason), detail), expected, "{reason} {detail:?}");
        };
        check("REASON_CLIENT_LEFT", None, DisconnectReason::ClientLeft);
        check("REASON_CONFERENCE_ENDED", None, DisconnectReason::ConferenceEnded);
        check("REASON_USER_STOPPED", Some("REMOVED"), DisconnectReason::Removed);
        check("REASON_USER_STOPPED", Some("DENIED"), DisconnectReason::Denied);
        check("REASON_USER_STOPPED", Some("EXPIRED"), DisconnectReason::Expired);
        check("REASON_USER_STOPPED", Some("FULL"), DisconnectReason::Full);
        check("REASON_SESSION_UNHEALTHY", None, DisconnectReason::Unhealthy);
        check(
            "REASON_SESSION_UNHEALTHY",
            Some("RESTARTING"),
            DisconnectReason::ShuttingDown,
        );
    }

    #[test]
    fn it_asks_as_browsers_do() {
        let check = |ask: Ask, channel, text: &str| assert_eq!(ask.request(3), (channel, text.to_owned()));
        check(
            Ask::Muted(true),
            Channel::MediaEntries,
            r#"{"request":{"requestId":3,"setMediaState":{"audioMuted":true}}}"#,
        );
        check(
            Ask::Hand(false),
            Channel::Reactions,
            r#"{"request":{"requestId":3,"setHand":{"raised":false}}}"#,
        );
        check(
            Ask::Leave,
            Channel::SessionControl,
            r#"{"request":{"requestId":3,"leave":{}}}"#,
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}") {
            let _ = Reader::default().read(Channel::Reactions, &text);
        }
    }
}
