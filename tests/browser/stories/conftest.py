"""A place of its own for each story, and its owner at a browser."""

import shutil

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import expect

from tests.browser.test_screens import template

from .person import Person
from .place import Place

__all__ = ["template"]

PATIENCE = 15_000
"""Milliseconds that a step may take on a busy machine."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Templates are compiled once and not for each place."""
    return {"bytecode_cache": FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))}


@pytest.fixture
def place(template, tmp_path, monkeypatch, compiled):
    monkeypatch.setattr(Flask, "jinja_options", compiled)
    database = tmp_path / "site.db"
    shutil.copy(template, database)
    made = Place(database)
    yield made
    made.close()


@pytest.fixture
def nora(place, page):
    """The gallery's owner, signed in."""
    page.set_default_timeout(PATIENCE)
    person = Person(page, place)
    yield person
    person.leave()
