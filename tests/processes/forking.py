"""A site that has used its database forks, as RQ's worker does, and both sides speak with the database at once.

`python -m tests.processes.forking [careless]` prints the PostgreSQL backends of the parent before, of the child, and of
the parent afterwards; a careless child does not forget its parent's connections.
"""

from __future__ import annotations

import os
import sys

from sqlalchemy import text

from galleria_xero_plugin.demo import host
from galleria_xero_plugin.demo.models import db
from galleria_xero_plugin.jobs import tasks


def backend() -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def main(careless: bool) -> None:
    app = host.create_app()
    with app.app_context():
        before = backend()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            if not careless:
                tasks._forget_parents_connections(app)
            os.write(write, str(backend()).encode())
            os._exit(0)
        os.waitpid(child, 0)
        print(before, int(os.read(read, 20)), backend())


if __name__ == "__main__":
    main("careless" in sys.argv)
