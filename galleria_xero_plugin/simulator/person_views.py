"""``/_simulator/books/<tenant>/...`` with POST: what a person does in Xero itself, by hand.

The table of addresses is in ``control_views``.
"""

from __future__ import annotations

from collections.abc import Callable

import flask

from .context import current_world
from .control_http import control_blueprint, json_answer, sent_object
from .core import control, invoices, payments
from .core.bookkeeper import Bookkeeper
from .core.call import Call
from .core.reader import Reader
from .core.tables import Record

blueprint = control_blueprint("person")


@blueprint.post("/books/<tenant>/lock-dates")
def lock_dates(tenant: str) -> flask.Response:
    """Set or lift lock dates."""
    with current_world().as_person(tenant) as call:
        return json_answer(control.set_lock_dates(call, Reader(sent_object())))


@blueprint.post("/books/<tenant>/contacts")
def add_contacts(tenant: str) -> flask.Response:
    """Many contacts at once."""
    reader = Reader(sent_object())
    count = int(reader.decimal("count") or 0)
    with current_world().as_person(tenant) as call:
        return json_answer({"created": control.add_contacts(call, count, reader.text("prefix") or "Contact")})


@blueprint.post("/books/<tenant>/accounts/<account>")
def change_account(tenant: str, account: str) -> flask.Response:
    """Archive, restore or rename an account."""
    with current_world().as_person(tenant) as call:
        return json_answer(control.change_account(call, account, Reader(sent_object())))


def _saved(tenant: str, key: str, identity: str, save: Callable[[Call, Reader], Record]) -> flask.Response:
    with current_world().as_person(tenant) as call:
        saved = save(call, Reader({**sent_object(), key: identity}))
    return json_answer({name: value for name, value in saved.items() if name[0] != "_"})


@blueprint.post("/books/<tenant>/contacts/<identity>")
def change_contact(tenant: str, identity: str) -> flask.Response:
    """Edit a contact by hand; an archived one too."""
    return _saved(tenant, "ContactID", identity, control.change_contact)


@blueprint.post("/books/<tenant>/invoices/<identity>")
def change_invoice(tenant: str, identity: str) -> flask.Response:
    """Edit or void an invoice by hand."""
    return _saved(tenant, "InvoiceID", identity, invoices.save)


@blueprint.post("/books/<tenant>/payments/<identity>")
def change_payment(tenant: str, identity: str) -> flask.Response:
    """Remove a payment by hand."""
    return _saved(tenant, "PaymentID", identity, payments.save)


@blueprint.post("/books/<tenant>/payments")
def add_payment(tenant: str) -> flask.Response:
    """Record a payment by hand."""
    body = sent_object()
    with current_world().as_person(tenant) as call:
        saved = payments.save(call, control.payment_element(body))
    return json_answer({name: value for name, value in saved.items() if name[0] != "_"})


@blueprint.post("/books/<tenant>/person/<action>")
def act(tenant: str, action: str) -> flask.Response:
    """Any method of the bookkeeper, with its arguments as members; ``adviser`` passes the period lock."""
    method = vars(Bookkeeper).get(action) if action[0] != "_" else None
    if not callable(method):
        raise ValueError(f"A person has no {action!r} here.")
    sent = sent_object()
    someone = current_world().bookkeeper(tenant, adviser=bool(sent.pop("adviser", False)))
    try:
        saved = method(someone, **sent)
    except (TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"Wrong members for {action}: {error}") from None
    return json_answer({name: value for name, value in saved.items() if name[0] != "_"})
