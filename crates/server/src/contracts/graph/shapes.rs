//! What may be selected and expanded: the properties of each type, and what is below it.
//!
//! The metadata tell the same of them, and a test holds the two together.

use odata::{FILTER, Navigation, ORDER_BY, PROVISIONAL, SKIP_TOKEN, Shape, TOP};

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
        Navigation::one("organizer_v2", &PARTICIPANT),
        Navigation::many("participants_v2", &PARTICIPANT),
        Navigation::many("sessions", &SESSION),
    ],
    of_one: &[PROVISIONAL],
    of_many: &[FILTER, ORDER_BY, TOP, SKIP_TOKEN],
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
    navigations: &[Navigation::many("segments", &SEGMENT)],
    of_one: &[PROVISIONAL],
    of_many: &[FILTER, ORDER_BY, TOP, SKIP_TOKEN, PROVISIONAL],
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
    of_one: &[PROVISIONAL],
    of_many: &[PROVISIONAL],
};

/// `participant`, and `organizer`.
pub(super) static PARTICIPANT: Shape = Shape {
    name: "participant",
    properties: &["id", "administrativeUnitInfos", "identity"],
    navigations: &[],
    of_one: &[PROVISIONAL],
    of_many: &[TOP, SKIP_TOKEN, PROVISIONAL],
};

/// `onlineMeeting`. What is below it is asked for there.
pub(super) static ONLINE_MEETING: Shape = Shape {
    name: "onlineMeeting",
    properties: &["id", "creationDateTime", "joinWebUrl"],
    navigations: &[],
    of_one: &[],
    of_many: &[FILTER],
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
    navigations: &[Navigation::many("attendanceRecords", &ATTENDANCE_RECORD)],
    of_one: &[],
    of_many: &[],
};

/// The same in a list, which tells of nobody who was there.
pub(super) static ATTENDANCE_REPORT_LISTED: Shape = Shape {
    name: ATTENDANCE_REPORT.name,
    properties: ATTENDANCE_REPORT.properties,
    navigations: &[],
    of_one: &[],
    of_many: ATTENDANCE_REPORT.of_many,
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
    of_one: &[],
    of_many: &[TOP, SKIP_TOKEN],
};
