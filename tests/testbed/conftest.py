"""One test bed for all tests, and what a person and the operator have in it."""

import json

import pytest

from bed import Bed


@pytest.fixture(scope="session")
def bed(tmp_path_factory):
    bed = Bed(tmp_path_factory.mktemp("bed"))
    bed.add_user("ada@example.org", "Ada Lovelace")
    yield bed
    bed.stop()


@pytest.fixture(scope="session")
def client_file(bed):
    """What Google's console gives out for a desktop app."""
    path = bed.folder / "client_secret.json"
    path.write_text(bed.command("app", "add", "Desktop", "--kind", "installed"))
    return path


@pytest.fixture(scope="session")
def client(client_file):
    return json.loads(client_file.read_text())["installed"]


@pytest.fixture(scope="session")
def met(bed):
    """The seat of Frances, who was in a meeting of Ada's."""
    config = {"config": {"accessType": "OPEN"}}
    space = bed.call("POST", "/v2/spaces", bed.token("ada@example.org"), json=config).json()
    seat = bed.join(space["name"], name="Frances")
    bed.leave(seat)
    return seat
