//! Outside, as one sees it who is on the way in or waits in the lobby: answered, and told that they wait once that is decided.
//!
//! Nobody here hears, sees or knows of anybody. What a client says of its own microphone and camera is kept for the room,
//! so that who was muted at the door is muted inside.

use crate::core::{
    Time,
    channels::{Action, Channel, Code, MediaState, Refused, Request},
    rate::Rate,
    resources::{answer_done, answer_refused},
    roll,
    room::Outcome,
};
use crate::limits;

/// One session's time outside.
#[derive(Debug)]
pub(crate) struct Lobby {
    /// It was decided that it waits.
    waits: bool,
    rate: Rate,
    said: MediaState,
}

impl Lobby {
    pub(crate) fn new(now: Time) -> Lobby {
        Lobby {
            waits: false,
            rate: Rate::new(limits::MESSAGES, now),
            said: MediaState::default(),
        }
    }

    /// What the client said of what it sends.
    pub(crate) fn media_state(&self) -> MediaState {
        self.said
    }

    /// It waits from now on.
    pub(crate) fn keep_waiting(&mut self) {
        self.waits = true;
    }

    /// What a channel says as soon as it is open and the wait has begun.
    pub(crate) fn first_text(&self, channel: Channel) -> Option<String> {
        (self.waits && channel == Channel::SessionControl).then(roll::waiting)
    }

    /// A client's message, and the answer to it.
    pub(crate) fn message(&mut self, channel: Channel, text: &str, now: Time) -> (String, Outcome) {
        let in_time = self.rate.take(now);
        let refuse = |id, code, message: &str| {
            let message = message.to_owned();
            (answer_refused(&Refused { id, code, message }), Outcome::Refused)
        };
        let request = match Request::parse(channel, text) {
            Ok(request) => request,
            Err(refusal) => return (answer_refused(&refusal), Outcome::Refused),
        };
        if !in_time {
            return refuse(request.id, Code::ResourceExhausted, "too many requests");
        }
        let outcome = match &request.action {
            Action::Leave => Outcome::Leaves,
            Action::SetMediaState(state) => {
                self.said = self.said.then(*state);
                Outcome::Nothing
            }
            _ => {
                let message = "the session waits to be let in";
                return refuse(request.id, Code::PermissionDenied, message);
            }
        };
        (answer_done(&request), outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_so_and_nothing_else() {
        let mut lobby = Lobby::new(Time::ZERO);
        let told = |lobby: &Lobby| -> Vec<_> {
            let channels = Channel::ALL.into_iter();
            channels.filter_map(|channel| lobby.first_text(channel)).collect()
        };
        assert_eq!(told(&lobby), Vec::<String>::new(), "it is not decided yet");
        lobby.keep_waiting();
        assert_eq!(
            told(&lobby),
            [r#"{"resources":[{"sessionStatus":{"connectionState":"STATE_WAITING"}}]}"#]
        );
    }

    #[test]
    fn who_waits_may_leave_and_mute_itself() {
        let mut lobby = Lobby::new(Time::ZERO);
        let mut check = |channel, request: &str, code: i64, outcome| {
            let text = format!(r#"{{"request":{{"requestId":1,{request}}}}}"#);
            let (answer, came_of_it) = lobby.message(channel, &text, Time::ZERO);
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            let answered = (answer["response"]["status"]["code"].as_i64(), came_of_it);
            assert_eq!(answered, (Some(code), outcome), "{request}");
        };
        let state = Channel::MediaEntries;
        check(
            state,
            r#""setMediaState":{"audioMuted":true,"videoMuted":true}"#,
            0,
            Outcome::Nothing,
        );
        check(state, r#""setMediaState":{"videoMuted":false}"#, 0, Outcome::Nothing);
        check(Channel::Chat, r#""send":{"text":"let me in"}"#, 7, Outcome::Refused);
        check(Channel::Reactions, r#""setHand":{"raised":true}"#, 7, Outcome::Refused);
        check(
            Channel::VideoAssignment,
            r#""setAssignment":{"layoutModel":{}}"#,
            7,
            Outcome::Refused,
        );
        check(Channel::Participants, r#""leave":{}"#, 3, Outcome::Refused);
        check(Channel::SessionControl, r#""leave":{}"#, 0, Outcome::Leaves);
        let said = MediaState {
            audio_muted: Some(true),
            video_muted: Some(false),
            screenshare: None,
        };
        assert_eq!(lobby.media_state(), said);
    }

    #[test]
    fn who_waits_may_not_flood() {
        let mut lobby = Lobby::new(Time::ZERO);
        let text = r#"{"request":{"requestId":1,"setMediaState":{}}}"#;
        let mut outcomes =
            (0..=limits::MESSAGES.burst).map(|_| lobby.message(Channel::MediaEntries, text, Time::ZERO).1);
        assert_eq!(
            outcomes.by_ref().filter(|outcome| *outcome == Outcome::Nothing).count(),
            limits::MESSAGES.burst as usize
        );
    }
}
