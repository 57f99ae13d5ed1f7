"""``/_simulator``: what tests and developers may do that no client of Xero can.

All answers are JSON; bodies are JSON objects. 400 with ``{"error": "..."}`` for a wrong call.

=======  =======================================  ====================================================
method   path                                     body -> answer
=======  =======================================  ====================================================
GET      /_simulator                              -> {"organisations": [{tenantId, name, shortCode}], "app"}
GET      /_simulator/effects?since=N              -> {"counts", "requests", "objects"}
DELETE   /_simulator/effects                      -> 204; the log is emptied
GET      /_simulator/books/<tenant>               -> counts, totals as strings, duplicates
GET      /_simulator/books/<tenant>/journal       -> [{account, currency, debit, credit, net}]
GET      /_simulator/settings                     -> all switches
POST     /_simulator/settings                     {"refresh_grace": false} -> all switches
GET      /_simulator/faults                       -> {"waiting": [...], "kinds": {...}}
POST     /_simulator/faults                       {"kind", "path", "method", "count", "skip", "status",
                                                  "retry_after", "problem", "seconds"} -> 201
DELETE   /_simulator/faults                       -> 204
POST     /_simulator/disconnect                   {"tenant"} -> {"removed": n}
POST     /_simulator/connect                      {"tenants": [...], "scope"} -> a token response
POST     /_simulator/tokens/expire                -> {"expired": n}
POST     /_simulator/limits/reset                 -> 204; all windows start afresh
POST     /_simulator/keys/forget                  -> 204; all idempotency keys are new again
POST     /_simulator/books/<tenant>/lock-dates    {"period": "2026-03-31" or null, "year_end": ...} -> 200
POST     /_simulator/books/<tenant>/contacts      {"count": 100000, "prefix": "Contact"} -> {"created": n}
POST     /_simulator/books/<tenant>/accounts/<code or id>   {"status": "ARCHIVED"} -> the account
POST     /_simulator/books/<tenant>/contacts/<id> {"ContactStatus": "ARCHIVED", ...} -> the contact
POST     /_simulator/books/<tenant>/invoices/<id> {"Status": "VOIDED", ...} -> the invoice
POST     /_simulator/books/<tenant>/payments      {"invoice": id, "account": code, "amount": "1.00"} -> it
POST     /_simulator/books/<tenant>/payments/<id> {"Status": "DELETED"} -> the payment
POST     /_simulator/books/<tenant>/person/<what>  arguments of core.bookkeeper.Bookkeeper.<what> -> a record
POST     /_simulator/reset                        -> 204; fresh books, no tokens
=======  =======================================  ====================================================
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flask

from .context import current_world
from .core import books, control, invoices, payments
from .core.bookkeeper import Bookkeeper
from .core.call import Call
from .core.errors import Invalid, Refused
from .core.faults import KINDS, Fault
from .core.reader import Reader
from .core.tables import Record
from .core.wire import JSON_TYPE, dump, load
from .shortcut import ALL_SCOPES, connect

blueprint = flask.Blueprint("control", __name__, url_prefix="/_simulator")


def _json(content: Any, status: int = 200) -> flask.Response:
    return flask.Response(dump(content), status, content_type=JSON_TYPE)


def _body() -> dict[str, Any]:
    raw = flask.request.get_data()
    found = load(raw) if raw.strip() else {}
    if not isinstance(found, dict):
        raise ValueError("The body must be a JSON object.")
    return found


@blueprint.errorhandler(ValueError)
def _wrong(error: ValueError) -> flask.Response:
    return _json({"error": str(error)}, 400)


@blueprint.errorhandler(Invalid)
def _invalid(error: Invalid) -> flask.Response:
    return _json({"error": str(error)}, 400)


@blueprint.errorhandler(Refused)
def _refused(error: Refused) -> flask.Response:
    return _json({"error": "There is no such record, or the body cannot be read."}, error.response.status)


@blueprint.get("")
def overview() -> flask.Response:
    """Who is here."""
    world = current_world()
    app = world.settings.apps[0]
    return _json(
        {
            "organisations": [
                {"tenantId": org.tenant_id, "name": org.about["Name"], "shortCode": org.about["ShortCode"]}
                for org in world.organisations.values()
            ],
            "app": {"clientId": app.client_id, "name": app.name, "redirectUris": list(app.redirect_uris)},
        }
    )


@blueprint.get("/effects")
def effects() -> flask.Response:
    """The effects log."""
    since = flask.request.args.get("since", "0")
    return _json(current_world().effects.as_json(int(since) if since.isdigit() else 0))


@blueprint.delete("/effects")
def forget_effects() -> flask.Response:
    """An empty log."""
    current_world().effects.reset()
    return flask.Response(status=204)


@blueprint.get("/books/<tenant>")
def summary(tenant: str) -> flask.Response:
    """Counts and sums."""
    return _json(books.summary(_organisation(tenant)))


@blueprint.get("/books/<tenant>/journal")
def journal(tenant: str) -> flask.Response:
    """Journal totals."""
    return _json(
        [
            {
                "account": row.account,
                "currency": row.currency,
                "debit": str(row.debit),
                "credit": str(row.credit),
                "net": str(row.net),
            }
            for row in books.journal(_organisation(tenant))
        ]
    )


def _organisation(tenant: str) -> Any:
    org = current_world().organisations.get(tenant)
    if org is None:
        raise ValueError(f"There is no organisation {tenant!r}.")
    return org


@blueprint.get("/settings")
def settings() -> flask.Response:
    """All switches."""
    return flask.jsonify(current_world().settings.switches())


@blueprint.post("/settings")
def change_settings() -> flask.Response:
    """Turn switches."""
    values = {name: _plain_number(value) for name, value in _body().items()}
    current_world().change_settings(**values)
    return settings()


@blueprint.get("/faults")
def faults() -> flask.Response:
    """Faults waiting to happen."""
    return flask.jsonify(waiting=current_world().faults.waiting(), kinds=KINDS)


@blueprint.post("/faults")
def add_fault() -> tuple[flask.Response, int]:
    """Queue a fault."""
    values = {name: _plain_number(value) for name, value in _body().items()}
    current_world().faults.add(Fault.of(values))
    return faults(), 201


@blueprint.delete("/faults")
def clear_faults() -> flask.Response:
    """No more faults."""
    current_world().faults.clear()
    return flask.Response(status=204)


@blueprint.post("/disconnect")
def disconnect() -> flask.Response:
    """The owner removes the app in Xero."""
    world = current_world()
    removed = world.identity.disconnect(str(_body().get("tenant")))
    world.keep_identity()
    return _json({"removed": removed})


@blueprint.post("/connect")
def connect_now() -> flask.Response:
    """Consent and exchange in one step."""
    body = _body()
    world = current_world()
    tenants = body.get("tenants") or list(world.organisations)[:1]
    if not isinstance(tenants, list) or not set(map(str, tenants)) <= set(world.organisations):
        raise ValueError("tenants must be a list of tenant ids.")
    return _json(connect(world, tenants, str(body.get("scope") or ALL_SCOPES)))


@blueprint.post("/tokens/expire")
def expire_tokens() -> flask.Response:
    """Every access token is past its life."""
    world = current_world()
    return _json({"expired": world.identity.expire_access_tokens(world.clock.now())})


@blueprint.post("/limits/reset")
def reset_limits() -> flask.Response:
    """All windows start afresh."""
    current_world().limits.reset()
    return flask.Response(status=204)


@blueprint.post("/keys/forget")
def forget_keys() -> flask.Response:
    """All idempotency keys are new again."""
    current_world().keys.reset()
    return flask.Response(status=204)


@blueprint.post("/reset")
def reset() -> flask.Response:
    """Fresh books."""
    current_world().reset()
    return flask.Response(status=204)


# -- what a person does in Xero itself


@blueprint.post("/books/<tenant>/lock-dates")
def lock_dates(tenant: str) -> flask.Response:
    """Set or lift lock dates."""
    with current_world().as_person(tenant) as call:
        return _json(control.set_lock_dates(call, Reader(_body())))


@blueprint.post("/books/<tenant>/contacts")
def add_contacts(tenant: str) -> flask.Response:
    """Many contacts at once."""
    reader = Reader(_body())
    count = int(reader.decimal("count") or 0)
    with current_world().as_person(tenant) as call:
        return _json({"created": control.add_contacts(call, count, reader.text("prefix") or "Contact")})


@blueprint.post("/books/<tenant>/accounts/<account>")
def change_account(tenant: str, account: str) -> flask.Response:
    """Archive, restore or rename an account."""
    with current_world().as_person(tenant) as call:
        return _json(control.change_account(call, account, Reader(_body())))


def _saved(tenant: str, key: str, identity: str, save: Callable[[Call, Reader], Record]) -> flask.Response:
    with current_world().as_person(tenant) as call:
        saved = save(call, Reader({**_body(), key: identity}))
    return _json({name: value for name, value in saved.items() if name[0] != "_"})


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
    body = _body()
    with current_world().as_person(tenant) as call:
        saved = payments.save(call, control.payment_element(body))
    return _json({name: value for name, value in saved.items() if name[0] != "_"})


@blueprint.post("/books/<tenant>/person/<action>")
def act(tenant: str, action: str) -> flask.Response:
    """Any method of the bookkeeper, with its arguments as members; ``adviser`` passes the period lock."""
    method = vars(Bookkeeper).get(action) if action[0] != "_" else None
    if not callable(method):
        raise ValueError(f"A person has no {action!r} here.")
    sent = _body()
    someone = current_world().bookkeeper(tenant, adviser=bool(sent.pop("adviser", False)))
    try:
        saved = method(someone, **sent)
    except TypeError as error:
        raise ValueError(f"Wrong members for {action}: {error}") from None
    return _json({name: value for name, value in saved.items() if name[0] != "_"})


def _plain_number(value: Any) -> Any:
    """Switches and faults hold floats where JSON brought Decimal."""
    return float(value) if isinstance(value, Decimal) else value
