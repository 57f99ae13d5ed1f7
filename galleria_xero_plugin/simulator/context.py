"""What the views share."""

from __future__ import annotations

import flask

from .core.organisation import Organisation
from .core.world import World


def current_world() -> World:
    """The world of the running app."""
    return flask.current_app.extensions["simulated_xero"]  # type: ignore[no-any-return]


def organisation_or_404(tenant_or_code: str) -> Organisation:
    """An organisation by tenant id or short code."""
    world = current_world()
    for org in world.organisations.values():
        if tenant_or_code in {org.tenant_id, org.about["ShortCode"]}:
            return org
    flask.abort(404)
