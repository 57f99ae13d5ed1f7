"""Webservices, their versions and milestones."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.errors import Conflict, NotFound
from galleria_xero_plugin.ports.records import Actor, ConnectionStatus

from .making import ANNA, GALLERY, HERE, START, connected, document, found, inserted, saved, seen

BOB = Actor("8", "Bob")


@pytest.fixture
def service(units):
    return saved(units, lambda uow: uow.webservices.add(GALLERY, Settings(prefix="NL"), ANNA))


def read(units, service):
    return seen(units, lambda uow: uow.webservices.get(GALLERY, service.id))


def test_added_it_is_there(units, service):
    assert service.version == 1
    assert service.settings == Settings(prefix="NL")
    assert (service.created_at, service.saved_at, service.saved_by) == (START, START, "Anna")
    assert (service.cursor, service.mapping_completed_at, service.first_export_at) == (None, None, None)
    assert seen(units, lambda uow: uow.webservices.of_gallery(GALLERY)) == [service]


def test_a_gallery_has_one_at_a_time(units, service):
    with pytest.raises(Conflict):
        saved(units, lambda uow: uow.webservices.add(GALLERY, Settings(), BOB))
    saved(units, lambda uow: uow.webservices.delete(GALLERY, service.id))
    again = saved(units, lambda uow: uow.webservices.add(GALLERY, Settings(), BOB))
    assert seen(units, lambda uow: uow.webservices.of_gallery(GALLERY)) == [again]
    assert read(units, service) is None


def test_every_saved_version_is_kept(units, service, clock, engine):
    clock.move(hours=1)
    newer = saved(
        units,
        lambda uow: uow.webservices.save_settings(
            GALLERY, service.id, Settings(prefix="NL2"), expected_version=1, actor=BOB
        ),
    )
    assert (newer.version, newer.settings.prefix, newer.saved_by, newer.saved_at) == (2, "NL2", "Bob", clock())
    assert newer.created_at == START
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT version, actor_id, actor_name FROM galleria_xero_webservice_settings ORDER BY version")
        ).all()
    assert kept == [(1, "7", "Anna"), (2, "8", "Bob")]


def test_the_second_of_two_saves_hears_who_was_first(units, service):
    def save(uow, actor, prefix):
        uow.webservices.save_settings(GALLERY, service.id, Settings(prefix=prefix), expected_version=1, actor=actor)

    saved(units, lambda uow: save(uow, BOB, "B"))
    with pytest.raises(Conflict) as caught:
        saved(units, lambda uow: save(uow, ANNA, "A"))
    assert caught.value.user_message == "Bob saved these settings first, on 2026-11-20 at 09:00 UTC."
    assert read(units, service).settings.prefix == "B"


def test_nothing_is_saved_for_another_gallery(units, service):
    with pytest.raises(NotFound):
        saved(
            units,
            lambda uow: uow.webservices.save_settings("g2", service.id, Settings(), expected_version=1, actor=BOB),
        )
    saved(units, lambda uow: uow.webservices.delete("g2", service.id))
    assert read(units, service) == service
    assert seen(units, lambda uow: uow.webservices.get("g2", service.id)) is None


def test_milestones_are_noted_once(units, service, clock):
    saved(units, lambda uow: uow.webservices.mark(service.id, mapping_completed=True))
    clock.move(days=1)
    saved(
        units,
        lambda uow: uow.webservices.mark(
            service.id, mapping_completed=True, first_export=True, contacts_watermark=START
        ),
    )
    saved(units, lambda uow: uow.webservices.mark(service.id))
    marked = read(units, service)
    assert marked == replace(service, mapping_completed_at=START, first_export_at=clock(), contacts_watermark=START)


def test_the_cursor(units, service):
    saved(units, lambda uow: uow.webservices.set_cursor(service.id, "page-7"))
    assert read(units, service).cursor == "page-7"
    saved(units, lambda uow: uow.webservices.set_cursor(service.id, None))
    assert read(units, service).cursor is None


def test_what_was_sent_outlives_the_webservice(units):
    connection = connected(units)
    (row,) = inserted(units, document("1"))
    saved(units, lambda uow: uow.audit.add(GALLERY, ANNA, "connected"))
    saved(units, lambda uow: uow.webservices.delete(GALLERY, connection.webservice_id))
    assert found(units, row.kind, "1") == row
    with units.read() as uow:
        closed = uow.connections.get(connection.id)
        assert closed.status is ConnectionStatus.DISCONNECTED
        assert uow.connections.tokens(connection.id) is None
        assert uow.ledger.page(*HERE)[0] == [row]
        assert [entry.action for entry in uow.audit.latest(GALLERY)] == ["connected"]
        assert uow.webservices.of_gallery(GALLERY) == []
