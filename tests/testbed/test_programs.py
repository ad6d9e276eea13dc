"""Public programs, as they are installed from PyPI and npm, against Google's names that lead to Sederunt.

Nothing of them is changed, and none is told another address than those that it has from its author: they sign in, refresh, make
spaces and read records with the hosts entry and the certificate of `docs/test-bed.md` alone.
"""

import json
import re

import pytest

from bed import HERE, PROGRAMS, URL
from tools import Tools

CREATED = "https://www.googleapis.com/auth/meetings.space.created"
READONLY = "https://www.googleapis.com/auth/meetings.space.readonly"
DRIVE = "https://www.googleapis.com/auth/drive.readonly"
CALENDAR = "https://www.googleapis.com/auth/calendar"
LINK = r"https://meet\.google\.com/[a-z]{3}-[a-z]{4}-[a-z]{3}"


@pytest.fixture(scope="session")
def signed_in(bed, client_file):
    """What `google-oauth2-tool` writes: it is of 2019, knows no PKCE, and comes back to the first address of its client file."""
    (bed.folder / "scopes.txt").write_text("\n".join([CREATED, READONLY, DRIVE, CALENDAR]))
    destination = bed.folder / "credentials.json"
    arguments = ["--scope", "scopes.txt", "--source", client_file, "--destination", destination]
    # Not the port that the next program takes as well.
    arguments += ["--auth_host_port", "8090"]
    bed.run(PROGRAMS / "oauth2_tool", *arguments)
    return json.loads(destination.read_text())


def test_google_oauth2_tool_signs_somebody_in(signed_in, client):
    assert signed_in["client_id"] == client["client_id"]
    assert signed_in["access_token"] and signed_in["refresh_token"]
    assert signed_in["token_response"]["scope"].split() == [CREATED, READONLY, DRIVE], "there is no calendar"


def test_google_oauthlib_tool_signs_somebody_in(bed, client_file):
    """With PKCE, on a port of its own, and who it was."""
    scopes = ["openid", "https://www.googleapis.com/auth/userinfo.email"]
    scopes = [word for scope in scopes for word in ("--scope", scope)]
    path = bed.folder / "oauthlib.json"
    bed.run(PROGRAMS / "google-oauthlib-tool", "--client-secrets", client_file, *scopes, "--save", "--credentials", path)
    kept = json.loads(path.read_text())
    program = f"""
from google.auth.transport.requests import Request
from google.oauth2 import credentials, id_token
kept = credentials.Credentials.from_authorized_user_file({str(path)!r})
kept.refresh(Request())
print(id_token.verify_oauth2_token(kept.id_token, Request(), kept.client_id)["email"])
"""
    assert bed.run(PROGRAMS / "python", "-c", program).strip() == "ada@example.org"
    assert kept["refresh_token"]


def test_barie_google_meet_mcp(bed, signed_in, client):
    """Its access token is none any more, so it gets another at Google's address by itself."""
    flags = ["--access-token", "expired", "--refresh-token", signed_in["refresh_token"]]
    flags += ["--client-id", client["client_id"], "--client-secret", client["client_secret"]]
    with Tools(bed, PROGRAMS / "barie-google-meet-mcp", *flags) as program:
        space = program.call("create_space", config={"accessType": "RESTRICTED"})
        assert re.fullmatch(LINK, space["meetingUri"])
        assert space["config"]["accessType"] == "RESTRICTED"
        mask = {"config": {"accessType": "open"}, "updateMask": "config.accessType"}
        assert program.call("update_space", name=space["name"], **mask)["config"]["accessType"] == "OPEN"
        assert program.call("get_space", name=f"spaces/{space['meetingCode']}")["name"] == space["name"]
        assert program.call("list_conference_records", filter=f'space.name = "{space["name"]}"') == {}
        assert "HttpError 40" in program.call("get_conference_record", name="conferenceRecords/none")["error"]


def test_workos_gmeet_mcp_server(bed, signed_in, client, met):
    """It asks for Calendar and Drive when it refreshes, and fails where these are needed."""
    environment = {
        "GOOGLE_CLIENT_ID": client["client_id"],
        "GOOGLE_CLIENT_SECRET": client["client_secret"],
        "GOOGLE_REFRESH_TOKEN": signed_in["refresh_token"],
    }
    with Tools(bed, PROGRAMS / "gmeet-mcp-server", **environment) as program:
        records = program.call("gmeet_list_conference_records")
        assert [record["name"] for record in records["records"]] == [met.conference_record], records
        people = program.call("gmeet_get_meeting_participants", conference_record=met.conference_record)
        assert [person["anonymousUser"]["displayName"] for person in people["participants"]] == ["Frances"], people
        assert program.call("gmeet_list_recordings", conference_record=met.conference_record)["count"] == 0
        assert "404" in program.call("gmeet_list_calendars")["error"]


def test_goauth_cli(bed, client):
    """Google's Node.js library of 2019 at Google's own addresses: no file names any."""
    scopes = ["openid", "profile", "email", CREATED, CALENDAR]
    told = bed.run("node", HERE / "login.mjs", client["client_id"], client["client_secret"], *scopes)
    told = json.loads(told.splitlines()[-1])
    assert told["person"]["email"] == "ada@example.org" and told["person"]["verified_email"] is True
    assert (told["payload"]["name"], told["payload"]["iss"]) == ("Ada Lovelace", "https://accounts.google.com")
    assert told["payload"]["sub"] == told["person"]["id"] == told["info"]["sub"]
    assert re.fullmatch(LINK, told["space"]["meetingUri"])
    assert CREATED in told["scope"] and CALENDAR not in told["scope"]


def test_links_and_files_are_of_the_public_url(client):
    assert client["redirect_uris"] == ["http://localhost"]
    assert client["auth_uri"].startswith(URL) and client["token_uri"].startswith(URL)
