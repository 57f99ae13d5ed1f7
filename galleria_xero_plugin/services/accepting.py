"""A known difference between the gallery and Xero that a person says is all right."""

from __future__ import annotations

from ..domain.comparison import Comparison, Finding
from ..domain.model import Access
from ..errors import NotFound
from ..ports.records import Actor, Connection
from ..ports.store import UnitOfWork, Units


class Accepting:
    """What is accepted counts no more, and no mail tells it, until one of the two sides changes again."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def accept(self, access: Access, webservice_id: str, document_id: str, number: str) -> int:
        """Everything that was found about one document is all right; how much that was. `document_id` is "" for what
        only has a number. Raises NotFound when nothing of it counts (any more)."""
        with self._units.write() as uow:
            connection, found = self._found(uow, access, webservice_id)
            mine = [one for one in found.findings if (one.document_id, one.number) == (document_id, number)]
            self._keep(uow, access, connection, found.accepting({*found.accepted, *mine}), mine, "accepted")
            uow.commit()
        return len(mine)

    def withdraw(self, access: Access, webservice_id: str, document_id: str, number: str) -> int:
        """It counts again; how much that was. Raises NotFound when nothing of it was accepted."""
        with self._units.write() as uow:
            connection, found = self._found(uow, access, webservice_id)
            mine = [one for one in found.accepted if (one.document_id, one.number) == (document_id, number)]
            self._keep(uow, access, connection, found.accepting({*found.accepted}.difference(mine)), mine, "withdrawn")
            uow.commit()
        return len(mine)

    def _found(self, uow: UnitOfWork, access: Access, webservice_id: str) -> tuple[Connection, Comparison]:
        webservice = uow.webservices.get(access.gallery_id, webservice_id)
        connection = webservice and uow.connections.of_webservice(access.gallery_id, webservice_id)
        compared = connection and uow.comparisons.get(access.gallery_id, connection.tenant_id, to_change=True)
        if not connection or not compared:
            raise NotFound(f"comparison of {webservice_id}")
        return connection, compared.comparison

    def _keep(
        self,
        uow: UnitOfWork,
        access: Access,
        connection: Connection,
        comparison: Comparison,
        about: list[Finding],
        outcome: str,
    ) -> None:
        if not about:
            raise NotFound("Nothing of this was found in the last comparison.")
        uow.comparisons.accept(access.gallery_id, connection.tenant_id, comparison)
        subject = about[0].document_id or about[0].number
        what = ", ".join(one.what.value for one in about)
        actor = Actor(access.user_id, access.user_name)
        uow.audit.add(access.gallery_id, actor, "difference with Xero", subject=subject, outcome=f"{outcome}: {what}")
