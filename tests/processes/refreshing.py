"""A process in which many threads want an access token at the same moment.

`python -m tests.processes.refreshing <connection id> <threads> <file>`: says "ready", waits for the file to be there,
and prints for each thread the version of the token it was given, or what was raised.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from galleria_xero_plugin.demo import host
from galleria_xero_plugin.proxies import state


def main(connection_id: str, threads: str, start: str) -> None:
    app, given = host.create_app(), []
    together = threading.Barrier(int(threads) + 1)

    def want() -> None:
        with app.app_context():
            together.wait()
            try:
                given.append(str(state().services.tokens.access(connection_id)[0]))
            except Exception as problem:
                given.append(repr(problem))

    wanting = [threading.Thread(target=want) for _ in range(int(threads))]
    for thread in wanting:
        thread.start()
    print("ready", flush=True)
    while not Path(start).exists():
        time.sleep(0.002)
    together.wait()
    for thread in wanting:
        thread.join()
    print("given", *given, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
