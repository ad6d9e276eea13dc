"""The real release program as a child process, and meetings without media.

A join is one HTTP request, so the register can be filled without a browser: the offer was recorded from Chromium, and
nobody answers on its side. Until the fifteen seconds for connecting are over, the register knows no difference. Meetings
with real media are in `tests/browser`.
"""

import pathlib
import subprocess
from dataclasses import dataclass

import requests

CHECKOUT = pathlib.Path(__file__).parents[2]
BINARY = CHECKOUT / "target/release/sederunt"
OFFER = (CHECKOUT / "tests/fixtures/offer.sdp").read_bytes().decode()


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

    def __init__(self, data):
        assert BINARY.is_file(), f"{BINARY} is missing: cargo build --release -p sederunt"
        self.data = data
        flags = ["--listen", "127.0.0.1:0", "--media-port", "0", "--data", str(data)]
        self.process = subprocess.Popen([BINARY, "serve", *flags], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        assert "is ready at http://localhost:" in ready, f"the server did not start: {ready!r}"
        self.address = f"127.0.0.1:{ready.rsplit(':', 1)[1].strip().rstrip('/')}"
        self.url = f"http://{self.address}"

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

    def join(self, space, *, name=None, token=None, resume_secret=None):
        body = {"offer": OFFER, "displayName": name, "resumeSecret": resume_secret}
        answer = self.call("POST", f"/sederunt/v1/{space}:join", token, json=body)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        fields = ["space", "conferenceRecord", "participant", "participantSession", "resumeSecret"]
        return Seat(*(body[field] for field in fields))

    def leave(self, seat):
        body = {"participantSession": seat.participant_session, "resumeSecret": seat.resume_secret}
        answer = self.call("POST", f"/sederunt/v1/{seat.space}:leave", json=body)
        assert answer.status_code == 200, answer.text
