//! A telephone call as a record of two who speak: `peerToPeer`, with one session, and a segment for each leg that this server held.
//!
//! A telephone speaks with a document's voice first, so a call that nobody else was connected to is a session between its telephone and
//! this server. Once it was connected with another telephone the session is between those two, and what was measured stands in the
//! segments: this server is one end of each, the end that heard and was heard.

use std::collections::BTreeSet;

use calls::{Call, CallState, CutOff, Direction, Leg};
use meeting::Micros;
use register::{Media as Kinds, SessionQuality, TelephoneRecord};

use super::{
    Asked, Graph,
    endpoints::{Endpoint, ServiceEndpoint, Software},
    identities::Somebody,
    media::{self, Modality, modalities},
    primitives::Moment,
    readers,
    session::{FailureInfo, FailureStage, Segment, Session},
};
use crate::failure::{Answer, Failure};

/// The legs of a record, of which the first is the call itself.
pub(super) async fn legs(graph: &Graph, record: &TelephoneRecord) -> Answer<Vec<Leg>> {
    let legs = graph.installation.calls.legs(&record.call).await;
    legs.map_err(|error| Failure::unreachable(&error, "the calls cannot be reached"))
}

/// The one session of a record, with its segments; none of one that was deleted in between.
pub(super) fn session(asked: &Asked, legs: &[Leg]) -> Option<Session> {
    let (first, others) = legs.split_first()?;
    let call = &first.call;
    let [own, ours] = ends(&telephone(call));
    let connected = others.iter().map(|leg| &leg.call).find(|call| call.bridged);
    let (one, other) = match (connected, call.direction) {
        (Some(connected), _) => (own, Endpoint::of(&telephone(connected), &Software::default())),
        (None, Direction::Incoming) => (own, ours),
        (None, Direction::Outgoing) => (ours, own),
    };
    Some(Session {
        context: None,
        end_reason: None,
        id: call.id.clone(),
        modalities: flowed(legs),
        start_date_time: Moment(Micros(call.create_us)),
        end_date_time: ended(call, asked),
        is_test: false,
        // Who was connected had answered: what cut them off cut off the two.
        failure_info: failure(call).or_else(|| connected.and_then(failure)),
        caller: one,
        callee: other,
        segments: None,
        parts: legs
            .iter()
            .map(|leg| segment(asked, leg, &telephone(&leg.call)))
            .collect(),
    })
}

/// The way from somebody in a meeting to this server, by the telephone that they hold. Whoever only holds meetings is told of them what
/// is told of them in the meeting: their number is for programs by their role.
pub(super) fn way_into_a_meeting(asked: &Asked, leg: &Leg, somebody: &Somebody) -> Segment {
    if readers::shows_addresses(asked) {
        segment(asked, leg, &telephone(&leg.call))
    } else {
        segment(asked, leg, somebody)
    }
}

/// A leg: who called stands first.
fn segment(asked: &Asked, leg: &Leg, somebody: &Somebody) -> Segment {
    let call = &leg.call;
    let [own, ours] = ends(somebody);
    let quality = SessionQuality {
        streams: leg.streams.clone(),
        ..SessionQuality::default()
    };
    let media = media::of_telephone(&quality);
    let (one, other, media) = match call.direction {
        Direction::Incoming => (own, ours, media),
        Direction::Outgoing => (ours, own, media.into_iter().map(media::Media::turned).collect()),
    };
    Segment {
        context: None,
        id: call.id.clone(),
        start_date_time: Moment(Micros(call.create_us)),
        end_date_time: ended(call, asked),
        failure_info: failure(call),
        caller: one,
        callee: other,
        media,
    }
}

/// The telephone, and this server.
fn ends(somebody: &Somebody) -> [Endpoint; 2] {
    let own = Endpoint::of(somebody, &Software::default());
    [own, Endpoint::Service(ServiceEndpoint::OF_CALLS)]
}

/// Whoever is on the telephone: the caller, or whom we called.
fn telephone(call: &Call) -> Somebody {
    Somebody::telephone(match call.direction {
        Direction::Incoming => call.from.as_deref(),
        Direction::Outgoing => Some(&call.to),
    })
}

/// It cannot be null, so what goes on has lasted until now.
fn ended(call: &Call, asked: &Asked) -> Moment {
    Moment(call.end_us.map_or(asked.now, Micros))
}

fn flowed(legs: &[Leg]) -> Vec<Modality> {
    modalities(Kinds::of(legs.iter().flat_map(|leg| &leg.streams)))
}

/// Why there was no call, if there was none, or what cut it off.
fn failure(call: &Call) -> Option<FailureInfo> {
    let stage = match call.answer_us {
        None => FailureStage::CallSetup,
        Some(_) => FailureStage::Midcall,
    };
    let reason = match call.state {
        CallState::Failed => match &call.error_code {
            Some(code) => format!("The call could not be made: {code}.").into(),
            None => "The call could not be made.".into(),
        },
        CallState::NotAnswered => "Nobody answered.".into(),
        CallState::Busy => "Whoever was called was in another call.".into(),
        CallState::Rejected => "The call was rejected.".into(),
        CallState::Queued | CallState::Starting | CallState::Ringing | CallState::InProgress | CallState::Completed => {
            match call.cut_off? {
                CutOff::Silent => "Nothing was heard of the telephone for too long.",
                CutOff::Gone => "The telephone did not answer when it was asked whether it is there.",
                CutOff::Crash => "The server stopped without ending the call.",
                CutOff::Shutdown => "The server was stopped.",
            }
            .into()
        }
    };
    Some(FailureInfo { stage, reason })
}

/// Everybody who was on a telephone, each once: the caller, and those who were called.
pub(super) fn everybody(legs: &[Leg]) -> Vec<Somebody> {
    let mut known = BTreeSet::new();
    let everybody = legs.iter().map(|leg| telephone(&leg.call));
    everybody.filter(|one| known.insert(one.id().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use calls::CreateMethod;

    use super::*;

    fn call(state: CallState, code: Option<&str>) -> Call {
        Call {
            id: "e523d2ed-2966-4b6b-925b-754a88034cc5".to_owned(),
            project: "one".to_owned(),
            to: "+4420".to_owned(),
            from: Some("sip:ada@example.org".to_owned()),
            is_private: false,
            labels: BTreeMap::new(),
            direction: Direction::Incoming,
            state,
            create_method: CreateMethod::IncomingCall,
            error_code: code.map(str::to_owned),
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: 0,
            start_us: None,
            ring_us: None,
            answer_us: None,
            end_us: Some(1),
            sip_call_id: None,
            originating_call: None,
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        }
    }

    #[test]
    fn a_call_that_nobody_answered_has_failed() {
        let check = |state, code, expected: Option<&str>| {
            let failure = failure(&call(state, code));
            assert_eq!(
                failure.as_ref().map(|failure| failure.reason.as_ref()),
                expected,
                "{state:?}"
            );
        };
        check(CallState::Completed, None, None);
        check(CallState::InProgress, None, None);
        check(CallState::Busy, None, Some("Whoever was called was in another call."));
        check(CallState::NotAnswered, None, Some("Nobody answered."));
        check(CallState::Rejected, None, Some("The call was rejected."));
        check(
            CallState::Failed,
            Some("SIP_404"),
            Some("The call could not be made: SIP_404."),
        );
        check(CallState::Failed, None, Some("The call could not be made."));
    }

    #[test]
    fn a_call_that_was_cut_off_has_failed_when_it_was_up() {
        for (cut_off, expected) in [
            (None, None),
            (
                Some(CutOff::Silent),
                Some("Nothing was heard of the telephone for too long."),
            ),
            (
                Some(CutOff::Gone),
                Some("The telephone did not answer when it was asked whether it is there."),
            ),
            (Some(CutOff::Crash), Some("The server stopped without ending the call.")),
            (Some(CutOff::Shutdown), Some("The server was stopped.")),
        ] {
            let failure = failure(&Call {
                answer_us: Some(1),
                cut_off,
                ..call(CallState::Completed, None)
            });
            let expected = expected.map(|reason| (FailureStage::Midcall, reason));
            assert_eq!(failure.as_ref().map(|one| (one.stage, one.reason.as_ref())), expected);
        }
    }

    #[test]
    fn whoever_called_and_whom_they_reached_are_there_once() {
        let leg = |direction, to: &str, from: Option<&str>| Leg {
            call: Call {
                direction,
                to: to.to_owned(),
                from: from.map(str::to_owned),
                ..call(CallState::Completed, None)
            },
            streams: BTreeMap::new(),
        };
        let check = |legs: &[Leg], expected: &[&str]| {
            let everybody = everybody(legs);
            let ids: Vec<&str> = everybody.iter().map(Somebody::id).collect();
            assert_eq!(ids, expected);
        };
        let (came, went) = (Direction::Incoming, Direction::Outgoing);
        check(&[leg(came, "sip:desk@demo", Some("+4420"))], &["+4420"]);
        check(&[leg(came, "sip:desk@demo", None)], &["anonymous"]);
        check(
            &[
                leg(came, "sip:desk@demo", Some("+4420")),
                leg(went, "sip:bo@demo", Some("+4420")),
                leg(went, "sip:bo@demo", Some("+4420")),
            ],
            &["+4420", "sip:bo@demo"],
        );
    }
}
