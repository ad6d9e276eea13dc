"""Phone numbers of projects, asked about by clients that Google's compiler makes of our protos, and by plain HTTP.

Who is reached when one is called is in `tests/tests/calls/numbers.rs`.
"""

import itertools

import pytest
import requests
from sederunt import Server
from telephone import free_port
from voice import BINDINGS_OF_NUMBERS, NUMBERING, TRANSPORTS, Refused, assertion, exchange, node_claims, sign_in

SUPPORT, SALES = "projects/support", "projects/sales"
SCOPE = "https://api.enfonica.com/auth/numbering"


def of_node(key_file):
    """As the vendor's client for Node asks."""
    return node_claims(key_file, f"numbering.api.enfonica.com/{NUMBERING}.PhoneNumberInstances")


def of_dotnet(_key_file):
    """As the vendor's client for .NET asks."""
    return {"scope": SCOPE}


class World:
    """A server whose trunk brings numbers, and whoever may do something with them."""

    def __init__(self, folder):
        configuration = folder / "sederunt.toml"
        configuration.write_text(
            f'[telephony]\nlisten = "127.0.0.1:{free_port()}"\ndomain = "sip.example.org"\n'
            'numbers = ["+6125550", "sales:+6125559"]\n'
        )
        self.server = Server(folder / "data", "--config", str(configuration), "--quotas", "none")
        for project in ["support", "sales"]:
            self.server.command("project", "create", project)
        self.keys = {
            role: self.server.command("key", "create", role, "--project", "support", "--role", role)
            for role in ["viewer", "editor", "admin"]
        }
        self.keys["stranger"] = self.server.command("key", "create", "stranger", "--project", "sales", "--role", "admin")
        self.tokens = {who: sign_in(self.server, key, of_node) for who, key in self.keys.items()}
        self.server.add_user("owner@example.org", "Owner")
        for project in ["support", "sales"]:
            self.server.command("project", "add", project, "owner@example.org", "--role", "admin")
        self.tokens["admin of both"] = self.server.token("owner@example.org", "--scope", "numbering")
        self.tokens["person of calls"] = self.server.token("owner@example.org", "--scope", "voice")
        self.tokens["nobody"] = None
        self.clients = {}
        self.fresh = (f"+61255501{number:03}" for number in itertools.count())

    def client(self, who, transport):
        if (who, transport) not in self.clients:
            self.clients[who, transport] = TRANSPORTS[transport](self.server, self.tokens[who])
        return self.clients[who, transport]

    def make(self, parent=SUPPORT, number=None, **instance):
        instance["phoneNumber"] = {"phoneNumber": number or next(self.fresh)}
        admin = self.client("admin of both", "grpc")
        return ask(admin, "Create", parent=parent, phoneNumberInstance=instance)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("numbering"))
    yield world
    world.server.stop()


@pytest.fixture
def admin(world, transport):
    return world.client("admin of both", transport)


def ask(client, verb, **request):
    noun = {"List": "PhoneNumberInstances", "SplitRange": ""}.get(verb, "PhoneNumberInstance")
    return client.ask(f"PhoneNumberInstances.{verb}{noun}", **request)


def search(client, **request):
    return client.ask("PhoneNumbers.SearchPhoneNumbers", **request)


def refusal(asked, client, *verb, **request):
    with pytest.raises(Refused) as refused:
        asked(client, *verb, **request)
    return refused.value


def numbers(page):
    return [one["phoneNumber"]["phoneNumber"] for one in page.get("phoneNumberInstances", [])]


@pytest.mark.parametrize("claims", [of_node, of_dotnet])
def test_both_forms_of_the_vendors_clients(world, transport, claims):
    answer = exchange(world.server, assertion(world.keys["viewer"], **claims(world.keys["viewer"])))
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == SCOPE
    client = TRANSPORTS[transport](world.server, answer.json()["access_token"])
    ask(client, "List", parent=SUPPORT)


class TestMaking:
    def test_a_number_is_as_it_was_made(self, admin, transport):
        asked = {
            "phoneNumber": {"phoneNumber": {"grpc": "61255500002", "rest": "+61 2 5550-0001"}[transport]},
            "displayName": "The desk",
            "labels": {"floor": "2"},
            "incomingCallHandlerUris": ["https://app.example/call", "sip:desk@pbx.example:5070", "tel:+61255509999"],
            "callRecordingTrigger": "BRIDGE",
        }
        made = ask(admin, "Create", parent=SUPPORT, phoneNumberInstance=asked)
        assert made["name"].startswith(f"{SUPPORT}/phoneNumberInstances/")
        number = made["phoneNumber"]["phoneNumber"]
        assert number in ("+61255500001", "+61255500002")
        assert made["phoneNumber"] == {
            "name": f"phoneNumbers/{number[1:]}",
            "phoneNumber": number,
            "capabilities": ["VOICE"],
        }
        for field in ["displayName", "labels", "incomingCallHandlerUris", "callRecordingTrigger"]:
            assert made[field] == asked[field], field
        assert made["lifecycleState"] == "ACTIVE" and made["compliant"] is True
        assert made["activateTime"] == made["createTime"] and "deleteTime" not in made
        assert ask(admin, "Get", name=made["name"]) == made

    def test_by_the_name_of_the_number(self, world, admin):
        number = next(world.fresh)
        asked = {"phoneNumber": {"name": f"phoneNumbers/{number[1:]}"}}
        made = ask(admin, "Create", parent=SUPPORT, phoneNumberInstance=asked)
        assert made["phoneNumber"]["phoneNumber"] == number

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"phoneNumber": {}}, "phone_number.phone_number"),
            ({"phoneNumber": {"phoneNumber": "0255501234"}}, "phone_number.phone_number"),
            ({"displayName": "a" * 101}, "display_name"),
            ({"labels": {str(key): "" for key in range(51)}}, "labels"),
            ({"labels": {"a" * 101: ""}}, "labels"),
            ({"labels": {"a": "b" * 1001}}, "labels"),
            ({"incomingCallHandlerUris": ["https://app.example"] * 6}, "incoming_call_handler_uris"),
            ({"incomingCallHandlerUris": ["ftp://app.example"]}, "incoming_call_handler_uris"),
            ({"incomingCallHandlerUris": ["tel:0255501234"]}, "incoming_call_handler_uris"),
            ({"incomingMessageHandlerUris": ["https://app.example"]}, "incoming_message_handler_uris"),
            ({"regulatoryListing": "projects/support/regulatoryListings/1"}, "regulatory_listing"),
            ({"range": {"size": 10}}, "range"),
        ],
    )
    def test_what_cannot_be(self, world, admin, changes, field):
        asked = {"phoneNumber": {"phoneNumber": next(world.fresh)}, **changes}
        refused = refusal(ask, admin, "Create", parent=SUPPORT, phoneNumberInstance=asked)
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [f"phone_number_instance.{field}"])

    def test_a_number_belongs_to_one_project(self, world, admin):
        made = world.make()
        number = made["phoneNumber"]["phoneNumber"]
        for parent in [SUPPORT, SALES]:
            asked = {"phoneNumber": {"phoneNumber": number}}
            assert refusal(ask, admin, "Create", parent=parent, phoneNumberInstance=asked).status == "ALREADY_EXISTS"
        ask(admin, "Delete", name=made["name"])
        assert world.make(SALES, number)["lifecycleState"] == "ACTIVE"

    @pytest.mark.parametrize("number", ["+442071838750", "+61255591234", "+6125551"])
    def test_what_the_operator_gives_to_others_or_to_nobody(self, admin, number):
        asked = {"phoneNumber": {"phoneNumber": number}}
        refused = refusal(ask, admin, "Create", parent=SUPPORT, phoneNumberInstance=asked)
        assert refused.status == "FAILED_PRECONDITION" and "`numbers`" in refused.message


class TestLists:
    def test_pages_prefixes_and_deleted_ones(self, world, admin, transport):
        begin = {"grpc": "+612555071", "rest": "+612555072"}[transport]
        made = [world.make(number=f"{begin}{number:02}") for number in range(12)]
        gone = ask(admin, "Delete", name=made.pop()["name"])
        expected = [one["name"] for one in reversed(made)]
        for size, sizes in [(0, [10, 1]), (3, [3, 3, 3, 2]), (11, [11]), (1000, [11])]:
            found, seen, token = [], [], ""
            while True:
                page = ask(admin, "List", parent=SUPPORT, prefix=begin, pageSize=size, pageToken=token)
                seen.append(len(page["phoneNumberInstances"]))
                found += [one["name"] for one in page["phoneNumberInstances"]]
                token = page.get("nextPageToken", "")
                if not token:
                    break
            assert (seen, found) == (sizes, expected), "the newest first"
        # By the digits alone, and without what is deleted unless somebody asks.
        assert numbers(ask(admin, "List", parent=SUPPORT, prefix=f"{begin[1:]}1")) == [f"{begin}10"]
        with_deleted = ask(admin, "List", parent=SUPPORT, prefix=f"{begin}1", includeDeleted=True)
        assert numbers(with_deleted) == [f"{begin}11", f"{begin}10"]
        assert with_deleted["phoneNumberInstances"][0] == gone
        assert ask(admin, "List", parent=SUPPORT, prefix="+99") == {}

    def test_what_is_no_page(self, world, admin):
        world.make(), world.make()
        token = ask(admin, "List", parent=SUPPORT, pageSize=1)["nextPageToken"]
        for wrong, field in [
            ({"pageSize": -1}, "page_size"),
            ({"pageToken": "nonsense"}, "page_token"),
            ({"pageToken": token, "prefix": "+61"}, "page_token"),
            ({"pageToken": token, "includeDeleted": True}, "page_token"),
            ({"pageToken": token, "parent": SALES}, "page_token"),
            ({"prefix": "ada"}, "prefix"),
        ]:
            refused = refusal(ask, admin, "List", **{"parent": SUPPORT, **wrong})
            assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field]), wrong


class TestChanging:
    @pytest.mark.parametrize(
        ("mask", "expected"),
        [
            (None, {"displayName": "Second", "labels": {"a": "1"}, "callRecordingTrigger": "ANSWER"}),
            ("displayName", {"displayName": "Second", "labels": {"a": "1"}, "callRecordingTrigger": "DISABLED"}),
            ("labels,callRecordingTrigger", {"displayName": "First", "callRecordingTrigger": "ANSWER"}),
            ("*", {"displayName": "Second", "callRecordingTrigger": "ANSWER", "incomingCallHandlerUris": None}),
        ],
    )
    def test_what_a_mask_names_is_changed(self, world, admin, mask, expected):
        made = world.make(displayName="First", labels={"a": "1"}, incomingCallHandlerUris=["https://app.example"])
        body = {"displayName": "Second", "callRecordingTrigger": "ANSWER"}
        more = {"updateMask": mask} if mask else {}
        changed = ask(admin, "Update", name=made["name"], phoneNumberInstance=body, **more)
        handlers = {"incomingCallHandlerUris": ["https://app.example"], **expected}
        for field in ["displayName", "labels", "callRecordingTrigger", "incomingCallHandlerUris"]:
            assert changed.get(field) == handlers.get(field), field
        assert changed["phoneNumber"] == made["phoneNumber"]
        assert ask(admin, "Get", name=made["name"]) == changed

    @pytest.mark.parametrize("path", ["phoneNumber", "incomingMessageHandlerUris", "lifecycleState", "range", "nonsense"])
    def test_what_stays(self, world, admin, path):
        name = world.make()["name"]
        refused = refusal(ask, admin, "Update", name=name, phoneNumberInstance={}, updateMask=path)
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", ["update_mask"])

    def test_what_is_deleted_is_shown_and_nothing_more(self, world, admin):
        made = world.make()
        deleted = ask(admin, "Delete", name=made["name"])
        assert deleted["lifecycleState"] == "DELETED" and deleted["deleteTime"] > made["createTime"]
        assert ask(admin, "Get", name=made["name"]) == deleted
        for verb, request in [
            ("Delete", {}),
            ("Update", {"phoneNumberInstance": {"displayName": "a"}}),
            ("Move", {"destinationParent": SALES}),
        ]:
            assert refusal(ask, admin, verb, name=made["name"], **request).status == "NOT_FOUND", verb


class TestMoving:
    def test_a_number_moves_with_what_is_said_of_it(self, world, admin):
        made = world.make(displayName="The desk", incomingCallHandlerUris=["https://app.example"])
        moved = ask(admin, "Move", name=made["name"], destinationParent=SALES)
        name = made["name"].replace(SUPPORT, SALES)
        assert moved == {**made, "name": name}
        assert ask(admin, "Get", name=name) == moved
        assert refusal(ask, admin, "Get", name=made["name"]).status == "NOT_FOUND"

    def test_what_makes_no_sense(self, world, admin):
        name = world.make()["name"]
        for request, field in [
            ({"destinationParent": SUPPORT}, "destination_parent"),
            ({"destinationParent": "support"}, "destination_parent"),
            ({"destinationParent": SALES, "regulatoryListing": "a"}, "regulatory_listing"),
        ]:
            refused = refusal(ask, admin, "Move", name=name, **request)
            assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field]), request
        own = world.make(SALES, f"+6125559{next(world.fresh)[-4:]}")
        assert refusal(ask, admin, "Move", name=own["name"], destinationParent=SUPPORT).status == "FAILED_PRECONDITION"

    def test_it_needs_somebody_in_both(self, world, transport):
        name = world.make()["name"]
        for who in ["admin", "stranger"]:
            refused = refusal(ask, world.client(who, transport), "Move", name=name, destinationParent=SALES)
            assert refused.status == "PERMISSION_DENIED", who


def test_there_are_no_ranges(world, admin):
    name = world.make()["name"]
    refused = refusal(ask, admin, "SplitRange", phoneNumberInstance=name, size=1)
    assert refused.status == "FAILED_PRECONDITION" and "no range" in refused.message
    headers = {"authorization": f"Bearer {world.tokens['admin']}"}
    answer = requests.post(f"{world.server.url}/v1beta1/{name}:splitRange", json={"size": 1}, headers=headers, timeout=30)
    reasons = [detail["reason"] for detail in answer.json()["error"]["details"] if "reason" in detail]
    assert reasons == ["NOT_A_RANGE"]


def test_nothing_can_be_bought(world, transport):
    stranger = world.client("stranger", transport)
    assert search(stranger, countryCode="AU") == {}
    assert search(stranger, countryCode="AU", numberType="LOCAL", prefix="+612", supportsVoice=True, pageSize=100) == {}
    for wrong, field in [
        ({}, "country_code"),
        ({"countryCode": "Australia"}, "country_code"),
        ({"countryCode": "AU", "pageSize": -1}, "page_size"),
        ({"countryCode": "AU", "pageToken": "more"}, "page_token"),
    ]:
        refused = refusal(search, stranger, **wrong)
        assert (refused.status, refused.fields) == ("INVALID_ARGUMENT", [field]), wrong


READS = {"GetPhoneNumberInstance", "ListPhoneNumberInstances", "SearchPhoneNumbers"}


@pytest.mark.parametrize("method", BINDINGS_OF_NUMBERS)
def test_who_may_not(world, transport, method):
    """Who may is what the tests around this do, and in the access table of the server for each role."""
    name = world.make()["name"]
    number = {"phoneNumber": {"phoneNumber": next(world.fresh)}}
    verb = method.split(".")[1]
    request = {
        "CreatePhoneNumberInstance": {"parent": SUPPORT, "phoneNumberInstance": number},
        "ListPhoneNumberInstances": {"parent": SUPPORT},
        "UpdatePhoneNumberInstance": {"name": name, "phoneNumberInstance": {"displayName": "a"}},
        "MovePhoneNumberInstance": {"name": name, "destinationParent": SALES},
        "SplitRange": {"phoneNumberInstance": name, "size": 1},
        "SearchPhoneNumbers": {"countryCode": "AU"},
    }.get(verb, {"name": name})
    refused_with = {"nobody": "UNAUTHENTICATED", "person of calls": "PERMISSION_DENIED"}
    if verb != "SearchPhoneNumbers":
        refused_with["stranger"] = "PERMISSION_DENIED"
    if verb not in READS:
        refused_with |= {"viewer": "PERMISSION_DENIED", "editor": "PERMISSION_DENIED"}
    asked = lambda client, **request: client.ask(method, **request)
    for who, status in refused_with.items():
        assert refusal(asked, world.client(who, transport), **request).status == status, who


def test_each_change_is_a_line_of_the_audit_log(world, admin):
    made = world.make()
    ask(admin, "Update", name=made["name"], phoneNumberInstance={"displayName": "a"})
    moved = ask(admin, "Move", name=made["name"], destinationParent=SALES)
    ask(admin, "Delete", name=moved["name"])
    log = world.server.command("audit", "--subject", made["name"])
    for action in ["phone_number.create", "phone_number.update", "phone_number.move"]:
        assert action in log
    assert "phone_number.delete" in world.server.command("audit", "--subject", moved["name"])
