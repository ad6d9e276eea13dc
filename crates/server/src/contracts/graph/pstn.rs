//! `getPstnCalls` and `getDirectRoutingCalls`: the calls of the telephone network that are over, one row each, for whoever accounts for
//! them.
//!
//! There is one network here, which is reached by the operator's own trunk. So **both lists have the same calls**: the first tells who
//! called whom for how long, the second how the trunk fared with it, and a program that adds up asks one of them. A row has the id of its
//! call, by which its record is found. Nobody here sells minutes, and no country is known: what money, licences and places are about is
//! null. A document answers and calls in nobody's name, as the contract has it for bots, so no row has a user.

use calls::{Call, Direction};
use identity::policy::Reach;
use meeting::{ConferenceId, Micros};
use register::{Page, Query};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

use super::pages::{self, Collection};
use super::primitives::{Moment, guid};
use super::reply::Reply;
use super::{Asked, Graph, phrases};
use crate::failure::{Answer, Failure, Kind};
use crate::limits::PSTN_RANGE_DAYS_MAX;
use crate::names;

/// `microsoft.graph.callRecords.pstnCallLogRow`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PstnCallLogRow {
    id: String,
    /// Not unique, says the contract: what SIP calls it.
    call_id: Option<String>,
    call_type: &'static str,
    caller_number: Option<String>,
    callee_number: String,
    start_date_time: Moment,
    end_date_time: Option<Moment>,
    /// Whole seconds in which both could speak.
    duration: i64,
    /// Neither of those that it knows.
    call_duration_source: Option<()>,
    user_id: Option<()>,
    user_principal_name: Option<()>,
    user_display_name: Option<()>,
    charge: Option<()>,
    /// The call record of the meeting that it was in.
    conference_id: Option<String>,
    connection_charge: Option<()>,
    currency: Option<()>,
    destination_context: Option<()>,
    destination_name: Option<()>,
    inventory_type: Option<()>,
    license_capability: Option<()>,
    operator: Option<()>,
    tenant_country_code: Option<()>,
    usage_country_code: Option<()>,
}

/// `microsoft.graph.callRecords.directRoutingLogRow`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DirectRoutingLogRow {
    id: String,
    /// The call record that it is a part of.
    correlation_id: String,
    call_type: &'static str,
    caller_number: Option<String>,
    callee_number: String,
    invite_date_time: Option<Moment>,
    start_date_time: Option<Moment>,
    /// Of a call that was established.
    end_date_time: Option<Moment>,
    /// Of one that was not; of others the beginning of time, says the contract.
    failure_date_time: Option<Moment>,
    duration: i64,
    successful_call: bool,
    final_sip_code: Option<u16>,
    final_sip_code_phrase: Option<&'static str>,
    call_end_sub_reason: Option<()>,
    /// Sound goes through this server.
    media_bypass_enabled: bool,
    media_path_location: Option<()>,
    signaling_location: Option<()>,
    /// Of the trunk that there is now, if it has a name.
    trunk_fully_qualified_domain_name: Option<String>,
    user_id: Option<()>,
    user_principal_name: Option<()>,
    user_display_name: Option<()>,
}

impl PstnCallLogRow {
    fn new(call: Call) -> PstnCallLogRow {
        let conference_id = conference(&call).map(|conference| guid(conference.as_str()));
        PstnCallLogRow {
            duration: duration_s(&call),
            call_type: match (call.direction, conference_id.is_some()) {
                (Direction::Incoming, true) => "conf_in",
                (Direction::Outgoing, true) => "conf_out",
                (Direction::Incoming, false) => "ucap_in",
                (Direction::Outgoing, false) => "ucap_out",
            },
            conference_id,
            start_date_time: Moment(Micros(call.create_us)),
            end_date_time: call.end_us.map(moment_of),
            id: call.id,
            call_id: call.sip_call_id,
            caller_number: call.from,
            callee_number: call.to,
            call_duration_source: None,
            user_id: None,
            user_principal_name: None,
            user_display_name: None,
            charge: None,
            connection_charge: None,
            currency: None,
            destination_context: None,
            destination_name: None,
            inventory_type: None,
            license_capability: None,
            operator: None,
            tenant_country_code: None,
            usage_country_code: None,
        }
    }
}

impl DirectRoutingLogRow {
    fn new(call: Call, trunk_name: Option<&str>) -> DirectRoutingLogRow {
        let is_established = call.answer_us.is_some();
        let ended = call.end_us.map(moment_of);
        DirectRoutingLogRow {
            duration: duration_s(&call),
            call_type: match call.direction {
                Direction::Incoming => "ByotIn",
                Direction::Outgoing => "ByotOut",
            },
            invite_date_time: call.start_us.map(moment_of),
            start_date_time: call.answer_us.map(moment_of),
            end_date_time: ended.filter(|_| is_established),
            failure_date_time: if is_established { Some(NEVER) } else { ended },
            successful_call: is_established,
            final_sip_code: call.final_status,
            final_sip_code_phrase: call.final_status.and_then(phrases::of),
            correlation_id: call.originating_call.unwrap_or_else(|| call.id.clone()),
            id: call.id,
            caller_number: call.from,
            callee_number: call.to,
            call_end_sub_reason: None,
            media_bypass_enabled: false,
            media_path_location: None,
            signaling_location: None,
            trunk_fully_qualified_domain_name: trunk_name.map(str::to_owned),
            user_id: None,
            user_principal_name: None,
            user_display_name: None,
        }
    }
}

/// 0001-01-01T00:00:00Z.
const NEVER: Moment = Moment(Micros(-62_135_596_800_000_000));

/// The conference that a call was in, if it came into a meeting.
fn conference(call: &Call) -> Option<ConferenceId> {
    let session = call.participant_session.as_deref()?;
    let (conference, ..) = names::participant_session("participant_session", session).ok()?;
    conference
}

fn moment_of(at_us: i64) -> Moment {
    Moment(Micros(at_us))
}

fn duration_s(call: &Call) -> i64 {
    let spoken_us = call
        .answer_us
        .zip(call.end_us)
        .map(|(answer_us, end_us)| end_us - answer_us);
    spoken_us.unwrap_or(0) / 1_000_000
}

pub(super) async fn list_calls(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    list(graph, asked, End::Included, "pstnCallLogRow", PstnCallLogRow::new).await
}

pub(super) async fn list_direct_routing_calls(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    let trunk_name = graph.installation.trunk_name.as_deref();
    let row = |call| DirectRoutingLogRow::new(call, trunk_name);
    list(graph, asked, End::Excluded, "directRoutingLogRow", row).await
}

/// Whether the end of a range is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Included,
    Excluded,
}

/// A page of the calls that began in a time, as rows of a type.
async fn list<Row: Serialize>(
    graph: &Graph,
    asked: &Asked,
    end: End,
    of: &str,
    row: impl Fn(Call) -> Row,
) -> Answer<Reply> {
    let reach = asked.asking.reach()?;
    let (from, to) = range(asked.key(0), end)?;
    let until = match end {
        End::Included => "<=",
        End::Excluded => "<",
    };
    let filter = format!("start_time >= {} AND start_time {until} {}", text(from)?, text(to)?);
    let query = Query {
        filter: &filter,
        page_size: asked.cut.size,
        page_token: &asked.cut.cursor,
        now: asked.now,
    };
    let register = &graph.installation.register;
    let unread = |error| pages::unread(&asked.asking, error);
    let (page, count) = match reach {
        Reach::Everybody => {
            let page = register.list_network_calls(&query).await.map_err(unread)?;
            (page, register.count_network_calls(&filter).await.map_err(unread)?)
        }
        // A person's own calls are none: calls are a project's.
        Reach::Own(_) => (NOTHING, 0),
    };
    let calls = graph.installation.calls.named(&page.items).await;
    let calls = calls.map_err(|error| Failure::unreachable(&error, "the calls cannot be reached"))?;
    let root = graph.root(&asked.place);
    // The function, as it was called.
    let path = super::split_version(asked.head.uri.path()).map_or("", |(_, below)| below);
    Ok(asked.reply(&Collection {
        context: format!("{root}/$metadata#Collection(microsoft.graph.callRecords.{of})"),
        count: Some(count),
        value: calls.into_iter().map(row).collect(),
        next_link: pages::next_link(asked, &root, path, page.next_page_token.as_deref()),
    }))
}

const NOTHING: Page<String> = Page {
    items: Vec::new(),
    next_page_token: None,
};

/// A moment in a filter.
fn text(moment: OffsetDateTime) -> Answer<String> {
    let text = moment.checked_to_offset(UtcOffset::UTC);
    let text = text.and_then(|moment| moment.format(&Rfc3339).ok());
    text.ok_or_else(|| invalid("Years are from 1 to 9999."))
}

/// Reads `fromDateTime=…,toDateTime=…`. One client loses the comma between them. A date at the end is its beginning, or all of it where the
/// end is in the range.
fn range(arguments: &str, end: End) -> Answer<(OffsetDateTime, OffsetDateTime)> {
    let arguments = arguments.trim();
    let both = arguments
        .strip_prefix("fromDateTime=")
        .and_then(|rest| rest.split_once("toDateTime="));
    let Some((from, to)) = both else {
        return Err(invalid(
            "The arguments are `fromDateTime` and `toDateTime`, in this order.",
        ));
    };
    let from = from.trim().strip_suffix(',').unwrap_or(from);
    let ((from, _), (to, precision)) = (moment("fromDateTime", from)?, moment("toDateTime", to)?);
    if from > to {
        return Err(invalid("`fromDateTime` is after `toDateTime`."));
    }
    if to - from > Duration::days(PSTN_RANGE_DAYS_MAX) {
        return Err(invalid(format!("A range is at most {PSTN_RANGE_DAYS_MAX} days.")));
    }
    match end {
        End::Included => Ok((from, to.checked_add(precision).unwrap_or(to))),
        End::Excluded => Ok((from, to)),
    }
}

/// A date, which is its beginning, or a moment with an offset; and by how much less than the next one it is.
fn moment(name: &str, text: &str) -> Answer<(OffsetDateTime, Duration)> {
    let text = text.trim().trim_matches('\'');
    if let Ok(date) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        let rest = Duration::DAY - Duration::MICROSECOND;
        return Ok((date.with_time(Time::MIDNIGHT).assume_utc(), rest));
    }
    let moment = filter::moment(text).ok_or_else(|| {
        invalid(format!(
            "`{name}` is a date such as 2026-11-01, or a time such as 2026-11-01T00:00:00Z."
        ))
    })?;
    Ok((moment, Duration::ZERO))
}

fn invalid(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Invalid, sentence)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use calls::{CallState, CreateMethod};
    use serde_json::{Value, json};

    use super::*;

    fn call(answer_us: Option<i64>, final_status: Option<u16>) -> Call {
        Call {
            id: "e523d2ed-2966-4b6b-925b-754a88034cc5".to_owned(),
            project: "one".to_owned(),
            to: "+4420".to_owned(),
            from: Some("+4930".to_owned()),
            is_private: false,
            labels: BTreeMap::new(),
            direction: Direction::Outgoing,
            state: CallState::Completed,
            create_method: CreateMethod::ParentCall,
            error_code: None,
            error_message: None,
            final_status,
            cut_off: None,
            create_us: 1_000_000,
            start_us: Some(2_000_000),
            ring_us: None,
            answer_us,
            end_us: Some(65_900_000),
            sip_call_id: Some("a@b".to_owned()),
            originating_call: Some("f523d2ed-2966-4b6b-925b-754a88034cc5".to_owned()),
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        }
    }

    /// Both ways: what is told is declared, and what is declared is told.
    fn check_row(row: impl Serialize, name: &str, expected: &[(&str, Value)]) {
        let row = serde_json::to_value(row).expect("plain values");
        for (property, value) in expected {
            assert_eq!(row[*property], *value, "{name}/{property}");
        }
        let mut told: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut declared = crate::contracts::graph::metadata::declared("ComplexType", name);
        told.sort_unstable();
        declared.sort_unstable();
        assert_eq!(told, declared, "{name}");
    }

    #[test]
    fn rows_say_what_is_known() {
        let (answered, busy, unheard) = (
            call(Some(5_000_000), Some(200)),
            call(None, Some(486)),
            call(None, None),
        );
        let pstn = |duration: i64| {
            vec![
                ("callType", json!("ucap_out")),
                ("callerNumber", json!("+4930")),
                ("startDateTime", json!("1970-01-01T00:00:01.000000Z")),
                ("endDateTime", json!("1970-01-01T00:01:05.900000Z")),
                ("duration", json!(duration)),
                ("userId", Value::Null),
                ("charge", Value::Null),
            ]
        };
        check_row(PstnCallLogRow::new(answered.clone()), "pstnCallLogRow", &pstn(60));
        check_row(PstnCallLogRow::new(busy.clone()), "pstnCallLogRow", &pstn(0));
        let trunk = |status: Value, phrase: Value, start: Value, end: Value, failure: Value| {
            vec![
                ("callType", json!("ByotOut")),
                ("correlationId", json!("f523d2ed-2966-4b6b-925b-754a88034cc5")),
                ("inviteDateTime", json!("1970-01-01T00:00:02.000000Z")),
                ("startDateTime", start.clone()),
                ("endDateTime", end),
                ("failureDateTime", failure),
                ("successfulCall", json!(start != Value::Null)),
                ("finalSipCode", status),
                ("finalSipCodePhrase", phrase),
                ("mediaBypassEnabled", json!(false)),
            ]
        };
        let end = json!("1970-01-01T00:01:05.900000Z");
        let start = json!("1970-01-01T00:00:05.000000Z");
        let never = json!("0001-01-01T00:00:00.000000Z");
        let mut expected = trunk(json!(200), json!("OK"), start, end.clone(), never);
        expected.push(("trunkFullyQualifiedDomainName", json!("sip.carrier.example")));
        check_row(
            DirectRoutingLogRow::new(answered, Some("sip.carrier.example")),
            "directRoutingLogRow",
            &expected,
        );
        let expected = trunk(json!(486), json!("Busy Here"), Value::Null, Value::Null, end.clone());
        check_row(DirectRoutingLogRow::new(busy, None), "directRoutingLogRow", &expected);
        let expected = trunk(Value::Null, Value::Null, Value::Null, Value::Null, end);
        check_row(
            DirectRoutingLogRow::new(unheard, None),
            "directRoutingLogRow",
            &expected,
        );
    }

    #[test]
    fn a_call_that_was_in_a_meeting_is_of_its_conference() {
        let check = |direction: Direction, session: Option<&str>, expected: [Value; 2]| {
            let row = PstnCallLogRow::new(Call {
                direction,
                participant_session: session.map(str::to_owned),
                ..call(Some(5_000_000), Some(200))
            });
            let row = serde_json::to_value(row).expect("plain values");
            assert_eq!(
                [&row["callType"], &row["conferenceId"]],
                expected.each_ref(),
                "{session:?}"
            );
        };
        let session = "conferenceRecords/5SPS7SlmS2uSW3VKiANMxQ/participants/p/participantSessions/s";
        let conference = json!("e523d2ed-2966-4b6b-925b-754a88034cc5");
        check(
            Direction::Incoming,
            Some(session),
            [json!("conf_in"), conference.clone()],
        );
        check(Direction::Outgoing, Some(session), [json!("conf_out"), conference]);
        check(Direction::Incoming, None, [json!("ucap_in"), Value::Null]);
        check(Direction::Outgoing, None, [json!("ucap_out"), Value::Null]);
    }

    /// The end of what is asked for, as it is counted.
    #[test]
    fn a_date_at_the_end_is_all_of_it_where_the_end_counts() {
        let check = |to: &str, end: End, expected: &str| {
            let (_, found) = range(&format!("fromDateTime=2026-11-01,toDateTime={to}"), end).expect(to);
            assert_eq!(text(found).expect("a time"), expected, "{to} {end:?}");
        };
        check("2026-11-20", End::Included, "2026-11-20T23:59:59.999999Z");
        check("2026-11-20", End::Excluded, "2026-11-20T00:00:00Z");
        for end in [End::Included, End::Excluded] {
            check("2026-11-20T00:00:00Z", end, "2026-11-20T00:00:00Z");
        }
    }

    #[test]
    fn ranges() {
        let check = |arguments: &str, expected: Result<i64, &str>| match (range(arguments, End::Excluded), expected) {
            (Ok((from, to)), Ok(hours)) => assert_eq!((to - from).whole_hours(), hours, "{arguments}"),
            (Err(failure), Err(part)) => {
                let sentence = failure.into_parts().1.unwrap_or_default();
                assert!(sentence.contains(part), "{arguments}: {sentence}");
            }
            (answer, _) => panic!("{arguments}: {answer:?}"),
        };
        check("fromDateTime=2026-11-01,toDateTime=2026-11-20", Ok(19 * 24));
        check("fromDateTime=2026-11-01, toDateTime=2026-11-02", Ok(24));
        check(
            "fromDateTime=2026-11-01T00:00:00+00:00toDateTime=2026-11-01T02:00:00+01:00",
            Ok(1),
        );
        check("fromDateTime='2026-11-01',toDateTime='2026-11-01'", Ok(0));
        check("fromDateTime=2026-01-01,toDateTime=2026-04-01", Ok(90 * 24));
        check("fromDateTime=2026-01-01,toDateTime=2026-04-02", Err("at most 90 days"));
        check("fromDateTime=2026-11-02,toDateTime=2026-11-01", Err("after"));
        check("fromDateTime=x,toDateTime=2026-11-01", Err("`fromDateTime` is a date"));
        check("fromDateTime=2026-11-01,toDateTime=", Err("`toDateTime` is a date"));
        check(
            "fromDateTime=2026-11-01,toDateTime=2026-11-02X00:00:00Z",
            Err("`toDateTime` is a date"),
        );
        check("toDateTime=2026-11-01", Err("in this order"));
        check("", Err("in this order"));
    }
}
