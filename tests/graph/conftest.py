"""One server without TLS, its people and applications, and meetings that are over: what most tests read."""

import asyncio

import pytest

from application import Application
from clients import Clients
from meetings import hold
from microsoft import client
from sederunt import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("data"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def run():
    """Runs what the client promises. One loop for all: it keeps its connections."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def tokens(server):
    """Bearer tokens by what they stand for."""
    for user in ["owner", "guest", "stranger"]:
        server.add_user(f"{user}@example.org", user.capitalize())
    tokens = {user: server.token(f"{user}@example.org") for user in ["owner", "guest", "stranger"]}
    tokens["reader"] = Application.add(server, "CallRecords.Read.All").token()
    tokens["clerk"] = Application.add(server, "OnlineMeetingArtifact.Read.All").token()
    return tokens


@pytest.fixture(scope="session")
def meetings(server, tokens):
    owner = Clients(server.address, tokens["owner"])
    return hold(server, tokens, lambda: owner.open_space(attendance_report_generation_type="GENERATE_REPORT").name)


@pytest.fixture(scope="session", params=["v1.0", "beta"])
def graph(request, server, tokens, meetings):
    """The client of an application that may read all call records, in both versions; all meetings are over."""
    return client(server, tokens["reader"], request.param)


@pytest.fixture(scope="session")
def records(graph):
    return graph.communications.call_records


@pytest.fixture
def full(records, meetings):
    """The record of the meeting in which everything happened. Not kept: the client's builders of one collection share their keys."""
    return records.by_call_record_id(meetings.full)
