"""Attendance reports: who was there and for how long, to the organizer and to an application with the role."""

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.item.online_meetings.item.attendance_reports.item.meeting_attendance_report_item_request_builder import (
    MeetingAttendanceReportItemRequestBuilder,
)
from msgraph.generated.users.item.online_meetings.online_meetings_request_builder import OnlineMeetingsRequestBuilder

from clients import Clients
from microsoft import ask, client, plain

MEETINGS = OnlineMeetingsRequestBuilder.OnlineMeetingsRequestBuilderGetQueryParameters
REPORT = MeetingAttendanceReportItemRequestBuilder.MeetingAttendanceReportItemRequestBuilderGetQueryParameters


@pytest.fixture
def mine(server, tokens, meetings):
    """The meeting in which everything happened, as its organizer sees it."""
    return client(server, tokens["owner"]).me.online_meetings.by_online_meeting_id(meetings.space.removeprefix("spaces/"))


@pytest.fixture
def clerk_s(server, tokens, meetings):
    """The same, as an application sees it."""
    owner = client(server, tokens["clerk"]).users.by_user_id("owner@example.org")
    return owner.online_meetings.by_online_meeting_id(meetings.space.removeprefix("spaces/"))


def test_one_report_of_each_time(run, mine, clerk_s, meetings, server, tokens):
    [report] = run(mine.attendance_reports.get()).value
    assert report.total_participant_count == 5 and report.attendance_records == []
    record = run(client(server, tokens["owner"]).communications.call_records.by_call_record_id(meetings.full).get())
    assert report.meeting_start_date_time == record.start_date_time
    assert report.meeting_end_date_time == record.end_date_time
    assert plain(run(clerk_s.attendance_reports.get()).value[0]) == plain(report)


def test_a_meeting_is_found_by_the_address_that_people_open(run, server, tokens, meetings):
    address = Clients(server.address, tokens["owner"]).spaces.get_space(name=meetings.space).meeting_uri
    asked = ask(MEETINGS, filter=f"JoinWebUrl eq '{address}'")
    [found] = run(client(server, tokens["owner"]).me.online_meetings.get(request_configuration=asked)).value
    assert (found.id, found.join_web_url) == (meetings.space.removeprefix("spaces/"), address)
    named = client(server, tokens["clerk"]).users.by_user_id("owner@example.org").online_meetings
    assert [plain(one) for one in run(named.get(request_configuration=asked)).value] == [plain(found)]
    assert run(client(server, tokens["stranger"]).me.online_meetings.get(request_configuration=asked)).value == []


def test_everybody_s_intervals(run, mine, clerk_s, meetings):
    [report] = run(mine.attendance_reports.get()).value
    whole = run(
        mine.attendance_reports.by_meeting_attendance_report_id(report.id).get(request_configuration=ask(REPORT, expand=["attendanceRecords"]))
    )
    records = run(clerk_s.attendance_reports.by_meeting_attendance_report_id(report.id).attendance_records.get()).value
    assert [plain(one) for one in records] == [plain(one) for one in whole.attendance_records]
    by_name = {record.identity.display_name: record for record in records}
    assert set(by_name) == {"Owner", "Ada", "Guest", "Bo", "Caro"}
    assert by_name["Owner"].role == "Organizer" and by_name["Owner"].email_address == "owner@example.org"
    # On two devices, and there once.
    assert len(by_name["Owner"].attendance_intervals) == 1
    for record in records:
        spans = record.attendance_intervals
        assert record.total_attendance_in_seconds == sum(span.duration_in_seconds for span in spans)
        for span in spans:
            assert report.meeting_start_date_time <= span.join_date_time <= span.leave_date_time <= report.meeting_end_date_time


def test_whoever_may_not(run, server, tokens, meetings):
    meeting = meetings.space.removeprefix("spaces/")
    for token in [tokens["stranger"], tokens["reader"]]:
        owner = client(server, token).users.by_user_id("owner@example.org")
        with pytest.raises(ODataError) as refusal:
            run(owner.online_meetings.by_online_meeting_id(meeting).attendance_reports.get())
        assert refusal.value.response_status_code in {403, 404}
