"""The real release program as a child process, and meetings without a browser.

Whoever joins is in the register once their transport is up, so a process beside us plays the clients. Meetings in real
browsers are in `tests/browser`.
"""

import functools
import os
import pathlib
import re
import subprocess
from dataclasses import dataclass

import requests

from attend import Attend

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SEDERUNT_BINARY", CHECKOUT / "target/release/sederunt"))
# What Chromium offered once: nobody is behind it.
OFFER = (CHECKOUT / "tests/fixtures/offer.sdp").read_bytes().decode()


@functools.cache
def attend():
    """The clients of all meetings."""
    return Attend(BINARY.with_name("attend"))


@dataclass(frozen=True)
class Seat:
    """What a join gave."""

    space: str
    conference_record: str
    participant: str
    participant_session: str
    resume_secret: str


class Server:
    """A server on free ports with a data folder of its own."""

    def __init__(self, data, *flags):
        assert BINARY.is_file(), f"{BINARY} is missing: cargo build --release -p sederunt"
        self.data = data
        where = ["--listen", "127.0.0.1:0", "--media-port", "0", "--data", str(data)]
        # Hundreds of tests ask as one person. A flag would take the place of what a file sets.
        where += [] if {"--quotas", "--config"} & set(flags) else ["--quotas", "none"]
        self.process = subprocess.Popen([BINARY, "serve", *where, *flags], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        found = re.search(r"is ready at (https?)://localhost:(\d+)", ready)
        assert found, f"the server did not start: {ready!r}"
        self.port = int(found[2])
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{found[1]}://{self.address}"
        self.public_url = f"{found[1]}://localhost:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def command(self, *arguments):
        command = [BINARY, *arguments, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def add_user(self, email, name):
        self.command("user", "add", email, "--name", name)

    def token(self, email, *flags):
        """A bearer token: it is all that the command prints on standard output."""
        return self.command("token", email, *flags)

    def call(self, method, path, token=None, **arguments):
        """A plain HTTP request, for what Google's client would never send."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers.update(arguments.pop("headers", {}))
        return requests.request(method, self.url + path, headers=headers, timeout=30, **arguments)

    def enter(self, space, token=None, name=None, resume_secret=None):
        """What the door says: a seat, or a place in the lobby. When this returns, the client has been told the same."""
        client, offer = attend().offer()
        body = {"offer": offer, "displayName": name, "resumeSecret": resume_secret}
        answer = self.call("POST", f"/sederunt/v1/{space}:join", token, json=body)
        assert answer.status_code == 200, answer.text
        promised = answer.json()
        told = attend().accept(client, promised["answer"])
        assert told == ("WAITING" if promised.get("waiting") else "JOINED")
        return promised

    def join(self, space, *, name=None, token=None, resume_secret=None):
        body = self.enter(space, token, name, resume_secret)
        assert not body.get("waiting"), "nobody is there to admit them"
        fields = ["space", "conferenceRecord", "participant", "participantSession", "resumeSecret"]
        return Seat(*(body[field] for field in fields))

    def leave(self, seat):
        body = {"participantSession": seat.participant_session, "resumeSecret": seat.resume_secret}
        answer = self.call("POST", f"/sederunt/v1/{seat.space}:leave", json=body)
        assert answer.status_code == 200, answer.text
