"""Members: who belongs to a space, and what an owner can make of them."""

import pytest
from google.api_core import exceptions

from clients import code_of, violations


@pytest.fixture
def space(owner):
    return owner.spaces.create_space()


def add(owner, space, email, role=0):
    return owner.spaces.create_member(parent=space.name, member=owner.meet.Member(email=email, role=role))


def emails(owner, space, **request):
    return [member.email for member in owner.spaces.list_members({"parent": space.name, **request})]


def test_a_member_is_made_found_changed_and_removed(owner, space):
    member = add(owner, space, "Bo@Example.ORG", role=1)
    assert member.name.startswith(space.name + "/members/")
    assert (member.email, member.role.name) == ("bo@example.org", "COHOST")
    assert owner.spaces.get_member(name=member.name) == member
    assert emails(owner, space) == ["bo@example.org"]
    plain = owner.spaces.update_member(member=owner.meet.Member(name=member.name), update_mask="role")
    assert (plain.name, plain.role.name) == (member.name, "ROLE_UNSPECIFIED")
    assert owner.spaces.get_member(name=member.name) == plain
    owner.spaces.delete_member(name=member.name)
    assert emails(owner, space) == []
    with pytest.raises(exceptions.NotFound):
        owner.spaces.get_member(name=member.name)
    with pytest.raises(exceptions.NotFound):
        owner.spaces.delete_member(name=member.name)


def test_a_person_is_one_member_whatever_the_spelling(owner, space):
    add(owner, space, "bo@example.org")
    for again in ["bo@example.org", " BO@example.org "]:
        with pytest.raises(exceptions.Conflict) as refusal:
            add(owner, space, again)
        assert code_of(refusal.value) == "ALREADY_EXISTS"
    assert emails(owner, space) == ["bo@example.org"]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@", "@example.org", "x" * 300 + "@example.org", "ada@exa mple.org"])
def test_a_member_needs_an_address(owner, space, email):
    with pytest.raises(exceptions.BadRequest) as refusal:
        add(owner, space, email)
    assert violations(refusal.value) == ["member.email"]


def test_the_beta_knows_members_by_their_account(clients_of, transport):
    beta, stable = clients_of("owner", transport, "v2beta"), clients_of("owner", transport, "v2")
    space = beta.spaces.create_space()
    guest = add(beta, space, "guest@example.org")
    assert guest.user.startswith("users/")
    # An address needs no account, and has no user then.
    assert not add(beta, space, "nobody@elsewhere.example").user
    # v2 has no such field.
    assert "user" not in type(stable.spaces.get_member(name=guest.name)).to_dict(stable.spaces.get_member(name=guest.name))

    beta.spaces.delete_member(name=guest.name)
    by_user = beta.spaces.create_member(parent=space.name, member=beta.meet.Member(user=guest.user))
    assert (by_user.email, by_user.user) == ("guest@example.org", guest.user)
    for member, field in [
        (beta.meet.Member(user=guest.user, email="guest@example.org"), "member.user"),
        (beta.meet.Member(user="users/1"), "member.user"),
        (beta.meet.Member(user="guest"), "member.user"),
    ]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            beta.spaces.create_member(parent=space.name, member=member)
        assert violations(refusal.value) == [field]


def test_the_stable_version_ignores_or_refuses_the_beta_field(server, tokens):
    """Over REST v2 has no such name; a v2 client over gRPC could not have sent it."""
    space = server.call("POST", "/v2/spaces", tokens["owner"]).json()["name"]
    answer = server.call("POST", f"/v2/{space}/members", tokens["owner"], json={"user": "users/" + "1" * 21})
    assert answer.status_code == 400
    answer = server.call("POST", f"/v2/{space}/members", tokens["owner"], json={"email": "guest@example.org"})
    assert answer.json().keys() == {"name", "email"}, "the role of an ordinary member is unset"
    answer = server.call("GET", f"/v2beta/{answer.json()['name']}", tokens["owner"])
    assert answer.json().keys() == {"name", "email", "user"}


def test_pages_join_up(owner, space):
    expected = {f"member{number}@example.org" for number in range(7)}
    for email in expected:
        add(owner, space, email)
    for page_size in [1, 3, 7, 0, 5000]:
        pages = list(owner.spaces.list_members({"parent": space.name, "page_size": page_size}).pages)
        found = [member.email for page in pages for member in page.members]
        assert set(found) == expected and len(found) == len(expected), page_size
        assert not pages[-1].next_page_token
    for request, field in [({"page_size": -1}, "page_size"), ({"page_token": "x"}, "page_token")]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            emails(owner, space, **request)
        assert violations(refusal.value) == [field]


def test_a_field_mask_chooses_fields(owner, space):
    add(owner, space, "bo@example.org", role=1)
    listed = list(owner.spaces.list_members(parent=space.name, metadata=[("x-goog-fieldmask", "members/email")]))
    assert [(member.email, member.name, member.role.name) for member in listed] == [("bo@example.org", "", "ROLE_UNSPECIFIED")]


@pytest.mark.parametrize(
    ("mask", "role"),
    [("role", "ROLE_UNSPECIFIED"), ("*", "ROLE_UNSPECIFIED"), (None, "COHOST"), ("", "COHOST"), ("email", None), ("name", None), ("nonsense", None)],
)
def test_an_update_takes_every_form_of_mask(server, tokens, mask, role):
    """An update that gives nothing: what it names is cleared, and only the role can be."""
    space = server.call("POST", "/v2/spaces", tokens["owner"]).json()["name"]
    member = server.call("POST", f"/v2/{space}/members", tokens["owner"], json={"email": "bo@example.org", "role": "COHOST"}).json()
    params = {} if mask is None else {"updateMask": mask}
    answer = server.call("PATCH", f"/v2/{member['name']}", tokens["owner"], params=params, json={})
    assert answer.status_code == (200 if role else 400), answer.text
    if role:
        assert answer.json().get("role", "ROLE_UNSPECIFIED") == role


def test_a_members_address_does_not_change(owner, space):
    member = add(owner, space, "bo@example.org")
    for mask in [None, "*"]:
        same = owner.meet.Member(name=member.name, email="bo@example.org", role=1)
        assert owner.spaces.update_member(member=same, update_mask=mask).role.name == "COHOST"
        other = owner.meet.Member(name=member.name, email="caro@example.org")
        with pytest.raises(exceptions.BadRequest) as refusal:
            owner.spaces.update_member(member=other, update_mask=mask)
        assert violations(refusal.value) == ["member.email"]


class Batch:
    def __init__(self, owner, space):
        self.owner, self.space = owner, space
        self.members = [add(owner, space, f"{name}@example.org") for name in ["ada", "bo", "caro"]]

    def child(self, index, role=1, **fields):
        return {"member": {"name": self.members[index].name, "role": role}, **fields}

    def update(self, *children, **fields):
        return self.owner.spaces.batch_update_members({"parent": self.space.name, "requests": children, **fields}).members

    def roles(self):
        return [self.owner.spaces.get_member(name=member.name).role.name for member in self.members]


@pytest.fixture
def batch(owner, space):
    return Batch(owner, space)


def test_a_batch_answers_in_its_order(batch):
    changed = batch.update(batch.child(2), batch.child(0), update_mask="role")
    assert [member.name for member in changed] == [batch.members[2].name, batch.members[0].name]
    assert batch.roles() == ["COHOST", "ROLE_UNSPECIFIED", "COHOST"]


@pytest.mark.parametrize(
    ("outer", "inner", "holds"),
    [
        (None, None, True), ("role", None, True), ("role", "role", True), ("*", "*", True),
        ("role", "*", False), ("*", "role", False), (None, "role", False), (None, "*", False), ("email", None, False),
    ],
)  # fmt: skip
def test_the_masks_of_a_batch_agree(batch, outer, inner, holds):
    child = batch.child(0, **({"update_mask": inner} if inner else {}))
    fields = {"update_mask": outer} if outer else {}
    if holds:
        assert batch.update(child, **fields)[0].role.name == "COHOST"
        return
    with pytest.raises(exceptions.BadRequest):
        batch.update(batch.child(1), child, **fields)
    assert batch.roles() == ["ROLE_UNSPECIFIED"] * 3


def test_a_batch_is_all_or_nothing(owner, batch):
    missing = {"member": {"name": f"{batch.space.name}/members/{'A' * 22}", "role": 1}}
    elsewhere = add(owner, owner.spaces.create_space(), "bo@example.org")
    for bad, error in [
        (missing, exceptions.NotFound),
        ({"member": {"name": elsewhere.name, "role": 1}}, exceptions.BadRequest),
        ({"member": {"name": batch.members[1].name, "role": 7}}, exceptions.BadRequest),
        (batch.child(0), exceptions.BadRequest),
    ]:
        with pytest.raises(error):
            batch.update(batch.child(0), bad)
        assert batch.roles() == ["ROLE_UNSPECIFIED"] * 3, bad
    for count in [0, 501]:
        with pytest.raises(exceptions.BadRequest) as refusal:
            batch.update(*[batch.child(0)] * count)
        assert violations(refusal.value) == ["requests"]


def test_members_are_the_owners_business(clients_of, transport, version):
    owner = clients_of("owner", transport, version)
    space = owner.spaces.create_space()
    cohost = add(owner, space, "cohost@example.org", role=1)
    for caller in ["cohost", "stranger"]:
        client = clients_of(caller, transport, version)
        for call in [
            lambda: client.spaces.list_members(parent=space.name).members,
            lambda: client.spaces.get_member(name=cohost.name),
            lambda: add(client, space, "bo@example.org"),
            lambda: client.spaces.update_member(member=client.meet.Member(name=cohost.name), update_mask="role"),
            lambda: client.spaces.batch_update_members({"parent": space.name, "requests": [{"member": {"name": cohost.name}}]}),
            lambda: client.spaces.delete_member(name=cohost.name),
        ]:
            with pytest.raises(exceptions.Forbidden) as refusal:
                call()
            assert "Permission denied on resource Member" in refusal.value.message, caller
    reader = clients_of("owner, to read", transport, version)
    assert reader.spaces.get_member(name=cohost.name) == cohost
    with pytest.raises(exceptions.Forbidden) as refusal:
        reader.spaces.delete_member(name=cohost.name)
    assert refusal.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_member_walks_into_a_restricted_space(server, tokens, owner):
    """Membership is what lets people in, and it outlasts the meeting."""
    space = owner.spaces.create_space(owner.meet.CreateSpaceRequest(space=owner.meet.Space(config={"access_type": "RESTRICTED"})))
    assert server.enter(space.name, tokens["guest"])["waiting"]
    add(owner, space, "guest@example.org")
    assert not server.enter(space.name, tokens["guest"]).get("waiting")
    owner.spaces.end_active_conference(name=space.name)
