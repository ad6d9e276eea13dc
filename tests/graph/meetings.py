"""What the tests read: five meetings of one owner that are over, the first with everything that can happen to people."""

import base64
import time
import uuid
from dataclasses import dataclass

from attend import Attend
from sederunt import BINARY, Seat, attend

# A client that went silent has ended after so long, and a reservation without transport is forgotten by then.
SILENT_WITHIN_S = 20
# A conference of which somebody was cut off waits for them for 30 s.
PUBLISHED_WITHIN_S = 45


@dataclass(frozen=True)
class Meetings:
    """The ids of the records, newest first, and who was in the oldest, and where."""

    ids: list[str]
    seats: list[Seat]
    space: str

    @property
    def full(self):
        """The one in which everything happened."""
        return self.ids[-1]


def hold(server, tokens, open_space):
    """Holds them, and returns when each has its record."""
    seats = _full(server, tokens, open_space())
    records, space = [seats[0].conference_record], open_space()
    for _ in range(4):
        seat = server.join(space, token=tokens["owner"])
        server.leave(seat)
        records.append(seat.conference_record)
    ids = [uuid_of(record) for record in reversed(records)]
    wait(lambda: len(_published(server, tokens["reader"])) == len(ids), PUBLISHED_WITHIN_S, "each to have its record")
    return Meetings(ids, seats, seats[0].space)


def uuid_of(name):
    """The id in Graph of what Google's contract calls by this name: the same number, written otherwise."""
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(name.split("/")[-1] + "==")))


def _full(server, tokens, space):
    """Five people in six sessions: the owner on two devices, somebody who goes silent, and a visitor who never connects."""
    join = lambda **who: server.join(space, **who)
    seats = [join(token=tokens["owner"]), join(name="Ada"), join(token=tokens["owner"]), join(token=tokens["guest"]), join(name="Bo")]
    _never_connect(server, space, "Dora")
    seats.append(_go_silent(server, space, "Caro"))
    session = f"/v2/{seats[-1].participant_session}"
    ended = lambda: server.call("GET", session, tokens["owner"]).json().get("endTime")
    wait(ended, SILENT_WITHIN_S, "the silent one to be gone")
    for seat in seats[:-1]:
        server.leave(seat)
    return seats


def _go_silent(server, space, name):
    """Somebody joins whose computer then is switched off."""
    theirs = Attend(BINARY.with_name("attend"))
    client, offer = theirs.offer()
    body = server.call("POST", f"/sederunt/v1/{space}:join", json={"offer": offer, "displayName": name}).json()
    assert theirs.accept(client, body["answer"]) == "JOINED"
    theirs.process.kill()
    theirs.process.wait()
    fields = ["space", "conferenceRecord", "participant", "participantSession", "resumeSecret"]
    return Seat(*(body[field] for field in fields))


def _never_connect(server, space, name):
    _, offer = attend().offer()
    answer = server.call("POST", f"/sederunt/v1/{space}:join", json={"offer": offer, "displayName": name})
    assert answer.status_code == 200, answer.text


def _published(server, token):
    answer = server.call("GET", "/v1.0/communications/callRecords", token)
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def wait(until, within_s, what):
    deadline = time.monotonic() + within_s
    while not (found := until()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.1)
    return found
