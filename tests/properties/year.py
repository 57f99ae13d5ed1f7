"""A gallery's sales, exported to a simulated organisation and judged: from a seed, the same every time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType

from ..integration.export.office import Office, a_simulator
from .audit import Report, audit
from .changes import change
from .sales import TAX_OPTIONS, TAX_RATES, Sale, sale

FIRST, LAST = dt.date(2026, 1, 2), dt.date(2026, 11, 20)


class Year:
    """One gallery connected to one organisation, both new and in `folder`, that sells from January to November."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._open = ExitStack()

    def __enter__(self) -> Year:
        simulator = self._open.enter_context(a_simulator())
        self.office = Office(simulator, f"sqlite:///{self._folder / 'site.db'}")
        self._open.callback(self.office.engine.dispose)
        self.office.gallery.shelf().tax_options[:] = TAX_OPTIONS
        mapping = self.office.mapping(tax_rates=TAX_RATES, untaxed="ZERORATEDOUTPUT")
        self.office.save(replace(self.office.settings(), mapping=mapping))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def sell(self, random: Random, count: int) -> list[Sale]:
        """That many sales, in the gallery and not yet in Xero."""
        sales = [sale(random, next(self._numbers), FIRST, LAST) for _ in range(count)]
        for one in sales:
            self.office.gallery.add_invoice(one.invoice)
        return sales

    def exported(self, seed: int, count: int) -> Report:
        """`count` sales, exported and judged; then what happens to them afterwards, exported and judged. Exporting
        once more must change nothing, both times."""
        random = Random(seed)
        sales = self.sell(random, count)
        report = self._settled(sales)
        self.office.time.pass_by(minutes=10)
        today = self.office.time.now().date()
        for one in sales:
            what = change(random, self.office.gallery, one, today)
            if what:
                report.changed[one.invoice.id] = what
        self.office.time.pass_by(hours=2)  # the quiet time after a change
        afterwards = self._settled(sales)
        report.afterwards(afterwards)
        return report

    def _settled(self, sales: Sequence[Sale]) -> Report:
        self.office.sync()
        report = audit(self.office, sales)
        written = self.written
        self.office.sync()
        if self.written != written:
            report.wrong.append("a second export changed something in Xero")
        return report

    @property
    def written(self) -> int:
        """How many things were created or changed in the books so far."""
        return len(self.office.simulator.world.effects.objects)
