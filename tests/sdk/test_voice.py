"""Telephone calls and their recordings, read by clients that Google's compiler makes of our protos, and by plain HTTP.

A real telephone calls first. Everybody signs in with the key file of a service account, as the vendor's clients do.
"""

import base64
import hashlib
import hmac
import io
import json
import subprocess
import wave

import pytest
import requests
from sederunt import Server
from telephone import Handler, Telephone, free_port, until
from voice import BINDINGS, TRANSPORTS, Refused, assertion, dotnet_claims, exchange, node_claims, sign_in

PROJECT = "projects/support"
BASE = "sip.example.org"
DOCUMENTS = {
    "/message": '<Record MaxDurationSeconds="3" PlayBeep="false" RecordingReadyUri="ready"/><Label Key="left">yes</Label>',
    "/busy": '<Reject Reason="busy" ErrorMessage="all lines are taken"/>',
}


class World:
    """A server with telephones, four calls that are over, one of them recorded, and whoever may read of them."""

    def __init__(self, folder):
        self.handler = Handler(DOCUMENTS)
        sip = f"127.0.0.1:{free_port()}"
        configuration = folder / "sederunt.toml"
        first = free_port() // 2 * 2
        configuration.write_text(
            f'notify_origin = ["{self.handler.origin}"]\n'
            f'[telephony]\nlisten = "{sip}"\ndomain = "{BASE}"\nfirst_port = {first}\nlast_port = {min(first + 100, 65534)}\n'
        )
        self.server = Server(folder / "data", "--config", str(configuration), "--quotas", "none")
        for project in ["support", "sales"]:
            self.server.command("project", "create", project)
        self.keys = {
            role: self.server.command("key", "create", role, "--project", "support", "--role", role)
            for role in ["viewer", "editor", "admin"]
        }
        self.keys["stranger"] = self.server.command("key", "create", "stranger", "--project", "sales", "--role", "admin")
        self.tokens = {who: sign_in(self.server, key) for who, key in self.keys.items()}
        self.server.add_user("owner@example.org", "Owner")
        self.server.command("project", "add", "support", "owner@example.org", "--role", "admin")
        self.tokens["person"] = self.server.token("owner@example.org", "--scope", "voice")
        self.tokens["person of meetings"] = self.server.token("owner@example.org", "--scope", "meetings.space.readonly")
        self.tokens["nobody"] = None
        self.clients = {}
        self.call(folder, sip)

    def client(self, who, transport):
        made = self.clients.setdefault((who, transport), None)
        if made is None:
            made = self.clients[who, transport] = TRANSPORTS[transport](self.server, self.tokens[who])
        return made

    def call(self, folder, sip):
        admin = self.client("admin", "grpc")
        for domain in ["office", "message", "busy"]:
            body = {
                "callTerminationMode": "PROGRAMMABLE",
                "callTerminationHandlerUris": [f"{self.handler.origin}/{domain}"],
                "cidrBlocks": [{"displayName": "here", "cidrBlock": "127.0.0.0/8"}],
            }
            admin.ask("SipDomains.CreateSipDomain", parent=PROJECT, sipDomainId=domain, sipDomain=body)
        # Whoever calls a domain that has users needs a password of one.
        user = {"password": "Right-Passw0rd"}
        admin.ask("Users.CreateUser", parent=f"{PROJECT}/sipDomains/office", userId="ada", user=user)
        admin.ask("Aliases.CreateAlias", parent=f"{PROJECT}/sipDomains/office", aliasId="desk", alias={})
        voice = folder / "voice.wav"
        text = "My name is Ada, and I would like to be called back tomorrow, please. " * 3
        subprocess.run(["espeak-ng", "-v", "en", "-w", folder / "said.wav", text], check=True)
        resampled(folder / "said.wav", voice)
        telephone = Telephone(folder / "telephone", voice, sip)
        try:
            for number, domain in enumerate(["message", "busy", "busy", "busy"], 1):
                telephone.dial(f"sip:anybody@{domain}.{BASE}")
                until(lambda: len(self.over()) == number)
        finally:
            telephone.stop()
        self.calls = self.over()
        recorded = lambda: admin.ask("Recordings.ListRecordings", parent=PROJECT).get("recordings", [])
        self.recording = until(lambda: [one for one in recorded() if one["state"] != "PENDING"])[0]

    def over(self):
        calls = self.client("admin", "grpc").ask("Calls.ListCalls", parent=PROJECT).get("calls", [])
        return [call for call in calls if "endTime" in call]

    def stop(self):
        self.server.stop()
        self.handler.stop()


def resampled(source, target):
    """To the eight thousand samples a second of a telephone: good enough to be heard."""
    with wave.open(str(source)) as said:
        rate, frames = said.getframerate(), said.readframes(said.getnframes())
    samples = [frames[place : place + 2] for place in range(0, len(frames), 2)]
    count = len(samples) * 8000 // rate
    with wave.open(str(target), "wb") as voice:
        voice.setparams((1, 2, 8000, count, "NONE", ""))
        voice.writeframes(b"".join(samples[place * rate // 8000] for place in range(count)))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("voice"))
    yield world
    world.stop()


@pytest.fixture
def admin(world, transport):
    return world.client("admin", transport)


def refusal(client, method, **request):
    with pytest.raises(Refused) as refused:
        client.ask(method, **request)
    return refused.value


def names(items):
    return [item["name"] for item in items]


class TestSigningIn:
    def test_a_key_file_is_the_vendors(self, world):
        key = json.loads(world.keys["viewer"])
        assert key["type"] == "service_account"
        assert key["project_id"] == "support"
        assert key["client_email"] == "viewer@support.iam.internal"
        assert key["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")

    @pytest.mark.parametrize("claims", [node_claims, dotnet_claims])
    def test_both_forms_of_the_vendors_clients(self, world, transport, claims):
        answer = exchange(world.server, assertion(world.keys["viewer"], **claims(world.keys["viewer"])))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        client = TRANSPORTS[transport](world.server, body["access_token"])
        assert len(client.ask("Calls.ListCalls", parent=PROJECT)["calls"]) == 4

    @pytest.mark.parametrize(
        ("changes", "error", "description"),
        [
            ({"scope": None}, "invalid_scope", "No scope"),
            ({"scope": "https://messaging.api.enfonica.com/enfonica.messaging.v1.Messages"}, "invalid_scope", "no such scope"),
            ({"aud": "https://example.org/token"}, "invalid_grant", "aud"),
            ({"iss": "viewer@sales.iam.internal"}, "invalid_grant", "not signed"),
            ({"exp": 1}, "invalid_grant", "expired"),
            ({"sub": "owner@example.org"}, "unauthorized_client", "delegation"),
        ],
    )
    def test_refusals_say_why_as_oauth_does(self, world, changes, error, description):
        key = world.keys["viewer"]
        answer = exchange(world.server, assertion(key, **{**dotnet_claims(key), **changes}))
        assert answer.status_code in (400, 401), answer.text
        assert answer.json()["error"] == error
        assert description in answer.json()["error_description"]

    def test_with_a_delegation_it_acts_for_somebody(self, world, transport):
        key = json.loads(world.keys["stranger"])
        world.server.command("grant", "add", key["client_email"], "--scope", "voice")
        claims = {**dotnet_claims(None), "sub": "owner@example.org"}
        answer = exchange(world.server, assertion(world.keys["stranger"], **claims))
        assert answer.status_code == 200, answer.text
        client = TRANSPORTS[transport](world.server, answer.json()["access_token"])
        assert client.ask("Calls.GetCall", name=world.calls[0]["name"])["name"] == world.calls[0]["name"]

    def test_a_key_that_is_removed_signs_nothing_any_more(self, world):
        key_file = world.server.command("key", "create", "short", "--project", "support")
        token = sign_in(world.server, key_file)
        client = TRANSPORTS["rest"](world.server, token)
        assert client.ask("Calls.ListCalls", parent=PROJECT)["calls"]
        world.server.command("key", "remove", "short@support.iam.internal", "--all")
        answer = exchange(world.server, assertion(key_file, **node_claims(key_file)))
        assert answer.json()["error"] == "invalid_grant"


class TestCalls:
    def test_a_call_is_as_it_was(self, world, admin):
        listed = admin.ask("Calls.ListCalls", parent=PROJECT)["calls"]
        for call in listed:
            assert admin.ask("Calls.GetCall", name=call["name"]) == call
        message, busy = listed[3], listed[0]
        assert message["to"] == f"sip:anybody@message.{BASE}"
        assert message["from"].startswith("sip:ada@")
        assert (message["state"], message["direction"], message["transport"]) == ("COMPLETED", "INCOMING", "SIP")
        assert message["createMethod"] == "INCOMING_CALL" and message["labels"] == {"left": "yes"}
        assert message["startTime"] == message["createTime"] < message["answerTime"] < message["endTime"]
        assert 2.5 < float(message["answerDuration"].removesuffix("s")) < 30
        assert message["sipCallId"]
        assert (busy["state"], busy["errorCode"], busy["errorMessage"]) == ("REJECTED", "USER", "all lines are taken")
        assert "answerTime" not in busy and "answerDuration" not in busy

    def test_pages(self, world, admin):
        for size, expected in [(1, [1, 1, 1, 1]), (3, [3, 1]), (4, [4]), (0, [4]), (1000, [4])]:
            sizes, found, token = [], [], ""
            while True:
                page = admin.ask("Calls.ListCalls", parent=PROJECT, pageSize=size, pageToken=token)
                sizes.append(len(page["calls"]))
                found += names(page["calls"])
                token = page.get("nextPageToken", "")
                if not token:
                    break
            assert (sizes, found) == (expected, names(world.calls)), "the newest first"
        token = admin.ask("Calls.ListCalls", parent=PROJECT, pageSize=1)["nextPageToken"]
        for wrong, field in [
            ({"pageSize": -1}, "page_size"),
            ({"pageToken": "nonsense"}, "page_token"),
            ({"pageToken": token, "filter": "state = BUSY"}, "page_token"),
        ]:
            refused = refusal(admin, "Calls.ListCalls", parent=PROJECT, **wrong)
            assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field]), wrong

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            ("state = COMPLETED", [3]),
            ("state != COMPLETED", [0, 1, 2]),
            ("state = REJECTED AND direction = INCOMING", [0, 1, 2]),
            ("state = COMPLETED OR state = REJECTED AND direction = OUTGOING", []),
            ("direction = OUTGOING OR direction = INCOMING AND state = COMPLETED", [3]),
            ("transport = SIP", [0, 1, 2, 3]),
            (f"to = 'sip:anybody@message.{BASE}'", [3]),
            ("to = 'sip:anybody@busy*'", [0, 1, 2]),
            ("from = 'sip:bo@*'", []),
            ("createTime >= '2021-02-01'", [0, 1, 2, 3]),
            ("createTime < '2021-01-01T06:00:00.0Z'", []),
            ("NOT (state = COMPLETED)", [0, 1, 2]),
        ],
    )
    def test_filters(self, world, admin, filter, expected):
        found = admin.ask("Calls.ListCalls", parent=PROJECT, filter=filter).get("calls", [])
        assert names(found) == [world.calls[place]["name"] for place in expected]

    @pytest.mark.parametrize("filter", ["state = LOST", "price = 1", "state >", "createTime > 'soon'", "("])
    def test_filters_that_say_nothing(self, admin, filter):
        refused = refusal(admin, "Calls.ListCalls", parent=PROJECT, filter=filter)
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", ["filter"])


class TestRecordings:
    def test_a_recording_is_found_wherever_it_is_looked_for(self, world, admin):
        call = world.calls[3]["name"]
        for parent in [PROJECT, f"{PROJECT}/calls/-", call]:
            assert admin.ask("Recordings.ListRecordings", parent=parent) == {"recordings": [world.recording]}
        assert admin.ask("Recordings.ListRecordings", parent=world.calls[0]["name"]) == {}
        for size, token, field in [(-1, "", "page_size"), (1, "nonsense", "page_token")]:
            refused = refusal(admin, "Recordings.ListRecordings", parent=PROJECT, pageSize=size, pageToken=token)
            assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field])

    def test_views(self, world, admin):
        def links(recording):
            return [audio["uri"] for audio in recording["audio"] if "uri" in audio]

        name = world.recording["name"]
        for view, count in [({}, 2), ({"view": "FULL"}, 2), ({"view": "BASIC"}, 0)]:
            assert len(links(admin.ask("Recordings.GetRecording", name=name, **view))) == count, view
        for view, count in [({}, 0), ({"view": "FULL"}, 2), ({"view": "BASIC"}, 0)]:
            (listed,) = admin.ask("Recordings.ListRecordings", parent=PROJECT, **view)["recordings"]
            assert len(links(listed)) == count, view

    def test_what_was_said_is_fetched_by_links(self, world, admin):
        recording = admin.ask("Recordings.GetRecording", name=world.recording["name"])
        assert (recording["state"], recording["source"], recording["channelCount"]) == ("SUCCEEDED", "RECORD_ACTION", 1)
        seconds = float(recording["duration"].removesuffix("s"))
        assert 2.5 < seconds <= 3.1
        kinds = [(audio["mimeType"], audio["encoding"], audio["sampleRate"]) for audio in recording["audio"]]
        assert kinds == [("audio/x-wav", "AUDIO_ENCODING_PCM_16BIT", 8000), ("audio/mpeg", "AUDIO_ENCODING_MP3", 8000)]
        for audio in recording["audio"]:
            answer = requests.get(audio["uri"], timeout=30)
            assert (answer.status_code, answer.headers["content-type"]) == (200, audio["mimeType"])
            assert len(answer.content) == audio["sizeBytes"]
            part = requests.get(audio["uri"], headers={"range": "bytes=10-19"}, timeout=30)
            assert (part.status_code, part.content) == (206, answer.content[10:20])
            assert requests.get(audio["uri"] + "x", timeout=30).status_code == 403
        with wave.open(io.BytesIO(requests.get(recording["audio"][0]["uri"], timeout=30).content)) as kept:
            assert (kept.getframerate(), kept.getnchannels(), kept.getsampwidth()) == (8000, 1, 2)
            assert abs(kept.getnframes() / 8000 - seconds) < 0.002
            frames = kept.readframes(kept.getnframes())
        loudest = max(abs(int.from_bytes(frames[place : place + 2], "little", signed=True)) for place in range(0, len(frames), 2))
        assert loudest > 1000, "somebody spoke"

    def test_whoever_wanted_to_hear_of_it_was_told_and_can_check_by_whom(self, world):
        (told,) = world.handler.told("/ready")
        assert told.headers["x-enfonica-event"] == "RECORDING_READY"
        assert told.headers["content-type"] == "application/json; charset=utf-8"
        key = base64.b64decode(world.server.command("project", "key", "support"))
        said = told.url.encode() + b"RECORDING_READY" + told.body
        signature = base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
        assert told.headers["x-enfonica-signature"] == signature
        body = told.json()
        assert {**body, "audio": None} == {**world.recording, "audio": None}
        for audio in body["audio"]:
            assert len(requests.get(audio["uri"], timeout=30).content) == audio["sizeBytes"]


class TestSipDomains:
    def test_a_domain_is_made_changed_and_deleted(self, world, admin, transport):
        domain = f"demo-{transport}"
        name = f"{PROJECT}/sipDomains/{domain}"
        blocks = [{"displayName": "office", "cidrBlock": "192.0.2.0/24"}]
        asked = {"displayName": "Demo", "cidrBlocks": blocks, "callRecording": {"trigger": "ANSWER"}}
        made = admin.ask("SipDomains.CreateSipDomain", parent=PROJECT, sipDomainId=domain, sipDomain=asked)
        assert (made["name"], made["sipDomainId"], made["cidrBlocks"]) == (name, domain, blocks)
        assert made["callTerminationMode"] == "TERMINATION_MODE_DISABLED"
        # What the contract has in JSON alone may come back as it was shown.
        assert made["fqdn"].startswith(f"{domain}.")
        shown = {"fqdn": made["fqdn"], "displayName": "Demo"}
        assert admin.ask("SipDomains.UpdateSipDomain", sipDomain={"name": name, **shown}) == made
        assert made["callRecording"]["trigger"] == "ANSWER"
        assert admin.ask("SipDomains.GetSipDomain", name=name) == made
        again = refusal(admin, "SipDomains.CreateSipDomain", parent=PROJECT, sipDomainId=domain, sipDomain={})
        assert again.status == "ALREADY_EXISTS"

        def update(mask, **changes):
            return {"sipDomain": {"name": name, **changes}, **({"updateMask": mask} if mask else {})}

        changed = admin.ask("SipDomains.UpdateSipDomain", **update("displayName", displayName="Other", cidrBlocks=[]))
        assert changed == {**made, "displayName": "Other"}, "what the mask does not name stays"
        changed = admin.ask("SipDomains.UpdateSipDomain", **update("callRecording,displayName"))
        assert "callRecording" not in changed and "displayName" not in changed
        changed = admin.ask("SipDomains.UpdateSipDomain", **update("callTerminationMode", callTerminationMode="PSTN_TRUNK"))
        assert changed["callTerminationMode"] == "PSTN_TRUNK"
        for mask, changes, field in [
            ("createTime", {}, "update_mask"),
            ("price", {}, "update_mask"),
            ("cidrBlocks", {"cidrBlocks": [{"cidrBlock": "nonsense"}]}, "sip_domain.cidr_blocks"),
            ("", {"callTerminationHandlerUris": ["nonsense"]}, "sip_domain.call_termination_handler_uris"),
        ]:
            refused = refusal(admin, "SipDomains.UpdateSipDomain", **update(mask, **changes))
            assert refused.status == "INVALID_ARGUMENT", (mask, changes)
            assert [found.split("[")[0] for found in refused.fields] == [field], (mask, changes)

        deleted = admin.ask("SipDomains.DeleteSipDomain", name=name)
        assert deleted["deleteTime"]
        listed = lambda **request: names(admin.ask("SipDomains.ListSipDomains", parent=PROJECT, **request)["sipDomains"])
        assert name not in listed() and name in listed(showDeleted=True, pageSize=100)
        assert refusal(admin, "SipDomains.DeleteSipDomain", name=name).status == "NOT_FOUND"

    @pytest.mark.parametrize("wrong", ["", "a", "Demo", "-demo", "demo-", "a" * 31, "de mo"])
    def test_ids_that_are_none(self, admin, wrong):
        refused = refusal(admin, "SipDomains.CreateSipDomain", parent=PROJECT, sipDomainId=wrong, sipDomain={})
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", ["sip_domain_id"])

    def test_pages(self, admin):
        first = admin.ask("SipDomains.ListSipDomains", parent=PROJECT, pageSize=1)
        second = admin.ask("SipDomains.ListSipDomains", parent=PROJECT, pageSize=1, pageToken=first["nextPageToken"])
        assert names(first["sipDomains"] + second["sipDomains"]) == [f"{PROJECT}/sipDomains/{name}" for name in ["busy", "message"]]


class TestUsers:
    def test_a_user_is_made_changed_and_deleted(self, admin, transport):
        parent = f"{PROJECT}/sipDomains/message"
        name = f"{parent}/users/bo-{transport}"
        password = {"password": "Right-Passw0rd"}
        made = admin.ask("Users.CreateUser", parent=parent, userId=f"bo-{transport}", user=password)
        assert (made["name"], made["address"]) == (name, f"bo-{transport}@message.{BASE}")
        assert "password" not in made
        assert admin.ask("Users.GetUser", name=name) == made
        assert made in admin.ask("Users.ListUsers", parent=parent)["users"]
        again = refusal(admin, "Users.CreateUser", parent=parent, userId=f"bo-{transport}", user=password)
        assert again.status == "ALREADY_EXISTS"
        weak = refusal(admin, "Users.UpdateUser", user={"name": name, "password": "short"})
        assert (weak.status, weak.fields) == ("INVALID_ARGUMENT", ["user.password"])
        assert admin.ask("Users.UpdateUser", user={"name": name, "password": "Other-Passw0rd"}) == made
        assert admin.ask("Users.DeleteUser", name=name) == {}
        assert refusal(admin, "Users.GetUser", name=name).status == "NOT_FOUND"


class TestAliases:
    def test_an_alias_is_made_changed_and_deleted(self, admin, transport):
        parent = f"{PROJECT}/sipDomains/message"
        name = f"{parent}/aliases/desk-{transport}"
        endpoint = {"uri": "sip:one.example.net", "priority": 1, "enabled": True}
        alias = {"displayName": "The desk", "loadBalancerConfig": {"endpoints": [endpoint]}}
        made = admin.ask("Aliases.CreateAlias", parent=parent, aliasId=f"desk-{transport}", alias=alias)
        assert (made["name"], made["aliasId"]) == (name, f"desk-{transport}")
        assert made["loadBalancerConfig"]["endpoints"] == [{**endpoint, "weight": 10}]
        assert admin.ask("Aliases.GetAlias", name=name) == made
        assert made in admin.ask("Aliases.ListAliases", parent=parent)["aliases"]
        again = refusal(admin, "Aliases.CreateAlias", parent=parent, aliasId=f"desk-{transport}", alias=alias)
        assert again.status == "ALREADY_EXISTS"
        page = {"loadBalancerConfig": {"endpoints": [{"uri": "https://a.example"}]}}
        wrong = refusal(admin, "Aliases.UpdateAlias", alias={"name": name, **page}, updateMask="loadBalancerConfig")
        assert (wrong.status, wrong.fields) == ("INVALID_ARGUMENT", ["alias.load_balancer_config.endpoints"])
        changed = admin.ask("Aliases.UpdateAlias", alias={"name": name, "displayName": "Another"}, updateMask="displayName")
        assert changed == {**made, "displayName": "Another"}
        assert admin.ask("Aliases.DeleteAlias", name=name) == {}
        assert refusal(admin, "Aliases.GetAlias", name=name).status == "NOT_FOUND"


class TestCallsThatProgramsMake:
    """In a project of its own, so that nobody counts them."""

    def test_a_program_hears_of_each_state(self, world, transport):
        program, states = world.client("stranger", transport), f"/states-{transport}"
        options = {"handlerUris": [f"{world.handler.origin}/busy"], "stateUpdateUri": world.handler.origin + states}
        call = {"to": "sip:bo@10.1.2.3", "from": "sip:office@example.org", "options": options}
        made = program.ask("Calls.CreateCall", parent="projects/sales", call=call)
        assert (made["state"], made["direction"], made["createMethod"]) == ("QUEUED", "OUTGOING", "API")
        over = lambda: [told for told in world.handler.told(states) if "endTime" in told.json()]
        (last,) = until(over)
        assert last.json() == program.ask("Calls.GetCall", name=made["name"])
        assert (last.json()["state"], last.json()["errorCode"]) == ("FAILED", "HOST_NOT_ALLOWED")
        told = world.handler.told(states)
        assert told[0].json() == made
        assert {one.headers["x-enfonica-event"] for one in told} == {"CALL_STATE_UPDATE"}

    def test_whoever_is_called_need_not_learn_by_whom(self, world, transport):
        call = {"to": "sip:bo@10.1.2.3", "from": "sip:office@example.org", "isPrivate": True}
        options = {"handlerUris": [f"{world.handler.origin}/busy"]}
        program = world.client("stranger", transport)
        made = program.ask("Calls.CreateCall", parent="projects/sales", call={**call, "options": options})
        assert {name: made[name] for name in call} == call

    def test_what_nobody_here_knows_may_come_back(self, world, transport):
        unknown = {"fromZone": "AU", "fromLocation": {"regionCode": "AU", "coordinates": {"latitude": 1.5}}}
        call = {"to": "sip:bo@10.1.2.3", "from": "sip:office@example.org", **unknown}
        options = {"handlerUris": [f"{world.handler.origin}/busy"]}
        program = world.client("stranger", transport)
        made = program.ask("Calls.CreateCall", parent="projects/sales", call={**call, "options": options})
        assert not {"fromZone", "fromLocation", "price"} & set(made), "it is not looked at"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"to": ""}, "call.to"),
            ({"from": ""}, "call.from"),
            ({"options": {"handlerUris": []}}, "call.options.handler_uris"),
            ({"options": {"handlerUris": ["http://a.example"], "stateUpdateUri": "/x"}}, "call.options.state_update_uri"),
            ({"options": {"handlerUris": ["http://a.example"], "timeoutSeconds": 601}}, "call.options.timeout_seconds"),
        ],
    )
    def test_calls_that_are_none(self, world, transport, changes, field):
        call = {"to": "sip:bo@b.example", "from": "sip:a@b.example", "options": {"handlerUris": ["http://a.example"]}, **changes}
        refused = refusal(world.client("stranger", transport), "Calls.CreateCall", parent="projects/sales", call=call)
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field])


def requests_of(world):
    """Every method, and how it is asked of something that is there or would be made."""
    call, recording, domain = world.calls[0]["name"], world.recording["name"], f"{PROJECT}/sipDomains/busy"
    office = f"{PROJECT}/sipDomains/office"
    return {
        "Calls.CreateCall": {"parent": PROJECT, "call": {"to": "sip:bo@example.org", "from": "sip:office@example.org"}},
        "Calls.GetCall": {"name": call},
        "Calls.ListCalls": {"parent": PROJECT},
        "SipInfoService.GetSipInfo": {"name": f"{call}/sipInfo"},
        "Recordings.GetRecording": {"name": recording},
        "Recordings.ListRecordings": {"parent": PROJECT},
        "Recordings.DeleteRecording": {"name": recording},
        "SipDomains.CreateSipDomain": {"parent": PROJECT, "sipDomainId": "message", "sipDomain": {}},
        "SipDomains.GetSipDomain": {"name": domain},
        "SipDomains.ListSipDomains": {"parent": PROJECT},
        "SipDomains.UpdateSipDomain": {"sipDomain": {"name": domain}, "updateMask": "displayName"},
        "SipDomains.DeleteSipDomain": {"name": domain},
        "Aliases.CreateAlias": {"parent": office, "aliasId": "other", "alias": {}},
        "Aliases.GetAlias": {"name": f"{office}/aliases/desk"},
        "Aliases.ListAliases": {"parent": office},
        "Aliases.UpdateAlias": {"alias": {"name": f"{office}/aliases/desk", "displayName": "Another"}},
        "Aliases.DeleteAlias": {"name": f"{office}/aliases/desk"},
        "Users.CreateUser": {"parent": office, "userId": "bo", "user": {"password": "Right-Passw0rd"}},
        "Users.GetUser": {"name": f"{office}/users/ada"},
        "Users.ListUsers": {"parent": office},
        "Users.UpdateUser": {"user": {"name": f"{office}/users/ada", "password": "Other-Passw0rd"}},
        "Users.DeleteUser": {"name": f"{office}/users/ada"},
        "RecordingControl.StartRecording": {"call": call, "trimSilence": True},
        "RecordingControl.StopRecording": {"call": call},
        "RecordingControl.PauseRecording": {"call": call, "mode": "SILENCE"},
        "RecordingControl.ResumeRecording": {"call": call},
        "RecordingControl.GetRecordingStatus": {"call": call},
    }


# What a viewer may not, and what an editor may not either.
OF_ADMINS = {f"{verb}{noun}" for noun in ["SipDomain", "Alias", "User"] for verb in ["Create", "Update", "Delete"]}
OF_EDITORS = {"CreateCall", "DeleteRecording"} | {f"{verb}Recording" for verb in ["Start", "Stop", "Pause", "Resume"]}


@pytest.mark.parametrize("method", BINDINGS)
def test_who_may_not(world, transport, method):
    """What everybody else may is what the tests around this do, in the access table of the server for each role."""
    refused_with = {
        "stranger": "PERMISSION_DENIED",
        "person of meetings": "PERMISSION_DENIED",
        "nobody": "UNAUTHENTICATED",
    }
    name = method.split(".")[1]
    if name in OF_ADMINS | OF_EDITORS:
        refused_with["viewer"] = "PERMISSION_DENIED"
    if name in OF_ADMINS:
        refused_with["editor"] = "PERMISSION_DENIED"
    for who, status in refused_with.items():
        refused = refusal(world.client(who, transport), method, **requests_of(world)[method])
        assert refused.status == status, who
    for who in {"viewer", "editor", "person"} - set(refused_with):
        if name not in OF_ADMINS | OF_EDITORS:
            assert world.client(who, transport).ask(method, **requests_of(world)[method])


@pytest.mark.parametrize(
    ("method", "field", "name"),
    [
        ("Calls.GetCall", "name", f"{PROJECT}/calls/nothing"),
        ("Recordings.GetRecording", "name", f"{PROJECT}/calls/nothing/recordings/nothing"),
        ("Recordings.DeleteRecording", "name", f"{PROJECT}/calls/nothing/recordings/nothing"),
        ("SipDomains.GetSipDomain", "name", f"{PROJECT}/sipDomains/nothing"),
        ("SipDomains.DeleteSipDomain", "name", f"{PROJECT}/sipDomains/nothing"),
    ],
)
def test_what_is_not_there(admin, method, field, name):
    assert refusal(admin, method, **{field: name}).status == "NOT_FOUND"


@pytest.mark.parametrize("name", ["", "calls/1", "projects/support", "projects//calls/1", "projects/support/calls/1/more/2"])
def test_names_that_are_none(world, name):
    """By gRPC; by REST such a path is nobody's."""
    refused = refusal(world.client("admin", "grpc"), "Calls.GetCall", name=name)
    assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", ["name"])
    assert world.server.call("GET", f"/v1beta1/{name}", world.tokens["admin"]).status_code == 404


@pytest.mark.parametrize("verb", ["Start", "Stop", "Pause", "Resume"])
def test_a_call_that_is_over_is_not_recorded(world, transport, verb):
    """Calls that go on, and what is in the files then, are `tests/tests/calls/keeping.rs`."""
    method = f"RecordingControl.{verb}Recording"
    refused = refusal(world.client("editor", transport), method, **requests_of(world)[method])
    assert (refused.status, refused.message) == ("FAILED_PRECONDITION", "the call does not go on")
    nothing = refusal(world.client("editor", transport), method, call=f"{PROJECT}/calls/nothing")
    assert nothing.status == "NOT_FOUND"


def test_what_is_held_is_not_deleted(world, transport):
    name = world.recording["name"]
    call = name.rsplit("/recordings/", 1)[0]
    status = lambda: world.client("viewer", transport).ask("RecordingControl.GetRecordingStatus", call=call)
    for held, sentence in [(name, "the recording is"), ("support", "the recordings of the project are")]:
        world.server.command("project", "hold", held)
        refused = refusal(world.client("admin", transport), "Recordings.DeleteRecording", name=name)
        assert refused.status == "FAILED_PRECONDITION"
        assert refused.message == f"{sentence} under a legal hold, which an administrator of this server can lift"
        assert "heldRecordings" in status() or status()["projectHeld"]
        world.server.command("project", "release", held)
    assert status() == {"call": call, "state": "NONE"}


def test_what_is_deleted_is_gone_with_its_links(world):
    """Last, since nobody can read it afterwards."""
    admin, name = world.client("admin", "rest"), world.recording["name"]
    links = [audio["uri"] for audio in admin.ask("Recordings.GetRecording", name=name)["audio"]]
    deleted = world.client("editor", "grpc").ask("Recordings.DeleteRecording", name=name)
    assert deleted == world.recording
    for transport in TRANSPORTS:
        for method in ["Recordings.GetRecording", "Recordings.DeleteRecording"]:
            assert refusal(world.client("admin", transport), method, name=name).status == "NOT_FOUND"
    assert [requests.get(link, timeout=30).status_code for link in links] == [404, 404]
    assert admin.ask("Recordings.ListRecordings", parent=PROJECT) == {}
