"""A server that telephones call, somebody's own server that says what happens to their calls, and programs that read the records."""

import json
import struct
import wave

from application import Application
from microsoft import client
from sederunt import Server
from telephone import Handler, Telephone, free_port

BASE = "sip.example.org"


class Telephones:
    """Who else may be told of something says so by an origin."""

    def __init__(self, folder, documents, *origins):
        self.folder, self.handler = folder, Handler(documents)
        self.sip, first = f"127.0.0.1:{free_port()}", free_port() // 2 * 2
        configuration = folder / "sederunt.toml"
        configuration.write_text(
            f"notify_origin = {json.dumps([self.handler.origin, *origins])}\n"
            f'[telephony]\nlisten = "{self.sip}"\ndomain = "{BASE}"\npeers = ["127.0.0.0/8"]\n'
            f"first_port = {first}\nlast_port = {min(first + 100, 65534)}\n"
        )
        self.server = Server(folder / "data", "--config", str(configuration), "--quotas", "none")
        self.server.command("project", "create", "support")
        self.server.add_user("owner@example.org", "Owner")
        self.server.command("project", "add", "support", "owner@example.org", "--role", "admin")
        self.owner = self.server.token("owner@example.org", "--scope", "voice")
        self.voice = folder / "voice.wav"
        with wave.open(str(self.voice), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            # A minute of a tone.
            file.writeframes(struct.pack("<20h", *[8000] * 10, *[-8000] * 10) * 24_000)

    def ada(self):
        """Ada's telephone, which calls this server."""
        return Telephone(self.folder / "ada", self.voice, self.sip)

    def bo(self):
        """Bo's telephone, which answers."""
        return Telephone(self.folder / "bo", self.voice)

    def reader(self, *roles):
        """A program with these roles."""
        return client(self.server, Application.add(self.server, *roles).token())

    def domain(self, domain):
        """A domain whose calls the document of its name conducts; whom to call there."""
        body = {
            "callTerminationMode": "PROGRAMMABLE",
            "callTerminationHandlerUris": [f"{self.handler.origin}/{domain}"],
            "cidrBlocks": [{"displayName": "here", "cidrBlock": "127.0.0.0/8"}],
        }
        path = f"/v1beta1/projects/support/sipDomains?sipDomainId={domain}"
        assert self.server.call("POST", path, self.owner, json=body).status_code == 200
        return f"sip:anybody@{domain}.{BASE}"

    def calls(self):
        """All calls, the newest first."""
        return self.server.call("GET", "/v1beta1/projects/support/calls", self.owner).json().get("calls", [])

    def over(self):
        return [call for call in self.calls() if "endTime" in call]

    def stop(self):
        self.server.stop()
        self.handler.stop()


def id_of(call):
    """That of a call, which is that of its record."""
    return call["name"].rsplit("/", 1)[-1]
