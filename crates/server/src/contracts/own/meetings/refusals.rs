//! What is said to those who may not: Google's contract has no word for most refusals at a door, so the reasons are our own.

use std::time::Duration;

use media::{OfferError, Overloaded};
use meeting::{Refusal, limits::RECORDINGS_PER_CONFERENCE_MAX};
use register::RegisterError;
use rooms::InputError;

use crate::failure::{Failure, Kind};
use crate::limits;

pub(super) fn invalid_offer(error: &OfferError) -> Failure {
    Failure::new(Kind::Precondition, "The offer cannot be answered.")
        .because("INVALID_OFFER")
        .with("reason", error.to_string())
}

pub(super) fn unknown_meeting(error: &RegisterError) -> Failure {
    match error {
        RegisterError::NotFound => {
            Failure::new(Kind::NotFound, "There is no such meeting.").because("MEETING_NOT_FOUND")
        }
        broken => Failure::broken(broken),
    }
}

/// Somebody asked for what only hosts may.
pub(super) fn host_needed() -> Failure {
    Failure::new(Kind::Forbidden, "Only the host and the co-hosts may do this.").because("HOST_NEEDED")
}

/// Nobody of those who are meant is in the meeting.
pub(super) fn not_present() -> Failure {
    Failure::new(Kind::NotFound, "There is nobody like that in the meeting.").because("NOT_PRESENT")
}

pub(super) fn entry_failure(error: InputError) -> Failure {
    match error {
        InputError::Refused(refusal) => refusal_failure(refusal),
        InputError::Overloaded(Overloaded::Room) => full(),
        InputError::Overloaded(_) => Failure::unavailable("The server holds as many people as it can."),
        InputError::Draining => Failure::unavailable("The server is stopping; try again soon."),
        InputError::Register(error) => unknown_meeting(&error),
        InputError::Panicked(_) => Failure::internal(&error),
    }
}

fn full() -> Failure {
    Failure::new(Kind::Exhausted, "The meeting is full.")
        .because("CONFERENCE_FULL")
        .retry_after(limits::FULL_WAIT)
}

fn refusal_failure(refusal: Refusal) -> Failure {
    let denied = |message: &'static str| Failure::new(Kind::Forbidden, message);
    match refusal {
        Refusal::ConferenceOver | Refusal::NoActiveConference => {
            Failure::new(Kind::Precondition, "The conference is over.").because("CONFERENCE_OVER")
        }
        Refusal::TooManySessions => full(),
        Refusal::TooManyAtOnce { wait_us } => {
            let sentence = "Too many people come at once; try again in a moment.";
            let wait = Duration::from_micros(wait_us.unsigned_abs());
            Failure::new(Kind::Exhausted, sentence)
                .because("TOO_MANY_AT_ONCE")
                .retry_after(wait)
        }
        Refusal::NotAParticipant => {
            denied("Only who was in the conference can come back to it.").because("NOT_A_PARTICIPANT")
        }
        Refusal::WrongSecret => denied("The secret is not that of the session.").because("WRONG_SECRET"),
        Refusal::UnknownSession => Failure::not_found().because("SESSION_NOT_FOUND"),
        Refusal::IdInUse => Failure::unavailable("The session could not be named; try again."),
        Refusal::EntryPointNotAllowed => {
            denied("This meeting can be joined only through the app that made it.").because("ENTRY_POINT_NOT_ALLOWED")
        }
        Refusal::CompanionNeedsAccount => {
            denied("A companion device is for people who are signed in.").because("SIGN_IN_REQUIRED")
        }
        Refusal::Removed => denied("A host has removed you; you may ask to join again.").because("REMOVED"),
        Refusal::LobbyFull => Failure::new(Kind::Exhausted, "Too many people wait to be let in; try again soon.")
            .because("LOBBY_FULL")
            .retry_after(limits::FULL_WAIT),
        Refusal::UnknownKnock => {
            Failure::new(Kind::NotFound, "Nobody waits there any more.").because("KNOCK_NOT_FOUND")
        }
        Refusal::UnknownParticipant => not_present(),
        Refusal::NotInside => denied("A co-host may do this while they are in the meeting.").because("NOT_INSIDE"),
        Refusal::AlreadyRecording => {
            Failure::new(Kind::Precondition, "The meeting is being recorded already.").because("ALREADY_RECORDING")
        }
        Refusal::TooManyRecordings => {
            let sentence = format!(
                "This conference has {RECORDINGS_PER_CONFERENCE_MAX} recordings, and may not have more; the next conference may be recorded."
            );
            Failure::new(Kind::Precondition, sentence).because("TOO_MANY_RECORDINGS")
        }
        Refusal::NotRecording => {
            Failure::new(Kind::Precondition, "The meeting is not being recorded.").because("NOT_RECORDING")
        }
        Refusal::NobodyAsked => {
            Failure::new(Kind::Precondition, "This recording asks nobody whether they agree.").because("NOBODY_ASKED")
        }
        Refusal::NobodyInside => {
            Failure::new(Kind::Precondition, "There is nobody in the meeting to be recorded.").because("NOBODY_INSIDE")
        }
        Refusal::HostStays => Failure::new(Kind::Precondition, "The host cannot be removed.").because("HOST_STAYS"),
    }
}
