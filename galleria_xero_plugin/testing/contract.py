"""The tests that every implementation of the gallery port must pass.

In the host's own tests::

    from galleria_xero_plugin.testing import GalleryContract

    class TestOurGallery(GalleryContract):
        @pytest.fixture
        def gallery(self, app):                 # your implementation, on a database for this test alone
            with app.test_request_context():    # `access()` asks who is signed in
                yield OurGallery()

        @pytest.fixture
        def gallery_id(self):
            return "1"

        @pytest.fixture
        def other_gallery_id(self):             # optional: a second gallery of the same site
            return "2"

        def change_an_invoice(self, gallery, gallery_id):       # optional, like its three sisters
            ...
            return invoice_id

The tests write: they create contacts, and call the hooks. Give them some dozens of invoices of all sorts
(part paid, cancelled, both tax modes, discounts) rather than one perfect one. A test whose hook or second
gallery is missing is skipped and says what it wants.
"""

# ruff: noqa: S101
from __future__ import annotations

from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest

from ..domain.model import Access, GalleryInfo, IndexEntry, Invoice, InvoiceState
from ..ports.gallery import Gallery
from .checks import check_id, check_invoice, check_plain_values, check_url
from .contract_changes import ChangesContract
from .contract_contacts import ContactsContract
from .reading import LIMITS, read_changes, read_index

NOBODY = ("no-such-id", "", "0", "-1", "999999999999999999999999", "x" * 300, "1 or 1=1", "1e3", "\u0661")


class GalleryContract(ChangesContract, ContactsContract):
    """Subclass it as `Test...`, with the fixtures `gallery` and `gallery_id`: the text at the top of
    `galleria_xero_plugin.testing.contract` shows how."""

    @pytest.fixture
    def gallery(self) -> NoReturn:
        """Your implementation of the gallery port."""
        raise NotImplementedError("override the fixture `gallery`")

    @pytest.fixture
    def gallery_id(self) -> NoReturn:
        """The id of a gallery that has invoices, payments and contacts."""
        raise NotImplementedError("override the fixture `gallery_id`")

    @pytest.fixture
    def other_gallery_id(self) -> str:
        """The id of a second gallery on the same site."""
        pytest.skip("override the fixture `other_gallery_id` to check that galleries are kept apart")

    # -- who and what

    def test_access_is_none_or_complete(self, gallery: Gallery) -> None:
        access = gallery.access()
        assert access is None or isinstance(access, Access)
        if access is not None:
            check_id(access.gallery_id, "access().gallery_id")
            check_id(access.user_id, "access().user_id")
            assert access.may_view or not access.may_change, "a person who may change may also view"

    def test_info_describes_the_gallery(self, gallery: Gallery, gallery_id: str) -> None:
        info = gallery.info(gallery_id)
        assert isinstance(info, GalleryInfo)
        assert info.id == gallery_id
        assert info.name.strip()
        ZoneInfo(info.time_zone)
        assert len(info.base_currency) == 3 and info.base_currency.isupper()
        assert info.locale.strip() and "_" not in info.locale, f"{info.locale!r} is no BCP 47 tag such as en-GB"
        assert "@" in info.owner_email, "mail goes to the owner when no Admin Email is given"
        check_plain_values(info, "info()")

    @pytest.mark.parametrize("call", ["tax_options", "payment_methods", "branding_themes"])
    def test_options_have_stable_ids_and_order(self, gallery: Gallery, gallery_id: str, call: str) -> None:
        options = list(getattr(gallery, call)(gallery_id))
        assert options == list(getattr(gallery, call)(gallery_id)), f"{call}() answers differently the second time"
        assert len({option.id for option in options}) == len(options), f"{call}(): two share an id"
        for option in options:
            check_id(option.id, call)
            assert option.name.strip(), f"{call}(): {option.id} has no name"
            check_plain_values(option, f"{call}() {option.id}")

    # -- invoices

    def test_invoices_are_whole_and_exact(self, gallery: Gallery, gallery_id: str) -> None:
        rates = {option.id: option.rate for option in gallery.tax_options(gallery_id)}
        methods = {method.id for method in gallery.payment_methods(gallery_id)}
        invoices = read_changes(gallery, gallery_id)[0]
        assert invoices, "the contract needs a gallery with invoices"
        for invoice in invoices:
            assert isinstance(invoice, Invoice)
            check_invoice(invoice, rates, methods)
        live = [i for i in latest(invoices) if i.state is not InvoiceState.DELETED]
        assert len({i.number for i in live}) == len(live), "two invoices share a number"

    def test_both_ways_to_an_invoice_give_the_same(self, gallery: Gallery, gallery_id: str) -> None:
        """`invoices` and `invoices_changed` hand over equal invoices: a half-loaded one shows here."""
        changed = {invoice.id: invoice for invoice in read_changes(gallery, gallery_id)[0]}
        by_id = {invoice.id: invoice for invoice in gallery.invoices(gallery_id, list(changed))}
        assert by_id.keys() == changed.keys(), "invoices() does not know what invoices_changed() handed over"
        for id, invoice in changed.items():
            one = gallery.invoices(gallery_id, [id])
            assert list(one) == [invoice], f"invoice {id} differs between invoices_changed() and invoices()"
            assert by_id[id] == invoice, f"invoice {id} differs when it is asked for together with others"

    @pytest.mark.parametrize("limit", LIMITS)
    def test_pages_of_any_size_are_complete(self, gallery: Gallery, gallery_id: str, limit: int) -> None:
        whole = read_changes(gallery, gallery_id, limit=1000)[0]
        paged = read_changes(gallery, gallery_id, limit=limit)[0]
        assert {(i.id, i.revision) for i in paged} == {(i.id, i.revision) for i in whole}

    def test_the_order_is_stable(self, gallery: Gallery, gallery_id: str) -> None:
        """Two readings agree, and going on from a cursor gives what came after it the first time."""
        first, cursors = read_changes(gallery, gallery_id, limit=3)
        again = read_changes(gallery, gallery_id, limit=3)[0]
        assert [i.id for i in first] == [i.id for i in again], "the order of invoices_changed() is not stable"
        middle = cursors[len(cursors) // 2]
        behind = read_changes(gallery, gallery_id, cursor=middle, limit=3)[0]
        assert [i.id for i in first[-len(behind) :]] == [i.id for i in behind], "a kept cursor goes on elsewhere"

    def test_the_end_repeats_the_cursor(self, gallery: Gallery, gallery_id: str) -> None:
        cursor = read_changes(gallery, gallery_id)[1][-1]
        page = gallery.invoices_changed(gallery_id, cursor, 10)
        if not page.items:
            assert page.next_cursor == cursor and not page.more

    def test_unknown_ids_are_left_out(self, gallery: Gallery, gallery_id: str) -> None:
        assert list(gallery.invoices(gallery_id, [])) == []
        assert list(gallery.invoices(gallery_id, NOBODY)) == []
        known = read_changes(gallery, gallery_id)[0][0]
        assert [i.id for i in gallery.invoices(gallery_id, [*NOBODY, known.id])] == [known.id]

    def test_the_index_agrees_with_the_invoices(self, gallery: Gallery, gallery_id: str) -> None:
        index = read_index(gallery, gallery_id, None, limit=1000)
        listed = (InvoiceState.ISSUED, InvoiceState.CANCELLED)
        expected = {i.id: entry(i) for i in latest(read_changes(gallery, gallery_id)[0]) if i.state in listed}
        assert {e.id: e for e in index} == expected
        for one in index:
            check_plain_values(one, f"index entry {one.id}")

    @pytest.mark.parametrize("limit", LIMITS)
    def test_the_index_is_paged_in_a_stable_order(self, gallery: Gallery, gallery_id: str, limit: int) -> None:
        whole = read_index(gallery, gallery_id, None, limit=1000)
        assert read_index(gallery, gallery_id, None, limit=limit) == whole

    def test_the_index_begins_at_a_date(self, gallery: Gallery, gallery_id: str) -> None:
        whole = read_index(gallery, gallery_id, None, limit=1000)
        since = sorted(e.date for e in whole)[len(whole) // 2]
        assert read_index(gallery, gallery_id, since, limit=7) == [e for e in whole if e.date >= since]

    # -- apart, and back

    def test_galleries_are_kept_apart(self, gallery: Gallery, gallery_id: str, other_gallery_id: str) -> None:
        ours = [i.id for i in read_changes(gallery, gallery_id)[0]]
        theirs = [i.id for i in read_changes(gallery, other_gallery_id)[0]]
        assert list(gallery.invoices(other_gallery_id, ours)) == [], "another gallery's ids must be left out"
        assert list(gallery.invoices(gallery_id, theirs)) == [], "another gallery's ids must be left out"
        both = {e.id for e in read_index(gallery, gallery_id, None, limit=100)} & set(theirs)
        assert not both, f"the index lists another gallery's invoices: {sorted(both)}"
        assert gallery.info(other_gallery_id).id == other_gallery_id

    def test_links_are_absolute(self, gallery: Gallery, gallery_id: str) -> None:
        invoice = read_changes(gallery, gallery_id)[0][0]
        check_url(gallery.invoice_url(gallery_id, invoice.id), "invoice_url()")
        check_url(gallery.contact_url(gallery_id, invoice.contact.id), "contact_url()")

    def test_payment_seen_takes_a_payment(self, gallery: Gallery, gallery_id: str) -> None:
        """A host that does not want to know does nothing; it must not fail."""
        paid = next((i for i in read_changes(gallery, gallery_id)[0] if i.payments), None)
        if paid is None:
            pytest.skip("no invoice of this gallery has a payment")
        gallery.payment_seen(gallery_id, paid.id, paid.payments[0])


def latest(invoices: list[Invoice]) -> list[Invoice]:
    """The last one that was handed over of each invoice (the same may come twice)."""
    return list({invoice.id: invoice for invoice in invoices}.values())


def entry(invoice: Invoice) -> IndexEntry:
    """What the index must say of an invoice."""
    return IndexEntry(
        invoice.id, invoice.number, invoice.revision, invoice.state, invoice.date, invoice.total, invoice.currency
    )
