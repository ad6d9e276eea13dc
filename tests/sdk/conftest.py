"""One server for all tests, its users, and one sitting that is over: what most tests read."""

from dataclasses import dataclass

import pytest

from clients import Clients
from sederunt import Seat, Server

SCOPE = "https://www.googleapis.com/auth/meetings.space."


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("data"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def tokens(server):
    """Bearer tokens by what they stand for."""
    for user in ["owner", "guest", "stranger", "cohost"]:
        server.add_user(f"{user}@example.org", user.capitalize())
    return {
        "owner": server.token("owner@example.org"),
        "guest": server.token("guest@example.org"),
        "stranger": server.token("stranger@example.org"),
        "cohost": server.token("cohost@example.org"),
        "owner, to create": server.token("owner@example.org", "--scope", SCOPE + "created"),
        "owner, to read": server.token("owner@example.org", "--scope", SCOPE + "readonly"),
        "owner, for settings": server.token("owner@example.org", "--scope", SCOPE + "settings"),
        "owner, expired": server.token("owner@example.org", "--ttl", "1s"),
    }


@pytest.fixture(scope="session")
def clients_of(server, tokens):
    """Makes a client for a caller, and keeps it: channels are not free."""
    made = {}

    def clients(caller, transport="grpc", version="v2"):
        key = (caller, transport, version)
        if key not in made:
            token = tokens[caller] if caller in tokens else caller
            made[key] = Clients(server.address, token, transport, version)
        return made[key]

    return clients


@pytest.fixture(params=["grpc", "rest"])
def transport(request):
    return request.param


@pytest.fixture(params=["v2", "v2beta"])
def version(request):
    return request.param


@pytest.fixture
def owner(clients_of, transport, version):
    """The owner's client, on both transports and in both versions."""
    return clients_of("owner", transport, version)


@dataclass(frozen=True)
class Sitting:
    """A conference that is over, and who was in it."""

    space: str
    meeting_code: str
    conference_record: str
    seats: list[Seat]

    def participants_newest_first(self):
        """By their first session, as lists return them."""
        return list(dict.fromkeys(seat.participant for seat in self.seats))[::-1]


@pytest.fixture(scope="session")
def sitting(server, tokens, clients_of):
    """Five participants in seven sessions: the owner on two devices, Ada twice, everybody gone."""
    space = clients_of("owner").open_space()
    join = lambda **who: server.join(space.name, **who)
    seats = [join(token=tokens["owner"]), join(name="Ada")]
    seats.append(join(token=tokens["owner"]))
    server.leave(seats[1])
    seats.append(join(token=tokens["guest"]))
    seats += [join(name="Bo"), join(name="Caro")]
    seats.append(join(name="Ada", resume_secret=seats[1].resume_secret))
    for seat in seats:
        if seat is not seats[1]:
            server.leave(seat)
    records = {seat.conference_record for seat in seats}
    assert len(records) == 1, "one sitting is one conference"
    return Sitting(space.name, space.meeting_code, records.pop(), seats)
