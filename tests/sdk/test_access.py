"""Who may see and do what, and what the others are told."""

import time

import pytest
from google.api_core import exceptions
from google.auth.exceptions import RefreshError

from clients import code_of

MASKED = "or it might not exist"
ALLOWED = "allowed"
NO_SCOPE = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"

READS = [
    ("get_conference_record", "name", lambda sitting: sitting.conference_record),
    ("list_participants", "parent", lambda sitting: sitting.conference_record),
    ("get_participant", "name", lambda sitting: sitting.seats[0].participant),
    ("list_participant_sessions", "parent", lambda sitting: sitting.seats[0].participant),
    ("get_participant_session", "name", lambda sitting: sitting.seats[0].participant_session),
]


@pytest.fixture
def as_(clients_of, transport, version):
    return lambda caller: clients_of(caller, transport, version)


@pytest.mark.parametrize(("method", "field", "of"), READS, ids=[row[0] for row in READS])
@pytest.mark.parametrize(
    ("caller", "answer"),
    [
        ("owner", ALLOWED), ("guest", ALLOWED), ("stranger", MASKED),
        ("owner, to create", ALLOWED), ("owner, to read", ALLOWED), ("owner, for settings", NO_SCOPE),
    ],
)  # fmt: skip
def test_a_record_is_for_its_owner_and_those_who_were_there(as_, sitting, caller, answer, method, field, of):
    call = lambda: getattr(as_(caller).records, method)(**{field: of(sitting)})
    if answer == ALLOWED:
        call()
        return
    with pytest.raises(exceptions.Forbidden) as refusal:
        call()
    assert code_of(refusal.value) == "PERMISSION_DENIED"
    if answer == NO_SCOPE:
        assert refusal.value.reason == NO_SCOPE
        assert refusal.value.domain == "meet.googleapis.com"
        assert "Request had insufficient authentication scopes." in refusal.value.message
    else:
        assert answer in refusal.value.message


def test_a_list_of_records_holds_what_the_caller_may_read(as_, sitting):
    filter = {"filter": f'space.name="{sitting.space}"'}
    for caller, found in [("owner", [sitting.conference_record]), ("guest", [sitting.conference_record]), ("stranger", [])]:
        assert [record.name for record in as_(caller).records.list_conference_records(filter)] == found, caller
    with pytest.raises(exceptions.Forbidden):
        as_("owner, for settings").records.list_conference_records()


def test_what_does_not_exist_looks_like_what_is_secret(as_, sitting):
    """A stranger learns nothing from the difference, because there is none."""
    refusals = set()
    for name in [sitting.conference_record, "conferenceRecords/" + "A" * 22]:
        with pytest.raises(exceptions.Forbidden) as refusal:
            as_("stranger").records.get_conference_record(name=name)
        refusals.add(refusal.value.message.split(" ", 3)[-1].replace(name, ""))
    assert len(refusals) == 1, refusals


def test_a_child_that_is_not_there_is_not_found(as_, sitting):
    missing = f"{sitting.conference_record}/participants/{'A' * 22}"
    with pytest.raises(exceptions.NotFound):
        as_("owner").records.get_participant(name=missing)
    with pytest.raises(exceptions.NotFound):
        as_("owner").records.get_participant_session(name=f"{sitting.seats[0].participant}/participantSessions/{'A' * 22}")


def test_a_space_shows_each_caller_their_part(as_, server, tokens):
    space = as_("owner").open_space()
    seats = [server.join(space.name, token=tokens["guest"]), server.join(space.name, name="Ada")]
    for caller, sees_settings, sees_conference in [
        ("owner", True, True),
        ("owner, to read", True, True),
        ("owner, for settings", True, True),
        ("guest", False, True),
        ("stranger", False, False),
    ]:
        found = as_(caller).spaces.get_space(name=space.name)
        assert (found.name, found.meeting_code) == (space.name, space.meeting_code), caller
        assert bool(found.config.access_type) == sees_settings, caller
        assert (found.active_conference.conference_record == seats[0].conference_record) == sees_conference, caller
    as_("owner").spaces.end_active_conference(name=space.name)


def test_only_the_owner_ends_a_conference(as_, server, tokens):
    space = as_("owner").spaces.create_space()
    server.join(space.name, token=tokens["guest"])
    for caller in ["guest", "stranger", "owner, to read", "owner, for settings"]:
        with pytest.raises(exceptions.Forbidden):
            as_(caller).spaces.end_active_conference(name=space.name)
    as_("owner, to create").spaces.end_active_conference(name=space.name)


def test_only_the_owner_changes_settings(as_):
    space = as_("owner").spaces.create_space()
    as_("owner").spaces.create_member(parent=space.name, member={"email": "cohost@example.org", "role": "COHOST"})
    settings = lambda caller: as_(caller).meet.Space(name=space.name, config={"access_type": 1})
    for caller in ["cohost", "stranger", "owner, to read"]:
        with pytest.raises(exceptions.Forbidden):
            as_(caller).spaces.update_space(space=settings(caller))
    for caller in ["owner, to create", "owner, for settings"]:
        assert as_(caller).spaces.update_space(space=settings(caller)).config.access_type.name == "OPEN"


def test_making_a_space_needs_the_right_scope(as_):
    for caller in ["owner, to read", "owner, for settings"]:
        with pytest.raises(exceptions.Forbidden) as refusal:
            as_(caller).spaces.create_space()
        assert refusal.value.reason == NO_SCOPE
    assert as_("owner, to create").spaces.create_space().name


def test_a_token_that_does_not_hold_opens_nothing(server, tokens, clients_of, transport, sitting):
    wait_until_expired(server, tokens["owner, expired"])
    altered = tokens["owner"][:-4] + ("AAAA" if not tokens["owner"].endswith("AAAA") else "BBBB")
    unsigned = "eyJhbGciOiJub25lIn0." + tokens["owner"].split(".")[1] + "."
    for token in [altered, unsigned, "nonsense", tokens["owner, expired"]]:
        answer = server.call("GET", f"/v2/{sitting.conference_record}", token)
        assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
        # Over REST the client tries to refresh what the server refused, and has nothing to refresh it with.
        with pytest.raises((exceptions.Unauthenticated, RefreshError)):
            clients_of(token, transport).records.get_conference_record(name=sitting.conference_record)


def test_nobody_in_particular_is_told_to_sign_in(server, clients_of, sitting):
    for path in [f"/v2/{sitting.conference_record}", f"/v2/{sitting.space}", "/v2/conferenceRecords"]:
        answer = server.call("GET", path)
        assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED"), path
    with pytest.raises(exceptions.Unauthenticated):
        clients_of(None, "grpc").spaces.create_space()


def wait_until_expired(server, token):
    """It was issued for one second; by now that is over, or nearly."""
    deadline = time.monotonic() + 5
    while server.call("GET", "/v2/conferenceRecords", token).status_code == 200:
        assert time.monotonic() < deadline, "an expired token still opens"
        time.sleep(0.1)
