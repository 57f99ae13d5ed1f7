"""What the pages show, as frozen values: `queries` makes them, templates only lay them out.

Sentences are `Words`: a constant text with named blanks, so that a host can translate it and a page can write
dates and numbers as its gallery reads them. Whatever came from a person or from Xero is only ever a value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..domain.accounting import XeroContact
from ..domain.comparison import Finding
from ..domain.model import GalleryInfo
from ..domain.month import Entry
from ..domain.states import DocumentKind
from ..domain.verdict import Cause, Overall
from ..ports.records import Compared, Connection, ContactConflict, Document, Run, Webservice
from .export.offers import Offer
from .not_listed import NotListed


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence: `text` is constant, with blanks like `%(name)s` (a literal % is written %%)."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


class Tone(StrEnum):
    """How a state looks: fine, going on by itself, wants a person, or switched off."""

    GOOD = "good"
    MOVING = "moving"
    NEEDS = "needs"
    OFF = "off"


class Target(StrEnum):
    """Where an action leads."""

    NONE = ""
    CONNECT = "connect"
    SETTINGS = "edit"
    ACTIVITY = "activity"
    RUN = "run"
    RESUME = "resume"
    SYNC = "sync"
    RETRY = "retry"
    DOCUMENT = "document"
    GALLERY = "gallery"
    XERO = "xero"
    REFRESH = "refresh"
    BOOKS = "books"
    FIRST_RUN = "first_run"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a webservice stands, and the one next step."""

    tone: Tone
    words: Words
    action: Words | None = None
    target: Target = Target.NONE
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many documents wait, by who has to do something; `contacts` are questions of the contact import,
    `books` those of the `you` that may stand in the books already, `drafts` the first run's that wait for approval."""

    you: int = 0
    bookkeeper: int = 0
    developer: int = 0
    itself: int = 0
    contacts: int = 0
    books: int = 0
    drafts: int = 0

    @property
    def documents(self) -> int:
        """How many documents wait, whoever for."""
        return self.you + self.bookkeeper + self.developer + self.itself

    @property
    def people(self) -> int:
        """How many want a person."""
        return self.you + self.bookkeeper + self.developer + self.contacts


@dataclass(frozen=True, slots=True)
class Count:
    """A number of a run with its name."""

    name: str
    label: Words
    value: int


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as a person sees it. `percent` is None while the end is not in sight."""

    run: Run
    title: Words
    headline: Words
    tone: Tone
    done: bool
    percent: int | None
    counts: tuple[Count, ...]
    paused_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One webservice on the Webservices tab, and the head of its other pages."""

    webservice: Webservice
    connection: Connection | None
    standing: Standing
    schedule: Words
    next_run_at: dt.datetime | None
    last: RunView | None
    open_run: RunView | None
    waiting: Waiting
    menu: frozenset[str]
    compared: Compared | None = None
    demo_company: bool = False

    @property
    def first_run_ahead(self) -> bool:
        """No whole sync has ended yet."""
        return self.webservice.first_export_at is None

    @property
    def first_run(self) -> bool:
        """Set up, and not live yet: everything up to the end of the first whole sync."""
        return self.webservice.mapping_completed_at is not None and self.first_run_ahead

    @property
    def id(self) -> str:
        return self.webservice.id

    @property
    def organisation(self) -> str:
        return self.connection.organisation_name if self.connection else ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """The Webservices tab. `verdicts` say by webservice whether both sides agree (None: not compared yet)."""

    gallery: GalleryInfo
    now: dt.datetime
    rows: tuple[ServiceRow, ...]
    verdicts: Mapping[str, Overall | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A page about one webservice: Allow access, Disconnect, Delete."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow


@dataclass(frozen=True, slots=True)
class RunPage:
    """A run with live progress. `queue_alive` is whether the site's worker queue answers, `finish` when the run is
    expected to end, `summary` what came of it in a few words, `latest` whether that says what waits now, `about` the
    one document that somebody sent with it."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    view: RunView
    queue_alive: bool
    finish: dt.datetime | None = None
    summary: tuple[Words, ...] = ()
    latest: bool = False
    about: DocumentRow | None = None


@dataclass(frozen=True, slots=True)
class RunsPage:
    """Syncs, imports of contacts and cancellations, newest first."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document on the Activity page; the addresses are empty when there is nothing to open. `waits_for` is the id
    of the document that has to stand in Xero first, or empty."""

    document: Document
    kind: Words
    state: Words
    tone: Tone
    xero_text: str
    xero_url: str
    gallery_url: str
    target: Target
    may_retry: bool
    may_stop: bool = False
    waits_for: str = ""

    @property
    def says_its_kind(self) -> bool:
        """Whether the label itself begins with what it is: "Payment of AG-1042"."""
        return self.document.label.startswith(self.kind.text)


@dataclass(frozen=True, slots=True)
class Group:
    """A choice of the Activity page's filter, with how many documents it has."""

    name: str
    label: Words
    count: int


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What a person asked the Activity page for."""

    group: str = ""
    kind: DocumentKind | None = None
    search: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    run_id: str = ""
    after: str | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.group or self.kind or self.search or self.since or self.until or self.run_id)


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Every document, newest first. `runs` are offered to choose from."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    chosen: ActivityFilter
    groups: tuple[Group, ...]
    kinds: tuple[tuple[DocumentKind, Words], ...]
    documents: tuple[DocumentRow, ...]
    next_cursor: str | None
    runs: tuple[RunView, ...] = ()
    not_listed: NotListed | None = None

    @property
    def elsewhere(self) -> tuple[Group, ...]:
        """Where else the filter finds something, when it finds nothing here."""
        return () if self.documents else tuple(one for one in self.groups if one.name and one.count)


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Documents for the bookkeeper, those of one cause together."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    causes: tuple[tuple[Document, ...], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something in a document's life: when, what, who or what asked for it (None: nobody is named), in which run,
    and Xero's own reference of the request."""

    at: dt.datetime | None
    what: Words
    asked: Words | None = None
    run_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One document with its history. `candidates` are contacts of Xero, with their addresses there, that a
    waiting contact may be, `open_day` the day on which a person may have a document of a closed month booked, `again_as`
    the number under which one that was cancelled in Xero may be sent again, and whether that is the gallery's own."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    shown: DocumentRow
    parent: Document | None
    life: tuple[Event, ...]
    candidates: tuple[tuple[XeroContact, str], ...]
    offers: tuple[Offer, ...] = ()
    may_be_another: bool = False
    open_day: dt.date | None = None
    again_as: tuple[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A question of the contact import; `candidates` are (id, address, name, e-mail) in the gallery."""

    conflict: ContactConflict
    question: Words
    candidates: tuple[tuple[str, str, str, str], ...]
    xero_url: str


@dataclass(frozen=True, slots=True)
class ConflictsPage:
    """Contacts of Xero that nobody could place by rule."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    rows: tuple[ConflictRow, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """What the last comparison with Xero found: (count, its findings with their words), what was accepted,
    whether both sides agree, what differs for a known cause (month, cause), and what only the months show to differ. `agreeing` is what the
    months add up to, or None while none is kept."""

    gallery: GalleryInfo
    now: dt.datetime
    row: ServiceRow
    groups: tuple[tuple[Count, tuple[tuple[Finding, Words], ...]], ...]
    accepted: tuple[tuple[Finding, Words], ...]
    verdict: Overall | None = None
    known: tuple[tuple[str, Cause], ...] = ()
    wanted: tuple[tuple[str, Entry], ...] = ()
    agreeing: int | None = None
