//! What the contract offers: `contracts/voice.md` §1. Which permission each needs in its project stands with its handler.

use identity::{Scope, Scopes};

use crate::gate::operation::{Needs, Operation};

/// By which a token may be used here.
pub(super) const SCOPES: Scopes = Scopes::of(&[Scope::Voice]);

const NEEDS: Needs = Needs::Scope(SCOPES);

/// One row for each method.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::writes("Calls/CreateCall", NEEDS, "Call"),
    Operation::reads("Calls/GetCall", NEEDS, "Call"),
    Operation::reads("Calls/ListCalls", NEEDS, "Call"),
    Operation::reads("Recordings/GetRecording", NEEDS, "Recording"),
    Operation::reads("Recordings/ListRecordings", NEEDS, "Recording"),
    Operation::writes("Recordings/DeleteRecording", NEEDS, "Recording"),
    Operation::writes("SipDomains/CreateSipDomain", NEEDS, "SipDomain"),
    Operation::reads("SipDomains/GetSipDomain", NEEDS, "SipDomain"),
    Operation::reads("SipDomains/ListSipDomains", NEEDS, "SipDomain"),
    Operation::writes("SipDomains/UpdateSipDomain", NEEDS, "SipDomain"),
    Operation::writes("SipDomains/DeleteSipDomain", NEEDS, "SipDomain"),
    Operation::writes("Aliases/CreateAlias", NEEDS, "Alias"),
    Operation::reads("Aliases/GetAlias", NEEDS, "Alias"),
    Operation::reads("Aliases/ListAliases", NEEDS, "Alias"),
    Operation::writes("Aliases/UpdateAlias", NEEDS, "Alias"),
    Operation::writes("Aliases/DeleteAlias", NEEDS, "Alias"),
    Operation::writes("Streams/StreamCall", NEEDS, "Stream"),
];

/// What is offered of users (`contracts/voice.md` §2.7), and of recordings while they go on. One row for each method.
pub(super) const OWN_OPERATIONS: &[Operation] = &[
    Operation::writes("Users/CreateUser", NEEDS, "User"),
    Operation::reads("Users/GetUser", NEEDS, "User"),
    Operation::reads("Users/ListUsers", NEEDS, "User"),
    Operation::writes("Users/UpdateUser", NEEDS, "User"),
    Operation::writes("Users/DeleteUser", NEEDS, "User"),
    Operation::writes("RecordingControl/StartRecording", NEEDS, "Recording"),
    Operation::writes("RecordingControl/StopRecording", NEEDS, "Recording"),
    Operation::writes("RecordingControl/PauseRecording", NEEDS, "Recording"),
    Operation::writes("RecordingControl/ResumeRecording", NEEDS, "Recording"),
    Operation::reads("RecordingControl/GetRecordingStatus", NEEDS, "Recording"),
];
