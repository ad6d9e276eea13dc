"""`--without-tokens`: Google's clients without a credential, as developers point them at an emulator."""

import subprocess

import grpc
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build

from clients import VERSIONS
from sederunt import BINARY, Server


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("unguarded"), "--without-tokens")
    yield server
    server.stop()


def test_google_apps_meet(unguarded, transport, version):
    services = VERSIONS[version].SpacesServiceClient, VERSIONS[version].ConferenceRecordsServiceClient
    if transport == "rest":
        options = ClientOptions(api_endpoint=unguarded.url)
        arguments = {"credentials": AnonymousCredentials(), "transport": "rest", "client_options": options}
        spaces, records = (service(**arguments) for service in services)
    else:
        channel = grpc.insecure_channel(unguarded.address)
        spaces, records = (service(transport=service.get_transport_class("grpc")(channel=channel)) for service in services)
    space = spaces.create_space()
    assert spaces.get_space(name=f"spaces/{space.meeting_code}") == space
    seat = unguarded.join(space.name)
    found = records.list_conference_records({"filter": f'space.name = "{space.name}"'})
    assert [record.name for record in found] == [seat.conference_record]
    spaces.end_active_conference(name=space.name)


def test_google_api_python_client(unguarded):
    options = {"api_endpoint": unguarded.url}
    with build("meet", "v2", credentials=AnonymousCredentials(), client_options=options) as meet:
        assert meet.spaces().create().execute()["name"].startswith("spaces/")


@pytest.mark.parametrize("headers", [{"host": "meet.example.org"}, {"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_page_of_somebody_else_is_nobody(unguarded, headers):
    """A browser on the developer's machine opens other people's pages too."""
    answer = unguarded.call("POST", "/v2/spaces", headers=headers)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_only_loopback_is_served_without_tokens(tmp_path):
    flags = ["--without-tokens", "--listen", "0.0.0.0:0", "--media-port", "0", "--data", tmp_path]
    told = subprocess.run([BINARY, "serve", *flags], capture_output=True, text=True, check=False, timeout=30)
    assert (told.returncode != 0, told.stdout) == (True, "")
    assert "would let everybody in" in told.stderr
