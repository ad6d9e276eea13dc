"""Spaces: made, found by id and by code, and emptied."""

import re

import pytest
from google.api_core import exceptions

from clients import code_of, violations

SPACE_ID = re.compile(r"spaces/[A-Za-z0-9_-]{12}")
MEETING_CODE = re.compile(r"[a-z]{3}-[a-z]{4}-[a-z]{3}")


def test_a_new_space_is_complete(owner):
    space = owner.spaces.create_space()
    assert SPACE_ID.fullmatch(space.name)
    assert MEETING_CODE.fullmatch(space.meeting_code)
    assert space.meeting_uri.startswith("http") and space.meeting_uri.endswith("/" + space.meeting_code)
    assert space.config.access_type.name == "TRUSTED"
    assert space.config.entry_point_access.name == "ALL"
    assert space.config.moderation.name == "OFF"
    assert space.config.artifact_config.recording_config.auto_recording_generation.name == "OFF"
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
    assert found.config.access_type.name == "TRUSTED"
    assert not found.meeting_code and not found.config.entry_point_access


def test_ending_without_a_conference_is_a_failed_precondition(owner):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.BadRequest, match="There is no active conference.") as refusal:
        owner.spaces.end_active_conference(name=space.name)
    assert code_of(refusal.value) == "FAILED_PRECONDITION"


def test_ending_ends_everybody_at_one_moment(server, owner):
    space = owner.open_space()
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


def update(owner, space, mask, **config):
    given = owner.meet.Space(name=space.name, config=config)
    return owner.spaces.update_space(space=given, update_mask=mask)


def test_an_update_changes_what_its_mask_names(owner):
    space = owner.open_space()
    moderated = update(owner, space, "config.moderation,config.moderationRestrictions", moderation=2, moderation_restrictions={"chat_restriction": 1})
    assert moderated.name == space.name and moderated.meeting_code == space.meeting_code
    assert moderated.config.moderation.name == "ON"
    assert moderated.config.moderation_restrictions.chat_restriction.name == "HOSTS_ONLY"
    assert moderated.config.access_type.name == "OPEN"
    assert owner.spaces.get_space(name=space.name) == moderated
    assert update(owner, space, None, access_type=3).config.access_type.name == "RESTRICTED"
    # What is named and not given is cleared; what is restricted ends with moderation.
    assert update(owner, space, "config.accessType").config.access_type.name == "TRUSTED"
    off = update(owner, space, "config.moderation", moderation=1).config
    assert (off.moderation.name, off.moderation_restrictions.chat_restriction.name) == ("OFF", "NO_RESTRICTION")


def test_a_star_replaces_every_setting(owner):
    space = owner.open_space(attendance_report_generation_type=1)
    replaced = update(owner, space, "*", entry_point_access=2)
    assert replaced.config.entry_point_access.name == "CREATOR_APP_ONLY"
    assert replaced.config.access_type.name == "TRUSTED"
    assert replaced.config.attendance_report_generation_type.name == "DO_NOT_GENERATE"


@pytest.mark.parametrize("mask", ["config.nonsense", "meetingUri", "activeConference", "name"])
def test_a_mask_that_names_no_setting_is_refused(owner, mask):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.BadRequest) as refusal:
        update(owner, space, mask, access_type=1)
    assert code_of(refusal.value) == "INVALID_ARGUMENT"
    assert violations(refusal.value) == ["update_mask"]
    assert owner.spaces.get_space(name=space.name) == space


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("transcription", {"transcription_config": {"auto_transcription_generation": 1}}),
        ("smart_notes", {"smart_notes_config": {"auto_smart_notes_generation": 1}}),
    ],
)
def test_artifacts_that_nothing_makes_cannot_be_switched_on(owner, kind, config):
    space = owner.spaces.create_space()
    with pytest.raises(exceptions.BadRequest) as refusal:
        update(owner, space, "config.artifactConfig", artifact_config=config)
    [field] = violations(refusal.value)
    assert field.startswith(f"space.config.artifact_config.{kind}_config.")
    with pytest.raises(exceptions.BadRequest):
        owner.open_space(artifact_config=config)
    assert owner.spaces.get_space(name=space.name) == space


CHANGES = {
    "end": lambda client, name: client.spaces.end_active_conference(name=name),
    "update": lambda client, name: client.spaces.update_space(space=client.meet.Space(name=name)),
    "create member": lambda client, name: client.spaces.create_member(parent=name, member={"email": "ada@example.org"}),
    "list members": lambda client, name: client.spaces.list_members(parent=name).members,
    "get member": lambda client, name: client.spaces.get_member(name=f"{name}/members/x"),
    "update member": lambda client, name: client.spaces.update_member(member={"name": f"{name}/members/x"}),
    "update members": lambda client, name: client.spaces.batch_update_members(
        {"parent": name, "requests": [{"member": {"name": f"{name}/members/x"}}]}
    ),
    "delete member": lambda client, name: client.spaces.delete_member(name=f"{name}/members/x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_code_is_accepted_by_get_alone(owner, clients_of, change):
    """The reference's own refusal; only the owner is told by which name it would go."""
    space = owner.spaces.create_space()
    code = f"spaces/{space.meeting_code}"
    hidden = "Permission denied on resource Space (or it might not exist)."
    with pytest.raises(exceptions.Forbidden) as refusal:
        change(owner, code)
    assert refusal.value.message.endswith(hidden)
    assert refusal.value.reason == "MEETING_CODE_NOT_ACCEPTED"
    assert refusal.value.metadata["name"] == space.name
    with pytest.raises(exceptions.Forbidden) as refusal:
        change(clients_of("stranger"), code)
    assert refusal.value.message.endswith(hidden)
    assert not refusal.value.reason and space.name not in str(refusal.value)
    with pytest.raises(exceptions.Forbidden) as refusal:
        change(owner, "spaces/zzz-zzzz-zzz")
    assert refusal.value.message.endswith(hidden) and not refusal.value.reason


def test_a_media_client_is_turned_away_after_the_right_questions(server, tokens, clients_of):
    """Nothing here connects media clients yet; who could not be one learns no more than that."""
    beta = clients_of("owner", "grpc", "v2beta")
    space = beta.open_space()
    connect = lambda client, name: client.spaces.connect_active_conference({"name": name, "offer": "v=0"})
    for name in [space.name, f"spaces/{space.meeting_code}"]:
        with pytest.raises(exceptions.MethodNotImplemented):
            connect(beta, name)
        with pytest.raises(exceptions.Forbidden):
            connect(clients_of("stranger", "grpc", "v2beta"), name)
    with pytest.raises(exceptions.Forbidden) as refusal:
        connect(clients_of("owner, to read", "grpc", "v2beta"), space.name)
    assert refusal.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
