"""The call record of a meeting in browsers, as Microsoft's own client reads it: printed with everything in it, once it is seen that what
is expanded and what is read by itself agree.

Run by `graph.js` with the server's URL, a token and the id of the record, which is there some seconds after the meeting.
"""

import asyncio
import json
import pathlib
import sys
import time
import types

from msgraph.generated.communications.call_records.item.call_record_item_request_builder import CallRecordItemRequestBuilder
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "graph"))

from microsoft import ask, client, plain

RECORD = CallRecordItemRequestBuilder.CallRecordItemRequestBuilderGetQueryParameters
PUBLISHED_WITHIN_S = 10


async def published(record):
    deadline = time.monotonic() + PUBLISHED_WITHIN_S
    while True:
        try:
            return await record.get(request_configuration=ask(RECORD, expand=["sessions($expand=segments)", "participants_v2"]))
        except ODataError as error:
            if error.response_status_code != 404 or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def main(url, token, record_id):
    record = client(types.SimpleNamespace(url=url), token).communications.call_records.by_call_record_id(record_id)
    whole = await published(record)
    participants = (await record.participants_v2.get()).value
    assert [plain(one) for one in participants] == [plain(one) for one in whole.participants_v2]
    for session in whole.sessions:
        segments = (await record.sessions.by_session_id(session.id).segments.get()).value
        assert [plain(one) for one in segments] == [plain(one) for one in session.segments]
    print(json.dumps(plain(whole)))


asyncio.run(main(*sys.argv[1:]))
