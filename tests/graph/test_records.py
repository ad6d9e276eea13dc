"""Call records of meetings that were held, as Microsoft's Python client reads them: lists, pages, expansions and single things."""

from datetime import UTC, datetime, timedelta

import pytest
from msgraph.generated.communications.call_records.call_records_request_builder import CallRecordsRequestBuilder
from msgraph.generated.communications.call_records.item.call_record_item_request_builder import CallRecordItemRequestBuilder
from msgraph.generated.communications.call_records.item.sessions.sessions_request_builder import SessionsRequestBuilder
from msgraph.generated.models.call_records.call_type import CallType
from msgraph.generated.models.call_records.client_platform import ClientPlatform
from msgraph.generated.models.call_records.client_user_agent import ClientUserAgent
from msgraph.generated.models.call_records.failure_stage import FailureStage
from msgraph.generated.models.call_records.participant_endpoint import ParticipantEndpoint
from msgraph.generated.models.call_records.product_family import ProductFamily
from msgraph.generated.models.call_records.service_endpoint import ServiceEndpoint
from msgraph.generated.models.call_records.service_role import ServiceRole
from msgraph.generated.models.call_records.service_user_agent import ServiceUserAgent
from msgraph.generated.models.user_identity import UserIdentity

from meetings import uuid_of
from microsoft import all_of, ask, plain

LIST = CallRecordsRequestBuilder.CallRecordsRequestBuilderGetQueryParameters
RECORD = CallRecordItemRequestBuilder.CallRecordItemRequestBuilderGetQueryParameters
SESSIONS = SessionsRequestBuilder.SessionsRequestBuilderGetQueryParameters

NESTED = ["sessions($expand=segments)"]
PAGES_OF_2 = ["odata.maxpagesize=2"]
AGES_AGO = "2020-01-01T00:00:00Z"


def ids(items):
    return [item.id for item in items]


def pages_of(run, builder, parameters, **how):
    """All pages of a collection, by the links that each gives of the next."""
    page = run(builder.get(request_configuration=ask(parameters, **how)))
    pages = [page.value]
    while page.odata_next_link:
        page = run(builder.with_url(page.odata_next_link).get())
        pages.append(page.value)
    return pages


@pytest.fixture
def whole(run, full):
    """The record with everything that can be expanded."""
    return run(full.get(request_configuration=ask(RECORD, expand=[*NESTED, "participants_v2"])))


@pytest.fixture
def owner(whole):
    """The owner, as the record knows them."""
    return next(one for one in whole.participants_v2 if one.identity.user and one.identity.user.display_name == "Owner")


def test_all_options_at_once(run, graph, records, meetings, owner):
    filter = f"startDateTime ge {AGES_AGO} and participants_v2/any(p:p/id eq '{owner.id}')"
    options = {"filter": filter, "select": ["id", "version", "startDateTime"], "orderby": ["startDateTime desc"], "top": 2, "count": True}
    prefer = ["include-unknown-enum-members", *PAGES_OF_2]
    page = run(records.get(request_configuration=ask(LIST, prefer=prefer, **options)))
    assert page.odata_count == 5 and ids(page.value) == meetings.ids[:2]
    seen = run(all_of(page, graph))
    assert ids(seen) == meetings.ids
    for record in seen:
        assert record.version >= 1 and record.start_date_time and record.end_date_time is None


@pytest.mark.parametrize("size", [1, 2, 3, 5, 60])
def test_pages_join_up(run, records, meetings, size):
    pages = pages_of(run, records, None, prefer=[f"odata.maxpagesize={size}"])
    assert ids(record for page in pages for record in page) == meetings.ids
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)


def test_filters(run, records, meetings, owner):
    found = lambda filter: ids(run(records.get(request_configuration=ask(LIST, filter=filter))).value)
    middle = run(records.by_call_record_id(meetings.ids[2]).get())
    start, end = (time.isoformat().replace("+00:00", "Z") for time in (middle.start_date_time, middle.end_date_time))
    for filter, expected in {
        f"startDateTime ge {start}": meetings.ids[:3],
        f"startDateTime gt {start}": meetings.ids[:2],
        f"startDateTime le {start}": meetings.ids[2:],
        f"startDateTime lt {start}": meetings.ids[3:],
        f"startDateTime ge {start} and startDateTime lt {end}": meetings.ids[2:3],
        f"endDateTime le {end}": meetings.ids[2:],
        f"participants_v2/any(x: x/id eq '{owner.id}') and startDateTime lt {start}": meetings.ids[3:],
        "participants_v2/any(p:p/id eq '00000000-0000-0000-0000-000000000000')": [],
    }.items():
        assert found(filter) == expected, filter


def test_a_list_has_neither_sessions_nor_participants(run, records):
    for record in run(records.get()).value:
        assert record.organizer_v2.identity.user.display_name == "Owner"
        assert record.sessions is None and record.participants_v2 is None


def test_what_a_record_says(run, full, meetings, server, tokens):
    record = run(full.get())
    google = server.call("GET", f"/v2/{meetings.seats[0].conference_record}", tokens["owner"]).json()
    assert (record.id, record.version >= 1, record.type) == (meetings.full, True, CallType.GroupCall)
    assert record.start_date_time == datetime.fromisoformat(google["startTime"])
    assert record.end_date_time == datetime.fromisoformat(google["endTime"])
    assert record.end_date_time < record.last_modified_date_time < datetime.now(UTC)
    assert record.join_web_url.startswith("http")
    organizer = record.organizer_v2
    assert organizer.id == organizer.identity.user.id and organizer.identity.user.display_name == "Owner"
    # Deprecated, and there for older programs.
    assert record.organizer.user.id == organizer.id


def test_a_record_is_there_within_seconds_of_the_end(run, records, meetings):
    for record in run(records.get()).value[:4]:
        assert record.end_date_time < record.last_modified_date_time <= record.end_date_time + timedelta(seconds=5)


def test_sessions_arrive_as_their_own_types(whole, meetings):
    by_seat = {uuid_of(seat.participant_session): seat for seat in meetings.seats}
    attended = [session for session in whole.sessions if session.id in by_seat]
    assert len(attended) == len(meetings.seats) == 6
    for session in attended:
        caller, callee = session.caller, session.callee
        assert isinstance(caller, ParticipantEndpoint) and isinstance(callee, ServiceEndpoint)
        assert isinstance(caller.user_agent, ClientUserAgent) and isinstance(callee.user_agent, ServiceUserAgent)
        assert caller.user_agent.platform in ClientPlatform and caller.user_agent.product_family == ProductFamily.Unknown
        assert callee.user_agent.role in ServiceRole
        assert caller.associated_identity.display_name in {"Owner", "Ada", "Guest", "Bo", "Caro"}
        assert whole.start_date_time <= session.start_date_time < session.end_date_time <= whole.end_date_time
        assert session.is_test is False
        [segment] = session.segments
        assert (segment.start_date_time, segment.end_date_time) == (session.start_date_time, session.end_date_time)
    owners = [session for session in attended if session.caller.associated_identity.display_name == "Owner"]
    assert len(owners) == 2 and all(isinstance(one.caller.associated_identity, UserIdentity) for one in owners)
    assert {one.caller.associated_identity.user_principal_name for one in owners} == {"owner@example.org"}


def test_sessions_are_the_facts_that_google_s_contract_tells(whole, meetings, server, tokens):
    sessions = {session.id: session for session in whole.sessions}
    for seat in meetings.seats:
        session = sessions[uuid_of(seat.participant_session)]
        google = server.call("GET", f"/v2/{seat.participant_session}", tokens["owner"]).json()
        assert session.start_date_time == datetime.fromisoformat(google["startTime"])
        assert session.end_date_time == datetime.fromisoformat(google["endTime"])


def test_who_failed_and_when(whole, meetings):
    failures = {session.id: session.failure_info for session in whole.sessions if session.failure_info}
    silent = failures.pop(uuid_of(meetings.seats[-1].participant_session))
    assert silent.stage == FailureStage.Midcall and silent.reason
    # Whoever never connected attended nothing, and is in no list of participants.
    [never] = failures.values()
    assert never.stage == FailureStage.CallSetup and never.reason
    names = {person.identity.user.display_name if person.identity.user else person.identity.guest.display_name for person in whole.participants_v2}
    assert names == {"Owner", "Ada", "Guest", "Bo", "Caro"}


def test_what_is_expanded_is_what_is_read_by_itself(run, full, whole):
    assert plain(run(full.organizer_v2.get())) == plain(whole.organizer_v2)
    participants = run(full.participants_v2.get()).value
    assert [plain(one) for one in participants] == [plain(one) for one in whole.participants_v2]
    sessions = run(full.sessions.get(request_configuration=ask(SESSIONS, expand=["segments"]))).value
    assert [plain(one) for one in sessions] == [plain(one) for one in whole.sessions]
    for participant in participants:
        assert plain(run(full.participants_v2.by_participant_id(participant.id).get())) == plain(participant)
    for session in whole.sessions:
        of = full.sessions.by_session_id(session.id)
        alone = plain(run(of.get()))
        assert alone == {name: value for name, value in plain(session).items() if not name.startswith("segments")}
        segments = run(of.segments.get()).value
        assert [plain(one) for one in segments] == [plain(one) for one in session.segments]
        for segment in segments:
            assert plain(run(of.segments.by_segment_id(segment.id).get())) == plain(segment)


def test_sessions_in_small_pages(run, full, whole):
    pages = pages_of(run, full.sessions, SESSIONS, prefer=PAGES_OF_2, expand=["segments"])
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1) and len(pages) >= 3
    seen = [session for page in pages for session in page]
    assert [plain(session) for session in seen] == [plain(session) for session in whole.sessions]
    selected = pages_of(run, full.sessions, SESSIONS, prefer=PAGES_OF_2, select=["id", "caller", "callee"])
    for session, complete in zip((one for page in selected for one in page), whole.sessions, strict=True):
        assert session.id == complete.id and plain(session.caller) == plain(complete.caller)
        assert session.start_date_time is None


def test_what_is_cut_off_an_expansion_says_where_the_rest_is(run, full, whole):
    cut = run(full.get(request_configuration=ask(RECORD, expand=[*NESTED, "participants_v2"], prefer=PAGES_OF_2)))
    for inlined, name, builder, all_ in [
        (cut.sessions, "sessions", full.sessions, whole.sessions),
        (cut.participants_v2, "participants_v2", full.participants_v2, whole.participants_v2),
    ]:
        seen, link = list(inlined), cut.additional_data[f"{name}@odata.nextLink"]
        assert len(seen) == 2
        while link:
            page = run(builder.with_url(link).get())
            seen, link = seen + page.value, page.odata_next_link
        assert [plain(one) for one in seen] == [plain(one) for one in all_], name


def test_counts(run, records, full, whole):
    assert run(records.count.get()) == 5
    assert run(full.sessions.count.get()) == len(whole.sessions)
    assert run(full.participants_v2.count.get()) == len(whole.participants_v2) == 5
    session = whole.sessions[0]
    assert run(full.sessions.by_session_id(session.id).segments.count.get()) == len(session.segments)


def test_where_nobody_telephones_there_are_no_calls_of_the_network(run, records):
    until = datetime(2026, 11, 20, tzinfo=UTC)
    since = until - timedelta(days=19)
    for name in ["get_pstn_calls", "get_direct_routing_calls"]:
        function = getattr(records, f"microsoft_graph_call_records_{name}_with_from_date_time_with_to_date_time")
        page = run(function(since, until).get())
        assert (page.value, page.odata_count) == ([], 0)


def test_nulls_are_left_out_on_request(server, tokens, meetings):
    read = lambda **headers: server.call("GET", f"/v1.0/communications/callRecords/{meetings.full}/sessions?$expand=segments", tokens["reader"], headers=headers).json()

    def without_nulls(value):
        if isinstance(value, dict):
            return {name: without_nulls(one) for name, one in value.items() if one not in (None, [])}
        return [without_nulls(one) for one in value] if isinstance(value, list) else value

    explicit, brief = read()["value"], read(prefer="omit-values=nulls")["value"]
    assert explicit != brief and without_nulls(explicit) == without_nulls(brief)
    assert explicit[0]["caller"]["feedback"] is None and "feedback" not in brief[0]["caller"]
