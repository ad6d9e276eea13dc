"""Beyond the contract: people read the records of their own meetings, by a token of theirs, and of no others."""

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from microsoft import client, plain


def test_an_organizer_reads_what_an_application_reads(run, server, tokens, meetings, records):
    own = client(server, tokens["owner"]).communications.call_records
    assert [record.id for record in run(own.get()).value] == meetings.ids
    assert plain(run(own.by_call_record_id(meetings.full).get())) == plain(run(records.by_call_record_id(meetings.full).get()))


def test_whoever_only_attended_does_not(run, server, tokens, meetings):
    for who in ["guest", "stranger"]:
        own = client(server, tokens[who]).communications.call_records
        assert run(own.get()).value == [], who
        with pytest.raises(ODataError) as refusal:
            run(own.by_call_record_id(meetings.full).get())
        assert refusal.value.response_status_code == 404, who
