//! What may be selected and expanded: the properties of each type, and what is below it.
//!
//! The metadata tell the same of them, and a test holds the two together.

use odata::Shape;

/// `callRecord`.
pub(super) static CALL_RECORD: Shape = Shape {
    name: "callRecord",
    properties: &[
        "id",
        "version",
        "type",
        "modalities",
        "lastModifiedDateTime",
        "startDateTime",
        "endDateTime",
        "joinWebUrl",
        "organizer",
        "participants",
        "organizer_v2",
    ],
    // The organizer is always there; whoever asks for it all the same is not wrong.
    navigations: &[
        ("organizer_v2", &PARTICIPANT),
        ("participants_v2", &PARTICIPANT),
        ("sessions", &SESSION),
    ],
};

/// `session`.
pub(super) static SESSION: Shape = Shape {
    name: "session",
    properties: &[
        "id",
        "modalities",
        "startDateTime",
        "endDateTime",
        "isTest",
        "failureInfo",
        "caller",
        "callee",
    ],
    navigations: &[("segments", &SEGMENT)],
};

/// `segment`.
pub(super) static SEGMENT: Shape = Shape {
    name: "segment",
    properties: &[
        "id",
        "startDateTime",
        "endDateTime",
        "failureInfo",
        "caller",
        "callee",
        "media",
    ],
    navigations: &[],
};

/// `participant`, and `organizer`.
pub(super) static PARTICIPANT: Shape = Shape {
    name: "participant",
    properties: &["id", "administrativeUnitInfos", "identity"],
    navigations: &[],
};

/// `onlineMeeting`. What is below it is asked for there.
pub(super) static ONLINE_MEETING: Shape = Shape {
    name: "onlineMeeting",
    properties: &["id", "creationDateTime", "joinWebUrl"],
    navigations: &[],
};

/// `meetingAttendanceReport`.
pub(super) static ATTENDANCE_REPORT: Shape = Shape {
    name: "meetingAttendanceReport",
    properties: &[
        "id",
        "totalParticipantCount",
        "meetingStartDateTime",
        "meetingEndDateTime",
        "externalEventInformation",
    ],
    navigations: &[("attendanceRecords", &ATTENDANCE_RECORD)],
};

/// `attendanceRecord`.
pub(super) static ATTENDANCE_RECORD: Shape = Shape {
    name: "attendanceRecord",
    properties: &[
        "id",
        "emailAddress",
        "totalAttendanceInSeconds",
        "role",
        "registrationId",
        "identity",
        "attendanceIntervals",
        "externalRegistrationInformation",
    ],
    navigations: &[],
};
