"""Spaces: made, found by id and by code, and emptied."""

import re

import pytest
from google.api_core import exceptions

from clients import code_of

SPACE_ID = re.compile(r"spaces/[A-Za-z0-9_-]{12}")
MEETING_CODE = re.compile(r"[a-z]{3}-[a-z]{4}-[a-z]{3}")


def test_a_new_space_is_complete(owner):
    space = owner.spaces.create_space()
    assert SPACE_ID.fullmatch(space.name)
    assert MEETING_CODE.fullmatch(space.meeting_code)
    assert space.meeting_uri.startswith("http") and space.meeting_uri.endswith("/" + space.meeting_code)
    assert space.config.access_type.name == "OPEN"
    assert space.config.entry_point_access.name == "ALL"
    assert not space.active_conference.conference_record


@pytest.mark.parametrize("access_type", ["OPEN", "TRUSTED", "RESTRICTED"])
def test_a_setting_that_was_given_is_kept(owner, access_type):
    space = owner.meet.Space(config={"access_type": access_type})
    created = owner.spaces.create_space(owner.meet.CreateSpaceRequest(space=space))
    assert created.config.access_type.name == access_type
    assert owner.spaces.get_space(name=created.name).config.access_type.name == access_type


def test_a_space_is_found_by_id_and_by_code_in_any_case(owner):
    created = owner.spaces.create_space()
    for alias in [created.name, f"spaces/{created.meeting_code}", f"spaces/{created.meeting_code.upper()}"]:
        assert owner.spaces.get_space(name=alias) == created


def test_the_id_is_told_apart_by_case(owner):
    created = owner.spaces.create_space()
    with pytest.raises(exceptions.Forbidden):
        owner.spaces.get_space(name="spaces/" + created.name.removeprefix("spaces/").swapcase())


def test_a_field_mask_chooses_fields(owner):
    created = owner.spaces.create_space()
    found = owner.spaces.get_space(name=created.name, metadata=[("x-goog-fieldmask", "name,config.access_type")])
    assert found.name == created.name
    assert found.config.access_type.name == "OPEN"
    assert not found.meeting_code and not found.config.entry_point_access


def test_ending_without_a_conference_is_a_failed_precondition(owner):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.BadRequest, match="There is no active conference.") as refusal:
        owner.spaces.end_active_conference(name=space.name)
    assert code_of(refusal.value) == "FAILED_PRECONDITION"


def test_ending_ends_everybody_at_one_moment(server, owner):
    space = owner.spaces.create_space()
    seats = [server.join(space.name, name=name) for name in ["Ada", "Bo", "Caro"]]
    record = seats[0].conference_record
    assert owner.spaces.get_space(name=space.name).active_conference.conference_record == record
    assert not owner.records.get_conference_record(name=record).end_time

    owner.spaces.end_active_conference(name=space.name)

    end = owner.records.get_conference_record(name=record).end_time
    assert end
    for seat in seats:
        assert owner.records.get_participant_session(name=seat.participant_session).end_time == end
        assert owner.records.get_participant(name=seat.participant).latest_end_time == end
    assert not owner.spaces.get_space(name=space.name).active_conference.conference_record
    with pytest.raises(exceptions.BadRequest, match="There is no active conference."):
        owner.spaces.end_active_conference(name=space.name)


def test_a_code_is_not_accepted_where_something_is_changed(owner):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.Forbidden) as refusal:
        owner.spaces.end_active_conference(name=f"spaces/{space.meeting_code}")
    assert refusal.value.reason == "MEETING_CODE_NOT_ACCEPTED"
    assert refusal.value.metadata["name"] == space.name


def test_what_is_not_served_yet_says_so(owner):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.MethodNotImplemented):
        owner.spaces.list_members(parent=space.name).members
    with pytest.raises(exceptions.MethodNotImplemented):
        owner.spaces.update_space(space=owner.meet.Space(name=space.name))
