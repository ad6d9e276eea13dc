//! What our own contract offers. Being in a meeting and running one need the same, in whoever has a credential; people without an
//! account take part as well, and say so by having none.

use identity::policy::Action;
use identity::{Scope, Scopes};

use crate::gate::operation::{Needs, Operation};

/// What calls and their recordings need; which permission in which project, their handlers ask.
const CALLS: Needs = Needs::Scope(Scopes::of(&[Scope::Voice]));

/// One row for each method.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::writes("Meetings/Join", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Resume", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Leave", Needs::Nothing, "Meeting"),
    Operation::writes("Meetings/AnswerRecording", Needs::Nothing, "Meeting"),
    Operation::reads("Meetings/GetMeeting", Needs::Nothing, "Meeting"),
    Operation::writes("Meetings/CheckNetwork", Needs::Nothing, "Meeting"),
    Operation::writes("Meetings/Admit", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Deny", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Mute", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Remove", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/Moderate", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes("Meetings/DialOut", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::writes(
        "Meetings/StartMeetingRecording",
        Needs::Credential(Action::TakePart),
        "Meeting",
    ),
    Operation::writes(
        "Meetings/StopMeetingRecording",
        Needs::Credential(Action::TakePart),
        "Meeting",
    ),
    Operation::writes(
        "Meetings/PauseMeetingRecording",
        Needs::Credential(Action::TakePart),
        "Meeting",
    ),
    Operation::writes(
        "Meetings/ResumeMeetingRecording",
        Needs::Credential(Action::TakePart),
        "Meeting",
    ),
    Operation::writes("Meetings/End", Needs::Credential(Action::TakePart), "Meeting"),
    Operation::reads(
        "Recordings/ListMeetingRecordings",
        Needs::Credential(Action::ReadConferenceRecord),
        "Recording",
    ),
    Operation::reads(
        "Recordings/GetMeetingRecording",
        Needs::Credential(Action::ReadConferenceRecord),
        "Recording",
    ),
    Operation::writes(
        "Recordings/ComposeMeetingRecording",
        Needs::Credential(Action::UpdateSpace),
        "Recording",
    ),
    Operation::writes(
        "Recordings/CancelMeetingRecordingComposition",
        Needs::Credential(Action::UpdateSpace),
        "Recording",
    ),
    Operation::writes(
        "Recordings/DeleteMeetingRecording",
        Needs::Credential(Action::UpdateSpace),
        "Recording",
    ),
    Operation::reads("Spaces/ListSpaces", Needs::Credential(Action::SeeSpaceConfig), "Space"),
    Operation::reads(
        "Spaces/GetSpaceRetention",
        Needs::Credential(Action::SeeSpaceConfig),
        "Space",
    ),
    Operation::writes(
        "Spaces/UpdateSpaceRetention",
        Needs::Credential(Action::UpdateSpace),
        "Space",
    ),
    Operation::reads(
        "Register/ListMeetings",
        Needs::Credential(Action::ListConferenceRecords),
        "ConferenceRecord",
    ),
    Operation::reads(
        "Register/GetAttendance",
        Needs::Credential(Action::ReadConferenceRecord),
        "ConferenceRecord",
    ),
    Operation::reads("Projects/ListMemberships", CALLS, "Project"),
    Operation::reads("Projects/ListRecordingCounts", CALLS, "Recording"),
    Operation::reads("Projects/ListCallMeetings", CALLS, "Call"),
    Operation::reads("Administration/ListUsers", Needs::Administrator, "User"),
    Operation::writes("Administration/CreateUser", Needs::Administrator, "User"),
    Operation::writes("Administration/UpdateUser", Needs::Administrator, "User"),
    Operation::writes("Administration/DeleteUser", Needs::Administrator, "User"),
    Operation::writes("Administration/InviteUser", Needs::Administrator, "User"),
    Operation::reads("Administration/ListApps", Needs::Administrator, "App"),
    Operation::writes("Administration/CreateApp", Needs::Administrator, "App"),
    Operation::writes("Administration/DeleteApp", Needs::Administrator, "App"),
    Operation::reads("Administration/ListDaemons", Needs::Administrator, "Daemon"),
    Operation::writes("Administration/CreateDaemon", Needs::Administrator, "Daemon"),
    Operation::writes("Administration/UpdateDaemon", Needs::Administrator, "Daemon"),
    Operation::writes("Administration/DeleteDaemon", Needs::Administrator, "Daemon"),
    Operation::reads(
        "Administration/ListDaemonCredentials",
        Needs::Administrator,
        "Credential",
    ),
    Operation::writes(
        "Administration/CreateDaemonCredential",
        Needs::Administrator,
        "Credential",
    ),
    Operation::writes(
        "Administration/DeleteDaemonCredential",
        Needs::Administrator,
        "Credential",
    ),
    Operation::reads(
        "Administration/ListServiceAccounts",
        Needs::Administrator,
        "ServiceAccount",
    ),
    Operation::writes(
        "Administration/CreateServiceAccount",
        Needs::Administrator,
        "ServiceAccount",
    ),
    Operation::writes(
        "Administration/DeleteServiceAccount",
        Needs::Administrator,
        "ServiceAccount",
    ),
    Operation::reads("Administration/ListServiceAccountKeys", Needs::Administrator, "Key"),
    Operation::writes("Administration/CreateServiceAccountKey", Needs::Administrator, "Key"),
    Operation::writes("Administration/DeleteServiceAccountKey", Needs::Administrator, "Key"),
    Operation::reads("Administration/ListGrants", Needs::Administrator, "Grant"),
    Operation::writes("Administration/CreateGrant", Needs::Administrator, "Grant"),
    Operation::writes("Administration/DeleteGrant", Needs::Administrator, "Grant"),
    Operation::reads("Administration/ListDomains", Needs::Administrator, "Domain"),
    Operation::writes("Administration/CreateDomain", Needs::Administrator, "Domain"),
    Operation::writes("Administration/UpdateDomain", Needs::Administrator, "Domain"),
    Operation::writes("Administration/DeleteDomain", Needs::Administrator, "Domain"),
    Operation::reads("Administration/ListProjects", Needs::Administrator, "Project"),
    Operation::writes("Administration/CreateProject", Needs::Administrator, "Project"),
    Operation::reads(
        "Administration/ListProjectMembers",
        Needs::Administrator,
        "ProjectMember",
    ),
    Operation::writes("Administration/SetProjectMember", Needs::Administrator, "ProjectMember"),
    Operation::writes(
        "Administration/RemoveProjectMember",
        Needs::Administrator,
        "ProjectMember",
    ),
    Operation::writes("Administration/ShowProjectKey", Needs::Administrator, "ProjectKey"),
    Operation::writes("Administration/RotateProjectKey", Needs::Administrator, "ProjectKey"),
    Operation::reads(
        "Administration/GetRecordingPolicy",
        Needs::Administrator,
        "RecordingPolicy",
    ),
    Operation::writes(
        "Administration/UpdateRecordingPolicy",
        Needs::Administrator,
        "RecordingPolicy",
    ),
    Operation::reads("Administration/GetMeetingPolicy", Needs::Administrator, "MeetingPolicy"),
    Operation::writes(
        "Administration/UpdateMeetingPolicy",
        Needs::Administrator,
        "MeetingPolicy",
    ),
    Operation::writes("Administration/SetRecordingHold", Needs::Administrator, "Recording"),
    Operation::writes(
        "Administration/SetMeetingRecordingHold",
        Needs::Administrator,
        "Recording",
    ),
    Operation::reads("Administration/ListAuditEvents", Needs::Administrator, "AuditEvent"),
    Operation::writes("Administration/ExportAuditEvents", Needs::Administrator, "AuditEvent"),
];
