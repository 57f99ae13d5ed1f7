"""A contract that everything passes is worth nothing: three bad galleries, each caught by the checks meant for it."""
import dataclasses
import inspect
import itertools
import random

import pytest

from galleria_xero_plugin import Page
from galleria_xero_plugin.testing import FakeGallery, GalleryContract

from .test_fake_gallery import FakeHooks, filled_gallery


class UnstableOrder(FakeGallery):
    """A query without ORDER BY: the database answers in the order it likes."""

    shuffle = random.Random(7).shuffle

    def invoices_changed(self, gallery_id, cursor, limit):
        self._lock.acquire()
        try:
            page = super().invoices_changed(gallery_id, None, 10_000)
            invoices, start = list(page.items), int(cursor or 0)
            self.shuffle(invoices)
            taken = tuple(invoices[start:start + limit])
            return Page(taken, str(start + len(taken)), start + limit < len(invoices))
        finally:
            self._lock.release()


class HalfLoaded(FakeGallery):
    """The list loads only the newest payment of each invoice, to be quick."""

    def invoices_changed(self, gallery_id, cursor, limit):
        page = super().invoices_changed(gallery_id, cursor, limit)
        return dataclasses.replace(
            page, items=tuple(dataclasses.replace(i, payments=i.payments[-1:], items=i.items[:1]) for i in page.items))


class Forgetful(FakeGallery):
    """Creates the contact and keeps no note of where it came from."""

    def apply_contact(self, gallery_id, xero_contact, local_id):
        id = super().apply_contact(gallery_id, xero_contact, local_id)
        self.shelf(gallery_id).of_xero.clear()
        return id


def failing_checks(kind):
    """The names of the contract's tests that this gallery fails, each run on a fresh one as pytest would."""
    failed = set()
    for name, test in inspect.getmembers(GalleryContract, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        for values in parameters(test):
            gallery = filled_gallery()
            gallery.__class__ = kind
            given = {"gallery": gallery, "gallery_id": gallery.gallery_id, "other_gallery_id": "harbour", **values}
            wanted = inspect.signature(test).parameters
            contract = type("Contract", (FakeHooks, GalleryContract), {})()
            try:
                test(contract, **{key: value for key, value in given.items() if key in wanted})
            except AssertionError:
                failed.add(name)
    return failed


def parameters(test):
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    names = [mark.args[0] for mark in marks]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(mark.args[1] for mark in marks))]


def test_the_good_one_fails_nothing():
    assert failing_checks(FakeGallery) == set()


@pytest.mark.parametrize(("kind", "caught_by", "clean"), [
    (UnstableOrder, "test_the_order_is_stable", "contact"),
    (HalfLoaded, "test_both_ways_to_an_invoice_give_the_same", "order"),
    (HalfLoaded, "test_invoices_are_whole_and_exact", "contact"),
    (Forgetful, "test_a_contact_of_xero_is_created_once", "invoice"),
])
def test_a_bad_one_is_caught_by_the_check_meant_for_it(kind, caught_by, clean):
    failed = failing_checks(kind)
    assert caught_by in failed
    assert not [name for name in failed if clean in name], failed
