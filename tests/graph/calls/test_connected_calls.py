"""A call that was connected with another is one record: who wants to know of records is told of it once, and reads of both who spoke."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from msgraph.generated.communications.call_records.item.call_record_item_request_builder import CallRecordItemRequestBuilder
from msgraph.generated.models.call_records.audio_codec import AudioCodec
from msgraph.generated.models.call_records.call_type import CallType
from msgraph.generated.models.call_records.media_stream_direction import MediaStreamDirection
from msgraph.generated.models.call_records.modality import Modality
from msgraph.generated.models.call_records.participant_endpoint import ParticipantEndpoint
from msgraph.generated.models.call_records.service_endpoint import ServiceEndpoint
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription

from microsoft import ask
from receiver import Receiver
from telephone import until
from telephones import Telephones, id_of

RECORD = CallRecordItemRequestBuilder.CallRecordItemRequestBuilderGetQueryParameters
ALL = {"expand": ["sessions($expand=segments)", "participants_v2"]}
# Each side reports what it heard at least every 7.5 s (RFC 3550 section 6.3.1), and a round trip is known by the second of two reports.
TALKED_S = 20


class World(Telephones):
    """A server that Ada calls, and that connects her with Bo; a program wants to know of records."""

    def __init__(self, folder, run):
        self.receiver, self.documents = Receiver(), {}
        super().__init__(folder, self.documents, self.receiver.origin)
        self.graph = self.reader("CallRecords.Read.All")
        self.records = self.graph.communications.call_records
        wish = Subscription(
            notification_url=f"{self.receiver.origin}/changes",
            change_type="created",
            resource="communications/callRecords",
            expiration_date_time=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
        )
        self.subscription = run(self.graph.subscriptions.post(wish))
        ada, bo = self.ada(), self.bo()
        self.bo_address = bo.address
        self.documents["/desk"] = f"<Call>{bo.address}</Call>"
        try:
            ada.dial(self.domain("desk"))
            until(lambda: len([call for call in self.calls() if call.get("bridged")]) == 2)
            time.sleep(TALKED_S)
            ada.hang_up()
            until(lambda: len(self.over()) == 2)
        finally:
            ada.stop()
            bo.stop()
        self.call, self.other = sorted((id_of(call) for call in self.over()), key=self.is_made_by_other)

    def is_made_by_other(self, id):
        return any(id_of(call) == id and "originatingCall" in call for call in self.calls())

    def stop(self):
        super().stop()
        self.receiver.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory, run):
    world = World(tmp_path_factory.mktemp("connected"), run)
    yield world
    world.stop()


@pytest.fixture(scope="module")
def heard(world):
    """What the program was told."""
    return world.receiver.hears(within_s=40)


def test_it_is_told_of_once(world, heard):
    assert (heard["subscriptionId"], heard["changeType"]) == (str(world.subscription.id), "created")
    assert heard["resourceData"]["id"] == world.call
    assert heard["resource"] == heard["resourceData"]["@odata.id"] == f"communications/callRecords/{world.call}"
    assert world.receiver.hears_no_more(for_s=6)


def test_it_is_one_record(world, run, heard):
    assert [record.id for record in run(world.records.get()).value] == [world.call]
    with pytest.raises(ODataError) as refusal:
        run(world.records.by_call_record_id(world.other).get())
    assert refusal.value.response_status_code == 404


def test_it_is_a_session_of_both_with_a_segment_for_each(world, run, heard):
    one = world.records.by_call_record_id(heard["resourceData"]["id"])
    record = run(one.get(request_configuration=ask(RECORD, **ALL)))
    assert (record.type, record.modalities) == (CallType.PeerToPeer, [Modality.Audio])
    both = ["sip:ada@example.org", world.bo_address]
    assert [participant.identity.phone.id for participant in record.participants_v2] == both
    [session] = record.sessions
    assert session.id == world.call and session.failure_info is None
    for end, who in zip([session.caller, session.callee], both, strict=True):
        assert isinstance(end, ParticipantEndpoint) and end.associated_identity.id == who
    assert [segment.id for segment in session.segments] == [world.call, world.other]
    came, went = session.segments
    assert isinstance(came.caller, ParticipantEndpoint) and came.caller.associated_identity.id == both[0]
    assert isinstance(came.callee, ServiceEndpoint) and isinstance(went.caller, ServiceEndpoint)
    assert isinstance(went.callee, ParticipantEndpoint) and went.callee.associated_identity.id == both[1]
    assert session.start_date_time <= came.start_date_time <= went.start_date_time <= went.end_date_time


@pytest.mark.parametrize("leg", [0, 1])
def test_each_leg_was_measured_both_ways(world, run, heard, leg):
    [session] = run(world.records.by_call_record_id(world.call).get(request_configuration=ask(RECORD, **ALL))).sessions
    [media] = session.segments[leg].media
    streams = {stream.stream_direction: stream for stream in media.streams}
    assert set(streams) == {MediaStreamDirection.CallerToCallee, MediaStreamDirection.CalleeToCaller}
    for stream in streams.values():
        assert stream.audio_codec == AudioCodec.Pcmu and stream.packet_utilization > 40 * TALKED_S
        assert stream.average_packet_loss_rate < 0.01 and stream.max_jitter < timedelta(milliseconds=50)
        assert timedelta(0) <= stream.average_round_trip_time < timedelta(milliseconds=100)
