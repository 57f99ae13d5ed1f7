"""Fixtures for every test. The helpers behind them are in tests/helpers and can be used at any scope."""
from pathlib import Path

import hypothesis
import pytest

from tests.helpers import browser, network, servers

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config):
    network.close_network()
    # No deadline: a busy machine is slow, not wrong. Derandomised: a red run is red again on the next machine.
    hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("suite")


LONGEST_FIRST = ("test_rq_versions.py", "processes/", "chaos/", "demo/", "browser/")


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no processor is idle at the end."""
    def place(item):
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((n for n, name in enumerate(LONGEST_FIRST) if path.startswith(name)), len(LONGEST_FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def valkey_server():
    """One `servers.Valkey` for this process; do not kill it (take `servers.valkey()` for that)."""
    with servers.valkey() as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server):
    """The URL of a Valkey with nothing in it."""
    valkey_server.flush()
    return valkey_server.url


@pytest.fixture(scope="session")
def postgres_server():
    """One `servers.Postgres` for this process; `create_database()` gives the URL of a new one."""
    with servers.postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server):
    """The SQLAlchemy URL of an empty PostgreSQL database."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path):
    """The SQLAlchemy URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'host.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """The test runs twice: on an empty SQLite file and on an empty PostgreSQL database."""
    return request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])


@pytest.fixture(scope="session")
def base_url():
    """What page.goto("/path") starts with; a test file with a site overrides it. (The plugin's own fixture of
    this name is written in a way that pytest 9.2 warns about.)"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """pytest-playwright starts the browser with these; no browser is a failure, never a skip."""
    try:
        path, problem = browser.find(), None
    except browser.NoBrowser as missing:
        path, problem = None, str(missing)
    if problem:
        pytest.fail(problem, pytrace=False)     # outside the except, or pytest tells it twice
    return {**browser_type_launch_args, "executable_path": path, "args": browser.ARGUMENTS}


@pytest.fixture(scope="session")
def data_dir():
    """Real sales of a real gallery. They are not ours to publish, so most clones do not have them."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("this clone has no ../shared/data")
    return folder
