"""Saving a webservice's settings, and what follows from it. Nothing here talks to Xero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from ..domain import chart
from ..domain.accounting import ReferenceData
from ..domain.export import prefix_error
from ..domain.model import Access, GalleryInfo
from ..domain.settings import TRACKED_AT_MOST, Settings
from ..domain.states import DocumentState, RunKind, RunTrigger
from ..errors import InvalidInput, NotFound
from ..ports.gallery import Gallery
from ..ports.records import Actor, Connection, ConnectionStatus, Run, Webservice
from ..ports.runtime import JobQueue
from ..ports.store import UnitOfWork, Units
from .schedule import Schedules
from .usage import in_use, today_of

DECIDED_ANEW = (DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.SKIPPED)
"""What new settings may let go: their reasons are about accounts, tax rates, dates and amounts."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The webservice as saved, the runs that this save started, and what is still required."""

    webservice: Webservice
    first_run: Run | None
    contacts_run: Run | None
    gaps: tuple[chart.Gap, ...]


class SettingsService:
    """The Update Webservice button."""

    def __init__(self, units: Units, gallery: Gallery, schedules: Schedules, queue: JobQueue) -> None:
        self._units = units
        self._gallery = gallery
        self._schedules = schedules
        self._queue = queue

    def save(self, access: Access, webservice_id: str, values: Settings, expected_version: int) -> Saved:
        """Save all settings as the next version.

        What is required and missing does not hinder saving (it hinders exporting, and comes back as `gaps`);
        what is wrong does. Raises NotFound, InvalidInput (field -> message), Conflict (somebody saved first).
        """
        gallery_id, actor = access.gallery_id, Actor(access.user_id, access.user_name)
        info = self._gallery.info(gallery_id)
        with self._units.read() as uow:
            before = uow.webservices.get(gallery_id, webservice_id)
            if before is None:
                raise NotFound(f"webservice {webservice_id}")
            connection = uow.connections.of_webservice(gallery_id, webservice_id)
            reference = connection and uow.reference.get(gallery_id, connection.tenant_id)
            today = today_of(info, uow.now())
        if not reference:
            # Nothing could be chosen, so nothing that was chosen before is lost.
            values = replace(values, mapping=before.settings.mapping)
        errors = _wrong(values)
        gaps = self._gaps(gallery_id, values, reference, today) if reference else ()
        if reference:
            errors |= self._unusable(gallery_id, values, reference)
        if before.mapping_completed_at is not None:
            # Once complete, it is never taken back as a whole: a sync would have nowhere to send to.
            errors = {gap.field: gap.message for gap in gaps if gap.field in ("sales", "sync_from")} | errors
        if errors:
            raise InvalidInput(errors)
        complete = bool(reference) and not gaps
        return self._store(info, before, values, expected_version, actor, complete, gaps)

    def _store(
        self,
        info: GalleryInfo,
        before: Webservice,
        values: Settings,
        expected_version: int,
        actor: Actor,
        complete: bool,
        gaps: tuple[chart.Gap, ...],
    ) -> Saved:
        gallery_id = info.id
        first_run = contacts_run = None
        with self._units.write() as uow:
            saved = uow.webservices.save_settings(
                gallery_id, before.id, values, expected_version=expected_version, actor=actor
            )
            connection = uow.connections.of_webservice(gallery_id, before.id)
            old = before.settings
            if (old.sync_from, old.copy_existing) != (values.sync_from, values.copy_existing):
                uow.webservices.set_cursor(before.id, None)
            if complete and saved.mapping_completed_at is None:
                uow.webservices.mark(before.id, mapping_completed=True)
                if values.scheduled or values.copy_existing:
                    first_run = self._open(uow, connection, RunKind.EXPORT, RunTrigger.FIRST, actor)
            if values.import_contacts and not old.import_contacts:
                contacts_run = self._open(uow, connection, RunKind.CONTACTS, RunTrigger.PERSON, actor)
            if connection is not None:
                uow.ledger.requeue(gallery_id, connection.tenant_id, DECIDED_ANEW)
                self._schedules.plan(uow, saved, connection, info.time_zone)
            uow.audit.add(gallery_id, actor, "settings saved", subject=before.id, outcome=f"version {saved.version}")
            saved = uow.webservices.get(gallery_id, before.id) or saved
            uow.commit()
        return Saved(saved, first_run, contacts_run, gaps)

    def _open(
        self, uow: UnitOfWork, connection: Connection | None, kind: RunKind, trigger: RunTrigger, actor: Actor
    ) -> Run | None:
        """A run in the same transaction, unless it cannot work now or one is going."""
        if connection is None or connection.status is not ConnectionStatus.ACTIVE:
            return None
        if uow.runs.open_of(connection.id, kind) is not None:
            return None
        ring = self._queue.ring_export if kind is RunKind.EXPORT else self._queue.ring_contacts
        uow.after_commit(lambda: ring(connection.id))
        return uow.runs.open(connection, kind, trigger, actor)

    def _gaps(
        self, gallery_id: str, values: Settings, reference: ReferenceData, today: dt.date
    ) -> tuple[chart.Gap, ...]:
        usage = in_use(self._gallery, gallery_id, values, today)
        return chart.gaps(
            values,
            reference,
            usage.tax_options,
            usage.methods,
            untaxed_in_use=usage.untaxed,
            tax_options=self._gallery.tax_options(gallery_id),
            methods=self._gallery.payment_methods(gallery_id),
        )

    def _unusable(self, gallery_id: str, values: Settings, reference: ReferenceData) -> dict[str, str]:
        """What was chosen and cannot be: only what this organisation offers and this gallery has."""
        options = self._gallery.tax_options(gallery_id)
        methods = self._gallery.payment_methods(gallery_id)
        mapping = values.mapping
        found = chart.gaps(
            values, reference, mapping.tax_rates.keys(), mapping.banks.keys(), tax_options=options, methods=methods
        )
        chosen = _chosen(values)
        errors = {gap.field: gap.message for gap in found if gap.field in chosen}
        known = {f"tax:{option.id}" for option in options} | {f"bank:{method.id}" for method in methods}
        known |= {f"theme:{theme.id}" for theme in self._gallery.branding_themes(gallery_id)}
        themes = {theme.id for theme in reference.branding_themes}
        for theme_id, xero_id in mapping.branding_themes.items():
            if xero_id not in themes:
                errors[f"theme:{theme_id}"] = "This branding theme is no longer in Xero. Please choose another one."
        errors |= _wrong_tracking(mapping.tracking, {category_id for category_id, _, _ in reference.tracking})
        for field in chosen - known:
            if ":" in field:
                errors[field] = "Your gallery does not have this any more."
        return errors


def _wrong(values: Settings) -> dict[str, str]:
    """What cannot be saved whatever Xero says."""
    errors: dict[str, str] = {}
    problem = prefix_error(values.prefix)
    if problem is not None:
        errors["prefix"] = problem
    return errors


def _wrong_tracking(tracking: Mapping[str, str], known: Set[str]) -> dict[str, str]:
    """What Xero would refuse: a line takes two categories, and each of them once."""
    errors = {}
    for source, category_id in tracking.items():
        if category_id not in known:
            errors[f"tracking:{source}"] = "This tracking category is no longer in Xero. Please choose another one."
        elif list(tracking.values()).count(category_id) > 1:
            errors[f"tracking:{source}"] = "Please choose each tracking category once."
        elif len(tracking) > TRACKED_AT_MOST:
            errors[f"tracking:{source}"] = "Xero takes two tracking categories on a line. Please choose at most two."
    return errors


def _chosen(values: Settings) -> set[str]:
    """The fields of the mapping that have a value, named as in `domain.chart`."""
    mapping = values.mapping
    single: Mapping[str, str | None] = {
        "sales": mapping.sales,
        "portal": mapping.portal,
        "shipping": mapping.shipping,
        "framing": mapping.framing,
        "custom": mapping.custom,
        "expense": mapping.expense,
        "rounding": mapping.rounding,
        "untaxed": mapping.untaxed,
    }
    return (
        {field for field, value in single.items() if value is not None}
        | {f"tax:{option_id}" for option_id in mapping.tax_rates}
        | {f"bank:{method_id}" for method_id in mapping.banks}
        | {f"theme:{theme_id}" for theme_id in mapping.branding_themes}
    )
