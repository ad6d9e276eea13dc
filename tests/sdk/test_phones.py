"""A real telephone in a meeting: Google's own client lists it, a client that Google's compiler makes of our protos its call, and both tell
the same end."""

import re
import wave

import pytest
from clients import Clients
from sederunt import Server
from telephone import Telephone, free_port, until
from voice import TRANSPORTS, sign_in

PROJECT = "projects/meetings"
NUMBER = "+431234567"
HOST = "meet.sip.example.org"


class World:
    """A server with a meeting in which a telephone was, alone, until its owner ended it."""

    def __init__(self, folder):
        sip = f"127.0.0.1:{free_port()}"
        configuration = folder / "sederunt.toml"
        first = free_port() // 2 * 2
        configuration.write_text(
            f'[telephony]\nlisten = "{sip}"\ndomain = "sip.example.org"\nfirst_port = {first}\nlast_port = {min(first + 100, 65534)}\n'
            f'phone_access = ["{NUMBER} AT de"]\ngateway_sip_access = "{HOST}"\n'
        )
        self.server = Server(folder / "data", "--config", str(configuration), "--quotas", "none")
        self.server.add_user("owner@example.org", "Owner")
        self.owner = self.server.token("owner@example.org")
        viewer = self.server.command("key", "create", "viewer", "--project", "meetings", "--role", "viewer")
        self.viewer = sign_in(self.server, viewer)
        self.space = self.clients().open_space()
        voice = folder / "voice.wav"
        with wave.open(str(voice), "wb") as silence:
            silence.setparams((1, 2, 8000, 8000, "NONE", ""))
            silence.writeframes(bytes(2 * 8000))
        telephone = Telephone(folder / "telephone", voice, sip)
        try:
            telephone.dial(self.space.gateway_sip_access[0].uri)
            self.record = until(self.running)
            until(lambda: self.participants(self.clients()))
            self.clients().spaces.end_active_conference(request={"name": self.space.name})
            self.call = until(self.ended)
        finally:
            telephone.stop()

    def clients(self, transport="grpc", version="v2"):
        return Clients(self.server.address, self.owner, transport, version)

    def running(self):
        records = self.clients().records.list_conference_records(request={"filter": f'space.name = "{self.space.name}"'})
        return next(iter(records), None)

    def participants(self, clients):
        return list(clients.records.list_participants(parent=self.record.name))

    def ended(self):
        calls = TRANSPORTS["grpc"](self.server, self.viewer).ask("Calls.ListCalls", parent=PROJECT)
        return next((call for call in calls.get("calls", []) if "endTime" in call), None)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("phones"))
    yield world
    world.server.stop()


@pytest.mark.parametrize("transport", ["grpc", "rest"])
@pytest.mark.parametrize("version", ["v2", "v2beta"])
class TestGoogle:
    def test_a_space_says_by_what_it_is_called(self, world, transport, version):
        space = world.clients(transport, version).spaces.get_space(name=world.space.name)
        (number,), (gateway,) = space.phone_access, space.gateway_sip_access
        assert (number.phone_number, number.region_code, number.language_code) == (NUMBER, "AT", "de")
        assert re.fullmatch(r"\d{10}", number.pin)
        assert re.fullmatch(rf"sip:{number.pin}\d{{3}}@{re.escape(HOST)}", gateway.uri)
        assert gateway.sip_access_code == number.pin

    def test_a_telephone_is_a_phone_user(self, world, transport, version):
        clients = world.clients(transport, version)
        (participant,) = world.participants(clients)
        assert participant.phone_user.display_name == "a•••@example.org"
        assert not participant.signedin_user.user and not participant.anonymous_user.display_name
        (session,) = clients.records.list_participant_sessions(parent=participant.name)
        assert session.end_time == participant.latest_end_time


def test_the_call_began_before_and_ended_after_or_with_the_session(world):
    """Whoever is put out hears why before the call ends."""
    (participant,) = world.participants(world.clients())
    start, end = participant.earliest_start_time, participant.latest_end_time
    times = [world.call["answerTime"], start.rfc3339(), end.rfc3339(), world.call["endTime"]]
    assert times == sorted(times), times
    assert world.call["bridged"] and world.call["state"] == "COMPLETED"


def test_a_program_learns_which_call_was_in_which_meeting(world):
    path = f"/sederunt/v1/{PROJECT}/callMeetings"
    answer = world.server.call("GET", path, world.viewer, params={"calls": world.call["name"]})
    (met,) = answer.json()["callMeetings"]
    (participant,) = world.participants(world.clients())
    assert met["call"] == world.call["name"]
    assert met["participantSession"].startswith(f"{participant.name}/participantSessions/")
    attendance = world.server.call("GET", f"/sederunt/v1/{world.record.name}/attendance", world.owner).json()
    (attendee,) = attendance["attendees"]
    assert attendee["byPhone"] and attendee["sessions"][0]["call"] == world.call["name"]
