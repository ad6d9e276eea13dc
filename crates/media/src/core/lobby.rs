//! Outside, as one sees it who is on the way in or waits in the lobby: answered, and told that they wait once that is decided.
//!
//! Nobody here hears, sees or knows of anybody. What a client says of its own microphone and camera is kept for the room,
//! so that who was muted at the door is muted inside. What it asks for before it is decided whether it waits is kept as well:
//! its channels are open some milliseconds before it is in, and a client that asks once must not ask in vain.

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
    /// What it asked for too early, in order.
    early: Vec<Early>,
}

/// A request that came before it was decided whether its sender waits.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) channel: Channel,
    pub(crate) text: String,
    id: i64,
}

impl Lobby {
    pub(crate) fn new(now: Time) -> Lobby {
        Lobby {
            waits: false,
            rate: Rate::new(limits::MESSAGES, now),
            said: MediaState::default(),
            early: vec![],
        }
    }

    /// What the client said of what it sends.
    pub(crate) fn media_state(&self) -> MediaState {
        self.said
    }

    /// What it asked for too early, for the room.
    pub(crate) fn into_early(self) -> Vec<Early> {
        self.early
    }

    /// It waits from now on. Answers what it asked for before.
    pub(crate) fn keep_waiting(&mut self) -> Vec<(Channel, String)> {
        self.waits = true;
        let early = self.early.drain(..);
        early
            .map(|early| (early.channel, refused(early.id, Code::PermissionDenied, WAITS)))
            .collect()
    }

    /// What a channel says as soon as it is open and the wait has begun.
    pub(crate) fn first_text(&self, channel: Channel) -> Option<String> {
        (self.waits && channel == Channel::SessionControl).then(roll::waiting)
    }

    /// A client's message, and the answer to it unless it has to wait for one.
    pub(crate) fn message(&mut self, channel: Channel, text: &str, now: Time) -> (Option<String>, Outcome) {
        let in_time = self.rate.take(now);
        let refuse = |id, code, message| (Some(refused(id, code, message)), Outcome::Refused);
        let request = match Request::parse(channel, text) {
            Ok(request) => request,
            Err(refusal) => return (Some(answer_refused(&refusal)), Outcome::Refused),
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
            _ if self.waits => return refuse(request.id, Code::PermissionDenied, WAITS),
            _ if self.early.len() >= limits::EARLY_MESSAGES => {
                return refuse(request.id, Code::ResourceExhausted, "too many requests");
            }
            _ => {
                let (id, text) = (request.id, text.to_owned());
                self.early.push(Early { channel, text, id });
                return (None, Outcome::Nothing);
            }
        };
        (Some(answer_done(&request)), outcome)
    }
}

const WAITS: &str = "the session waits to be let in";

fn refused(id: i64, code: Code, message: &str) -> String {
    let message = message.to_owned();
    answer_refused(&Refused { id, code, message })
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
        lobby.keep_waiting();
        let mut check = |channel, request: &str, code: i64, outcome| {
            let text = format!(r#"{{"request":{{"requestId":1,{request}}}}}"#);
            let (answer, came_of_it) = lobby.message(channel, &text, Time::ZERO);
            let answer: serde_json::Value = serde_json::from_str(&answer.unwrap()).unwrap();
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
    fn what_is_asked_too_early_is_kept_until_it_is_decided_who_answers() {
        let ask = |lobby: &mut Lobby, id: usize| {
            let text = format!(r#"{{"request":{{"requestId":{id},"setAssignment":{{"layoutModel":{{}}}}}}}}"#);
            lobby.message(Channel::VideoAssignment, &text, Time::ZERO)
        };
        let mut let_in = Lobby::new(Time::ZERO);
        for id in 0..limits::EARLY_MESSAGES {
            assert_eq!(ask(&mut let_in, id), (None, Outcome::Nothing));
        }
        assert_eq!(ask(&mut let_in, 9).1, Outcome::Refused, "there is an end to it");
        let leave = r#"{"request":{"requestId":1,"leave":{}}}"#;
        let (_, outcome) = let_in.message(Channel::SessionControl, leave, Time::ZERO);
        assert_eq!(outcome, Outcome::Leaves);
        assert_eq!(let_in.into_early().len(), limits::EARLY_MESSAGES);

        let mut kept_waiting = Lobby::new(Time::ZERO);
        ask(&mut kept_waiting, 7);
        let [(channel, answer)] = &kept_waiting.keep_waiting()[..] else {
            panic!("one request has one answer");
        };
        assert_eq!(*channel, Channel::VideoAssignment);
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
        let said = (&answer["response"]["requestId"], &answer["response"]["status"]["code"]);
        assert_eq!(said, (&7.into(), &7.into()));
        assert!(kept_waiting.into_early().is_empty());
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
