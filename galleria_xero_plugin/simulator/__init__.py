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

The switchboard makes it difficult; the table of addresses is in ``control_views``::

    xero.world.faults.add(Fault("late", "/api.xro/2.0/Invoices", "PUT", seconds=120, hold=30))
    xero.world.faults.add(Fault("429", count=0, probability=0.1, seed=7, problem="concurrent"))
    xero.world.faults.fired                          # what struck which request
    xero.world.change_settings(refresh_grace=False)  # the other reading of an open question
    xero.world.bookkeeper().merge_contacts("A. Fischer", "Anna Fischer")

==========================  =======================================================================
where a fault enters        kinds
==========================  =======================================================================
gateway, nothing executed   503 offline 429 status 401 403 redirect invalid_grant key_store_down
                            drop_before hang; late executes after its client has given up
core, cached under the key  500_before 500_after slow stale wrong_tenant churn disconnect
wire, executed and kept     drop half delay truncate html xml charset oversized gzip_bomb
                            reordered missing doubled zero_guid cent_off
==========================  =======================================================================

``core.fault`` tells which calls a fault strikes, ``core.fault_kinds`` what each kind does,
``core.settings`` every switch and the question it answers, ``core.bookkeeper`` what a person can do.
"""

from .app import create_app
from .core.bookkeeper import Bookkeeper
from .core.clock import FastClock, ManualClock, SystemClock
from .core.fault import Fault
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
