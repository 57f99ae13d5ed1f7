"""Links, questions and the mirror."""

import tracemalloc

from galleria_xero_plugin.domain.accounting import XeroContact
from galleria_xero_plugin.ports.records import ContactLink

from .making import ANNA, GALLERY, HERE, START, TENANT, saved, seen

ELSEWHERE = [("gallery-2", TENANT), (GALLERY, "another organisation")]


def link(units, *links, scope=HERE):
    saved(units, lambda uow: uow.contacts.link(*scope, links))


def test_a_linked_contact_keeps_its_link(units):
    first = ContactLink("1", "x-1", "number")
    link(units, first, ContactLink("2", "x-1", "name"))
    link(units, ContactLink("1", "x-9", "name"), ContactLink("3", "x-3", "created"))
    link(units)
    with units.read() as uow:
        assert uow.contacts.links(*HERE, ["1", "4"]) == {"1": first}
        assert uow.contacts.links_by_xero(*HERE, ["x-1", "x-9"]) == {"x-1": ["1", "2"]}
        assert uow.contacts.all_links(*HERE) == {"x-1": "1", "x-3": "3"}
        for scope in ELSEWHERE:
            assert uow.contacts.links(*scope, ["1"]) == uow.contacts.links_by_xero(*scope, ["x-1"]) == {}
            assert uow.contacts.all_links(*scope) == {}


def test_a_thousand_links(units):
    link(units, *(ContactLink(str(n), f"x-{n}", "name") for n in range(1000)))
    with units.read() as uow:
        assert len(uow.contacts.links(*HERE, [str(n) for n in range(1000)])) == 1000
        assert len(uow.contacts.links_by_xero(*HERE, [f"x-{n}" for n in range(1000)])) == 1000


def mirror(units, *contacts, scope=HERE):
    saved(units, lambda uow: uow.contacts.mirror(*scope, contacts))


def mirrored(units, scope=HERE):
    return seen(units, lambda uow: list(uow.contacts.mirrored(*scope)))


def test_the_mirror_has_the_latest(units):
    first = XeroContact("x-1", "Ada", number="g-1", email="ada@example.org")
    merged = XeroContact("x-2", "Bob", status="ARCHIVED", merged_to="x-1")
    mirror(units, first, merged)
    renamed = XeroContact("x-1", "Ada Lovelace", email="ada@example.org")
    mirror(units, XeroContact("x-1", "twice in one page"), renamed)
    mirror(units)
    assert mirrored(units) == [renamed, merged]
    for scope in ELSEWHERE:
        assert mirrored(units, scope) == []


def test_the_mirror_is_streamed(units):
    for start in range(0, 8_000, 2_000):
        mirror(units, *(XeroContact(f"x-{n:06}", f"Contact {n}") for n in range(start, start + 2_000)))
    with units.read() as uow:
        contacts = uow.contacts.mirrored(*HERE)
        next(contacts)
        tracemalloc.start()
        count = 1 + sum(1 for _ in contacts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 8_000
    assert peak < 2_000_000  # all of them at once are more than twice that


def test_a_question_is_asked_once(units, clock):
    ada = XeroContact("x-1", "Ada", email="ada@example.org")
    ask = lambda contact, *ids: saved(  # noqa: E731
        units, lambda uow: uow.contacts.add_conflict(*HERE, contact, "contact_ambiguous", ids)
    )
    assert ask(ada, "1", "2")
    assert not ask(ada, "3")
    assert ask(XeroContact("x-0", "Bob"))
    first, second = seen(units, lambda uow: uow.contacts.conflicts(*HERE))
    assert (first.xero_id, first.name, first.email, first.reason_code, first.local_ids, first.created_at) == (
        "x-1",
        "Ada",
        "ada@example.org",
        "contact_ambiguous",
        ("1", "2"),
        START,
    )
    settle = lambda gallery_id: saved(units, lambda uow: uow.contacts.settle_conflict(gallery_id, first.id, ANNA))  # noqa: E731
    assert not settle("gallery-2")
    assert settle(GALLERY)
    assert not settle(GALLERY)
    assert not ask(ada)
    assert seen(units, lambda uow: uow.contacts.conflicts(*HERE)) == [second]
    for scope in ELSEWHERE:
        assert seen(units, lambda uow, scope=scope: uow.contacts.conflicts(*scope)) == []
