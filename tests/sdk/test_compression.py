"""gzip, as Google's clients send and take it: by gRPC where a program asks for it, by REST as their libraries for Java do."""

import gzip
import json

import grpc
import pytest
from google.api_core import exceptions
from google.apps import meet_v2

from clients import Clients, code_of


GZIP = grpc.Compression.Gzip


def test_grpc_with_compression(server, tokens, sitting):
    client = Clients(server.address, tokens["owner"], compression=GZIP)
    space = client.open_space()
    assert space.config.access_type.name == "OPEN"
    client.spaces.update_space(space=meet_v2.Space(name=space.name, config={"access_type": "TRUSTED"}))
    assert client.spaces.get_space(name=space.name).config.access_type.name == "TRUSTED"
    # More than one packet's worth, so that the answers are compressed too.
    for number in range(60):
        client.spaces.create_member(parent=space.name, member=meet_v2.Member(email=f"person.{number}@example.org"))
    listed = [member.email for member in client.spaces.list_members(parent=space.name)]
    assert sorted(listed) == sorted(f"person.{number}@example.org" for number in range(60))
    names = [participant.name for participant in client.records.list_participants(parent=sitting.conference_record)]
    assert names == sitting.participants_newest_first()


def test_grpc_refuses_in_the_same_words(server, tokens):
    client = Clients(server.address, tokens["owner"], compression=GZIP)
    with pytest.raises(exceptions.PermissionDenied) as refusal:
        client.spaces.get_space(name="spaces/AAAAAAAAAAAA")
    assert code_of(refusal.value) == "PERMISSION_DENIED"


JAVA = {"content-encoding": "gzip", "accept-encoding": "gzip", "content-type": "application/json; charset=UTF-8"}


def test_rest_with_bodies_as_java_sends_them(server, tokens):
    body = gzip.compress(json.dumps({"config": {"accessType": "OPEN"}}).encode())
    made = server.call("POST", "/v2/spaces", tokens["owner"], data=body, headers=JAVA)
    assert made.status_code == 200, made.text
    space = f"/v2/{made.json()['name']}"
    body = gzip.compress(json.dumps({"config": {"accessType": "RESTRICTED"}}).encode())
    changed = server.call("PATCH", space, tokens["owner"], data=body, headers=JAVA)
    assert changed.json()["config"]["accessType"] == "RESTRICTED"
    ended = server.call("POST", f"{space}:endActiveConference", tokens["owner"], data=b"", headers=JAVA)
    assert ended.json()["error"]["status"] == "FAILED_PRECONDITION"


def test_long_answers_come_compressed(server, tokens):
    """The library inflates by itself; here is only looked at what came."""
    description = server.call("GET", "/$discovery/rest?version=v2", headers={"accept-encoding": "gzip"})
    assert description.headers["content-encoding"] == "gzip"
    assert description.json()["name"] == "meet"
