//! What the contract offers: one row for each verb of each path.
//!
//! A pattern has names, `{}` where a key stands, and `name()` where a function is called; what is more particular stands before what
//! is less. A handler is given the contract and the request.

use std::future::ready;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Method as Verb;
use identity::policy::Action;
use odata::Takes;

use super::organizers::Whose;
use super::reply::Reply;
use super::shapes::{
    ATTENDANCE_RECORD, ATTENDANCE_REPORT, ATTENDANCE_REPORT_LISTED, CALL_RECORD, ONLINE_MEETING, PARTICIPANT, SEGMENT,
    SESSION,
};
use super::{
    Asked, Graph, attendance, batch, call_records, metadata, online_meetings, participants, pstn, sessions,
    subscriptions,
};
use crate::failure::Answer;
use crate::gate::operation::{Needs, Operation};

/// What answers a row.
pub(super) type Handler = for<'a> fn(&'a Arc<Graph>, &'a Asked) -> BoxFuture<'a, Answer<Reply>>;

/// One row.
pub(super) struct Row {
    pub(super) verb: Verb,
    /// Below the version.
    pub(super) path: &'static str,
    pub(super) operation: Operation,
    pub(super) takes: Takes,
    pub(super) handler: Handler,
}

/// What reads: a path, what it needs, which options it takes, and who answers.
const fn get(path: &'static str, operation: Operation, takes: Takes, handler: Handler) -> Row {
    Row {
        verb: Verb::GET,
        path,
        operation,
        takes,
        handler,
    }
}

/// What changes something takes no options.
const fn row(verb: Verb, path: &'static str, operation: Operation, handler: Handler) -> Row {
    Row {
        verb,
        path,
        operation,
        takes: Takes::Nothing,
        handler,
    }
}

/// Whoever may read call records.
const READ: Needs = Needs::Credential(Action::ReadCallRecords);

/// Whoever may read the lists of telephone calls.
const READ_CALLS: Needs = Needs::Credential(Action::ReadPstnCalls);

/// Whoever may read attendance reports.
const READ_ATTENDANCE: Needs = Needs::Credential(Action::ReadAttendanceReports);

/// What no row is for: it passes the gate like the others, to be refused.
pub(super) static UNKNOWN: Operation = Operation::reads("unknown/Refuse", Needs::Nothing, "resource");

/// Whoever may be told of call records.
const SUBSCRIBE: Needs = Needs::Credential(Action::SubscribeToCallRecords);

/// The table.
pub(super) static OPERATIONS: &[Row] = &[
    row(
        Verb::POST,
        "$batch",
        Operation::reads("batch/Send", Needs::Nothing, "batch"),
        |graph, asked| Box::pin(batch::send(graph, asked)),
    ),
    get(
        "$metadata",
        Operation::reads("metadata/Get", Needs::Nothing, "metadata"),
        Takes::Nothing,
        |_, _| Box::pin(ready(Ok(metadata::get()))),
    ),
    row(
        Verb::POST,
        "subscriptions",
        Operation::writes("subscriptions/Create", SUBSCRIBE, "subscription"),
        |graph, asked| Box::pin(subscriptions::create(graph, asked)),
    ),
    get(
        "subscriptions",
        Operation::reads("subscriptions/List", SUBSCRIBE, "subscription"),
        Takes::Nothing,
        |graph, asked| Box::pin(subscriptions::list(graph, asked)),
    ),
    get(
        "subscriptions/{}",
        Operation::reads("subscriptions/Get", SUBSCRIBE, "subscription"),
        Takes::Nothing,
        |graph, asked| Box::pin(subscriptions::get(graph, asked)),
    ),
    row(
        Verb::PATCH,
        "subscriptions/{}",
        Operation::writes("subscriptions/Update", SUBSCRIBE, "subscription"),
        |graph, asked| Box::pin(subscriptions::update(graph, asked)),
    ),
    row(
        Verb::DELETE,
        "subscriptions/{}",
        Operation::writes("subscriptions/Delete", SUBSCRIBE, "subscription"),
        |graph, asked| Box::pin(subscriptions::delete(graph, asked)),
    ),
    row(
        Verb::POST,
        "subscriptions/{}/reauthorize",
        Operation::writes("subscriptions/Reauthorize", SUBSCRIBE, "subscription"),
        |graph, asked| Box::pin(subscriptions::reauthorize(graph, asked)),
    ),
    get(
        "communications/callRecords",
        Operation::reads("callRecords/List", READ, "callRecord"),
        Takes::Collection(&CALL_RECORD),
        |graph, asked| Box::pin(call_records::list(graph, asked)),
    ),
    get(
        "communications/callRecords/$count",
        Operation::reads("callRecords/ListCount", READ, "callRecord"),
        Takes::Count(&CALL_RECORD),
        |graph, asked| Box::pin(call_records::count(graph, asked)),
    ),
    get(
        "communications/callRecords/{}",
        Operation::reads("callRecords/Get", READ, "callRecord"),
        Takes::Item(&CALL_RECORD),
        |graph, asked| Box::pin(call_records::get(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/organizer_v2",
        Operation::reads("callRecords/GetOrganizer", READ, "organizer"),
        Takes::Item(&PARTICIPANT),
        |graph, asked| Box::pin(participants::organizer(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/participants_v2",
        Operation::reads("participants/List", READ, "participant"),
        Takes::Collection(&PARTICIPANT),
        |graph, asked| Box::pin(participants::list(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/participants_v2/$count",
        Operation::reads("participants/ListCount", READ, "participant"),
        Takes::Count(&PARTICIPANT),
        |graph, asked| Box::pin(participants::count(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/participants_v2/{}",
        Operation::reads("participants/Get", READ, "participant"),
        Takes::Item(&PARTICIPANT),
        |graph, asked| Box::pin(participants::get(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions",
        Operation::reads("sessions/List", READ, "session"),
        Takes::Collection(&SESSION),
        |graph, asked| Box::pin(sessions::list(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions/$count",
        Operation::reads("sessions/ListCount", READ, "session"),
        Takes::Count(&SESSION),
        |graph, asked| Box::pin(sessions::count(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions/{}",
        Operation::reads("sessions/Get", READ, "session"),
        Takes::Item(&SESSION),
        |graph, asked| Box::pin(sessions::get(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions/{}/segments",
        Operation::reads("segments/List", READ, "segment"),
        Takes::Collection(&SEGMENT),
        |graph, asked| Box::pin(sessions::list_segments(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions/{}/segments/$count",
        Operation::reads("segments/ListCount", READ, "segment"),
        Takes::Count(&SEGMENT),
        |graph, asked| Box::pin(sessions::count_segments(graph, asked)),
    ),
    get(
        "communications/callRecords/{}/sessions/{}/segments/{}",
        Operation::reads("segments/Get", READ, "segment"),
        Takes::Item(&SEGMENT),
        |graph, asked| Box::pin(sessions::get_segment(graph, asked)),
    ),
    get(
        "communications/callRecords/getPstnCalls()",
        Operation::reads("callRecords/ListPstnCalls", READ_CALLS, "pstnCallLogRow"),
        Takes::Rows,
        |graph, asked| Box::pin(pstn::list_calls(graph, asked)),
    ),
    get(
        "communications/callRecords/getDirectRoutingCalls()",
        Operation::reads("callRecords/ListDirectRoutingCalls", READ_CALLS, "directRoutingLogRow"),
        Takes::Rows,
        |graph, asked| Box::pin(pstn::list_direct_routing_calls(graph, asked)),
    ),
    get(
        "me/onlineMeetings",
        Operation::reads("onlineMeetings/ListOwn", READ_ATTENDANCE, "onlineMeeting"),
        Takes::Collection(&ONLINE_MEETING),
        |graph, asked| Box::pin(online_meetings::list(graph, asked, Whose::Mine)),
    ),
    get(
        "me/onlineMeetings/{}/attendanceReports",
        Operation::reads("attendanceReports/ListOwn", READ_ATTENDANCE, "meetingAttendanceReport"),
        Takes::Collection(&ATTENDANCE_REPORT_LISTED),
        |graph, asked| Box::pin(attendance::list(graph, asked, Whose::Mine)),
    ),
    get(
        "me/onlineMeetings/{}/attendanceReports/{}",
        Operation::reads("attendanceReports/GetOwn", READ_ATTENDANCE, "meetingAttendanceReport"),
        Takes::Item(&ATTENDANCE_REPORT),
        |graph, asked| Box::pin(attendance::get(graph, asked, Whose::Mine)),
    ),
    get(
        "me/onlineMeetings/{}/attendanceReports/{}/attendanceRecords",
        Operation::reads("attendanceRecords/ListOwn", READ_ATTENDANCE, "attendanceRecord"),
        Takes::Collection(&ATTENDANCE_RECORD),
        |graph, asked| Box::pin(attendance::list_records(graph, asked, Whose::Mine)),
    ),
    get(
        "users/{}/onlineMeetings",
        Operation::reads("onlineMeetings/List", READ_ATTENDANCE, "onlineMeeting"),
        Takes::Collection(&ONLINE_MEETING),
        |graph, asked| Box::pin(online_meetings::list(graph, asked, Whose::Named)),
    ),
    get(
        "users/{}/onlineMeetings/{}/attendanceReports",
        Operation::reads("attendanceReports/List", READ_ATTENDANCE, "meetingAttendanceReport"),
        Takes::Collection(&ATTENDANCE_REPORT_LISTED),
        |graph, asked| Box::pin(attendance::list(graph, asked, Whose::Named)),
    ),
    get(
        "users/{}/onlineMeetings/{}/attendanceReports/{}",
        Operation::reads("attendanceReports/Get", READ_ATTENDANCE, "meetingAttendanceReport"),
        Takes::Item(&ATTENDANCE_REPORT),
        |graph, asked| Box::pin(attendance::get(graph, asked, Whose::Named)),
    ),
    get(
        "users/{}/onlineMeetings/{}/attendanceReports/{}/attendanceRecords",
        Operation::reads("attendanceRecords/List", READ_ATTENDANCE, "attendanceRecord"),
        Takes::Collection(&ATTENDANCE_RECORD),
        |graph, asked| Box::pin(attendance::list_records(graph, asked, Whose::Named)),
    ),
];
