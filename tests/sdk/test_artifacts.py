"""Recordings, as Google's client lists them; and transcripts, entries and notes, of which there are none."""

import time

import pytest
from google.api_core import exceptions

from clients import code_of, violations

LISTS = ["recordings", "transcripts", "smart_notes"]
ITEMS = {"recording": "recordings", "transcript": "transcripts", "smart_note": "smartNotes"}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("caller", ["owner", "guest", "owner, to read", "owner, to create"])
def test_the_lists_are_empty(clients_of, transport, version, sitting, kind, caller):
    records = clients_of(caller, transport, version).records
    page = getattr(records, f"list_{kind}")({"parent": sitting.conference_record, "page_size": 1000})
    assert list(page) == [] and not page.next_page_token


@pytest.mark.parametrize("kind", LISTS)
def test_the_lists_are_as_strict_as_the_others(owner, sitting, kind):
    for request, field in [({"page_size": -1}, "page_size"), ({"page_token": "tok=2/+"}, "page_token")]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            getattr(owner.records, f"list_{kind}")({"parent": sitting.conference_record, **request})
        assert code_of(refusal.value) == "INVALID_ARGUMENT"
        assert violations(refusal.value) == [field]


@pytest.mark.parametrize(("kind", "collection"), ITEMS.items())
def test_there_is_none_to_get(owner, clients_of, transport, version, sitting, kind, collection):
    name = f"{sitting.conference_record}/{collection}/x"
    with pytest.raises(exceptions.NotFound) as refusal:
        getattr(owner.records, f"get_{kind}")(name=name)
    assert "Requested entity was not found." in refusal.value.message
    with pytest.raises(exceptions.Forbidden):
        getattr(clients_of("stranger", transport, version).records, f"get_{kind}")(name=name)
    with pytest.raises(exceptions.Forbidden) as refusal:
        getattr(clients_of("owner, for settings", transport, version).records, f"get_{kind}")(name=name)
    assert refusal.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_transcript_that_is_not_there_has_no_entries(owner, clients_of, transport, version, sitting):
    transcript = f"{sitting.conference_record}/transcripts/x"
    with pytest.raises(exceptions.NotFound):
        list(owner.records.list_transcript_entries(parent=transcript))
    with pytest.raises(exceptions.NotFound):
        owner.records.get_transcript_entry(name=f"{transcript}/entries/y")
    with pytest.raises(exceptions.Forbidden):
        list(clients_of("stranger", transport, version).records.list_transcript_entries(parent=transcript))


def test_what_does_not_exist_looks_like_what_is_secret(clients_of, transport, version, sitting):
    records = clients_of("stranger", transport, version).records
    for kind in LISTS:
        refusals = set()
        for parent in [sitting.conference_record, "conferenceRecords/" + "A" * 22]:
            with pytest.raises(exceptions.Forbidden) as refusal:
                list(getattr(records, f"list_{kind}")(parent=parent))
            refusals.add(refusal.value.message.replace(parent, ""))
        assert len(refusals) == 1, refusals


@pytest.fixture(scope="module")
def recorded(server, tokens, clients_of):
    """A conference that was recorded twice, until its owner stopped and until its end."""
    space = clients_of("owner").open_space()
    seat = server.join(space.name, token=tokens["owner"])
    ask = lambda verb: server.call("POST", f"/sederunt/v1/{space.name}:{verb}", tokens["owner"], json={}).json()
    started = ask("startRecording")
    names = [started["name"]]
    ask("stopRecording")
    names.append(ask("startRecording")["name"])
    server.leave(seat)
    return seat.conference_record, names


def test_recordings_are_listed_from_their_start_to_their_files(clients_of, transport, version, recorded):
    conference, names = recorded
    client = clients_of("owner", transport, version)
    for _ in range(100):
        recordings = list(client.records.list_recordings({"parent": conference, "page_size": 1}))
        if all(recording.state.name == "FILE_GENERATED" for recording in recordings):
            break
        assert all(not recording.drive_destination.export_uri or recording.state.name == "FILE_GENERATED" for recording in recordings)
        time.sleep(0.1)
    assert [recording.name for recording in recordings] == names, "the first first"
    for recording in recordings:
        assert recording.state.name == "FILE_GENERATED"
        assert recording.start_time <= recording.end_time
        assert recording.drive_destination.file == recording.name.split("/")[-1]
        assert recording.drive_destination.export_uri.endswith(f"/recordings/{recording.drive_destination.file}")
        assert client.records.get_recording(name=recording.name) == recording
    record = client.records.get_conference_record(name=conference)
    assert recordings[-1].end_time == record.end_time, "it ends with its conference"
    with pytest.raises(exceptions.Forbidden):
        list(clients_of("stranger", transport, version).records.list_recordings(parent=conference))
