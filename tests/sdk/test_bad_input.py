"""Bad input, as tables: the contract's own error with the field and the reason, and nothing else disturbed."""

import grpc
import pytest
from google.api_core import exceptions

from clients import code_of, violations
from sederunt import OFFER

LONG = "x" * 100_000


def expect(answer, http, status, field=None, reason=None):
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (http, http, status), answer.text
    details = {detail["@type"].rsplit(".", 1)[1]: detail for detail in error.get("details", [])}
    if field:
        assert field in [violation["field"] for violation in details["BadRequest"]["fieldViolations"]], answer.text
    if reason:
        assert details["ErrorInfo"]["reason"] == reason, answer.text


@pytest.fixture
def get(server, tokens):
    return lambda path, **arguments: server.call("GET", path, tokens["owner"], **arguments)


@pytest.fixture
def post(server, tokens):
    return lambda path, **arguments: server.call("POST", path, tokens["owner"], **arguments)


FILTERS = [
    "latest_end_time", "latest_end_time IS", "latest_end_time IS NOT", "IS NULL", "= 3", "latest_end_time = ",
    "latest_end_time == \"2024-01-01T00:00:00Z\"", "latest_end_time ~ \"x\"", "latest_end_time = \"yesterday\"",
    "latest_end_time = \"2024-13-01T00:00:00Z\"", "latest_end_time = \"2024-01-01\"", "latest_end_time = \"2024-01-01T00:00:00Z",
    "latest_end_time IS NULL AND", "AND latest_end_time IS NULL", "latest_end_time IS NULL latest_end_time IS NULL",
    "unknown = 1", "space.name = \"x\"", "name = \"x\"", "latest_end_time = NULL", "(latest_end_time IS NULL",
    "latest_end_time IS NULL OR latest_end_time IS NOT NULL", "NOT latest_end_time IS NULL", "(latest_end_time IS NULL)",
    "latest_end_time != \"2024-01-01T00:00:00Z\"", "latest_end_time = \"2024-01-01X00:00:00Z\"",
    "'; drop table participant; --", "latest_end_time IS NULL AND " * 300 + "latest_end_time IS NULL", "(" * 2000, "\x00", "\u202e",
]  # fmt: skip


@pytest.mark.parametrize("filter", FILTERS, ids=range(len(FILTERS)))
def test_malformed_filters(owner, sitting, filter):
    with pytest.raises(exceptions.BadRequest) as refusal:
        owner.records.list_participants({"parent": sitting.conference_record, "filter": filter})
    assert code_of(refusal.value) == "INVALID_ARGUMENT"
    assert violations(refusal.value) == ["filter"]


@pytest.mark.parametrize("page_size", [-1, -2147483648])
def test_negative_page_sizes(owner, sitting, page_size):
    with pytest.raises(exceptions.BadRequest) as refusal:
        owner.records.list_participants({"parent": sitting.conference_record, "page_size": page_size})
    assert code_of(refusal.value) == "INVALID_ARGUMENT"
    assert violations(refusal.value) == ["page_size"]


def test_page_tokens_that_we_never_gave(owner, sitting):
    request = {"parent": sitting.conference_record, "page_size": 2}
    token = owner.records.list_participants(request).next_page_token
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    middle = len(token) // 2
    altered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    sessions = {"parent": sitting.seats[0].participant, "page_size": 1}
    of_other_list = owner.records.list_participant_sessions(sessions).next_page_token
    for bad in ["x", "tok=2/+", "A" * len(token), swapped, altered, token + "A", token[:-1], of_other_list, LONG[:5000], "é"]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            owner.records.list_participants({**request, "page_token": bad})
        assert code_of(refusal.value) == "INVALID_ARGUMENT", bad
        assert violations(refusal.value) == ["page_token"], bad
    for changed in [{"filter": "latest_end_time IS NOT NULL"}]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            owner.records.list_participants({**request, "page_token": token, **changed})
        assert violations(refusal.value) == ["page_token"], changed


def test_a_page_token_is_of_one_caller(server, clients_of, transport, sitting):
    """The next page of another person's list would be a leak."""
    owner, guest = clients_of("owner", transport), clients_of("guest", transport)
    server.leave(server.join(owner.open_space().name, name="Ada"))
    token = owner.records.list_conference_records({"page_size": 1}).next_page_token
    assert token
    with pytest.raises(exceptions.BadRequest):
        guest.records.list_conference_records({"page_size": 1, "page_token": token})


UPDATE_MASKS = [
    "nonsense", "config.nonsense", "config.accessType.deeper", "config.access", "configuration", "config.*", "*,config",
    "name", "meetingUri", "meeting_code", "activeConference", "activeConference.conferenceRecord", "phoneAccess", "gatewaySipAccess",
    "config.moderation,meetingUri", "config.moderation,nonsense", "(" * 500, "\x00",
]  # fmt: skip


@pytest.mark.parametrize("mask", UPDATE_MASKS, ids=range(len(UPDATE_MASKS)))
def test_masks_that_name_what_cannot_be_changed(server, tokens, sitting, mask):
    body = {"config": {"moderation": "ON"}}
    answer = server.call("PATCH", f"/v2/{sitting.space}", tokens["owner"], params={"updateMask": mask}, json=body)
    expect(answer, 400, "INVALID_ARGUMENT", field="update_mask")
    unchanged = server.call("GET", f"/v2/{sitting.space}", tokens["owner"]).json()
    assert unchanged["config"]["moderation"] == "OFF"


SETTINGS = [
    ({"accessType": 9}, "space.config.access_type"),
    ({"moderation": -1}, "space.config.moderation"),
    ({"moderationRestrictions": {"chatRestriction": 7}}, "space.config.moderation_restrictions.chat_restriction"),
    ({"artifactConfig": {"smartNotesConfig": {"autoSmartNotesGeneration": "ON"}}}, "space.config.artifact_config.smart_notes_config.auto_smart_notes_generation"),
    ({"artifactConfig": {"transcriptionConfig": {"autoTranscriptionGeneration": "ON"}}}, "space.config.artifact_config.transcription_config.auto_transcription_generation"),
    ({"artifactConfig": {"smartNotesConfig": {"autoSmartNotesGeneration": "ON"}}}, "space.config.artifact_config.smart_notes_config.auto_smart_notes_generation"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "field"), SETTINGS)
def test_settings_that_there_are_not(server, tokens, sitting, config, field):
    """What nothing here can make is refused like a number that nobody knows."""
    for method, path in [("POST", "/v2/spaces"), ("PATCH", f"/v2/{sitting.space}"), ("PATCH", f"/v2/{sitting.space}?updateMask=config")]:
        answer = server.call(method, path, tokens["owner"], json={"config": config})
        expect(answer, 400, "INVALID_ARGUMENT", field=field)


@pytest.mark.parametrize("mask", ["nonsense", "participants/nonsense", "participants(name", "participants)", ",,", "participants/name/x", "(" * 500, "*" * 3])
def test_malformed_masks(owner, sitting, mask):
    with pytest.raises(exceptions.BadRequest) as refusal:
        owner.records.list_participants(parent=sitting.conference_record, metadata=[("x-goog-fieldmask", mask)])
    assert code_of(refusal.value) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("path", "http", "status"),
    [
        ("/v2/spaces/", 404, "NOT_FOUND"), ("/v2/nonsense", 404, "NOT_FOUND"), ("/v3/spaces/x", 404, "NOT_FOUND"),
        ("/v2/spaces/x/y/z", 404, "NOT_FOUND"), ("/v2/conferenceRecords/x/participants/y/z", 404, "NOT_FOUND"),
        ("/v2/spaces/AAAAAAAAAAAA", 403, "PERMISSION_DENIED"), ("/v2/spaces/abc-defg-hij", 403, "PERMISSION_DENIED"),
        ("/v2/spaces/%00", 403, "PERMISSION_DENIED"), ("/v2/spaces/..%2F..", 403, "PERMISSION_DENIED"),
        ("/v2/spaces/" + "x" * 500, 403, "PERMISSION_DENIED"), ("/v2/spaces/%ff", 400, "INVALID_ARGUMENT"),
        ("/v2/conferenceRecords/x", 403, "PERMISSION_DENIED"), ("/v2/conferenceRecords/x/participants", 403, "PERMISSION_DENIED"),
        ("/v2/conferenceRecords/-/participants", 403, "PERMISSION_DENIED"),
        ("/v2/conferenceRecords?pageSize=many", 400, "INVALID_ARGUMENT"), ("/v2/conferenceRecords?pageSize=99999999999", 400, "INVALID_ARGUMENT"),
        ("/v2/conferenceRecords?unknownParameter=1", 400, "INVALID_ARGUMENT"),
        ("/v2/conferenceRecords?filter=%ff", 400, "INVALID_ARGUMENT"),
    ],
)  # fmt: skip
def test_malformed_paths_and_queries(get, path, http, status):
    expect(get(path), http, status)


@pytest.mark.parametrize(
    "body",
    [
        "{", "[]", "3", "{\"config\":3}", "{\"config\":{\"accessType\":\"WHATEVER\"}}", "{\"config\":{\"accessType\":\"1.5\"}}",
        "{\"config\":{\"unknownField\":1}}", "{\"unknown\":{}}", "{\"name\":3}", "\xff\xfe", "{\"config\":" * 5000, "[" * 100000, "{}{}",
    ],
    ids=range(13),
)  # fmt: skip
def test_malformed_json(post, body):
    expect(post("/v2/spaces", data=body.encode("latin-1")), 400, "INVALID_ARGUMENT")


def test_an_oversized_body_is_refused(post, get):
    answer = post("/v2/spaces", data=b'{"name":"' + b"x" * 20_000_000 + b'"}')
    expect(answer, 413, "RESOURCE_EXHAUSTED")
    assert get("/v2/conferenceRecords").status_code == 200


def test_an_oversized_message_is_refused(server, tokens):
    error = call(server, "google.apps.meet.v2.SpacesService/GetSpace", b"\x0a\x80\x80\x40" + b"x" * (1 << 20), tokens["owner"])
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error


@pytest.mark.parametrize("request_bytes", [b"\xff", b"\x0a\x05ab", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\xff\xfe", bytes(range(256))], ids=range(5))
def test_malformed_protobuf(server, tokens, request_bytes):
    error = call(server, "google.apps.meet.v2.SpacesService/GetSpace", request_bytes, tokens["owner"])
    assert error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL), error
    assert "panic" not in error.details()


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("google.apps.meet.v2.SpacesService/Nonsense", grpc.StatusCode.UNIMPLEMENTED),
        ("google.apps.meet.v9.SpacesService/GetSpace", grpc.StatusCode.UNIMPLEMENTED),
        ("nonsense", grpc.StatusCode.UNIMPLEMENTED),
        ("google.apps.meet.v2.SpacesService/ConnectActiveConference", grpc.StatusCode.UNIMPLEMENTED),
    ],
)
def test_methods_that_are_not_there(server, tokens, method, code):
    assert call(server, method, b"", tokens["owner"]).code() == code


OFFERS = {
    "empty": "",
    "no SDP": "hello",
    "no media": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
    "cut off": OFFER[: len(OFFER) // 2],
    "no fingerprint": "\r\n".join(line for line in OFFER.split("\r\n") if not line.startswith("a=fingerprint")),
    "bad fingerprint": OFFER.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 ZZ:"),
    "no ICE": "\r\n".join(line for line in OFFER.split("\r\n") if not line.startswith("a=ice-")),
    "two audio lines": OFFER.replace("a=recvonly", "a=inactive", 1),
    "no Opus": OFFER.replace("opus/48000/2", "speex/8000"),
    "binary": "".join(chr(code) for code in range(1, 256)),
    "too long": OFFER + "a=x\r\n" * 200_000,
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS.keys())
def test_malformed_offers(post, offer):
    space = post("/v2/spaces").json()["name"]
    answer = post(f"/sederunt/v1/{space}:join", json={"offer": offer})
    assert answer.status_code in (400, 413), answer.text
    if offer and len(offer) < 500_000:
        expect(answer, 400, "FAILED_PRECONDITION", reason="INVALID_OFFER")
    # Nobody entered.
    assert "activeConference" not in server_space(post, space)


def server_space(post, space):
    return post(f"/v2/{space}", headers={"x-http-method-override": "GET"}).json()


@pytest.mark.parametrize(
    ("path", "body", "http", "status", "reason"),
    [
        ("spaces/abc-defg-hij:join", {"offer": OFFER, "displayName": "Ada"}, 404, "NOT_FOUND", "MEETING_NOT_FOUND"),
        ("spaces/AAAAAAAAAAAA:join", {"offer": OFFER, "displayName": "Ada"}, 404, "NOT_FOUND", "MEETING_NOT_FOUND"),
        ("SPACE:join", {"offer": OFFER}, 400, "INVALID_ARGUMENT", "NAME_REQUIRED"),
        ("SPACE:join", {"offer": OFFER, "displayName": " \t "}, 400, "INVALID_ARGUMENT", "NAME_REQUIRED"),
        ("SPACE:join", {"offer": OFFER, "displayName": "x" * 1000}, 400, "INVALID_ARGUMENT", "NAME_TOO_LONG"),
    ],
)
def test_who_may_not_enter_is_told_why(server, sitting, path, body, http, status, reason):
    path = path.replace("SPACE", sitting.space)
    expect(server.call("POST", f"/sederunt/v1/{path}", json=body), http, status, reason=reason)


def test_a_seat_is_its_holders_alone(server, owner):
    """Neither leaving nor coming back is possible with a guessed secret; and a conference that is over stays over."""
    space = owner.open_space()
    seat = server.join(space.name, name="Ada")
    leave = {"participantSession": seat.participant_session, "resumeSecret": "A" * 43}
    assert server.call("POST", f"/sederunt/v1/{space.name}:leave", json=leave).status_code in (400, 403, 404)
    assert not owner.records.get_participant_session(name=seat.participant_session).end_time
    owner.spaces.end_active_conference(name=space.name)
    back = {"offer": OFFER, "conferenceRecord": seat.conference_record, "resumeSecret": seat.resume_secret, "displayName": "Ada"}
    expect(server.call("POST", f"/sederunt/v1/{space.name}:resume", json=back), 400, "FAILED_PRECONDITION", reason="CONFERENCE_OVER")


def call(server, method, request, token):
    with grpc.insecure_channel(server.address) as channel:
        raw = channel.unary_unary(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as error:
            raw(request, metadata=[("authorization", f"Bearer {token}")], timeout=20)
    return error.value
