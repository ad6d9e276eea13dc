"""`google-apps-meet` in programs that wait for many things at once: its client for asyncio."""

import asyncio

import grpc
import pytest
from google.api_core import exceptions

from clients import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_many_calls_at_once(server, tokens, sitting, version):
    meet = VERSIONS[version]
    bearer = [("authorization", f"Bearer {tokens['owner']}")]

    async def program():
        async with grpc.aio.insecure_channel(server.address) as channel:
            transport = meet.ConferenceRecordsServiceAsyncClient.get_transport_class("grpc_asyncio")
            records = meet.ConferenceRecordsServiceAsyncClient(transport=transport(channel=channel))
            gets = [
                records.get_participant_session(name=seat.participant_session, metadata=bearer)
                for seat in sitting.seats * 10
            ]
            sessions = await asyncio.gather(*gets)
            pages = await records.list_participants({"parent": sitting.conference_record, "page_size": 2}, metadata=bearer)
            names = [participant.name async for participant in pages]
            with pytest.raises(exceptions.Unauthenticated):
                await records.get_conference_record(name=sitting.conference_record)
            return sessions, names

    sessions, names = asyncio.run(program())
    assert [session.name for session in sessions] == [seat.participant_session for seat in sitting.seats] * 10
    assert names == sitting.participants_newest_first()
