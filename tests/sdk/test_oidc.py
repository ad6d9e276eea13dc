"""Signing in by the word of a real OpenID Connect provider: npm's `oidc-provider`, which checks PKCE and our secret, and keeps
the address of a person for its answer about the user."""

import html
import pathlib
import re
import subprocess
from urllib.parse import urljoin

import pytest
import requests

from sederunt import Server

HERE = pathlib.Path(__file__).parent
SESSION = "/sederunt/v1/webSession"


class Provider:
    """The provider as a child process."""

    def __init__(self):
        assert (HERE / "oidc/node_modules").is_dir(), "its packages are missing: cargo xtask test --only tools"
        command = ["node", "provider.mjs", "sederunt", "a secret of two"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self.process = subprocess.Popen(command, cwd=HERE / "oidc", **pipes)
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer, "the provider did not start"

    def serve(self, redirect_uri):
        self.process.stdin.write(f"{redirect_uri}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


class World:
    """A server that trusts a provider."""

    def __init__(self, folder, create_accounts=False, domains="example.org", **settings):
        self.provider = Provider()
        settings = {"issuer": self.provider.issuer, "client_secret": "a secret of two", **settings}
        lines = [f'{key} = "{value}"' for key, value in settings.items()]
        table = ["[oidc]", 'client_id = "sederunt"', 'name = "Example ID"', *lines]
        table.append(f'domains = ["{domains}"]')
        table.append(f"create_accounts = {str(create_accounts).lower()}")
        (folder / "sederunt.toml").write_text("\n".join(table))
        self.server = Server(folder / "data", "--config", str(folder / "sederunt.toml"))
        self.url = f"http://localhost:{self.server.port}"
        self.provider.serve(f"{self.url}/sign-in/oidc/callback")

    def stop(self):
        self.server.stop()
        self.provider.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("oidc"))
    world.server.add_user("ada@example.org", "Ada Lovelace")
    yield world
    world.stop()


class Browser(requests.Session):
    """Walks through pages as a person does: follows redirects by itself, and fills in the provider's two forms."""

    def sign_in(self, world, name, to="/"):
        page = self.get(f"{world.url}/sign-in/oidc", params={"to": to}, timeout=30)
        while form := re.search(r'<form[^>]*action="([^"]+)"', page.text):
            fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
            body = {**dict(fields), "login": name, "password": "any"}
            page = self.post(urljoin(page.url, html.unescape(form[1])), data=body, timeout=30)
        return page.url.removeprefix(world.url)

    def user(self, world):
        return self.get(world.url + SESSION, timeout=30).json()["user"]


def test_the_button_has_the_providers_name(world):
    session = requests.get(world.url + SESSION, timeout=30).json()
    assert session == {"user": None, "provider": {"displayName": "Example ID"}}


def test_a_person_with_an_account_comes_in_and_back(world):
    browser = Browser()
    assert browser.sign_in(world, "ada", to="/spaces?sort=new") == "/spaces?sort=new"
    user = browser.user(world)
    assert (user["email"], user["displayName"]) == ("ada@example.org", "Ada Lovelace")
    assert "sederunt_oidc" not in browser.cookies, "the attempt is over"
    created = browser.post(world.url + "/v2/spaces", json={}, headers={"origin": world.url}, timeout=30)
    assert created.status_code == 200, created.text
    # Again, without being asked by the provider.
    assert browser.sign_in(world, "nobody", to="//evil.example") == "/"
    assert browser.user(world) == user


@pytest.mark.parametrize(("name", "problem"), [("bo", "account"), ("unverified", "address")])
def test_who_is_not_let_in_is_told_why(world, name, problem):
    if name == "unverified":
        world.server.add_user("unverified@example.org", "Somebody")
    browser = Browser()
    assert browser.sign_in(world, name) == f"/sign-in?problem={problem}"
    assert browser.user(world) is None


def test_an_answer_is_for_the_browser_that_asked(world):
    """Or a link could sign somebody in as somebody else."""
    ada, victim = Browser(), Browser()
    caught = []

    def catch(answer, **_):
        if "/sign-in/oidc/callback" in answer.headers.get("location", ""):
            caught.append(answer.headers["location"])
            answer.headers["location"] = world.url + "/caught"

    ada.hooks["response"].append(catch)
    assert ada.sign_in(world, "ada") == "/caught"
    for browser in [victim, Browser()]:
        page = browser.get(caught[0], timeout=30)
        assert page.url == f"{world.url}/sign-in?problem=expired"
        assert browser.user(world) is None
    changed = re.sub("state=[^&]+", "state=another", caught[0])
    assert ada.get(changed, timeout=30).url.endswith("problem=expired")


def test_the_provider_may_say_no(world):
    browser = Browser()
    begun = browser.get(f"{world.url}/sign-in/oidc", allow_redirects=False, timeout=30)
    assert begun.status_code == 302
    assert "HttpOnly; SameSite=Lax" in begun.headers["set-cookie"]
    state = re.search("state=([^&]+)", begun.headers["location"])[1]
    for answer, problem in [(f"error=access_denied&state={state}", "provider"), (f"code=made-up&state={state}", "expired")]:
        page = browser.get(f"{world.url}/sign-in/oidc/callback?{answer}", timeout=30)
        assert page.url.endswith(f"/sign-in?problem={problem}"), "an attempt is used up by its answer"


def test_a_made_up_code_is_worth_nothing(world):
    browser = Browser()
    begun = browser.get(f"{world.url}/sign-in/oidc", allow_redirects=False, timeout=30)
    state = re.search("state=([^&]+)", begun.headers["location"])[1]
    page = browser.get(f"{world.url}/sign-in/oidc/callback?code=made-up&state={state}", timeout=30)
    assert page.url.endswith("/sign-in?problem=provider")


def test_a_new_person_gets_an_account_where_the_operator_says_so(tmp_path):
    world = World(tmp_path, create_accounts=True)
    try:
        browser = Browser()
        assert browser.sign_in(world, "bo") == "/"
        user = browser.user(world)
        assert (user["email"], user["displayName"], user["administrator"]) == ("bo@example.org", "Bo", False)
        again = Browser()
        again.sign_in(world, "bo")
        assert again.user(world) == user, "the same account, not another one"
    finally:
        world.stop()


def test_a_wrong_secret_signs_nobody_in(tmp_path):
    world = World(tmp_path, create_accounts=True, client_secret="a wrong one")
    try:
        browser = Browser()
        assert browser.sign_in(world, "ada") == "/sign-in?problem=provider"
        assert browser.user(world) is None
    finally:
        world.stop()


def test_a_provider_that_is_away_is_a_sentence(tmp_path):
    world = World(tmp_path)
    try:
        world.provider.stop()
        assert Browser().sign_in(world, "ada") == "/sign-in?problem=provider"
    finally:
        world.stop()
