"""Who wants to know of call records is told of each, by a subscription that Microsoft's client made, once the record can be read."""

from datetime import UTC, datetime, timedelta

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription

from application import Application
from clients import Clients
from meetings import uuid_of
from microsoft import client
from receiver import Receiver
from sederunt import Server

RESOURCE = "communications/callRecords"


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def told(tmp_path_factory, receiver):
    """A server of its own, which may tell a program of its own network: others must serve HTTPS in public."""
    server = Server(tmp_path_factory.mktemp("told"), "--notify-origin", receiver.origin)
    server.add_user("owner@example.org", "Owner")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def token(told):
    return Application.add(told, "CallRecords.Read.All").token()


@pytest.fixture(scope="module")
def graph(told, token):
    return client(told, token)


def subscription(receiver, **how):
    how = {"change_type": "created", "resource": RESOURCE, "expiration_date_time": in_hours(24), **how}
    return Subscription(notification_url=f"{receiver.origin}/changes?tenant=mine", **how)


def in_hours(hours):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


def meet(server):
    """Somebody comes and goes; the id of the record."""
    owner = server.token("owner@example.org")
    seat = server.join(Clients(server.address, owner).open_space().name, name="Ada")
    server.leave(seat)
    return uuid_of(seat.conference_record)


def refused(run, call):
    with pytest.raises(ODataError) as refusal:
        run(call)
    return refusal.value.response_status_code, refusal.value.error.code


def test_the_life_of_a_subscription(run, graph, told, token, receiver):
    wish = subscription(receiver, client_state="s3cret", lifecycle_notification_url=f"{receiver.origin}/life")
    made = run(graph.subscriptions.post(wish))
    asked = sorted(receiver.questions.get(timeout=5) for _ in range(2))
    assert asked[0].startswith("/changes?tenant=mine&validationToken=") and asked[1].startswith("/life?validationToken=")
    assert (made.resource, made.change_type, made.client_state) == (RESOURCE, "created", "s3cret")
    assert made.notification_url == wish.notification_url and made.expiration_date_time == wish.expiration_date_time
    mine = graph.subscriptions.by_subscription_id(str(made.id))
    assert [one.id for one in run(graph.subscriptions.get()).value] == [made.id]
    [shown] = [row.split("\t") for row in told.command("app", "subscriptions").splitlines()]
    assert (shown[0], shown[2:4]) == (str(made.id), ["graph", wish.notification_url])
    assert run(mine.get()).expiration_date_time == wish.expiration_date_time

    record = meet(told)
    heard = receiver.hears()
    assert (heard["subscriptionId"], heard["clientState"], heard["changeType"]) == (str(made.id), "s3cret", "created")
    assert heard["resource"] == f"{RESOURCE}/{record}"
    assert heard["resourceData"]["id"] == record and heard["resourceData"]["@odata.id"] == heard["resource"]
    # It can be read at once, and once more nothing is said of it.
    found = run(graph.communications.call_records.by_call_record_id(record).get())
    assert found.version >= 1
    assert receiver.hears_no_more()

    renewed = run(mine.patch(Subscription(expiration_date_time=in_hours(48))))
    assert renewed.expiration_date_time > wish.expiration_date_time
    run(mine.reauthorize.post())
    run(mine.delete())
    assert run(graph.subscriptions.get()).value == []
    assert refused(run, mine.get())[0] == 404
    meet(told)
    assert receiver.hears_no_more(for_s=6)


def test_whoever_subscribes_to_updates_hears_of_the_first_version_too(run, graph, told, receiver):
    made = run(graph.subscriptions.post(subscription(receiver, change_type="updated")))
    record = meet(told)
    heard = receiver.hears()
    assert (heard["changeType"], heard["resourceData"]["id"]) == ("updated", record)
    run(graph.subscriptions.by_subscription_id(str(made.id)).delete())


def test_what_cannot_be_subscribed_to(run, graph, told, receiver):
    post = lambda wish: refused(run, graph.subscriptions.post(wish))
    elsewhere = Subscription(
        notification_url="http://127.0.0.1:9/changes", change_type="created", resource=RESOURCE, expiration_date_time=in_hours(1)
    )
    assert post(elsewhere)[0] == 400
    assert post(subscription(receiver, expiration_date_time=in_hours(24 * 4))) == (400, "ExtensionError")
    assert post(subscription(receiver, resource="communications/calls"))[0] == 400
    stranger = client(told, told.token("owner@example.org"))
    assert refused(run, stranger.subscriptions.post(subscription(receiver)))[0] == 403
    assert run(graph.subscriptions.get()).value == []
