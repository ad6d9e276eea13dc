"""Call records of telephone calls, as Microsoft's Python client reads them: among those of meetings, with what was measured."""

from datetime import UTC, datetime, timedelta

import pytest
from msgraph.generated.communications.call_records.call_records_request_builder import CallRecordsRequestBuilder
from msgraph.generated.communications.call_records.item.call_record_item_request_builder import CallRecordItemRequestBuilder
from msgraph.generated.models.call_records.audio_codec import AudioCodec
from msgraph.generated.models.call_records.call_type import CallType
from msgraph.generated.models.call_records.failure_stage import FailureStage
from msgraph.generated.models.call_records.media_stream_direction import MediaStreamDirection
from msgraph.generated.models.call_records.modality import Modality
from msgraph.generated.models.call_records.network_transport_protocol import NetworkTransportProtocol
from msgraph.generated.models.call_records.participant_endpoint import ParticipantEndpoint
from msgraph.generated.models.call_records.service_endpoint import ServiceEndpoint
from msgraph.generated.models.call_records.service_role import ServiceRole

from microsoft import ask
from telephone import until
from telephones import Telephones, id_of

LIST = CallRecordsRequestBuilder.CallRecordsRequestBuilderGetQueryParameters
RECORD = CallRecordItemRequestBuilder.CallRecordItemRequestBuilderGetQueryParameters
ALL = {"expand": ["sessions($expand=segments)", "participants_v2"]}

# The second report of a telephone names one of ours, and comes after fifteen seconds at the latest: then there is a round trip.
DOCUMENTS = {"/talk": '<Wait DurationSeconds="20"/>', "/busy": '<Reject Reason="busy"/>', "/cut": '<Wait DurationSeconds="60"/>'}


class World(Telephones):
    """A server with three calls that are over: one in which somebody talked, one that was refused, and one whose telephone died."""

    def __init__(self, folder):
        super().__init__(folder, DOCUMENTS)
        self.graph = self.reader("CallRecords.Read.All", "CallRecord-PstnCalls.Read.All")
        self.records = self.graph.communications.call_records
        telephone = self.ada()
        try:
            for number, domain in enumerate(["talk", "busy"], 1):
                telephone.dial(self.domain(domain))
                until(lambda: len(self.over()) == number)
            telephone.dial(self.domain("cut"))
            until(lambda: self.calls()[0]["state"] == "IN_PROGRESS")
        finally:
            telephone.stop()
        until(lambda: len(self.over()) == 3)
        # The newest first.
        self.cut, self.busy, self.talked = map(id_of, self.over())


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("calls"))
    yield world
    world.stop()


@pytest.fixture(scope="module")
def listed(world, run):
    """All records, once they are published."""

    def every():
        page = run(world.records.get(request_configuration=ask(LIST, count=True)))
        return page if page.odata_count == 3 else None

    return until(every)


def test_calls_are_in_the_list(world, run, listed):
    assert [record.id for record in listed.value] == [world.cut, world.busy, world.talked]
    assert {record.type for record in listed.value} == {CallType.PeerToPeer}
    for record in listed.value:
        assert record.version == 1 and record.organizer_v2 is None and record.join_web_url is None
        assert record.start_date_time <= record.end_date_time < record.last_modified_date_time


@pytest.mark.parametrize(
    "filter, expected",
    [
        ("type eq 'peerToPeer'", 3),
        ("type eq 'groupCall'", 0),
        ("modalities/any(m:m eq 'audio')", 2),
        ("participants_v2/any(p:p/id eq 'sip:ada@example.org')", 3),
        ("participants_v2/any(p:p/id eq 'sip:bo@example.org')", 0),
        ("organizer_v2/id eq '100000000000000000001'", 0),
        ("startDateTime ge 2020-01-01T00:00:00Z and lastModifiedDateTime ge 2020-01-01T00:00:00Z", 3),
    ],
)
def test_calls_are_found(world, run, listed, filter, expected):
    page = run(world.records.get(request_configuration=ask(LIST, filter=filter, count=True)))
    assert (len(page.value), page.odata_count) == (expected, expected)


def test_a_call_is_a_session_with_what_was_measured(world, run, listed):
    record = run(world.records.by_call_record_id(world.talked).get(request_configuration=ask(RECORD, **ALL)))
    assert record.modalities == [Modality.Audio]
    [participant], [session] = record.participants_v2, record.sessions
    assert participant.id == participant.identity.phone.id == "sip:ada@example.org"
    assert session.id == record.id and session.failure_info is None
    assert isinstance(session.caller, ParticipantEndpoint) and session.caller.associated_identity.id == participant.id
    assert isinstance(session.callee, ServiceEndpoint) and session.callee.user_agent.role == ServiceRole.CustomBot
    [segment] = session.segments
    [media] = segment.media
    assert (segment.id, media.label) == (record.id, "main-audio")
    for network in [media.caller_network, media.callee_network]:
        assert network.network_transport_protocol == NetworkTransportProtocol.Udp and network.port is None
    streams = {stream.stream_direction: stream for stream in media.streams}
    assert set(streams) == {MediaStreamDirection.CallerToCallee, MediaStreamDirection.CalleeToCaller}
    for stream in streams.values():
        assert stream.audio_codec == AudioCodec.Pcmu and stream.packet_utilization > 400
        assert stream.average_packet_loss_rate < 0.01 and stream.max_jitter < timedelta(milliseconds=50)
        assert timedelta(0) <= stream.average_round_trip_time < timedelta(milliseconds=100)


def test_what_is_expanded_is_what_is_read_by_itself(world, run, listed):
    one = world.records.by_call_record_id(world.talked)
    session = one.sessions.by_session_id(world.talked)
    assert [found.id for found in run(one.sessions.get()).value] == [world.talked]
    assert run(session.get()).id == world.talked
    assert [found.id for found in run(session.segments.get()).value] == [world.talked]
    assert run(session.segments.by_segment_id(world.talked).get()).media[0].label == "main-audio"
    [participant] = run(one.participants_v2.get()).value
    assert run(one.participants_v2.by_participant_id(participant.id).get()).id == participant.id


def test_a_call_that_was_refused_has_failed(world, run, listed):
    record = run(world.records.by_call_record_id(world.busy).get(request_configuration=ask(RECORD, **ALL)))
    assert record.modalities == []
    [session] = record.sessions
    assert session.failure_info.stage == FailureStage.CallSetup and "rejected" in session.failure_info.reason
    assert session.segments[0].media == []


def test_a_call_whose_telephone_died_was_cut_off(world, run, listed):
    record = run(world.records.by_call_record_id(world.cut).get(request_configuration=ask(RECORD, **ALL)))
    [session] = record.sessions
    for part in [session, session.segments[0]]:
        assert part.failure_info.stage == FailureStage.Midcall and "Nothing was heard" in part.failure_info.reason


def test_calls_of_sip_are_none_of_the_network(world, run, listed):
    now = datetime.now(UTC)
    for name in ["get_pstn_calls", "get_direct_routing_calls"]:
        function = f"microsoft_graph_call_records_{name}_with_from_date_time_with_to_date_time"
        page = run(getattr(world.records, function)(now - timedelta(days=1), now).get())
        assert (page.value, page.odata_count) == ([], 0)
