"""Several requests in one, by the client's own batches.

Of each part it reads the status; a body that is a JSON object it drops (msgraph-core 1.5), so what stands in the parts is compared by
the server's own tests.
"""

from msgraph_core.requests.batch_request_content import BatchRequestContent

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def test_each_part_has_the_status_of_the_request_alone(run, graph, records, meetings):
    content = BatchRequestContent()
    for id in [*meetings.ids, UNKNOWN]:
        content.add_request_information(records.by_call_record_id(id).to_get_request_information())
    numbers = list(content.requests)
    answer = run(graph.batch.post(batch_request_content=content))
    codes = answer.get_response_status_codes()
    assert [codes[number] for number in numbers] == [200] * len(meetings.ids) + [404]
    assert {answer.get_response_by_id(number).content_type for number in numbers} == {"application/json"}
