"""What stands in Xero because a person entered it there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from galleria_xero_plugin.services.books_search import BooksSearch
from galleria_xero_plugin.services.activity import Activity
from galleria_xero_plugin.services.cancelling import Cancelling
from galleria_xero_plugin.services.document_rows import Links
from galleria_xero_plugin.services.first_run import FirstRun
from galleria_xero_plugin.services.lookalikes import Lookalikes
from galleria_xero_plugin.services.preview import Preview
from galleria_xero_plugin.services.queries import Queries
from galleria_xero_plugin.services.sending_anew import SendingAnew
from galleria_xero_plugin.testing import make_access
from galleria_xero_plugin.xero import links

from .office import Office
from .test_unclear_answers import put_by_hand

ME = make_access()


def enter(office: Office, contact: str, total: Decimal | int, date: dt.date, number: str = "", **fields: object) -> str:
    """A sales invoice, entered by hand; its id in Xero."""
    return enter_all(office, [(contact, total, date, number)], **fields)[0]


def enter_all(office: Office, rows: list[tuple[str, Decimal | int, dt.date, str]], **fields: object) -> list[str]:
    """Several at once."""
    headers = office.simulator.headers(office.simulator.connect())
    body = [
        {
            "Type": "ACCREC",
            "Contact": {"Name": contact},
            "Date": date.isoformat(),
            "DueDate": date.isoformat(),
            "Status": "AUTHORISED",
            "LineAmountTypes": "NoTax",
            "LineItems": [{"Description": "By hand", "Quantity": 1, "UnitAmount": str(total), "AccountCode": "200"}],
            **({"InvoiceNumber": number} if number else {}),
            **fields,
        }
        for contact, total, date, number in rows
    ]
    return [row["InvoiceID"] for row in put_by_hand(office, "Invoices", {"Invoices": body}, headers)["Invoices"]]


class Desk:
    """The pages of a person at this office."""

    def __init__(self, office: Office) -> None:
        to_xero = Links(links.invoice_link, links.contact_link)
        quiet = dt.timedelta(hours=1)
        queries = Queries(office.units, office.gallery, office.bell, to_xero)
        self.office = office
        self.id = office.webservice.id
        self.lookalikes = Lookalikes(office.units, office.gallery, queries, office.runs, to_xero, quiet)
        self.first_run = FirstRun(office.units, office.gallery, queries, office.runs, to_xero)
        self.preview = Preview(office.units, office.gallery, queries, quiet)
        self.queries = queries
        self.search = BooksSearch(office.units, office.api, office.calls())
        self.cancelling = Cancelling(office.units, queries, office.runs)
        self.sending_anew = SendingAnew(office.units, office.gallery, office.runs)
        self.activity = Activity(office.units, office.gallery, office.runs, to_xero, queries.service_page, quiet)

    def asked(self) -> dict[str, list[str]]:
        """What is asked: number of ours -> numbers in Xero. All pages."""
        found: dict[str, list[str]] = {}
        for ours, _, _, theirs in self.open():
            found.setdefault(ours, []).append(theirs)
        return found

    def open(self) -> list[tuple[str, str, str, str]]:
        """All open pairs: number of ours, document id, Xero id, number in Xero."""
        found, after = [], None
        while True:
            page = self.lookalikes.page(ME, self.id, after)
            found += [
                (pair.document.label, pair.document.id, one.question.xero_id, one.question.number)
                for pair in page.pairs
                for one in pair.candidates
            ]
            after = page.next_cursor
            if after is None:
                return found

    def pairs(self) -> list[tuple[str, str]]:
        """All open pairs as the form posts them."""
        return [(document_id, xero_id) for _, document_id, xero_id, _ in self.open()]

    def answer(self, answer, pairs=None):
        """Answer, and let the worker do what follows."""
        result = self.lookalikes.answer(ME, self.id, self.pairs() if pairs is None else pairs, answer)
        self.office.work()
        return result



