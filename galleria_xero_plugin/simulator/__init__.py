"""A local Xero: identity, accounting, limits, faults, an effects log and a page to look at the books.

It is written from Xero's documented and recorded behaviour alone and shares no code with the plugin.

In a process of its own::

    python -m galleria_xero_plugin.simulator --port 8090

In a test, over HTTP::

    with Simulator() as xero:            # a free port, a thread, seeded books
        tokens = xero.connect(NORTH_LIGHT)
        requests.get(xero.url + "/api.xro/2.0/Organisation", headers=xero.headers(tokens, NORTH_LIGHT))
        assert len(xero.world.effects.created("Invoices")) == 0

In a test, without HTTP: ``World().handle(Request(...))``.
"""

from .app import create_app
from .core.bookkeeper import Bookkeeper
from .core.clock import FastClock, ManualClock, SystemClock
from .core.faults import Fault
from .core.seeds import HARBOUR, NORTH_LIGHT
from .core.settings import AppSettings, SimulatorSettings, UserSettings
from .core.wire import Request, Response
from .core.world import World
from .server import Simulator

__all__ = [
    "HARBOUR",
    "NORTH_LIGHT",
    "AppSettings",
    "Bookkeeper",
    "FastClock",
    "Fault",
    "ManualClock",
    "Request",
    "Response",
    "Simulator",
    "SimulatorSettings",
    "SystemClock",
    "UserSettings",
    "World",
    "create_app",
]
