"""All use cases of one app together."""

from __future__ import annotations

from dataclasses import dataclass

from .accepting import Accepting
from .activity import Activity
from .books_search import BooksSearch
from .cancelling import Cancelling
from .connect import Connect
from .contact_import import ContactImport
from .doorbell import Doorbell
from .export import Export
from .first_run import FirstRun
from .host_states import HostStates
from .lookalikes import Lookalikes
from .months import Months
from .notify import Notify
from .preview import Preview
from .queries import Queries
from .questions import Questions
from .redating import Redating
from .reference import Reference
from .runs import Runs
from .schedule import Schedules
from .sending_anew import SendingAnew
from .settings import SettingsService
from .settings_check import SettingsCheck
from .tokens import Tokens


@dataclass(frozen=True, slots=True)
class Services:
    """All services of one app, built by the composition root."""

    connect: Connect
    tokens: Tokens
    reference: Reference
    settings: SettingsService
    runs: Runs
    export: Export
    contact_import: ContactImport
    schedules: Schedules
    notify: Notify
    queries: Queries
    activity: Activity
    months: Months
    check: SettingsCheck
    questions: Questions
    redating: Redating
    accepting: Accepting
    cancelling: Cancelling
    sending_anew: SendingAnew
    doorbell: Doorbell
    lookalikes: Lookalikes
    books_search: BooksSearch
    first_run: FirstRun
    host_states: HostStates
    preview: Preview
