"""Programs that hear calls, by a client that Google's compiler makes of our proto: which are refused, and how."""

import queue

import grpc
import pytest
from sederunt import Server
from telephone import free_port
from voice import Grpc, generated, sign_in

STREAM = "projects/support/streams/s"
MU = {"audio_encoding": "AUDIO_ENCODING_MULAW", "sample_rate_hertz": 8000}
SETUP = {"setup": {"stream": STREAM, "audio_config": MU}}


class World:
    """A server with telephones that nobody calls."""

    def __init__(self, folder):
        configuration = folder / "sederunt.toml"
        first = free_port() // 2 * 2
        configuration.write_text(
            f'[telephony]\nlisten = "127.0.0.1:{free_port()}"\ndomain = "sip.example.org"\n'
            f"first_port = {first}\nlast_port = {min(first + 100, 65534)}\n"
        )
        self.server = Server(folder / "data", "--config", str(configuration), "--quotas", "none")
        for project in ["support", "sales"]:
            self.server.command("project", "create", project)
        keys = {role: self.server.command("key", "create", role, "--project", "support", "--role", role) for role in ["viewer", "editor"]}
        keys["stranger"] = self.server.command("key", "create", "stranger", "--project", "sales", "--role", "admin")
        self.tokens = {who: sign_in(self.server, key) for who, key in keys.items()} | {"nobody": None}
        self.channel = grpc.insecure_channel(self.server.address)

    def open(self, *messages, who="editor", ends=False, **options):
        """A stream that begins with these messages; more can be put into its queue, and `None` ends them."""
        module, stubs = generated()["Streams"]
        said = queue.Queue()
        for message in messages:
            said.put(module.StreamCallRequest(**message) if isinstance(message, dict) else message)
        if ends:
            said.put(None)
        token = self.tokens[who]
        metadata = [("authorization", f"Bearer {token}")] if token else []
        call = stubs.StreamsStub(self.channel).StreamCall(iter(said.get, None), metadata=metadata, timeout=60, **options)
        return call, said

    def refused(self, *messages, **options):
        call, said = self.open(*messages, **options)
        with pytest.raises(grpc.RpcError) as error:
            next(call)
        said.put(None)
        refused = Grpc.refused(error.value)
        return refused.status, refused.fields


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("streams"))
    yield world
    world.channel.close()
    world.server.stop()


def setup(**changes):
    return {"setup": SETUP["setup"] | changes}


@pytest.mark.parametrize(
    "messages, expected",
    [
        ([{"input_audio": {"audio": b"x"}}], ("INVALID_ARGUMENT", ["setup"])),
        ([{}], ("INVALID_ARGUMENT", ["setup"])),
        ([setup(stream="projects/support/streams/")], ("INVALID_ARGUMENT", ["setup.stream"])),
        ([setup(stream="projects/support/calls/s")], ("INVALID_ARGUMENT", ["setup.stream"])),
        ([setup(stream="projects/support/streams/" + 37 * "s")], ("INVALID_ARGUMENT", ["setup.stream"])),
        ([setup(audio_config={})], ("INVALID_ARGUMENT", ["setup.audio_config"])),
        ([setup(audio_config={"sample_rate_hertz": 8000})], ("INVALID_ARGUMENT", ["setup.audio_config"])),
        ([setup(audio_config=MU | {"sample_rate_hertz": 16000})], ("INVALID_ARGUMENT", ["setup.audio_config"])),
        # What comes after is looked at as well, and ends the stream.
        ([SETUP, {"input_audio": {"audio": b"x", "config": MU | {"sample_rate_hertz": 1}}}], ("INVALID_ARGUMENT", ["input_audio.config"])),
        ([SETUP, {"input_audio": {"audio": bytes(960_001)}}], ("INVALID_ARGUMENT", ["input_audio.audio"])),
        ([SETUP, {"input_audio": {"audio": bytes(4_000_000)}}], ("INVALID_ARGUMENT", ["input_audio"])),
        (
            [SETUP, {"update_request_parameters": {"parameters": {"key": 51_198 * "x"}}}],
            ("INVALID_ARGUMENT", ["update_request_parameters.parameters"]),
        ),
    ],
)
def test_what_is_no_stream_is_refused_for_what_it_is(world, messages, expected):
    assert world.refused(*messages) == expected


@pytest.mark.parametrize(
    "who, expected",
    [("viewer", "PERMISSION_DENIED"), ("stranger", "PERMISSION_DENIED"), ("nobody", "UNAUTHENTICATED")],
)
def test_who_may_open_a_stream(world, who, expected):
    assert world.refused(SETUP, who=who)[0] == expected


def test_who_has_no_business_here_is_not_waited_for(world):
    assert world.refused(who="nobody")[0] == "UNAUTHENTICATED"
    assert world.refused(ends=True) == ("INVALID_ARGUMENT", ["setup"])


def test_compressed_messages_are_not_taken(world):
    assert world.refused(SETUP, compression=grpc.Compression.Gzip)[0] == "UNIMPLEMENTED"


def test_a_name_is_one_programs_until_it_is_gone(world):
    module, _ = generated()["Streams"]
    call, said = world.open(SETUP)
    # The server has begun to answer, so the stream waits.
    call.initial_metadata()
    assert world.refused(SETUP) == ("ALREADY_EXISTS", [])
    # A later setup is ignored, be it good or not, and so is one that is said with something else.
    said.put(module.StreamCallRequest(**setup(stream="nothing"), input_audio={"audio": bytes(960_000)}))
    another, ending = world.open(setup(stream="projects/support/streams/t"))
    another.initial_metadata()
    call.cancel()
    another.cancel()
    for queued in [said, ending]:
        queued.put(None)
    # It is free as soon as the server knows, which is soon.
    for _ in range(100):
        call, said = world.open(SETUP)
        try:
            call.initial_metadata()
            if call.is_active():
                break
        finally:
            call.cancel()
            said.put(None)
    else:
        pytest.fail("the name is still taken")


def test_a_stream_that_nobody_calls_ends_after_half_a_minute(world):
    assert world.refused(setup(stream="projects/support/streams/lonely")) == ("DEADLINE_EXCEEDED", [])
