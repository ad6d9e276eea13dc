"""What an operator decides beside a running server: who is forgotten, and how long records are kept."""

import datetime
import pathlib
import subprocess

import pytest

from sederunt import Server

NAME, EMAIL = "Ada Quillfeather", "ada.quillfeather@example.org"


@pytest.fixture
def alone(tmp_path):
    """A server of its own, whose files hold nothing else."""
    server = Server(tmp_path / "data")
    server.add_user("owner@example.org", "Owner")
    yield server
    server.stop()


def open_space(server, owner):
    made = server.call("POST", "/v2/spaces", owner, json={"config": {"accessType": "OPEN"}})
    return made.json()["name"]


def files_with(folder, *texts):
    """The files in which any of these is left, in any of the register's encodings."""
    needles = [text.encode() for text in texts]
    files = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    return {path.name for path in files if any(needle in path.read_bytes() for needle in needles)}


def test_a_person_is_forgotten_to_the_last_byte(alone):
    owner = alone.token("owner@example.org")
    alone.add_user(EMAIL, NAME)
    ada = alone.token(EMAIL)
    row = next(line for line in alone.command("user", "list").splitlines() if EMAIL in line)
    number = row.split("/")[-1]
    space = open_space(alone, owner)
    seats = [alone.join(space, token=ada), alone.join(space, token=owner), alone.join(space, name="Bo Unnamed")]
    assert files_with(alone.data, EMAIL) and files_with(alone.data, number)

    with pytest.raises(subprocess.CalledProcessError) as refusal:
        alone.command("person", "delete", EMAIL)
    assert "in a meeting that is not over" in refusal.value.stderr
    for seat in seats:
        alone.leave(seat)

    assert "1 conferences" in alone.command("person", "delete", EMAIL)
    assert not files_with(alone.data, EMAIL, NAME, number), "their bytes are still there"
    assert "1 conferences" in alone.command("person", "delete", seats[2].participant)
    assert not files_with(alone.data, "Bo Unnamed")

    # The others' record is true: three were there, from when to when.
    listed = alone.call("GET", f"/v2/{seats[0].conference_record}/participants", owner).json()["participants"]
    people = [row.get("signedinUser") or row["anonymousUser"] for row in listed]
    assert sorted(person["displayName"] for person in people) == ["Deleted person", "Deleted person", "Owner"]
    assert all("earliestStartTime" in row and "latestEndTime" in row for row in listed)


def test_a_space_keeps_its_records_as_long_as_the_operator_says(alone):
    owner = alone.token("owner@example.org")
    space = open_space(alone, owner)
    seat = alone.join(space, token=owner)
    alone.leave(seat)

    def kept():
        record = alone.call("GET", f"/v2/{seat.conference_record}", owner).json()
        if "expireTime" not in record:
            return None
        read = lambda field: datetime.datetime.fromisoformat(record[field])
        return (read("expireTime") - read("endTime")).days

    assert kept() == 30
    code = alone.call("GET", f"/v2/{space}", owner).json()["meetingCode"]
    for said, days in [("7", 7), ("forever", None), ("default", 30)]:
        alone.command("space", "retention", code, said)
        assert kept() == days, said
