"""Records, participants and sessions: what a sitting left behind, in pages and through filters."""

import re
from datetime import timedelta

import pytest

SPELLINGS = {"snake case, quoted": '{snake} {op} "{time}"', "camel case, bare": "{camel}{op}{time}"}


def names(items):
    return [item.name for item in items]


def rfc3339(time, microseconds=0):
    return (time + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_record_tells_when_and_where(owner, sitting):
    record = owner.records.get_conference_record(name=sitting.conference_record)
    assert record.space == sitting.space
    assert record.start_time <= record.end_time
    assert record.expire_time - record.end_time == timedelta(days=30)
    assert re.fullmatch(r"conferenceRecords/[A-Za-z0-9_-]{22}", record.name)


def test_participants_are_people(owner, sitting):
    listed = list(owner.records.list_participants(parent=sitting.conference_record))
    assert names(listed) == sitting.participants_newest_first()
    people = [participant.signedin_user.display_name or participant.anonymous_user.display_name for participant in listed]
    assert people == ["Caro", "Bo", "Guest", "Ada", "Owner"]
    for participant in listed:
        assert owner.records.get_participant(name=participant.name) == participant
        user = participant.signedin_user.user
        if user:
            # A signed-in participant's id is the user's, on all devices and in all conferences.
            assert re.fullmatch(r"users/\d{21}", user)
            assert participant.name.endswith("/" + user.removeprefix("users/"))


def test_the_times_of_a_participant_are_those_of_its_sessions(owner, sitting):
    record = owner.records.get_conference_record(name=sitting.conference_record)
    for participant in owner.records.list_participants(parent=sitting.conference_record):
        sessions = list(owner.records.list_participant_sessions(parent=participant.name))
        assert participant.earliest_start_time == min(session.start_time for session in sessions)
        assert participant.latest_end_time == max(session.end_time for session in sessions)
        assert record.start_time <= participant.earliest_start_time
        assert participant.latest_end_time <= record.end_time


def test_a_second_device_and_a_return_are_sessions_of_one_participant(owner, sitting):
    first, ada, second, *_, ada_again = sitting.seats
    assert first.participant == second.participant and ada.participant == ada_again.participant
    for seats in [[first, second], [ada, ada_again]]:
        sessions = list(owner.records.list_participant_sessions(parent=seats[0].participant))
        assert names(sessions) == [seat.participant_session for seat in reversed(seats)]
        for session in sessions:
            assert owner.records.get_participant_session(name=session.name) == session


@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 100, 1000])
def test_pages_join_up(owner, sitting, page_size):
    pages = list(owner.records.list_participants({"parent": sitting.conference_record, "page_size": page_size}).pages)
    assert names(participant for page in pages for participant in page.participants) == sitting.participants_newest_first()
    assert [len(page.participants) for page in pages[:-1]] == [page_size] * (len(pages) - 1)
    assert not pages[-1].next_page_token


def test_a_page_token_survives_what_is_added(server, owner):
    space = owner.open_space()
    seats = [server.join(space.name, name=f"Early {number}") for number in range(4)]
    request = {"parent": seats[0].conference_record, "page_size": 2}
    first = owner.records.list_participants(request)
    assert names(first.participants) == [seats[3].participant, seats[2].participant]
    late = server.join(space.name, name="Late")
    rest = owner.records.list_participants({**request, "page_token": first.next_page_token, "page_size": 250})
    assert names(rest) == [seats[1].participant, seats[0].participant]
    assert names(owner.records.list_participants(request).participants)[0] == late.participant
    owner.spaces.end_active_conference(name=space.name)


def test_the_total_is_told_when_asked_for(owner, sitting):
    request = {"parent": sitting.conference_record, "page_size": 2}
    for mask, total, count in [
        (None, 0, 2),
        ("*", 5, 2),
        ("participants/name,totalSize", 5, 2),
        ("participants.name,total_size", 5, 2),
        ("totalSize", 5, 0),
        ("participants(name,earliestStartTime),totalSize", 5, 2),
    ]:
        metadata = [("x-goog-fieldmask", mask)] if mask else []
        page = owner.records.list_participants(request, metadata=metadata)
        assert (page.total_size, len(page.participants)) == (total, count), mask


def test_records_are_found_by_their_space(owner, sitting):
    for filter in [
        f'space.name = "{sitting.space}"',
        f"space.name={sitting.space}",
        f'space.meeting_code = "{sitting.meeting_code}"',
        f"space.meetingCode = '{sitting.meeting_code}'",
        f'space.meeting_code="{sitting.meeting_code}" AND end_time IS NOT NULL',
        f"space.meetingCode={sitting.meeting_code} and endTime is not null",
        f'space.meeting_code = "{sitting.meeting_code.replace("-", "")}"',
        f'space.meeting_code = "{sitting.meeting_code.replace("-", "").upper()}"',
    ]:
        assert names(owner.records.list_conference_records({"filter": filter})) == [sitting.conference_record], filter
    for filter in [f'space.name = "{sitting.space}" AND end_time IS NULL', 'space.name = "spaces/AAAAAAAAAAAA"']:
        assert names(owner.records.list_conference_records({"filter": filter})) == [], filter


def test_records_come_newest_first(server, owner):
    space = owner.open_space()
    sittings = []
    for _ in range(3):
        seat = server.join(space.name, name="Ada")
        server.leave(seat)
        sittings.append(seat.conference_record)
    listed = owner.records.list_conference_records({"filter": f'space.name="{space.name}"', "page_size": 2})
    assert names(listed) == sittings[::-1]
    assert names(owner.records.list_conference_records())[:3] == sittings[::-1]


@pytest.mark.parametrize("form", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize(
    ("op", "shift_us", "holds"),
    [
        (">", 0, False), (">", -1, True), (">=", 0, True), (">=", 1, False),
        ("<", 0, False), ("<", 1, True), ("<=", 0, True), ("<=", -1, False),
        ("=", 0, True), ("=", 1, False),
    ],
)  # fmt: skip
def test_times_compare_to_the_microsecond(owner, sitting, form, op, shift_us, holds):
    participant = owner.records.get_participant(name=sitting.seats[0].participant)
    session = owner.records.get_participant_session(name=sitting.seats[0].participant_session)
    record = owner.records.get_conference_record(name=sitting.conference_record)
    lists = [
        (owner.records.list_participants, sitting.conference_record, participant, ["earliest_start_time", "latest_end_time"]),
        (owner.records.list_participant_sessions, sitting.seats[0].participant, session, ["start_time", "end_time"]),
        (owner.records.list_conference_records, None, record, ["start_time", "end_time"]),
    ]
    for list_method, parent, item, fields in lists:
        for snake in fields:
            camel = re.sub(r"_(.)", lambda letter: letter[1].upper(), snake)
            filter = form.format(snake=snake, camel=camel, op=op, time=rfc3339(getattr(item, snake), shift_us))
            request = {"filter": filter, **({"parent": parent} if parent else {})}
            assert (item.name in names(list_method(request))) == holds, filter


def test_a_time_finer_than_a_microsecond_is_not_cut_off(owner, sitting):
    name = sitting.seats[0].participant
    start = owner.records.get_participant(name=name).earliest_start_time
    finer = rfc3339(start).removesuffix("Z") + "500Z"
    for op, holds in [(">", False), (">=", False), ("<", True), ("<=", True), ("=", False)]:
        filter = f'earliest_start_time {op} "{finer}"'
        listed = owner.records.list_participants({"parent": sitting.conference_record, "filter": filter})
        assert (name in names(listed)) == holds, filter


def test_an_offset_is_a_time_too(owner, sitting):
    name = sitting.seats[0].participant
    start = owner.records.get_participant(name=name).earliest_start_time
    elsewhere = (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.%f+02:00")
    request = {"parent": sitting.conference_record, "filter": f'earliest_start_time = "{elsewhere}"'}
    assert names(owner.records.list_participants(request)) == [name]


def test_who_is_there_now(server, owner):
    space = owner.open_space()
    ada, bo = server.join(space.name, name="Ada"), server.join(space.name, name="Bo")
    server.leave(ada)
    for field in ["latest_end_time", "latestEndTime"]:
        for null, present in [("IS NULL", bo), ("is null", bo), ("IS NOT NULL", ada)]:
            request = {"parent": bo.conference_record, "filter": f"{field} {null}"}
            assert names(owner.records.list_participants(request)) == [present.participant], request
    live = owner.records.get_conference_record(name=bo.conference_record)
    assert not live.end_time and live.expire_time - live.start_time == timedelta(days=30)
    session = owner.records.get_participant_session(name=bo.participant_session)
    assert not session.end_time and not owner.records.get_participant(name=bo.participant).latest_end_time

    again = server.join(space.name, name="Ada", resume_secret=ada.resume_secret)
    assert again.participant == ada.participant and again.participant_session != ada.participant_session
    assert not owner.records.get_participant(name=ada.participant).latest_end_time
    open_sessions = {"parent": ada.participant, "filter": "end_time IS NULL"}
    assert names(owner.records.list_participant_sessions(open_sessions)) == [again.participant_session]
    owner.spaces.end_active_conference(name=space.name)


def test_an_anonymous_person_without_the_secret_is_a_new_one(server, owner):
    space = owner.open_space()
    keeper = server.join(space.name, name="Keeper")
    ada = server.join(space.name, name="Ada")
    server.leave(ada)
    for secret in [None, "A" * 43, keeper.resume_secret[:-1]]:
        assert server.join(space.name, name="Ada", resume_secret=secret).participant != ada.participant
    owner.spaces.end_active_conference(name=space.name)
