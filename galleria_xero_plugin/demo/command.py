"""The demo's command line: starts everything, waits (or smokes), and ends everything.

    python3 galleria_xero_plugin/demo [--port N] [--ledger FILE [--tax PERCENT] ...] [--xero-url URL]
                                        [--no-limits] [--smoke]
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from .ledger_file import LedgerError
from .ledger_file import read as read_ledger
from .processes import Processes, StartFailed
from .smoke import smoke
from .supervisor import TAX_MODES, Demo

PORT = 8321
# The simulator's own, so that one that was started by hand knows us too.
CLIENT_ID = "SIMULATED0CLIENT0ID0000000000000"
CLIENT_SECRET = "simulated-secret-not-a-real-one"  # noqa: S105
LOCAL = "127.0.0.1,localhost,::1"


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 galleria_xero_plugin/demo",
        description="A gallery site with the Xero plugin, ready to try.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"of the site; a free one if taken (default {PORT})")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="a sales ledger (CSV) to load as a third gallery")
    parser.add_argument("--tax", type=percent, metavar="PERCENT", help="a tax on the ledger's sales, e.g. 8.875")
    parser.add_argument("--tax-mode", choices=TAX_MODES, default="on-top", help="whether its prices include the tax")
    parser.add_argument("--every-tenth", type=currency, metavar="CODE", help="another currency for every tenth invoice")
    parser.add_argument("--xero-url", metavar="URL", help="another Xero-like server instead of the simulator")
    parser.add_argument("--client-id", default=CLIENT_ID, help="our app's id there")
    parser.add_argument("--client-secret", default=CLIENT_SECRET, help="our app's secret there")
    parser.add_argument("--no-limits", action="store_true", help="no limits of calls, on either side")
    parser.add_argument("--smoke", action="store_true", help="connect, send everything, count both sides, end")
    parser.add_argument("--verbose", action="store_true", help="show what the parts log")
    found = parser.parse_args(given)
    if not 0 <= found.port <= 65535:
        parser.error("--port is a number from 0 to 65535")
    return found


def percent(text: str) -> Decimal:
    """A percentage with at most four decimals."""
    if not re.fullmatch(r"\d{1,2}(\.\d{1,4})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage such as 8.875")
    return Decimal(text)


def currency(text: str) -> str:
    """A currency's three letters."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no currency such as EUR")
    return text


def main(given: Sequence[str] | None = None) -> int:
    """Run the demo; the exit status is 2 for a ledger that cannot be used, 1 when something failed."""
    options = arguments(given)
    stop = threading.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(interrupt, lambda *_: _interrupted(stop))
    try:
        sales = read_ledger(options.ledger) if options.ledger else None
    except LedgerError as error:
        say(f"Nothing was loaded. {error}")
        return 2
    loop = {"NO_PROXY": LOCAL, "no_proxy": LOCAL, "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}
    os.environ.update(loop, FLASK_SKIP_DOTENV="1")
    try:
        with Processes(loop, verbose=options.verbose) as processes:
            demo = Demo(options, processes)
            demo.start(sales)
            if options.smoke:
                return smoke(demo)
            say(demo.welcome())
            while not stop.wait(0.2):
                dead = processes.dead()
                if dead:
                    say(f"The {dead} ended by itself.\n{processes.tail(dead)}")
                    return 1
            say("\nEnding ...")
            return 0
    except StartFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _interrupted(stop: threading.Event) -> None:
    """The first signal asks politely, unless the demo is still starting or smoking; then, and again: at once."""
    if stop.is_set() or not Demo.waiting:
        raise KeyboardInterrupt
    stop.set()


def say(text: str) -> None:
    """To the person at the console: standard output is for the smoke's result."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
