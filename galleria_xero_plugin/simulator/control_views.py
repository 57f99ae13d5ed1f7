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
GET      /_simulator/settings/explained           -> {"refresh_grace": {"default", "choices", "says"}, ...}
GET      /_simulator/faults                       -> {"waiting": [...], "fired": [...], "late": n, "kinds"}
POST     /_simulator/faults                       a fault, or {"faults": [...]} -> 201; see core.faults
DELETE   /_simulator/faults                       -> 204; ?fired=1 forgets what struck, too
DELETE   /_simulator/faults/<id>                  -> 204
POST     /_simulator/late/run                     -> {"executed": n}; late calls need not be due
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
POST     /_simulator/books/<tenant>/person/<what> arguments of core.bookkeeper.Bookkeeper.<what> -> a record
POST     /_simulator/reset                        -> 204; fresh books, no tokens
=======  =======================================  ====================================================
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import flask

from .context import current_world
from .control_http import control_blueprint, json_answer, plain_number, sent_object
from .core import books
from .core.fault import Fault
from .core.fault_kinds import KINDS
from .core.settings import explained
from .shortcut import ALL_SCOPES, connect

blueprint = control_blueprint("control")


@blueprint.get("")
def overview() -> flask.Response:
    """Who is here."""
    world = current_world()
    app = world.settings.apps[0]
    return json_answer(
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
    return json_answer(current_world().effects.as_json(int(since) if since.isdigit() else 0))


@blueprint.delete("/effects")
def forget_effects() -> flask.Response:
    """An empty log."""
    current_world().effects.reset()
    return flask.Response(status=204)


@blueprint.get("/books/<tenant>")
def summary(tenant: str) -> flask.Response:
    """Counts and sums."""
    return json_answer(books.summary(_organisation(tenant)))


@blueprint.get("/books/<tenant>/journal")
def journal(tenant: str) -> flask.Response:
    """Journal totals."""
    return json_answer(
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


@blueprint.get("/settings/explained")
def explain_settings() -> flask.Response:
    """What each switch decides."""
    return flask.jsonify(explained())


@blueprint.post("/settings")
def change_settings() -> flask.Response:
    """Turn switches."""
    values = {name: plain_number(value) for name, value in sent_object().items()}
    current_world().change_settings(**values)
    return settings()


@blueprint.get("/faults")
def faults() -> flask.Response:
    """Faults waiting to happen, and those that struck."""
    board = current_world().faults
    fired = [asdict(entry) for entry in board.fired]
    late = current_world().late_calls
    return flask.jsonify(waiting=board.waiting(), fired=fired, late=late, kinds=KINDS)


@blueprint.post("/faults")
def add_fault() -> tuple[flask.Response, int]:
    """Arm a fault, or several at once."""
    sent = sent_object()
    listed = sent.get("faults", [sent])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise ValueError("faults must be a list of faults.")
    made = [Fault.of({name: plain_number(value) for name, value in entry.items()}) for entry in listed]
    for fault in made:
        current_world().faults.add(fault)
    return faults(), 201


@blueprint.delete("/faults")
def clear_faults() -> flask.Response:
    """No more faults; ?fired=1 forgets those that struck as well."""
    board = current_world().faults
    board.reset() if flask.request.args.get("fired") == "1" else board.clear()
    return flask.Response(status=204)


@blueprint.delete("/faults/<int:number>")
def remove_fault(number: int) -> flask.Response:
    """One fault less."""
    return flask.Response(status=204 if current_world().faults.remove(number) else 404)


@blueprint.post("/late/run")
def run_late() -> flask.Response:
    """Late calls are executed now instead of when they are due."""
    return json_answer({"executed": current_world().run_late(everything=True)})


@blueprint.post("/disconnect")
def disconnect() -> flask.Response:
    """The owner removes the app in Xero."""
    world = current_world()
    removed = world.identity.disconnect(str(sent_object().get("tenant")))
    world.keep_identity()
    return json_answer({"removed": removed})


@blueprint.post("/connect")
def connect_now() -> flask.Response:
    """Consent and exchange in one step."""
    body = sent_object()
    world = current_world()
    tenants = body.get("tenants") or list(world.organisations)[:1]
    if not isinstance(tenants, list) or not set(map(str, tenants)) <= set(world.organisations):
        raise ValueError("tenants must be a list of tenant ids.")
    return json_answer(connect(world, tenants, str(body.get("scope") or ALL_SCOPES)))


@blueprint.post("/tokens/expire")
def expire_tokens() -> flask.Response:
    """Every access token is past its life."""
    world = current_world()
    return json_answer({"expired": world.identity.expire_access_tokens(world.clock.now())})


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
