"""Compare with Xero: months, their files, and the bookkeeper's link, which needs no login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Response, request, url_for

from ..domain.model import Access
from ..domain.month import Figures, Sheet, sums
from ..domain.verdict import causes, light, money
from ..errors import InvalidInput, NotFound
from ..proxies import services, state
from ..services.month_words import fix, how
from .buttons import pressed
from .csv_files import Cell, csv_answer
from .csv_files import money as in_its_decimals
from .formats import Formats
from .responses import BLUEPRINT, bare_page, notice, page, see_other
from .waiting import and_wait, awaited

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


def months(access: Access, webservice_id: str) -> Response:
    """A month of both sides, and the way to all others."""
    shown = services().months.page(access, webservice_id, _month(request.args.get("month", "")))
    sheet, compared = shown.kept.sheet if shown.kept else None, shown.head.row.compared
    return page("months.html", access, shown.head.gallery, page=shown.head, months=shown, urls=shown.urls,
                awaited=awaited("comparison", webservice_id, compared.compared_at if compared else None, shown.head.now),
                **_words(sheet))  # fmt: skip


def month_file(access: Access, webservice_id: str) -> Response:
    """The month as a file."""
    shown = services().months.page(access, webservice_id, _month(request.args.get("month", "")))
    if shown.kept is None:
        raise NotFound("no month was compared yet")
    return _file(shown.kept.sheet, Formats(shown.head.gallery))


@pressed
def compare_now(access: Access, webservice_id: str) -> Response:
    """Compare as soon as a worker can."""
    now = services().queries.service_page(access, webservice_id).now
    services().months.compare_now(access, webservice_id)
    return and_wait("months", webservice_id, now)


@pressed
def freeze(access: Access, webservice_id: str) -> Response:
    """A month for the bookkeeper: its link is shown this once."""
    month = _month(request.form.get("month", "")) or ""
    if not month:
        raise NotFound("no month was named")
    token = services().months.freeze(access, webservice_id, month)
    link = state().config.site_url + url_for(f"{BLUEPRINT}.pack", token=token)
    head = services().queries.service_page(access, webservice_id)
    answer = page("pack_made.html", access, head.gallery, page=head, month=month, link=link)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@pressed
def revoke(access: Access, webservice_id: str, pack_id: str) -> Response:
    """End a link."""
    pack = services().months.revoke(access, webservice_id, pack_id)
    notice("The link does not open any more.")
    return see_other("months", webservice_id=webservice_id, month=pack.month)


def pack_kept(access: Access, webservice_id: str, pack_id: str) -> Response:
    """A frozen month as a file, also when its link is over."""
    sheet = services().months.pack(access, webservice_id, pack_id)[1]
    return _file(sheet, Formats(services().queries.service_page(access, webservice_id).gallery))


# -- with the link alone: nobody is signed in, and nothing but this one month is shown


def pack(token: str) -> Response:
    """The month that the link opens."""
    return _pack_page(token)


def pack_file(token: str) -> Response:
    """The same as a file."""
    try:
        opened = services().months.opened(token)
    except NotFound:
        return no_pack()
    return _private(_file(opened.sheet, Formats(opened.gallery)))


@pressed
def sign(token: str) -> Response:
    """The bookkeeper's tick."""
    try:
        services().months.sign(token, request.form.get("name", ""))
    except NotFound:
        return no_pack()
    except InvalidInput as problem:
        return _pack_page(token, problem.errors.get("name", ""), 422)
    return _private(see_other("pack", token=token))


def _pack_page(token: str, error: str = "", status: int = 200) -> Response:
    try:
        opened = services().months.opened(token)
    except NotFound:
        return no_pack()
    nobody = Access(opened.pack.gallery_id, "", "", may_view=False, may_change=False, fresh_login=False)
    return _private(
        page(
            "pack.html", nobody, opened.gallery, status=status, opened=opened, token=token,
            error=error, **_words(opened.sheet),
        )
    )  # fmt: skip


def no_pack(token: str = "") -> Response:
    """What a link shows that opens nothing: one that is over, was ended, or never was, which are told apart by
    nothing. The bookkeeper has no account here, so the page names whom to ask instead of a way into the site."""
    return _private(bare_page("no_pack.html", status=404))


def _private(answer: Response) -> Response:
    """Neither a search engine nor the next site learns of the link."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _words(sheet: Sheet | None) -> dict[str, Any]:
    if sheet is None:
        return {"sheet": None}
    return {
        "sheet": sheet, "sums": sums(sheet), "how": how, "fix": fix, "light": light(sheet),
        "causes": causes(sheet.known), "money": money(one for one in sheet.known if one.xero is None),
    }  # fmt: skip


def _month(text: str) -> str:
    if text and not _MONTH.fullmatch(text):
        raise NotFound(f"month {text[:20]}")
    return text


_COLUMNS = (
    "Number", "Explanation", "Contact", "Currency",
    "Gallery net", "Gallery tax", "Gallery total", "Gallery paid", "Gallery owed", "Gallery state",
    "Xero net", "Xero tax", "Xero total", "Xero paid", "Xero owed", "Xero status", "Xero id",
)  # fmt: skip


def _file(sheet: Sheet, fmt: Formats) -> Response:
    return csv_answer(f"xero-{sheet.month}", _COLUMNS, _lines(sheet, fmt))


def _lines(sheet: Sheet, fmt: Formats) -> Iterator[tuple[Cell, ...]]:
    for entry in sheet.entries:
        words = how(entry)
        explained = words.text % {name: fmt.any(value) for name, value in words.values.items()}
        yield (
            entry.number, explained, entry.contact, entry.currency,
            *_side(entry.gallery, entry.currency), *_side(entry.xero, entry.currency), entry.xero_id,
        )  # fmt: skip
    for one in sheet.unreconciled:
        amount = in_its_decimals(one.amount, one.currency)
        yield (one.number, "Payment not reconciled in Xero", one.contact, one.currency, None, None, amount)


def _side(one: Figures | None, currency: str) -> tuple[Cell, ...]:
    if one is None:
        return (None,) * 6
    return (
        *(in_its_decimals(amount, currency) for amount in (one.net, one.tax, one.total, one.paid, one.due)), one.status,
    )  # fmt: skip
