"""`google-api-python-client`, unmodified: with the description that it was published with, and built from ours."""

import functools
import json

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError, InvalidJsonError, UnknownApiNameOrVersion

OURS = "{}/$discovery/rest?version={{apiVersion}}"


def dynamic(server, token, kind, version="v2", name="meet"):
    if kind == "published":
        options = {"client_options": {"api_endpoint": server.url}}
    else:
        options = {"static_discovery": False, "discoveryServiceUrl": OURS.format(server.url)}
    return build(name, version, credentials=Credentials(token), **options)


@pytest.fixture(params=["published", "ours, v2", "ours, v2beta"])
def meet(request, server, tokens):
    kind, _, version = request.param.partition(", ")
    with dynamic(server, tokens["owner"], kind, version or "v2") as meet:
        yield meet


def test_a_space_from_its_making_to_its_end(meet, server):
    space = meet.spaces().create(body={"config": {"accessType": "OPEN"}}).execute()
    assert space["config"]["accessType"] == "OPEN"
    assert meet.spaces().get(name=f"spaces/{space['meetingCode']}").execute() == space
    name = space["name"]

    changed = {"config": {"moderation": "ON", "moderationRestrictions": {"chatRestriction": "HOSTS_ONLY"}}}
    mask = "config.moderation,config.moderationRestrictions.chatRestriction"
    config = meet.spaces().patch(name=name, body=changed, updateMask=mask).execute()["config"]
    assert (config["accessType"], config["moderation"]) == ("OPEN", "ON")
    assert config["moderationRestrictions"]["chatRestriction"] == "HOSTS_ONLY"

    seat = server.join(name, name="Ada")
    assert meet.spaces().get(name=name, fields="activeConference").execute() == {
        "activeConference": {"conferenceRecord": seat.conference_record}
    }
    assert meet.spaces().endActiveConference(name=name).execute() == {}
    with pytest.raises(HttpError) as refusal:
        meet.spaces().endActiveConference(name=name, body={}).execute()
    assert (refusal.value.status_code, refusal.value.reason) == (400, "There is no active conference.")


def test_a_space_from_nothing(meet):
    """Without a body the client sends an empty POST."""
    assert meet.spaces().create().execute()["config"]["accessType"] == "TRUSTED"


def test_the_members_of_a_space(meet):
    space = meet.spaces().create(body={}).execute()["name"]
    members = meet.spaces().members()
    made = [members.create(parent=space, body={"email": f"{who}@example.org"}).execute() for who in ["ada", "bo", "caro"]]
    assert [member["email"] for member in made] == ["ada@example.org", "bo@example.org", "caro@example.org"]
    with pytest.raises(HttpError) as refusal:
        members.create(parent=space, body={"email": "ada@example.org", "role": "COHOST"}).execute()
    assert refusal.value.status_code == 409

    assert members.patch(name=made[0]["name"], body={"role": "COHOST"}, updateMask="role").execute()["role"] == "COHOST"
    changes = [{"member": {"name": member["name"], "role": "COHOST"}} for member in made[1:]]
    batch = members.batchUpdate(parent=space, body={"requests": changes, "updateMask": "role"}).execute()
    assert [member["role"] for member in batch["members"]] == ["COHOST", "COHOST"]
    assert members.get(name=made[2]["name"]).execute() == batch["members"][1]

    found, request = [], members.list(parent=space, pageSize=2)
    while request is not None:
        page = request.execute()
        found += page["members"]
        request = members.list_next(request, page)
    assert {member["email"] for member in found} == {"ada@example.org", "bo@example.org", "caro@example.org"}
    for member in made:
        assert members.delete(name=member["name"]).execute() == {}
    assert members.list(parent=space).execute() == {}


def test_the_records_of_a_sitting(meet, sitting):
    records = meet.conferenceRecords()
    record = records.get(name=sitting.conference_record).execute()
    assert record["space"] == sitting.space
    assert records.list(filter=f'space.name = "{sitting.space}"').execute() == {"conferenceRecords": [record]}

    found, request = [], records.participants().list(parent=record["name"], pageSize=2)
    while request is not None:
        page = request.execute()
        found += [participant["name"] for participant in page["participants"]]
        request = records.participants().list_next(request, page)
    assert found == sitting.participants_newest_first()

    sessions = records.participants().participantSessions()
    [ada] = [seat for seat in sitting.seats[:2] if seat is sitting.seats[1]]
    listed = sessions.list(parent=ada.participant, filter="end_time IS NOT NULL").execute()["participantSessions"]
    assert len(listed) == 2
    assert sessions.get(name=listed[0]["name"]).execute() == listed[0]

    parent = {"parent": record["name"]}
    for artifacts in [records.recordings(), records.transcripts(), records.smartNotes()]:
        assert artifacts.list(**parent).execute() == {}


def test_a_field_mask(meet, sitting):
    participants = meet.conferenceRecords().participants()
    page = participants.list(parent=sitting.conference_record, fields="participants(name),totalSize").execute()
    assert page["totalSize"] == 5
    assert all(participant.keys() == {"name"} for participant in page["participants"])
    with pytest.raises(HttpError) as refusal:
        participants.list(parent=sitting.conference_record, fields="participants(shoeSize)").execute()
    assert refusal.value.status_code == 400


# By method: what it is asked with, and the status of the answer where it is not 200.
ABSENT = {"recordings": "recordings/x", "transcripts": "transcripts/x", "smartNotes": "smartNotes/x"}
CALLS = {
    "meet.spaces.create": ({}, 200),
    "meet.spaces.get": ({"name": "{space}"}, 200),
    "meet.spaces.patch": ({"name": "{space}", "body": {"config": {"accessType": "OPEN"}}}, 200),
    "meet.spaces.endActiveConference": ({"name": "{space}"}, 400),
    "meet.spaces.members.create": ({"parent": "{space}", "body": {"email": "not an address"}}, 400),
    "meet.spaces.members.list": ({"parent": "{space}"}, 200),
    "meet.spaces.members.batchUpdate": ({"parent": "{space}", "body": {"requests": []}}, 400),
    **{
        f"meet.spaces.members.{verb}": ({"name": "{space}/members/x"}, 404)
        for verb in ["get", "patch", "delete"]
    },
    "meet.conferenceRecords.get": ({"name": "{record}"}, 200),
    "meet.conferenceRecords.list": ({"filter": "endTime IS NOT NULL"}, 200),
    "meet.conferenceRecords.participants.get": ({"name": "{participant}"}, 200),
    "meet.conferenceRecords.participants.list": ({"parent": "{record}"}, 200),
    "meet.conferenceRecords.participants.participantSessions.get": ({"name": "{session}"}, 200),
    "meet.conferenceRecords.participants.participantSessions.list": ({"parent": "{participant}"}, 200),
    **{f"meet.conferenceRecords.{kind}.list": ({"parent": "{record}"}, 200) for kind in ABSENT},
    **{f"meet.conferenceRecords.{kind}.get": ({"name": "{record}/" + name}, 404) for kind, name in ABSENT.items()},
    "meet.conferenceRecords.transcripts.entries.list": ({"parent": "{record}/transcripts/x"}, 404),
    "meet.conferenceRecords.transcripts.entries.get": ({"name": "{record}/transcripts/x/entries/y"}, 404),
}


def test_every_published_method_is_in_the_table():
    assert CALLS.keys() == methods(published()).keys()


@pytest.mark.parametrize("id", CALLS)
def test_every_method(meet, sitting, id):
    arguments, status = CALLS[id]
    seat = sitting.seats[0]
    names = {"{space}": sitting.space, "{record}": sitting.conference_record, "{participant}": seat.participant}
    names["{session}"] = seat.participant_session
    filled = lambda text: functools.reduce(lambda text, name: text.replace(name, names[name]), names, text)
    arguments = {name: filled(value) if isinstance(value, str) else value for name, value in arguments.items()}
    *resources, method = id.split(".")[1:]
    resource = functools.reduce(lambda resource, name: getattr(resource, name)(), resources, meet)
    try:
        getattr(resource, method)(**arguments).execute()
        answered = 200
    except HttpError as refusal:
        answered = refusal.status_code
        assert json.loads(refusal.content)["error"]["code"] == answered
    assert answered == status


def test_a_refusal_is_explained(server, tokens):
    with dynamic(server, tokens["owner, to read"], "published") as meet, pytest.raises(HttpError) as refusal:
        meet.spaces().create().execute()
    assert refusal.value.status_code == 403
    assert refusal.value.reason == "Request had insufficient authentication scopes."
    assert refusal.value.error_details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


@pytest.mark.parametrize("version", ["v2", "v2beta"])
def test_a_batch(server, tokens, sitting, version):
    """Each call of a batch has its own answer, in whatever order the client reads them."""
    answers = {}
    with dynamic(server, tokens["owner"], "ours", version) as meet:
        batch = meet.new_batch_http_request(callback=lambda id, answer, error: answers.update({id: error or answer}))
        batch.add(meet.spaces().create(body={"config": {"accessType": "RESTRICTED"}}), request_id="create")
        batch.add(meet.spaces().get(name=sitting.space, fields="name,meetingCode"), request_id="get")
        batch.add(meet.spaces().endActiveConference(name=sitting.space), request_id="end")
        batch.add(meet.conferenceRecords().get(name="conferenceRecords/unknown"), request_id="unknown")
        batch.add(meet.conferenceRecords().list(filter=f'space.name="{sitting.space}"', fields="*"), request_id="a + b")
        batch.execute()
    assert answers["create"]["config"]["accessType"] == "RESTRICTED"
    assert answers["get"] == {"name": sitting.space, "meetingCode": sitting.meeting_code}
    assert [record["name"] for record in answers["a + b"]["conferenceRecords"]] == [sitting.conference_record]
    assert (answers["end"].status_code, answers["end"].reason) == (400, "There is no active conference.")
    assert answers["unknown"].status_code == 403
    assert "or it might not exist" in answers["unknown"].reason


def test_a_batch_is_authorised_call_by_call(server, tokens):
    """A call of another client in the same batch keeps its own token."""
    answers = {}
    with dynamic(server, tokens["owner"], "ours") as meet, dynamic(server, tokens["owner, to read"], "ours") as reader:
        space = meet.spaces().create().execute()["name"]
        batch = meet.new_batch_http_request(callback=lambda id, answer, error: answers.update({id: error or answer}))
        batch.add(meet.spaces().patch(name=space, body={"config": {"accessType": "OPEN"}}), request_id="owner")
        batch.add(reader.spaces().get(name=space), request_id="reader")
        batch.execute()
        assert answers["owner"]["config"]["accessType"] == "OPEN"
        assert answers["reader"]["name"] == space


def test_the_directory_leads_to_every_description(server):
    items = server.call("GET", "/discovery/v1/apis").json()["items"]
    assert {item["id"] for item in items} >= {"meet:v2", "meet:v2beta", "people:v1"}
    for item in items:
        path = item["discoveryRestUrl"].split("/", 3)[3]
        assert server.call("GET", f"/{path}").json()["id"] == item["id"]
        assert server.call("HEAD", f"/{path}").status_code == 200


def test_our_description_names_what_theirs_names(server, tokens):
    """Every method of the published description is in ours, by the same id, verb and path; and what all methods take."""
    theirs = published()
    ours = server.call("GET", "/$discovery/rest?version=v2").json()
    assert ours["rootUrl"].rstrip("/").endswith(f":{server.url.rsplit(':', 1)[1]}")
    assert ours["batchPath"] == theirs["batchPath"]
    found, expected = methods(ours), methods(theirs)
    assert found.keys() == expected.keys()
    for id, method in expected.items():
        assert found[id] == method, id
    assert taken_by_all(ours) == taken_by_all(theirs)
    # The default is what is served.
    space = server.call("POST", "/v2/spaces", tokens["owner"])
    assert ours["parameters"]["prettyPrint"]["default"] == ("true" if "\n" in space.text else "false")


def test_our_description_of_people(server, tokens):
    with dynamic(server, server.token("owner@example.org", "--scope", "userinfo.profile"), "ours", "v1", "people") as people:
        for fields in [{"personFields": "names"}, {"requestMask_includeField": "person.names"}]:
            person = people.people().get(resourceName="people/me", **fields).execute()
            assert person["names"][0]["displayName"] == "Owner"


def test_there_is_no_description_of_what_is_not_served(server, tokens):
    with pytest.raises((UnknownApiNameOrVersion, InvalidJsonError, HttpError)):
        dynamic(server, tokens["owner"], "ours", "v9")


def published():
    """The description in Google's package."""
    return build("meet", "v2", http=Silent(), static_discovery=True)._rootDesc


class Silent:
    """For a description that is in the package: nothing is to be asked of anybody."""

    def request(self, *_arguments, **_keywords):
        raise AssertionError("the client asked for something")


def taken_by_all(description):
    """By name, what every method takes: its type, its place and its values."""
    return {name: (about["type"], about["location"], about.get("enum")) for name, about in description["parameters"].items()}


def methods(resource):
    """Of a description: by id, the verb, the paths, what is sent and answered, and the parameters of each method."""
    found = {}
    for method in resource.get("methods", {}).values():
        parameters = {name: (about["type"], about["location"], about.get("repeated", False)) for name, about in method["parameters"].items()}
        found[method["id"]] = (
            method["httpMethod"],
            method["path"],
            method["parameterOrder"],
            bool(method.get("request")),
            parameters,
        )
    for inner in resource.get("resources", {}).values():
        found |= methods(inner)
    return found
