"""The contact import: what it does with each contact, going on after anything, and how little it asks for."""

import dataclasses
import datetime as dt

import pytest

from galleria_xero_plugin.domain.states import RunKind, RunState, RunTrigger
from galleria_xero_plugin.errors import NotConnected, RateLimited, ReadFailed, ScopeMissing
from galleria_xero_plugin.ports.records import SCHEDULE
from galleria_xero_plugin.testing.factories import make_contact

from .fakes import NORTH


@pytest.fixture
def started(house):
    """A connected gallery and its open contact import."""
    webservice, connection = house.connected()
    start(house, webservice)
    return webservice, connection


def start(house, webservice):
    return house.runs.start_contacts("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)


def run_of(house, webservice):
    return house.read(lambda uow: uow.runs.latest("north-light", webservice.id))[0]


def counts(house, webservice):
    return {name: n for name, n in run_of(house, webservice).counts.items() if n}


def links(house):
    return dict(house.read(lambda uow: uow.contacts.all_links("north-light", NORTH.tenant_id)))


def contacts(house):
    return house.gallery.shelf().contacts


def test_everybody_is_created_linked_filled_or_asked_about(house, started):
    webservice, connection = started
    house.gallery.add_contact(make_contact("c-a", "Person", "1", email="p1@example.com"))
    house.gallery.add_contact(make_contact("c-b", "Person", "2", email=""))
    house.gallery.add_contact(make_contact("c-c", "Person", "3", email="other@example.com"))
    for number in range(1, 6):
        house.api.add_person(number)
    house.api.add_person(6, name="")
    house.contact_import.work(connection.id)
    assert run_of(house, webservice).state is RunState.FINISHED
    assert counts(house, webservice) == {
        "read": 6, "linked": 2, "filled": 1, "conflicts": 1, "created": 2, "skipped": 1,
    }  # fmt: skip
    assert contacts(house)["c-b"].email == "p2@example.com"
    assert contacts(house)["c-c"].email == "other@example.com"
    assert len(contacts(house)) == 5
    conflict, = house.read(lambda uow: uow.contacts.conflicts("north-light", NORTH.tenant_id))
    assert (conflict.reason_code, conflict.local_ids) == ("email_differs", ("c-c",))
    assert house.read(lambda uow: len(list(uow.contacts.mirrored("north-light", NORTH.tenant_id)))) == 6


def test_again_creates_nothing_and_asks_only_for_what_changed(house, started):
    webservice, connection = started
    for number in range(1, 8):
        house.api.add_person(number)
    began = house.clock()
    house.contact_import.work(connection.id)
    before = dict(contacts(house))
    watermark = house.read(lambda uow: uow.webservices.get("north-light", webservice.id)).contacts_watermark
    assert watermark == began - dt.timedelta(minutes=5)
    house.clock.move(days=1)
    house.api.asked.clear()
    start(house, webservice)
    house.contact_import.work(connection.id)
    assert house.api.asked == [(1, watermark, True)]
    assert contacts(house) == before
    assert counts(house, webservice) == {}
    assert house.gallery.calls["contacts"] == 1  # an address book is not read when there is nothing new


def test_everything_once_more_creates_nothing(house, started):
    webservice, connection = started
    for number in range(1, 8):
        house.api.add_person(number)
    house.contact_import.work(connection.id)
    applied = house.gallery.calls["apply_contact"]
    for person in list(house.api.people):
        house.api.add_person(int(person.id[:8]), updated_at=house.clock() + dt.timedelta(hours=1))
    start(house, webservice)
    house.contact_import.work(connection.id)
    assert counts(house, webservice) == {"read": 7}
    assert house.gallery.calls["apply_contact"] == applied  # nothing to fill: the gallery is not even asked


def test_what_a_linked_contact_lacks_is_filled(house, started):
    webservice, connection = started
    house.api.add_person(1, phones={}, addresses=())
    house.contact_import.work(connection.id)
    house.api.add_person(1, updated_at=house.clock(), phones={"MOBILE": "07700 900 000"}, addresses=())
    start(house, webservice)
    house.contact_import.work(connection.id)
    assert counts(house, webservice) == {"read": 1, "filled": 1}
    contact, = contacts(house).values()
    assert contact.phones.mobile == "07700 900 000"


@pytest.mark.parametrize("import_suppliers", [False, True])
def test_customers_only_unless_a_switch_adds_all(house, import_suppliers):
    webservice, connection = house.connected(import_suppliers=import_suppliers)
    house.api.add_person(1)
    house.api.add_person(2, is_customer=False, is_supplier=True)
    start(house, webservice)
    house.contact_import.work(connection.id)
    assert counts(house, webservice)["created"] == 1 + import_suppliers


def test_a_slice_ends_and_the_next_goes_on(house, started):
    webservice, connection = started
    for number in range(1, 12):
        house.api.add_person(number)
    for slices in range(1, 10):
        house.contact_import.work(connection.id, lambda: True)
        if run_of(house, webservice).state is RunState.FINISHED:
            break
        assert house.queue.rings["contacts"] == 1 + slices
    assert slices > 3
    assert len(contacts(house)) == 11
    assert counts(house, webservice)["created"] == 11


@pytest.mark.parametrize("killed_at", range(1, 8))
def test_killed_between_the_gallerys_commit_and_ours(house, started, killed_at):
    webservice, connection = started
    for number in range(1, 8):
        house.api.add_person(number)
    apply, left = house.gallery.apply_contact, [killed_at]

    def dying(*arguments):
        local_id = apply(*arguments)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return local_id

    house.gallery.apply_contact = dying
    with pytest.raises(KeyboardInterrupt):
        house.contact_import.work(connection.id)
    house.clock.move(seconds=121)  # its lease runs out
    house.contact_import.work(connection.id)
    assert run_of(house, webservice).state is RunState.FINISHED
    assert len(contacts(house)) == len(links(house)) == 7
    assert len(set(links(house).values())) == 7


def test_nobody_is_missed_when_one_that_was_read_changes_meanwhile(house, started):
    _webservice, connection = started
    for number in range(1, 20):
        house.api.add_person(number)
    apply = house.gallery.apply_contact

    def editing(gallery_id, contact, local_id):
        # each contact that was just read moves to the end, so that everybody behind it moves up
        if contact.updated_at < house.clock():
            house.api.add_person(int(contact.id[:8]), updated_at=house.clock() + dt.timedelta(seconds=1))
        return apply(gallery_id, contact, local_id)

    house.gallery.apply_contact = editing
    house.contact_import.work(connection.id)
    assert len(contacts(house)) == 19


def test_a_mass_import_of_one_second_is_read_by_pages(house, started):
    _webservice, connection = started
    for number in range(1, 12):
        house.api.add_person(number, updated_at=house.clock())
    house.contact_import.work(connection.id)
    assert len(contacts(house)) == 11
    assert [page for page, _, _ in house.api.asked] == [1, 2, 3, 4]


def test_the_gallery_fails_for_a_while_and_then_for_good(house, started):
    webservice, connection = started
    house.api.add_person(1)
    house.gallery.failures["apply_contact"] = RuntimeError("no database")
    for _ in range(4):
        with pytest.raises(RuntimeError):
            house.contact_import.work(connection.id)
        house.contact_import.failed(connection.id)
        assert run_of(house, webservice).state is RunState.RUNNING
    house.contact_import.failed(connection.id)
    assert (run_of(house, webservice).state, run_of(house, webservice).error_code) == (
        RunState.FAILED, "gallery_failed")  # fmt: skip
    assert house.read(lambda uow: uow.webservices.get("north-light", webservice.id)).contacts_watermark is None


@pytest.mark.parametrize("fault", [ReadFailed("html"), RateLimited("minute", 30)])
def test_xero_does_not_answer_or_asks_to_wait(house, started, fault):
    webservice, connection = started
    house.api.add_person(1)
    house.api.faults = [fault]
    house.contact_import.work(connection.id)
    assert house.connection(connection.id).paused_until > house.clock()
    house.contact_import.work(connection.id)  # paused: nobody asks
    assert house.api.calls["/Contacts"] == 1
    house.clock.move(minutes=6)
    house.contact_import.work(connection.id)
    assert run_of(house, webservice).state is RunState.FINISHED


def test_a_missing_permission_ends_it_visibly(house, started):
    webservice, connection = started
    house.api.faults = [ScopeMissing("no")]
    house.contact_import.work(connection.id)
    assert (run_of(house, webservice).state, run_of(house, webservice).error_code) == (
        RunState.FAILED, "scope_missing")  # fmt: skip
    with pytest.raises(NotConnected):
        start(house, webservice)


def test_cancelled_in_the_middle(house, started):
    webservice, connection = started
    for number in range(1, 8):
        house.api.add_person(number)
    house.contact_import.work(connection.id, lambda: True)
    house.runs.cancel("north-light", run_of(house, webservice).id, SCHEDULE)
    asked = len(house.api.asked)
    house.contact_import.work(connection.id)
    assert len(house.api.asked) == asked
    assert run_of(house, webservice).state is RunState.CANCELLED


def test_two_workers_at_once(house, started):
    _webservice, connection = started
    house.api.add_person(1)
    with house.leases.claim(connection.id):
        house.contact_import.work(connection.id)
    assert not house.api.asked


def test_a_worker_that_was_overtaken_notes_nothing(house, started):
    webservice, connection = started
    house.api.add_person(1)
    apply = house.gallery.apply_contact

    def frozen(*arguments):
        house.clock.move(seconds=121)
        assert house.leases.claim(connection.id)
        return apply(*arguments)

    house.gallery.apply_contact = frozen
    house.contact_import.work(connection.id)
    assert counts(house, webservice) == {}
    assert links(house) == {}


def test_a_company_and_a_person_keep_their_names(house, started):
    _, connection = started
    house.api.add_person(1, name="Marsh & Sons", first_name="Ada", last_name="Marsh")
    house.contact_import.work(connection.id)
    contact, = contacts(house).values()
    assert contact.company == "Marsh & Sons"
    assert dataclasses.astuple(contact.billing)[0] == ("1 Dock Street",)


def test_no_open_run_no_work(house):
    _webservice, connection = house.connected()
    house.contact_import.work(connection.id)
    assert house.read(lambda uow: uow.runs.open_of(connection.id, RunKind.CONTACTS)) is None
    assert not house.api.calls
