"""`google-apps-meet` over TLS, where it sends its token by itself. Whom to trust is read from the environment when a
process starts, so the clients run in processes of their own."""

import os
import subprocess
import sys

import pytest
import requests

from sederunt import Server

# What a reader of Google's guide writes, but for the endpoint.
PROGRAM = """
import sys
from google.apps import {meet} as meet
from google.oauth2.credentials import Credentials

transport, endpoint, token = sys.argv[1:]
arguments = dict(credentials=Credentials(token), transport=transport, client_options={{"api_endpoint": endpoint}})
spaces = meet.SpacesServiceClient(**arguments)
records = meet.ConferenceRecordsServiceClient(**arguments)
space = spaces.create_space(meet.CreateSpaceRequest(space=meet.Space(config=meet.SpaceConfig(access_type="RESTRICTED"))))
assert spaces.get_space(name="spaces/" + space.meeting_code) == space
assert not list(records.list_conference_records())
print(space.name)
"""


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("secured"), "--tls", "dev")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def token(secured):
    secured.add_user("owner@example.org", "Owner")
    return secured.token("owner@example.org")


@pytest.fixture
def run(secured, token):
    """Runs the program; which authorities it trusts is in the environment."""

    def run(version, transport, host, **trust):
        program = PROGRAM.format(meet=f"meet_{version}")
        return subprocess.run(
            [sys.executable, "-c", program, transport, f"{host}:{secured.port}", token],
            env={**os.environ, **trust},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("version", ["v2", "v2beta"])
@pytest.mark.parametrize(("transport", "variable"), [("grpc", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"), ("rest", "REQUESTS_CA_BUNDLE")])
def test_a_client_that_trusts_the_authority(run, secured, version, transport, variable, host):
    told = run(version, transport, host, **{variable: str(secured.data / "tls/authority.pem")})
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("spaces/")


def test_a_client_that_does_not(run):
    told = run("v2", "rest", "localhost")
    assert told.returncode != 0
    assert "certificate verify failed" in told.stderr


def test_plain_http_is_sent_to_the_other_scheme(secured):
    asked = f"http://localhost:{secured.port}/abc-defg-hij?from=mail"
    answer = requests.get(asked, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["location"]) == (308, asked.replace("http", "https", 1))
