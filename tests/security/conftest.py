"""The small site of tests/web, and a live one: the plugin as a host puts it in, with its real login at a simulated
Xero, a real Valkey and a mailbox."""

import shutil

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from galleria_xero_plugin.simulator import Simulator
from tests.web.conftest import make_site, migrated, site  # noqa: F401 - fixtures

from .live import Live, simulator_settings


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))


@pytest.fixture(autouse=True)
def quick_templates(monkeypatch, compiled):
    """Templates are compiled once and not by each of the many sites."""
    monkeypatch.setattr(Flask, "jinja_options", {"bytecode_cache": compiled})


@pytest.fixture
def make_live(migrated, tmp_path, valkey_url):  # noqa: F811
    """A live site of this test's own; `simulator` changes settings of its Xero, the rest is configuration."""
    lives = []

    def make(simulator=None, **config):
        path = tmp_path / f"live-{len(lives)}.db"
        shutil.copy(migrated, path)
        xero = Simulator(simulator_settings(**(simulator or {})))
        xero.start()
        lives.append(Live(path, xero, valkey_url, **config))
        return lives[-1]

    yield make
    for live in lives:
        live.close()


@pytest.fixture
def live(make_live):
    return make_live()
