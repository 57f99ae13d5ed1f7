"""What comes of a consent, and who it belongs to. Comparisons are explicit, and take the same time for any input."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from ..domain.model import Access
from ..errors import GalleriaXeroError
from ..ports.records import OAuthState
from ..ports.xero import XeroTenant

_REFUSALS = {
    "used": "This answer of Xero's was used already, or came too late. Please start again.",
    "mismatch": "This answer of Xero's belongs to another sign-in. Please start again from this page.",
    "declined": "You did not allow access, so nothing was changed. You can do it any time.",
    "xero_error": "Xero could not give access. Please start again.",
    "incomplete": "Xero's answer was incomplete. Please start again.",
    "expired": "Xero's permission was too old to be used. Please start again.",
    "rejected": "Xero did not accept the connection. Please tell your site's developer.",
    "missing_scope": "Xero did not give all permissions that are needed. Please start again and allow all of them.",
    "unavailable": "Xero does not answer at the moment, so nothing was changed. Please start again in a few minutes.",
    "no_organisation": "Xero named no organisation that can be connected. Please start again and choose one.",
}


class ConsentRefused(GalleriaXeroError):
    """A way back from Xero that does not connect. Nothing was changed, and the person starts again.

    `reason` is one of: used (replayed, expired or unknown), mismatch (another session, user or gallery),
    declined, xero_error, incomplete, expired (the code), rejected, missing_scope, unavailable, no_organisation.
    """

    def __init__(self, reason: str, *, detail: str = "") -> None:
        super().__init__(_REFUSALS[reason], detail=f"consent refused: {reason} {detail}".rstrip())
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Connected:
    """The webservice is connected. `reconnected` is whether it was with this organisation before; `replaced` is
    the name of another organisation that it was connected with until now ("" for none)."""

    webservice_id: str
    organisation_name: str
    reconnected: bool
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class Choose:
    """A person has to choose, or to confirm, the organisation; `choice` goes back with it, within ten minutes.

    `replaces` is the name of the organisation that the webservice has belonged to, when choosing another one means
    leaving it ("" otherwise): its invoices stay there, and accounts and tax rates are chosen anew.
    """

    choice: str
    tenants: tuple[XeroTenant, ...]
    replaces: str = ""


def is_of(consent: OAuthState, access: Access) -> bool:
    """Whether this person of this gallery began it."""
    if not hmac.compare_digest(digest(consent.gallery_id), digest(access.gallery_id)):
        return False
    return hmac.compare_digest(digest(consent.user_id), digest(access.user_id))


def is_from(consent: OAuthState, access: Access, browser_secret: str) -> bool:
    """Whether it was begun in this very browser, too."""
    if not is_of(consent, access):
        return False
    return hmac.compare_digest(consent.browser_hash, digest(browser_secret))


def digest(text: str) -> str:
    """What is kept of a secret that travels through the browser."""
    return hashlib.sha256(text.encode()).hexdigest()
