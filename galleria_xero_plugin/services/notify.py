"""Mail to the people of a gallery: rarely, once each, and never in the way of the work.

At once only when the connection is lost, or when a comparison with Xero finds something; else that the first sync is
done, and one digest a day when something new needs a person, what only the bookkeeper can settle to the bookkeeper
where an address was given (product.md §4.9). A mail that cannot be handed over is owed and tried again by the sweep.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from ..domain.model import GalleryInfo
from ..domain.states import DocumentKind, DocumentState
from ..errors import GalleriaXeroError
from ..ports.gallery import Gallery
from ..ports.records import Connection, ConnectionStatus, Run
from ..ports.runtime import Mailer
from ..ports.store import Units
from . import wording
from .calls import UNTRUSTED
from .digest import LISTED, Item, by_reader, grouped, needs_a_person, of_setting, questions
from .findings import findings
from .lease import PATIENCE
from .mails import Part, compose
from .usage import zone_of

log = logging.getLogger("galleria_xero.notify")

Action = tuple[str, str, dict[str, str]]
"""What a mail asks for: the words of the link, the endpoint of the page, and its values."""

DIGEST_AT = dt.time(8)
"""The local time from which on the daily mail may go out."""
LOST = "lost"
"""The topic of a disconnection that its people have still to be told about."""
FOREVER = dt.timedelta(days=36_500)


class GalleryFailed(GalleriaXeroError):
    """The host's side raised an error of its own."""

    def __init__(self, detail: str) -> None:
        super().__init__("Your gallery's own data cannot be read at the moment. Please try again.", detail=detail)


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
        name = connection.organisation_name
        sent = self._once(
            connection,
            f"disconnected:{connection.token_version}",
            f"{name} was disconnected in Xero",
            [
                f"{name} is no longer connected: somebody removed the connection in Xero.",
                "Nothing is lost. Your invoices stay in Xero, and new ones wait here until you reconnect; "
                "then what was missed is caught up by itself.",
            ],
            ("Reconnect", "connect", {"webservice_id": connection.webservice_id}),
        )
        self._release(connection, [LOST])
        return sent

    def reconnect_needed(self, connection: Connection) -> bool:
        """Xero no longer accepts the consent. Whether a mail went out."""
        try:
            return self._permission_lost(connection)
        except (OSError, GalleriaXeroError) as problem:
            return _not_mailed(connection, problem)

    def _permission_lost(self, connection: Connection) -> bool:
        name = connection.organisation_name
        return self._once(
            connection,
            f"reconnect:{connection.token_version}",
            f"Xero needs your permission again for {name}",
            [
                f"Xero no longer accepts the permission that was given for {name}.",
                "Nothing is lost. New invoices wait here until you reconnect; then they are sent by themselves.",
            ],
            ("Reconnect", "connect", {"webservice_id": connection.webservice_id}),
        )

    def first_export_finished(self, connection: Connection, run: Run) -> bool:
        """The first sync with this organisation has ended. Whether a mail went out (only the first run's does)."""
        with self._units.read() as uow:
            counts = uow.ledger.counts(connection.gallery_id, connection.tenant_id)
            waiting = sum(uow.ledger.waiting_codes(connection.gallery_id, connection.tenant_id).values())
        done = {kind: counts.get((kind, DocumentState.DONE), 0) for kind in DocumentKind}
        lines = [
            f"The first sync with {connection.organisation_name} is done. In Xero stand now:",
            f"{_count(done[DocumentKind.INVOICE], 'invoice')}, {_count(done[DocumentKind.PAYMENT], 'payment')} and "
            f"{_count(done[DocumentKind.CONTACT], 'contact')} of your gallery.",
        ]
        if waiting:
            waits = "1 document waits" if waiting == 1 else f"{waiting} documents wait"
            lines.append(f"{waits}; the page below says why, and what to do.")
        return self._now(
            connection,
            "first-sync",
            f"The first sync with {connection.organisation_name} is done",
            lines,
            ("Show the sync", "run", {"run_id": run.id}),
        )

    def attention(self) -> int:
        """The daily digest of every gallery that has not had today's and where something new needs a person, from
        08:00 of its local time on; what a comparison with Xero found for the first time; and what could not be mailed
        at once about a lost connection. How many went out.

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
        found = compared.comparison.findings if compared else ()
        fresh = [finding for finding in found if compared and finding not in compared.told]
        if compared is None or not fresh:
            return False
        counts = [group for group, _ in wording.compared(compared)]
        name = connection.organisation_name
        lines = [
            f"Your gallery and {name} were compared, and they do not agree: "
            + ", ".join(count.label.text % count.label.values for count in counts)
            + ". New since the last mail:",
            *(f"- {one.number}: {wording.FINDINGS[one.what].text}" for one in fresh[:LISTED]),
        ]
        if len(fresh) > LISTED:
            lines.append(f"- and {len(fresh) - LISTED} more")
        lines.append("Nothing was changed by itself. The page below lists everything.")
        sent = self._once(
            connection,
            f"compared:{compared.compared_at.isoformat()}",
            f"{name} and your gallery do not agree",
            lines,
            ("Show what does not agree", "comparison", {"webservice_id": connection.webservice_id}),
        )
        if sent:
            with self._units.write(patience=PATIENCE) as uow:
                uow.comparisons.told(connection.gallery_id, connection.tenant_id, found)
                uow.commit()
        return sent

    def _not_trusted(self, connection: Connection, now: dt.datetime) -> bool:
        """Once a day while it lasts."""
        name = connection.organisation_name
        sent = self._once(
            connection,
            f"{UNTRUSTED}:{now.date().isoformat()}",
            f"The connection to Xero is not safe: nothing is sent to {name}",
            [
                "Whoever answered in Xero's place could not prove to be Xero: the certificate was wrong or has expired.",
                "Nothing was sent, and nothing is lost. It is tried again every few minutes, and goes on by itself "
                "once Xero itself answers. Please tell whoever runs your website when this mail comes again.",
            ],
            ("Show what is waiting", "activity", {"webservice_id": connection.webservice_id, "group": "waiting"}),
        )
        self._release(connection, [UNTRUSTED])
        return sent

    def _digest(self, connection: Connection, now: dt.datetime) -> int:
        """The day's mail to the gallery, and to its bookkeeper where an address was given. How many went out."""
        local = now.astimezone(zone_of(asked(self._gallery, connection.gallery_id)))
        if local.time() < DIGEST_AT:
            return 0
        today = f"digest:{local.date().isoformat()}"
        checked = self._checked(connection)
        with self._units.write(patience=PATIENCE) as uow:
            if not uow.notices.claim(connection.id, today):
                return 0
            asking = [*questions(uow, connection), *checked]
            fresh = [item for item in asking if uow.notices.claim(connection.id, item.topic)]
            waiting = uow.ledger.waiting_codes(connection.gallery_id, connection.tenant_id)
            webservice = uow.webservices.get(connection.gallery_id, connection.webservice_id)
            uow.commit()
        people = sum(n for code, n in waiting.items() if needs_a_person(code))
        mails = by_reader(fresh, webservice.settings.bookkeeper_emails if webservice else ())
        for sent, (to, items) in enumerate(mails):
            try:
                self._send_digest(connection, items, people, len(fresh), to)
            except (OSError, GalleriaXeroError):
                # What went out stays told; this one and what was to follow are owed.
                self._release(connection, [today, *(item.topic for _, owed in mails[sent:] for item in owed)])
                raise
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
        name, count = connection.organisation_name, _count(len(items), "thing")
        parts: list[Part] = [f"{count} with {name} {'needs' if len(items) == 1 else 'need'} a person since the last mail:"]
        parts += grouped(items, {item.topic: self._address(*item.page) for item in items})
        if people > fresh:
            parts.append(f"Altogether {people} documents wait for somebody. Everything else goes on meanwhile.")
        values = {"webservice_id": connection.webservice_id, "group": "waiting"}
        self._send(connection, [], f"{name}: {count} to look at", parts, ("Show what is waiting", "activity", values), to)

    def _now(self, connection: Connection, topic: str, subject: str, lines: Sequence[str], action: Action) -> bool:
        """As `_once`, in the middle of somebody's work, which a mail never breaks."""
        try:
            return self._once(connection, topic, subject, lines, action)
        except (OSError, GalleriaXeroError) as problem:
            return _not_mailed(connection, problem)

    def _once(self, connection: Connection, topic: str, subject: str, lines: Sequence[str], action: Action) -> bool:
        """Send unless it was sent; whether it went out. Raises OSError, Busy and GalleryFailed."""
        with self._units.write(patience=PATIENCE) as uow:
            mine = uow.notices.claim(connection.id, topic)
            uow.commit()
        return mine and self._send(connection, [topic], subject, lines, action)

    def _send(
        self,
        connection: Connection,
        topics: Sequence[str],
        subject: str,
        parts: Sequence[Part],
        action: Action,
        to: tuple[str, ...] = (),
    ) -> bool:
        """Hand over a mail whose topics are claimed, to the gallery's own addresses unless others are given. When it
        fails they are given back, and OSError or GalleryFailed is raised."""
        label, endpoint, values = action
        try:
            to = to or self._recipients(connection)
            if to:
                self._mailer.send(compose(to, subject, parts, label, self._address(endpoint, values)))
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


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def asked(gallery: Gallery, gallery_id: str) -> GalleryInfo:
    """What the host says about a gallery. Raises GalleryFailed, so that one gallery's trouble is only its own."""
    try:
        return gallery.info(gallery_id)
    except Exception as problem:
        raise GalleryFailed(f"gallery {gallery_id}: {type(problem).__name__}") from problem
