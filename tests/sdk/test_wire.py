"""The wire itself: forms of JSON that other clients send, and the forms that we answer in."""

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2


@pytest.fixture
def post_space(server, tokens):
    return lambda body, path="/v2/spaces", **arguments: server.call(
        "POST", path, tokens["owner"], data=body, **arguments
    )


@pytest.mark.parametrize("body", ["", "{}", "null", '""', ' \n{"config":null}', '{"config":{}}'])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8", None])
def test_an_empty_body_has_many_forms(post_space, body, content_type):
    headers = {"content-type": content_type} if content_type else {}
    answer = post_space(body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["accessType"] == "TRUSTED"


@pytest.mark.parametrize(
    "config",
    [
        '{"accessType":"RESTRICTED"}', '{"accessType":3}', '{"access_type":"RESTRICTED"}', '{"access_type":3}',
        '{"accessType":"RESTRICTED","entryPointAccess":null}',
    ],
)  # fmt: skip
def test_enums_and_keys_have_two_spellings(post_space, config):
    answer = post_space(f'{{"config":{config}}}')
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"] == {**answer.json()["config"], "accessType": "RESTRICTED", "entryPointAccess": "ALL"}


@pytest.mark.parametrize(
    ("query", "as_integer"),
    [
        ("", False), ("?alt=json", False), ("?$alt=json", False), ("?%24alt=json", False),
        ("?$alt=json;enum-encoding=int", True), ("?%24alt=json%3Benum-encoding%3Dint", True), ("?alt=json%3Benum-encoding%3Dint", True),
    ],
)  # fmt: skip
def test_enums_are_integers_when_asked_for(post_space, query, as_integer):
    answer = post_space('{"config":{"accessType":"RESTRICTED"}}', "/v2/spaces" + query)
    assert answer.json()["config"]["accessType"] == (3 if as_integer else "RESTRICTED")


def test_answers_are_lower_camel_case_and_leave_out_what_is_unset(post_space):
    answer = post_space("{}")
    assert answer.headers["content-type"].startswith("application/json")
    assert {"name", "meetingUri", "meetingCode", "config"} <= answer.json().keys()
    assert not {"activeConference", "phoneAccess", "active_conference"} & answer.json().keys()


@pytest.mark.parametrize("ask", [{"params": {"fields": "name"}}, {"params": {"$fields": "name"}}, {"headers": {"x-goog-fieldmask": "name"}}])
def test_a_field_mask_may_stand_in_the_query_or_in_a_header(server, tokens, sitting, ask):
    answer = server.call("GET", f"/v2/{sitting.conference_record}", tokens["owner"], **ask)
    assert answer.json() == {"name": sitting.conference_record}


def test_an_empty_answer_is_an_empty_object(server, tokens, post_space):
    space = post_space('{"config":{"accessType":"OPEN"}}').json()["name"]
    server.join(space, name="Ada")
    answer = post_space("", f"/v2/{space}:endActiveConference")
    assert (answer.status_code, answer.json()) == (200, {})


def test_an_escaped_name_is_the_same_name(server, tokens, sitting):
    name = sitting.seats[0].participant
    escaped = "/".join("".join(f"%{byte:02X}" for byte in part.encode()) for part in name.split("/"))
    collection, rest = escaped.split("/", 1)
    for path in [f"/v2/{name}", f"/v2/conferenceRecords/{rest.split('/')[0]}/participants/{rest.split('/')[2]}"]:
        answer = server.call("GET", path, tokens["owner"])
        assert answer.json().get("name") == name, path


def test_a_refused_scope_is_named_with_its_method(server, tokens):
    for version in ["v2", "v2beta"]:
        answer = server.call("POST", f"/{version}/spaces", tokens["owner, to read"])
        [info] = answer.json()["error"]["details"]
        assert info["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        assert info["metadata"] == {"service": "meet.googleapis.com", "method": f"google.apps.meet.{version}.SpacesService.CreateSpace"}


# What an update leaves of `{accessType: OPEN, moderation: ON, reactions: HOSTS_ONLY}` when it gives `{chat: HOSTS_ONLY}`.
MASKS = [
    (None, "OPEN", "ON", "HOSTS_ONLY", "HOSTS_ONLY"),
    ("", "OPEN", "ON", "HOSTS_ONLY", "HOSTS_ONLY"),
    ("config.moderationRestrictions.chatRestriction", "OPEN", "ON", "HOSTS_ONLY", "HOSTS_ONLY"),
    ("config.moderation_restrictions.chat_restriction", "OPEN", "ON", "HOSTS_ONLY", "HOSTS_ONLY"),
    ("config.moderationRestrictions", "OPEN", "ON", "HOSTS_ONLY", "NO_RESTRICTION"),
    ("config.accessType,config.moderationRestrictions.chatRestriction", "TRUSTED", "ON", "HOSTS_ONLY", "HOSTS_ONLY"),
    # Whatever switches moderation off ends restrictions, those too that are given with it.
    ("config.moderation", "OPEN", "OFF", "NO_RESTRICTION", "NO_RESTRICTION"),
    ("config", "TRUSTED", "OFF", "NO_RESTRICTION", "NO_RESTRICTION"),
    ("*", "TRUSTED", "OFF", "NO_RESTRICTION", "NO_RESTRICTION"),
]


@pytest.mark.parametrize(("mask", "access_type", "moderation", "chat", "reactions"), MASKS)
@pytest.mark.parametrize("hosts_only", ["HOSTS_ONLY", 1])
def test_an_update_mask_has_many_forms(server, tokens, mask, access_type, moderation, chat, reactions, hosts_only):
    """As the clients write it: each changes what it names, and clears what it names and does not give."""
    config = {"accessType": "OPEN", "moderation": "ON", "moderationRestrictions": {"reactionRestriction": hosts_only}}
    space = server.call("POST", "/v2/spaces", tokens["owner"], json={"config": config}).json()["name"]
    params = {} if mask is None else {"updateMask": mask}
    given = {"config": {"moderationRestrictions": {"chatRestriction": hosts_only}}}
    answer = server.call("PATCH", f"/v2/{space}", tokens["owner"], params=params, json=given)
    assert answer.status_code == 200, answer.text
    after = answer.json()["config"]
    assert after == server.call("GET", f"/v2/{space}", tokens["owner"]).json()["config"]
    restrictions = after["moderationRestrictions"]
    found = (after["accessType"], after["moderation"], restrictions["chatRestriction"], restrictions["reactionRestriction"])
    assert found == (access_type, moderation, chat, reactions)


def test_an_error_is_the_same_on_both_transports(server, tokens):
    """Code, message and details: as JSON, and as a trailer of `google.rpc.Status`."""
    space = server.call("POST", "/v2/spaces", tokens["owner"]).json()
    name = f"spaces/{space['meetingCode']}"
    rest = server.call("POST", f"/v2/{name}:endActiveConference", tokens["owner"])
    error = rest.json()["error"]
    assert (rest.status_code, error["code"], error["status"]) == (403, 403, "PERMISSION_DENIED")
    [info] = error["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"

    status = grpc_status(server, "google.apps.meet.v2.SpacesService/EndActiveConference", b"\x0a" + bytes([len(name)]) + name.encode(), tokens["owner"])
    assert (status.code, status.message) == (code_pb2.PERMISSION_DENIED, error["message"])
    decoded = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(decoded)
    assert (decoded.reason, decoded.domain, dict(decoded.metadata)) == (info["reason"], info["domain"], info["metadata"])


def test_a_browser_elsewhere_may_ask(server):
    """Google's Media API client runs in pages of other origins: the preflight is answered."""
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    answer = server.call("OPTIONS", "/v2/spaces", headers=asked)
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()


def test_the_server_tells_how_it_is(server):
    assert server.call("GET", "/healthz").status_code == 200
    assert server.call("GET", "/readyz").status_code == 200
    metrics = server.call("GET", "/metrics")
    assert metrics.status_code == 200 and "# TYPE" in metrics.text


def grpc_status(server, method, request, token):
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as error:
            call(request, metadata=[("authorization", f"Bearer {token}")], timeout=20)
    trailer = dict(error.value.trailing_metadata())["grpc-status-details-bin"]
    return status_pb2.Status.FromString(trailer)
