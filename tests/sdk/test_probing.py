"""gRPC's own services, asked by the vendor's library: bytes are enough for what they say."""

import grpc
import pytest


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.address) as channel:
        yield channel


def test_the_server_is_well(channel):
    check = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
    assert check(b"", timeout=20) == b"\x08\x01"


def test_a_watch_begins_with_how_it_is(channel):
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=bytes, response_deserializer=bytes)
    watching = watch(b"", timeout=20)
    assert next(watching) == b"\x08\x01"
    watching.cancel()


@pytest.mark.parametrize("edition", ["v1", "v1alpha"])
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_tools_find_the_services(channel, edition, compression):
    path = f"/grpc.reflection.{edition}.ServerReflection/ServerReflectionInfo"
    ask = channel.stream_stream(path, request_serializer=bytes, response_deserializer=bytes)
    # `list_services` is field 7; whatever it says, all are listed.
    [answer] = ask(iter([b"\x3a\x01*"]), timeout=20, compression=compression)
    for service in [b"google.apps.meet.v2.SpacesService", b"sederunt.v1.Meetings", b"grpc.health.v1.Health"]:
        assert service in answer
