"""The simulated Xero in a process of its own, and what a test may do to it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from galleria_xero_plugin.demo.counting import Xero
from galleria_xero_plugin.demo.processes import Processes
from galleria_xero_plugin.simulator.core.seeds import NORTH_LIGHT

READY = "Simulated Xero is ready at "
API = "/api.xro/2.0"
KEY_WINDOW = 3


class SimulatedXero(Xero):
    """One simulator for many tests; `reset` gives fresh books and the switches it began with."""

    def __init__(self, processes: Processes, url: str) -> None:
        super().__init__(url)
        self.url = url
        self.processes = processes
        self._switches = self.control("/settings")

    def reset(self) -> None:
        self.control("/reset", {})
        self.control("/settings", {**self._switches, "idempotency_seconds": KEY_WINDOW})

    def forget_effects(self) -> None:
        """The effects log begins anew."""
        self._session.delete(f"{self.url}/_simulator/effects", timeout=10).raise_for_status()

    # -- what befalls it

    def fault(self, kind: str, what: str, **more: Any) -> None:
        """The next calls of `what`, e.g. "PUT /Invoices", meet this fault."""
        method, path = what.split()
        self.control("/faults", {"kind": kind, "method": method, "path": API + path, **more})

    def hold(self, what: str, seconds: float, *, skip: int = 0) -> None:
        """The next call of `what` (after `skip` other ones) is executed, and answered so late."""
        self.fault("delay", what, seconds=seconds, skip=skip)

    def holds(self) -> bool:
        """Whether the held call has been executed and waits for its answer."""
        if self.control("/faults")["waiting"]:
            return False
        requests = self.requests()
        return bool(requests) and requests[-1]["status"] == 0 and self._executed(requests[-1])

    def _executed(self, request: dict[str, Any]) -> bool:
        if request["method"] == "GET":
            return True
        return any(effect["request"] == request["number"] for effect in self.control("/effects")["objects"])

    def disconnect(self) -> None:
        """The owner removes the app under Connected Apps."""
        assert self.control("/disconnect", {"tenant": NORTH_LIGHT})["removed"] == 1

    def add_contacts(self, count: int, prefix: str = "Contact") -> None:
        self.control(f"/books/{NORTH_LIGHT}/contacts", {"count": count, "prefix": prefix})

    # -- what it saw

    def requests(self) -> list[dict[str, Any]]:
        """Accounting calls in the order of arrival."""
        return [r for r in self.control("/effects")["requests"] if r["path"].startswith(API)]

    def created(self) -> Counter[str]:
        """How many records calls have created, by kind; what a person entered by hand is not counted."""
        objects = self.control("/effects")["objects"]
        return Counter(effect["kind"] for effect in objects if effect["action"] == "created" and effect["request"])

    def statuses(self) -> Counter[int]:
        return Counter(request["status"] for request in self.requests())

    def consent(self) -> dict[str, Any]:
        """What the token endpoint answers after a consent."""
        granted: dict[str, Any] = self.control("/connect", {"tenants": [NORTH_LIGHT]})
        return granted


@contextlib.contextmanager
def simulated_xero(redirect_uri: str) -> Iterator[SimulatedXero]:
    with Processes({}) as processes:
        processes.python(
            "simulator", "-m", "galleria_xero_plugin.simulator", "--port", "0", "--no-limits",
            "--redirect-uri", redirect_uri,
        )  # fmt: skip

        def address() -> str | None:
            lines = processes.log("simulator").read_text().splitlines()
            return next((line.removeprefix(READY) for line in lines if line.startswith(READY)), None)

        yield SimulatedXero(processes, str(processes.wait_for("simulator", address)))
