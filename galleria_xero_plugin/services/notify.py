"""Mail to the people of a gallery: rarely, once each, and never in the way of the work.

At once only when the connection is lost or not safe, or when a comparison with Xero finds something; else that the
first sync is done, and one digest a day when something new needs a person, what only the bookkeeper can settle to the
bookkeeper where an address was given (product.md §4.9). What they say is in `letters`. A mail that cannot be handed
over is owed and tried again by the sweep.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from ..domain.states import DocumentKind, DocumentState
from ..domain.verdict import overall
from ..errors import GalleriaXeroError
from ..ports.gallery import Gallery
from ..ports.records import Connection, ConnectionStatus, Run
from ..ports.runtime import Mailer
from ..ports.store import Units
from . import letters
from .calls import UNTRUSTED
from .digest import Item, by_reader, needs_a_person, of_setting, questions
from .findings import findings
from .guarded import GalleryFailed, asked
from .lease import PATIENCE
from .letters import Letter
from .mails import compose
from .usage import zone_of

log = logging.getLogger("galleria_xero.notify")

DIGEST_AT = dt.time(8)
"""The local time from which on the daily mail may go out."""
LOST = "lost"
"""The topic of a disconnection that its people have still to be told about."""
FOREVER = dt.timedelta(days=36_500)


class Notify:
    """Writes the mails. `link` gives the path or address of one of our pages: (endpoint, values) -> text."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        mailer: Mailer,
        site_url: str,
        link: Callable[[str, dict[str, str]], str],
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._mailer = mailer
        self._site_url = site_url
        self._link = link

    def disconnected(self, connection: Connection) -> bool:
        """The organisation was disconnected in Xero. Whether a mail went out; if not, `attention` tries again."""
        try:
            return self._connection_lost(connection)
        except (OSError, GalleriaXeroError) as problem:
            return _not_mailed(connection, problem)

    def _connection_lost(self, connection: Connection) -> bool:
        sent = self._once(connection, f"disconnected:{connection.token_version}", letters.disconnected(connection))
        self._release(connection, [LOST])
        return sent

    def reconnect_needed(self, connection: Connection) -> bool:
        """Xero no longer accepts the consent. Whether a mail went out."""
        try:
            return self._permission_lost(connection)
        except (OSError, GalleriaXeroError) as problem:
            return _not_mailed(connection, problem)

    def _permission_lost(self, connection: Connection) -> bool:
        return self._once(connection, f"reconnect:{connection.token_version}", letters.permission_lost(connection))

    def first_export_finished(self, connection: Connection, run: Run) -> bool:
        """The first sync with this organisation has ended. Whether a mail went out (only the first run's does)."""
        with self._units.read() as uow:
            counts = uow.ledger.counts(connection.gallery_id, connection.tenant_id)
            waiting = sum(uow.ledger.waiting_codes(connection.gallery_id, connection.tenant_id).values())
        done = {kind: counts.get((kind, DocumentState.DONE), 0) for kind in DocumentKind}
        letter = letters.first_sync(connection, run, done, waiting)
        try:
            return self._once(connection, "first-sync", letter)
        except (OSError, GalleriaXeroError) as problem:  # in the middle of somebody's work, which a mail never breaks
            return _not_mailed(connection, problem)

    def attention(self) -> int:
        """The daily digest of every gallery that has not had today's and where something new needs a person, from
        08:00 of its local time on; what a comparison with Xero found for the first time; and what could not be mailed
        at once about a connection that is lost or not safe. How many went out.

        Ends at the first mail that cannot be handed over: the others would only wait for the same server.
        """
        with self._units.read() as uow:
            now = uow.now()
            connections = uow.connections.to_keep(now + FOREVER)  # every open one with tokens
            lost = [uow.connections.get(connection_id) for connection_id in uow.notices.claimed(LOST)]
            unsafe = set(uow.notices.claimed(UNTRUSTED))
        sent = 0
        for connection in (*connections, *(one for one in lost if one and one.status is ConnectionStatus.DISCONNECTED)):
            try:
                if connection.id in unsafe:
                    sent += self._not_trusted(connection, now)
                if connection.status is ConnectionStatus.ACTIVE:
                    sent += self._digest(connection, now) + self._alarm(connection)
                elif connection.status is ConnectionStatus.NEEDS_REAUTH:
                    sent += self._permission_lost(connection)
                elif connection.status is ConnectionStatus.DISCONNECTED:
                    sent += self._connection_lost(connection)
            except GalleriaXeroError as problem:
                log.info("connection %s: no mail now: %s", connection.id, problem.detail)
            except OSError as problem:
                log.warning("connection %s: a mail was not handed over: %s", connection.id, type(problem).__name__)
                break
        return sent

    def _alarm(self, connection: Connection) -> bool:
        """What a comparison with Xero has found for the first time."""
        with self._units.read() as uow:
            compared = uow.comparisons.get(connection.gallery_id, connection.tenant_id)
            lines = uow.months.all(connection.gallery_id, connection.tenant_id)
        found = compared.comparison.findings if compared else ()
        fresh = [finding for finding in found if compared and finding not in compared.told]
        if compared is None or not fresh:
            return False
        unequal = any(line.unequal for line in lines)
        verdict = overall((line.differing for line in lines), compared.comparison, unequal=unequal)
        letter = letters.disagreement(connection, verdict, fresh)
        sent = self._once(connection, f"compared:{compared.compared_at.isoformat()}", letter)
        if sent:
            with self._units.write(patience=PATIENCE) as uow:
                uow.comparisons.told(connection.gallery_id, connection.tenant_id, found)
                uow.commit()
        return sent

    def _not_trusted(self, connection: Connection, now: dt.datetime) -> bool:
        """Once a day while it lasts."""
        sent = self._once(connection, f"{UNTRUSTED}:{now.date().isoformat()}", letters.not_safe(connection))
        self._release(connection, [UNTRUSTED])
        return sent

    def _digest(self, connection: Connection, now: dt.datetime) -> int:
        """The day's mail to the gallery, and to its bookkeeper where an address was given. How many went out.

        What a mail is about counts as told when it was handed over, not before: of a process that dies meanwhile
        nothing is lost, the next day's mail has it.
        """
        local = now.astimezone(zone_of(asked(self._gallery, connection.gallery_id)))
        if local.time() < DIGEST_AT:
            return 0
        today = f"digest:{local.date().isoformat()}"
        checked = self._checked(connection)
        with self._units.write(patience=PATIENCE) as uow:
            if not uow.notices.claim(connection.id, today):
                return 0
            asking = {item.topic: item for item in (*questions(uow, connection), *checked)}
            told = uow.notices.told(connection.id, list(asking))
            fresh = [item for topic, item in asking.items() if topic not in told]
            waiting = uow.ledger.waiting_codes(connection.gallery_id, connection.tenant_id)
            webservice = uow.webservices.get(connection.gallery_id, connection.webservice_id)
            uow.commit()
        people = sum(n for code, n in waiting.items() if needs_a_person(code))
        mails = by_reader(fresh, webservice.settings.bookkeeper_emails if webservice else ())
        for to, items in mails:
            try:
                self._send_digest(connection, items, people, len(fresh), to)
            except (OSError, GalleriaXeroError):
                self._release(connection, [today])  # this one and what was to follow are owed
                raise
            with self._units.write(patience=PATIENCE) as uow:
                for item in items:
                    uow.notices.claim(connection.id, item.topic)
                uow.commit()
        return len(mails)

    def _checked(self, connection: Connection) -> list[Item]:
        """What the settings check finds: a warning before a sale breaks."""
        try:
            found = findings(self._units, self._gallery, connection.gallery_id, connection.webservice_id)
        except Exception as problem:  # the host's own error: its gallery's mail goes out without
            log.warning("connection %s: settings not checked: %s", connection.id, type(problem).__name__)
            return []
        return [of_setting(finding, connection) for finding in found]

    def _send_digest(
        self, connection: Connection, items: Sequence[Item], people: int, fresh: int, to: tuple[str, ...]
    ) -> None:
        address = {item.topic: self._address(*item.page) for item in items}
        letter = letters.digest(connection, items, address, people if people > fresh else 0)
        self._send(connection, [], letter, to)

    def _once(self, connection: Connection, topic: str, letter: Letter) -> bool:
        """Send unless it was sent; whether it went out. Raises OSError, Busy and GalleryFailed."""
        with self._units.write(patience=PATIENCE) as uow:
            mine = uow.notices.claim(connection.id, topic)
            uow.commit()
        return mine and self._send(connection, [topic], letter)

    def _send(
        self, connection: Connection, topics: Sequence[str], letter: Letter, to: tuple[str, ...] = ()
    ) -> bool:
        """Hand over a mail whose topics are claimed, to the gallery's own addresses unless others are given. When it
        fails they are given back, and OSError or GalleryFailed is raised."""
        try:
            to = to or self._recipients(connection)
            if to:
                address = self._address(*letter.page)
                self._mailer.send(compose(to, letter.subject, letter.parts, letter.label, address))
        except (OSError, GalleryFailed):
            self._release(connection, topics)
            raise
        if not to:
            log.warning("connection %s: nobody to mail to", connection.id)
        return bool(to)

    def _address(self, endpoint: str, values: dict[str, str]) -> str:
        address = self._link(endpoint, values)
        return address if "://" in address else self._site_url + address

    def _recipients(self, connection: Connection) -> tuple[str, ...]:
        with self._units.read() as uow:
            webservice = uow.webservices.get(connection.gallery_id, connection.webservice_id)
        if webservice is not None and webservice.settings.admin_emails:
            return webservice.settings.admin_emails
        owner = asked(self._gallery, connection.gallery_id).owner_email
        return (owner,) if owner else ()

    def _release(self, connection: Connection, topics: Sequence[str]) -> None:
        with self._units.write(patience=PATIENCE) as uow:
            for topic in topics:
                uow.notices.release(connection.id, topic)
            uow.commit()


def _not_mailed(connection: Connection, problem: Exception) -> bool:
    log.warning("connection %s: a mail was not handed over: %s", connection.id, type(problem).__name__)
    return False
