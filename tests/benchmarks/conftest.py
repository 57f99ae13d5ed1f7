"""The same tables as in tests/integration/db."""

from tests.integration.db.conftest import *  # noqa: F403
