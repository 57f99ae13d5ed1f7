"""Connecting without a browser, for tests that are not about OAuth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .core.world import World

ALL_SCOPES = (
    "openid profile email offline_access accounting.invoices accounting.payments "
    "accounting.contacts accounting.settings"
)


def connect(world: World, tenants: Sequence[str], scope: str = ALL_SCOPES) -> dict[str, Any]:
    """Connect organisations to the first app as the first user; a token response."""
    app, user = world.settings.apps[0], world.settings.users[0]
    redirect = app.redirect_uris[0]
    question = {"client_id": app.client_id, "redirect_uri": redirect, "scope": scope}
    now = world.clock.now()
    code = world.identity.consent(question, user.email, tenants, now)
    found = world.identity.exchange({"code": code, "redirect_uri": redirect}, app, now)
    world.keep_identity()
    return found
