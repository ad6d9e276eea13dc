"""From a participant to a person: `people.get`, with Google's own client."""

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

FIELDS = "names,emailAddresses,photos,organizations,metadata"


@pytest.fixture
def get(server, tokens):
    """What a caller with this scope is answered about this person."""

    def get(caller, scope, person, **arguments):
        token = server.token(f"{caller}@example.org", "--scope", scope)
        options = {"api_endpoint": server.url}
        with build("people", "v1", credentials=Credentials(token), client_options=options) as people:
            arguments = arguments or {"personFields": FIELDS}
            return people.people().get(resourceName=f"people/{person}", **arguments).execute()

    return get


@pytest.fixture(scope="module")
def ids(sitting, clients_of):
    """The ids of those who were in the sitting and have an account, as the participants guide finds them."""
    participants = clients_of("owner").records.list_participants(parent=sitting.conference_record)
    return {
        participant.signedin_user.display_name.lower(): participant.name.rsplit("/", 1)[1]
        for participant in participants
        if participant.signedin_user.user
    }


@pytest.mark.parametrize("scope", ["userinfo.profile", "userinfo.email", "contacts.readonly", "directory.readonly"])
@pytest.mark.parametrize("by", ["id", "me"])
def test_oneself(get, ids, scope, by):
    """One's name by any scope; one's address takes more than that of the profile."""
    me = ids["owner"]
    person = get("owner", scope, me if by == "id" else "me")
    metadata = {"primary": True, "source": {"type": "PROFILE", "id": me}}
    addresses = [] if scope == "userinfo.profile" else [{"metadata": metadata, "value": "owner@example.org"}]
    assert person.pop("etag")
    assert person.pop("emailAddresses", []) == addresses
    assert person == {
        "resourceName": f"people/{me}",
        "metadata": {"sources": [{"type": "PROFILE", "id": me}], "objectType": "PERSON"},
        "names": [
            {
                "metadata": metadata,
                "displayName": "Owner",
                "displayNameLastFirst": "Owner",
                "unstructuredName": "Owner",
                "givenName": "Owner",
            }
        ],
    }


@pytest.mark.parametrize("scope", ["contacts.readonly", "contacts.other.readonly"])
def test_somebody_met_in_a_conference_is_a_name(get, ids, scope):
    """Their address is theirs to give, and nobody's organisation gives it here."""
    for caller, other in [("owner", "guest"), ("guest", "owner")]:
        person = get(caller, scope, ids[other])
        assert person["names"][0]["displayName"] == other.capitalize()
        assert "emailAddresses" not in person


def test_somebody_of_the_same_organisation_is_a_name_and_an_address(get, ids):
    """Without configured domains all accounts are of one organisation."""
    person = get("stranger", "directory.readonly", ids["owner"])
    assert person["names"][0]["displayName"] == "Owner"
    assert person["emailAddresses"][0]["value"] == "owner@example.org"


@pytest.mark.parametrize(
    ("caller", "scope", "status", "reason"),
    [
        ("stranger", "contacts.readonly", 404, None),
        ("owner", "userinfo.profile", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        ("owner", "meetings.space.readonly", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
    ],
)
def test_who_is_shown_nobody(get, ids, caller, scope, status, reason):
    with pytest.raises(HttpError) as refusal:
        get(caller, scope, ids["guest"])
    assert refusal.value.status_code == status
    if reason:
        [info] = refusal.value.error_details
        assert (info["reason"], info["metadata"]["method"]) == (reason, "google.people.v1.PeopleService.GetPerson")


def test_who_is_nobody(get, ids, sitting):
    """Somebody who may not be seen, somebody who is not there, and a guest without an account are answered alike."""
    anonymous = {seat.participant.rsplit("/", 1)[1] for seat in sitting.seats} - set(ids.values())
    assert anonymous
    answers = set()
    for caller, person in [("stranger", ids["guest"]), ("owner", "1" * 21), ("owner", "nobody"), ("owner", anonymous.pop())]:
        with pytest.raises(HttpError) as refusal:
            get(caller, "contacts.readonly", person)
        answers.add((refusal.value.status_code, refusal.value.reason))
    assert answers == {(404, "Requested entity was not found.")}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"personFields": "names"}, {"names"}),
        ({"personFields": "emailAddresses"}, {"emailAddresses"}),
        ({"personFields": "metadata"}, {"metadata"}),
        ({"personFields": "photos"}, set()),
        ({"requestMask_includeField": "person.names,person.email_addresses"}, {"names", "emailAddresses"}),
        ({"personFields": "names,metadata", "fields": "names/displayName"}, {"names"}),
        # A mask may name what an account does not have.
        ({"personFields": "names,photos", "fields": "names/displayName,photos/url,organizations(name,title)"}, {"names"}),
        ({"personFields": "names", "sources": ["READ_SOURCE_TYPE_PROFILE", "READ_SOURCE_TYPE_CONTACT"]}, {"names"}),
    ],
)
def test_only_the_fields_asked_for(get, arguments, found):
    person = get("owner", "userinfo.email", "me", **arguments)
    assert person.keys() - {"resourceName", "etag"} == found
    assert "fields" not in arguments or person == {"names": [{"displayName": "Owner"}]}


@pytest.mark.parametrize("arguments", [{"personFields": ""}, {"personFields": "shoeSize"}, {"sources": "READ_SOURCE_TYPE_PROFILE"}])
def test_fields_must_be_said_and_known(get, arguments):
    with pytest.raises(HttpError) as refusal:
        get("owner", "userinfo.profile", "me", **arguments)
    assert refusal.value.status_code == 400
    [detail] = refusal.value.error_details
    assert detail["fieldViolations"][0]["field"] == "person_fields"


def test_nobody_in_particular_asks_for_nobody(server):
    answer = server.call("GET", "/v1/people/me?personFields=names")
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
