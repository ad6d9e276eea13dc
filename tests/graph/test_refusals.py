"""What Microsoft's Python client makes of a no."""

import uuid

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from clients import Clients
from microsoft import client
from sederunt import Server

UNKNOWN = str(uuid.UUID(int=0))


def refused(run, call):
    with pytest.raises(ODataError) as refusal:
        run(call)
    return refusal.value


def test_what_is_not_there(run, records):
    error = refused(run, records.by_call_record_id(UNKNOWN).get())
    assert (error.response_status_code, error.error.code) == (404, "NotFound")
    assert uuid.UUID(str(error.error.inner_error.request_id)) and error.error.inner_error.date


def test_nobody(run, server, meetings):
    error = refused(run, client(server).communications.call_records.get())
    assert (error.response_status_code, error.error.code) == (401, "InvalidAuthenticationToken")
    assert "Bearer" in str(error.response_headers)


def test_a_token_that_is_none(run, server, meetings):
    error = refused(run, client(server, "made-up").communications.call_records.get())
    assert (error.response_status_code, error.error.code) == (401, "InvalidAuthenticationToken")


def test_an_application_with_another_role(run, server, tokens, meetings):
    error = refused(run, client(server, tokens["clerk"]).communications.call_records.get())
    assert (error.response_status_code, error.error.code) == (403, "Forbidden")


def test_more_than_the_quota_is_asked_again_in_time(run, tmp_path):
    """A request a second: the client is told when, waits, and succeeds; a program that does not wait is refused."""
    (tmp_path / "sederunt.toml").write_text("[quotas]\nreads_per_person = 60\n")
    server = Server(tmp_path / "data", "--config", str(tmp_path / "sederunt.toml"))
    try:
        server.add_user("owner@example.org", "Owner")
        token = server.token("owner@example.org")
        ask = lambda: server.call("GET", "/v1.0/communications/callRecords", token)
        answers = (ask() for _ in range(600))
        last = next(answer for answer in answers if answer.status_code != 200)
        assert last.status_code == 429
        assert last.json()["error"]["code"] == "TooManyRequests"
        assert 1 <= int(last.headers["retry-after"]) <= 60
        assert run(client(server, token).communications.call_records.get()).value == []
    finally:
        server.stop()
