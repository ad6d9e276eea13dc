//! Meetings as pure state machines: who joins, who leaves, when each conference began and ended.
//!
//! What it leaves to others: it reads no clock, makes no random byte, does no I/O, forwards no media and knows no wire
//! format. The caller serialises the inputs of a space and does, for each of them:
//!
//! 1. [`Space::recall`] whom the input speaks of and who is not there, if there is such ([`Space::absentee`]);
//! 2. [`decide`]: space, input and time give facts, or a refusal; nothing changes.
//! 3. write the facts, all or none;
//! 4. [`Space::apply`] each of them;
//! 5. tell the people, the media plane and whoever else cares;
//! 6. [`Space::forget_absent`].
//!
//! So nobody is told what a crash could still undo, and a space is rebuilt after a crash from those who are there, as they
//! were recorded. If the outcome of a write is unknown, the space must be rebuilt in that way too. Whoever has left is not
//! held: memory is bounded by those who are there, however long a conference lasts.
//!
//! # Entry
//!
//! Whoever asks to come in gets a reservation: names that are promised, in memory only, seen by nobody, gone after seconds. A
//! seat, a place in the lobby and a conference begin when the transport is up ([`Input::Connected`]), and what becomes of the
//! reservation is decided then. So nobody is in the register who was never there, and what is scarce is taken by people who
//! have proved that they are somewhere; of the rest each client has a share, and the last places are kept ([`limits`]).
//!
//! The settings of a space and the standing of an arrival decide whether it walks in or knocks, its role, and from that, with
//! the kind of its device, what it may send ([`Space::rights`]). A participant of the conference walks in again whatever
//! the settings say by then, unless a host removed them; once somebody without an account was removed, newcomers without one
//! knock until that conference is over, or until a host has let that person back in. A knock is held in memory only: it has
//! a deadline, ends exactly once, and when it is admitted, the facts of a join follow.
//!
//! # Time
//!
//! Inputs carry the caller's clock, which may step. The times in facts never run backwards within a conference: while the
//! caller's clock is behind the latest time recorded of it, that time is taken instead, and the age of a sign of life is
//! subtracted from it rather than its time compared with it. Deadlines are in the caller's clock, because that is the
//! clock its timer runs by.
//!
//! # Being cut off
//!
//! Only leaving, being put out and the end for all end a conference at once. Whoever was cut off, because their client fell
//! silent, or closed its connection without saying that it leaves, or because the server went away, is awaited for [`limits::RETURN_WITHIN_US`]: their session ends when they were last heard of,
//! and the conference stays open until everybody has been back or their time is up. One set of the awaited serves silence, a
//! crash and an announced restart, and it is recorded: whatever happens to the server, it waits for the same people.

//!
//! # Recording
//!
//! A conference has one recording at a time, which is a matter of the rooms' state like who is in it: it ends with its conference,
//! and with the server, at the last sign of life if that went without a word. One that the server's end has interrupted begins anew
//! when somebody is back ([`Space::lacks_recording`]), unless it was paused: then nobody wanted to be recorded.
//! A recording may ask ([`Recording::asks`]): then each person is in it from when they agree until they do not any more, or leave.
//! All that a conference has are [`limits::RECORDINGS_PER_CONFERENCE_MAX`] at most.

mod conference;
mod decide;
mod display_name;
mod end_reason;
mod fact;
mod ids;
mod input;
mod knock;
pub mod limits;
pub mod names;
mod pin;
mod recall;
mod recording;
mod reservation;
mod rights;
mod role;
mod settings;
mod shares;
mod space;
mod standing;
mod time;

pub use conference::{Conference, LiveSession, Participant};
pub use decide::decide;
pub use display_name::{DisplayName, MalformedName};
pub use end_reason::{ConferenceEndReason, RecordingEndReason, SessionEndReason};
pub use fact::Fact;
pub use ids::{
    ConferenceId, MalformedId, MeetingCode, MemberId, ParticipantId, RecordingId, SecretHash, SessionId, SpaceId,
    UserId,
};
pub use input::{Arrival, FreshIds, Input, LostReason, Person, Refusal};
pub use knock::{Knock, KnockEndReason};
pub use pin::Pin;
pub use recall::{Absentee, Recalled};
pub use recording::{Consent, Recorded, Recording};
pub use reservation::{Reservation, ReservationEndReason, Wish};
pub use rights::Right;
pub use role::Role;
pub use settings::{AccessType, EntryPointAccess, RestrictionType, SETTINGS, Setting, Settings};
pub use space::Space;
pub use standing::{ClientKey, DeviceKind, EntryPoint, Standing};
pub use time::Micros;
