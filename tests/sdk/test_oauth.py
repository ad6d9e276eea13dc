"""Google's own libraries for signing in, unmodified, with key and client files of ours: service accounts that act for people, and
programs that people let act for them."""

import json
import threading
import time
import webbrowser
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.api_core import exceptions
from google.apps import meet_v2
from google.auth import crypt, jwt
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import credentials as user_credentials
from google.oauth2 import id_token, service_account
from google_auth_oauthlib.flow import Flow, InstalledAppFlow
from googleapiclient.discovery import build
from sederunt import OFFER

READONLY = "https://www.googleapis.com/auth/meetings.space.readonly"
CREATED = "https://www.googleapis.com/auth/meetings.space.created"
SETTINGS = "https://www.googleapis.com/auth/meetings.space.settings"
PARTICIPATE = "urn:sederunt:scope:meetings.participate"


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    """The libraries refuse HTTP, unless they are told that it is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def spaces(server, credentials):
    """Google's client, which gets and refreshes its tokens by itself."""
    options = {"api_endpoint": server.url}
    return meet_v2.SpacesServiceClient(credentials=credentials, transport="rest", client_options=options)


@pytest.fixture(scope="module")
def key_file(server, tokens, tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.json"
    path.write_text(server.command("key", "create", "reports"))
    server.command("grant", "add", "reports", "--scope", "meetings.space.readonly", "--scope", CREATED)
    return path


def load(key_file, **arguments):
    return service_account.Credentials.from_service_account_file(key_file, **arguments)


class TestServiceAccounts:
    def test_a_key_file_is_googles(self, server, key_file):
        key = json.loads(key_file.read_text())
        assert key["type"] == "service_account"
        assert urlsplit(key["token_uri"]).path == "/oauth2/token"
        assert key["client_id"].isdigit() and len(key["client_id"]) == 21
        assert key["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
        assert server.command("key", "list").split("\t") == ["reports", key["client_id"], key["client_email"], key["private_key_id"]]

    def test_with_a_grant_it_is_the_person(self, server, tokens, key_file):
        credentials = load(key_file, scopes=[CREATED, READONLY], subject="owner@example.org")
        client = spaces(server, credentials)
        space = client.create_space()
        owned = client.get_space(name=space.name)
        assert owned.config.access_type, "only its owner sees the settings"
        assert spaces(server, user_credentials.Credentials(tokens["owner"])).get_space(name=space.name) == owned

    def test_what_it_may_do_is_what_was_granted_and_asked_for(self, server, key_file):
        only_reads = load(key_file, scopes=[READONLY], subject="owner@example.org")
        with pytest.raises(exceptions.Forbidden) as refusal:
            spaces(server, only_reads).create_space()
        assert refusal.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        for arguments, code in [
            ({"scopes": [SETTINGS], "subject": "owner@example.org"}, "unauthorized_client"),
            ({"scopes": [READONLY, SETTINGS], "subject": "owner@example.org"}, "unauthorized_client"),
            ({"scopes": [READONLY], "subject": "nobody@example.org"}, "invalid_grant"),
            ({"scopes": ["https://www.googleapis.com/auth/everything"], "subject": "owner@example.org"}, "invalid_scope"),
        ]:
            with pytest.raises(RefreshError) as refusal:
                load(key_file, **arguments).refresh(Request())
            assert refusal.value.args[1]["error"] == code, arguments

    def test_it_is_in_no_meeting_unless_that_was_granted(self, server, tokens, tmp_path):
        path = tmp_path / "key.json"
        path.write_text(server.command("key", "create", "attendant"))
        space = spaces(server, user_credentials.Credentials(tokens["owner"])).create_space().name

        def token(scope):
            server.command("grant", "add", "attendant", "--scope", scope)
            credentials = load(path, scopes=[scope], subject="owner@example.org")
            credentials.refresh(Request())
            return credentials.token

        for scope in [READONLY, SETTINGS, CREATED]:
            refused = server.call("POST", f"/sederunt/v1/{space}:join", token(scope), json={"offer": OFFER})
            assert refused.status_code == 403
            assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        seat = server.join(space, token=token(PARTICIPATE))
        server.leave(seat)
        records = server.call("GET", "/v2/conferenceRecords", tokens["owner"], params={"filter": f'space.name = "{space}"'})
        names = [record["name"] for record in records.json()["conferenceRecords"]]
        assert names == [seat.conference_record], "nobody was there before"
        server.command("key", "remove", "attendant", "--all")

    def test_scopes_of_other_services_are_left_out(self, server, key_file):
        """A program for all of Google Workspace asks for everything at once."""
        calendar = "https://www.googleapis.com/auth/calendar"
        directory = "https://www.googleapis.com/auth/admin.directory.user.readonly"
        credentials = load(key_file, scopes=[calendar, CREATED, directory], subject="owner@example.org")
        assert spaces(server, credentials).create_space().name
        with pytest.raises(RefreshError) as refusal:
            load(key_file, scopes=[calendar, directory], subject="owner@example.org").refresh(Request())
        assert refusal.value.args[1]["error"] == "invalid_scope"

    def test_audiences_of_older_libraries_and_clocks_that_are_off(self, server, key_file):
        key = json.loads(key_file.read_text())
        signer = crypt.RSASigner.from_service_account_info(key)

        def answer(**changes):
            now = time.time()
            claims = {"iss": key["client_email"], "aud": key["token_uri"], "scope": READONLY, "iat": now, "exp": now + 3600}
            assertion = jwt.encode(signer, {**claims, **changes}).decode()
            form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
            return requests.post(key["token_uri"], data=form, timeout=30)

        now = time.time()
        for changes in [
            {"aud": "https://www.googleapis.com/oauth2/v4/token"},
            {"aud": "https://accounts.google.com/o/oauth2/token"},
            {"iat": now - 30, "exp": now + 3600},
            {"iat": now + 240, "exp": now + 3840},
        ]:
            assert answer(**changes).status_code == 200, changes
        for changes in [{"aud": "https://example.org/token"}, {"iat": now + 400}, {"exp": now + 4000}]:
            assert answer(**changes).json()["error"] == "invalid_grant", changes

    def test_it_shows_others_who_it_is(self, server, key_file):
        """An ID token for a service that is not ours, which checks it by our certificates."""
        audience, key = "https://app.example", json.loads(key_file.read_text())
        credentials = service_account.IDTokenCredentials.from_service_account_file(key_file, target_audience=audience)
        credentials.refresh(Request())
        certificates = server.url + "/oauth2/v1/certs"
        claims = id_token.verify_token(credentials.token, Request(), audience, certs_url=certificates)
        assert (claims["sub"], claims["email"], claims["email_verified"]) == (key["client_id"], key["client_email"], True)
        assert server.call("GET", "/v2/conferenceRecords", credentials.token).status_code == 401, "it opens nothing here"
        with pytest.raises(RefreshError) as refusal:
            credentials.with_target_audience("").refresh(Request())
        assert refusal.value.args[1]["error"] == "invalid_scope"

    @pytest.mark.parametrize("self_signed", [True, False])
    def test_for_nobody_it_may_do_nothing(self, server, key_file, self_signed):
        """The client signs its own token when nobody is impersonated, and asks for one when it is told not to."""
        credentials = load(key_file, scopes=[CREATED, READONLY])
        if self_signed:
            credentials = credentials.with_always_use_jwt_access(True)
        with pytest.raises(exceptions.Forbidden) as refusal:
            spaces(server, credentials).create_space()
        assert refusal.value.code == 403

    def test_without_a_grant_it_is_nobody_else(self, server, tmp_path):
        path = tmp_path / "key.json"
        path.write_text(server.command("key", "create", "ungranted"))
        with pytest.raises(RefreshError) as refusal:
            load(path, scopes=[READONLY], subject="owner@example.org").refresh(Request())
        assert refusal.value.args[1]["error"] == "unauthorized_client"
        key = json.loads(path.read_text())
        server.command("key", "remove", "ungranted", key["private_key_id"])
        with pytest.raises(RefreshError) as refusal:
            load(path, scopes=[READONLY]).refresh(Request())
        assert refusal.value.args[1]["error"] == "invalid_grant"


class Person:
    """A browser whose user is signed in and agrees, or does not, to what an app asks."""

    def __init__(self, server, email, agrees=True):
        self.browser, self.agrees = requests.Session(), agrees
        self.url = f"http://localhost:{server.port}"
        self.browser.headers["origin"] = self.url
        secret = server.command("user", "add", email).split("#")[1]
        self.ask("POST", "/sederunt/v1/webSession", json={"secret": secret})

    def ask(self, method, path, **arguments):
        answer = self.browser.request(method, self.url + path, timeout=30, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, url):
        """Opens the address that an app sends people to; returns the one that the app gets them back at."""
        answer = self.browser.get(url, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        address = answer.headers["location"]
        if not address.startswith("/consent?"):
            return address
        request = parse_qs(urlsplit(address).query)["request"][0]
        self.asked = self.ask("GET", "/oauth2/consent", params={"request": request})
        return self.ask("POST", "/oauth2/consent", json={"request": request, "approve": self.agrees})["redirect"]


@pytest.fixture(scope="module")
def installed(server, tokens):
    return json.loads(server.command("app", "add", "Minutes", "--kind", "installed"))


@pytest.fixture(scope="module")
def web(server, tokens):
    where = "https://app.example.org/back"
    return json.loads(server.command("app", "add", "Web minutes", "--kind", "web", "--redirect-uri", where))


class TestAppsOfPeople:
    def test_an_installed_app_opens_a_browser_and_waits(self, server, installed, monkeypatch):
        """`run_local_server` as every guide of Google's shows it, with PKCE, on a port of its own."""
        person = Person(server, "owner@example.org")

        class Opener(webbrowser.BaseBrowser):
            def open(self, url, new=0, autoraise=True):
                assert "code_challenge_method=S256" in url
                visit = lambda: requests.get(person.open(url), timeout=30)
                threading.Thread(target=visit, daemon=True).start()
                return True

        webbrowser.register("the-test", None, Opener("the-test"))
        flow = InstalledAppFlow.from_client_config(installed, [CREATED, READONLY])
        credentials = flow.run_local_server(port=0, browser="the-test", timeout_seconds=30)
        assert person.asked["app"] == {"name": "Minutes", "kind": "INSTALLED"}
        assert [row["scope"] for row in person.asked["scopes"]] == [CREATED, READONLY]
        client = spaces(server, credentials)
        space = client.create_space()

        # It expires, and Google's client gets another by itself.
        before = credentials.token
        credentials.token = None
        assert client.get_space(name=space.name).config.access_type
        assert credentials.token and credentials.token != before

        # Kept in a file, and used by the next run. `from_authorized_user_file` would go to Google whatever the file says.
        fields = ["refresh_token", "token_uri", "client_id", "client_secret", "scopes"]
        file = json.loads(credentials.to_json())
        kept = user_credentials.Credentials(None, **{field: file[field] for field in fields})
        kept.refresh(Request())
        revoke = requests.post(
            f"{server.url}/oauth2/revoke",
            params={"token": kept.refresh_token},
            headers={"content-type": "application/x-www-form-urlencoded"},
            timeout=30,
        )
        assert revoke.status_code == 200, revoke.text
        with pytest.raises(RefreshError) as refusal:
            kept.refresh(Request())
        assert refusal.value.args[1]["error"] == "invalid_grant"

    def test_an_installed_app_of_before_pkce(self, server, installed, monkeypatch):
        """It comes back to the first address of its file, on a port of its own, and asks for more than there is."""
        monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
        assert installed["installed"]["redirect_uris"] == ["http://localhost"]
        person = Person(server, "owner@example.org")
        calendar = "https://www.googleapis.com/auth/calendar"
        flow = Flow.from_client_config(installed, [calendar, READONLY], autogenerate_code_verifier=False)
        flow.redirect_uri = installed["installed"]["redirect_uris"][0] + ":8765/"
        url, _ = flow.authorization_url()
        assert "code_challenge" not in url
        back = person.open(url)
        assert [row["scope"] for row in person.asked["scopes"]] == [READONLY]
        code = parse_qs(urlsplit(back).query)["code"][0]
        trade = {"grant_type": "authorization_code", "code": code, "redirect_uri": flow.redirect_uri}
        named = {"client_id": installed["installed"]["client_id"]}
        refused = requests.post(f"{server.url}/oauth2/token", data={**trade, **named}, timeout=30)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), "nothing proves who brings the code"
        flow.fetch_token(code=code)
        assert flow.oauth2session.token["scope"] == [READONLY]
        flow.credentials.refresh(Request())

    def test_it_learns_who_somebody_is(self, server, web):
        """Google's library verifies our ID tokens with our certificates."""
        person = Person(server, "owner@example.org")
        profile, email = "https://www.googleapis.com/auth/userinfo.profile", "https://www.googleapis.com/auth/userinfo.email"
        flow = Flow.from_client_config(web, ["openid", profile, email], redirect_uri=web["web"]["redirect_uris"][0])
        flow.fetch_token(authorization_response=person.open(flow.authorization_url(prompt="consent", nonce="n")[0]))
        token, certificates = flow.credentials.id_token, server.url + "/oauth2/v1/certs"
        claims = id_token.verify_token(token, Request(), web["web"]["client_id"], certs_url=certificates)
        assert (claims["email"], claims["name"], claims["nonce"]) == ("owner@example.org", "Owner", "n")
        assert claims["iss"] + "/oauth2/auth" == web["web"]["auth_uri"]
        with pytest.raises(ValueError, match="audience"):
            id_token.verify_token(token, Request(), "somebody else", certs_url=certificates)
        older = build("oauth2", "v2", credentials=flow.credentials, client_options={"api_endpoint": server.url + "/"})
        assert older.userinfo().get().execute()["id"] == claims["sub"]
        configuration = server.call("GET", "/.well-known/openid-configuration").json()
        told = requests.get(configuration["userinfo_endpoint"], headers={"authorization": f"Bearer {flow.credentials.token}"}, timeout=30)
        assert told.json()["sub"] == claims["sub"]

    def test_a_web_app_gets_a_code_back(self, server, web):
        person = Person(server, "owner@example.org")
        flow = Flow.from_client_config(web, [CREATED], redirect_uri=web["web"]["redirect_uris"][0])
        url, state = flow.authorization_url(access_type="offline", prompt="consent")
        back = person.open(url)
        assert back.startswith("https://app.example.org/back?")
        assert parse_qs(urlsplit(back).query)["state"] == [state]
        flow.fetch_token(authorization_response=back)
        assert spaces(server, flow.credentials).create_space().name
        assert flow.credentials.refresh_token

    def test_it_sees_of_the_created_scope_what_it_created(self, server, tokens, web):
        person = Person(server, "owner@example.org")
        flow = Flow.from_client_config(web, [CREATED], redirect_uri=web["web"]["redirect_uris"][0])
        flow.fetch_token(authorization_response=person.open(flow.authorization_url()[0]))
        app = spaces(server, flow.credentials)
        oneself = spaces(server, user_credentials.Credentials(tokens["owner"]))
        of_app, of_oneself = app.create_space(), oneself.create_space()
        assert oneself.get_space(name=of_app.name) == of_app
        with pytest.raises(exceptions.Forbidden):
            app.end_active_conference(name=of_oneself.name)
        with pytest.raises(exceptions.BadRequest):
            app.end_active_conference(name=of_app.name)

    def test_a_person_says_no(self, server, web):
        person = Person(server, "owner@example.org", agrees=False)
        flow = Flow.from_client_config(web, [READONLY], redirect_uri=web["web"]["redirect_uris"][0])
        back = person.open(flow.authorization_url(prompt="consent")[0])
        assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]

    def test_a_code_is_for_whoever_asked(self, server, web, installed):
        person = Person(server, "owner@example.org")
        flow = Flow.from_client_config(web, [CREATED], redirect_uri=web["web"]["redirect_uris"][0])
        back = person.open(flow.authorization_url()[0])
        flow.code_verifier = "x" * 43
        with pytest.raises(Exception, match="invalid_grant"):
            flow.fetch_token(authorization_response=back)
        code = parse_qs(urlsplit(back).query)["code"][0]
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": web["web"]["redirect_uris"][0]}
        client = installed["installed"]
        other = (client["client_id"], client["client_secret"])
        answer = requests.post(f"{server.url}/oauth2/token", data=body, auth=other, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
