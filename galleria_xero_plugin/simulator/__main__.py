"""``python -m galleria_xero_plugin.simulator --port 8090``: a local Xero in a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from .core.clock import FastClock
from .core.fault import Fault
from .core.fault_kinds import KINDS
from .core.settings import (
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    DEFAULT_REDIRECT_URI,
    AppSettings,
    SimulatorSettings,
    UserSettings,
    explained,
)
from .core.world import World
from .server import make_http_server
from .store import SqliteStore

PLANS = {"starter": 1000, "core": 5000}

# What a site that has the plugin puts into its configuration.
CONFIGURATION = """
For a site's configuration:

    GALLERIA_XERO_ALLOW_OTHER_HOSTS=True,
    GALLERIA_XERO_CLIENT_ID="{client_id}",
    GALLERIA_XERO_CLIENT_SECRET="{client_secret}",
    GALLERIA_XERO_REDIRECT_URI="{redirect_uri}",
    GALLERIA_XERO_AUTHORIZE_URL="{url}/identity/connect/authorize",
    GALLERIA_XERO_TOKEN_URL="{url}/connect/token",
    GALLERIA_XERO_JWKS_URL="{url}/.well-known/openid-configuration/jwks",
    GALLERIA_XERO_CONNECTIONS_URL="{url}/connections",
    GALLERIA_XERO_API_URL="{url}/api.xro/2.0",
    GALLERIA_XERO_DEEP_LINK_URL="{url}",

Ctrl-C ends it.
"""


def _arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m galleria_xero_plugin.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 picks a free one")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps books and tokens")
    parser.add_argument("--client-id", default=DEFAULT_CLIENT_ID)
    parser.add_argument("--client-secret", default=DEFAULT_CLIENT_SECRET)
    parser.add_argument("--redirect-uri", action="append", help="may be given more than once")
    parser.add_argument("--app-name", default=AppSettings.name)
    parser.add_argument("--user", default=UserSettings.email, help="e-mail of the one who signs in")
    parser.add_argument("--password", default=UserSettings.password)
    parser.add_argument("--plan", choices=sorted(PLANS), default="starter", help="1,000 or 5,000 calls a day")
    parser.add_argument(
        "--clock-scale",
        type=float,
        default=1.0,
        help="60: lives, windows and the seconds of faults are a sixtieth; for clients in real time",
    )
    parser.add_argument(
        "--clock-speed",
        type=float,
        default=1.0,
        help="60: the whole clock runs an hour a minute, dates too; for clients on the same clock",
    )
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE", help="may be repeated")
    parser.add_argument("--fault", action="append", default=[], metavar="JSON", help='e.g. {"kind": "503", "count": 0}')
    parser.add_argument("--switches", action="store_true", help="list the switches and the kinds of faults, and end")
    parser.add_argument("--verbose", action="store_true", help="log each path to stderr")
    return parser.parse_args(argv)


def _settings(arguments: argparse.Namespace) -> SimulatorSettings:
    app = AppSettings(
        arguments.client_id,
        arguments.client_secret,
        arguments.app_name,
        tuple(arguments.redirect_uri or [DEFAULT_REDIRECT_URI]),
    )
    found = SimulatorSettings(
        apps=(app,),
        users=(UserSettings(email=arguments.user, password=arguments.password),),
        time_scale=arguments.clock_scale,
        day_limit=PLANS[arguments.plan],
        limits=not arguments.no_limits,
    )
    return found.changed(dict(_switch(found, text) for text in arguments.set))


def _switch(known: SimulatorSettings, text: str) -> tuple[str, Any]:
    """``refresh_grace=false`` as a name and a value of the switch's own type; ValueError otherwise."""
    name, equals, value = text.partition("=")
    now = getattr(known, name, None)
    if not equals or name not in known.switches():
        raise ValueError(f"--set takes SWITCH=VALUE with a switch of --switches, not {text!r}.")
    if isinstance(now, str):
        return name, value
    try:
        return name, json.loads(value.lower())
    except ValueError:
        raise ValueError(f"The switch {name} takes {type(now).__name__}, not {value!r}.") from None


def _listed() -> str:
    """The switches and the kinds of faults, one a line."""
    lines = ["Switches (--set, /_simulator/settings):", ""]
    for name, about in explained().items():
        choices = f" [{', '.join(about['choices'])}]" if about["choices"] else ""
        lines.append(f"  {name}={about['default']}{choices}: {about['says']}")
    lines += ["", "Kinds of faults (--fault, /_simulator/faults):", ""]
    return "\n".join([*lines, *(f"  {kind}: {says}" for kind, says in KINDS.items())])


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted or terminated."""
    arguments = _arguments(argv)
    if arguments.switches:
        print(_listed())
        return 0
    try:
        settings = _settings(arguments)
        faults = [Fault.of(json.loads(text)) for text in arguments.fault]
        clock = FastClock(arguments.clock_speed) if arguments.clock_speed != 1 else None
    except (ValueError, TypeError, AttributeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    store = SqliteStore(arguments.state) if arguments.state else None
    world = World(settings, clock, store)
    for fault in faults:
        world.faults.add(fault)
    try:
        server = make_http_server(world, arguments.host, arguments.port, loud=arguments.verbose)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on port {arguments.port}: {error.strerror}\n")
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    host = "localhost" if arguments.host == "127.0.0.1" else arguments.host
    url = f"http://{host}:{server.server_port}"
    print(f"Simulated Xero is ready at {url}", flush=True)
    app = world.settings.apps[0]
    print(
        CONFIGURATION.format(
            url=url,
            client_id=app.client_id,
            client_secret=app.client_secret,
            redirect_uri=app.redirect_uris[0],
        ),
        flush=True,
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
        if store is not None:
            store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
