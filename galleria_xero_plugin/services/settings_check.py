"""Settings check: its page, its count on the Webservices tab, and picking a replacement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..domain.model import Access
from ..domain.settings_check import Finding, with_choice
from ..ports.gallery import Gallery
from ..ports.store import Units
from .findings import findings
from .settings import Saved, SettingsService
from .settings_page import SettingsPage


@dataclass(frozen=True, slots=True)
class CheckPage:
    """The settings with what is wrong with them."""

    shown: SettingsPage
    findings: tuple[Finding, ...]

    @property
    def to_pick(self) -> tuple[str, ...]:
        """The fields to choose anew, each once."""
        return tuple(dict.fromkeys(finding.field for finding in self.findings if finding.field))


class SettingsCheck:
    """`settings_page` gives the settings with their choices (NotFound for what is not this gallery's)."""

    def __init__(
        self,
        units: Units,
        gallery: Gallery,
        settings: SettingsService,
        settings_page: Callable[[Access, str], SettingsPage],
    ) -> None:
        self._units = units
        self._gallery = gallery
        self._settings = settings
        self._settings_page = settings_page

    def page(self, access: Access, webservice_id: str) -> CheckPage:
        """What is found now, with the choices for a replacement."""
        shown = self._settings_page(access, webservice_id)
        return CheckPage(shown, findings(self._units, self._gallery, access.gallery_id, webservice_id))

    def counts(self, access: Access) -> Mapping[str, int]:
        """How many findings each webservice of the gallery has."""
        with self._units.read() as uow:
            ids = [webservice.id for webservice in uow.webservices.of_gallery(access.gallery_id)]
        return {one: len(findings(self._units, self._gallery, access.gallery_id, one)) for one in ids}

    def replace(self, access: Access, webservice_id: str, chosen: Mapping[str, str], version: int) -> Saved:
        """Save other accounts and tax rates in these fields. Raises as `SettingsService.save`."""
        values = self._settings_page(access, webservice_id).row.webservice.settings
        for field, value in chosen.items():
            values = with_choice(values, field, value)
        return self._settings.save(access, webservice_id, values, version)
