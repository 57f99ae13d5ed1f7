"""The places where tests make workers die: all of them are in the code, and none does anything in production."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from galleria_xero_plugin import GalleriaXero, failpoints
from galleria_xero_plugin.db.vault import generate_key
from galleria_xero_plugin.errors import ConfigError
from galleria_xero_plugin.testing import FakeGallery

PACKAGE = Path(failpoints.__file__).parent


@pytest.fixture
def folder(tmp_path):
    failpoints.arm({failpoints.VARIABLE: str(tmp_path)}, production=False)
    yield tmp_path
    failpoints.arm({}, production=False)


def test_the_table_names_every_place_and_no_other():
    texts = (path.read_text() for path in PACKAGE.rglob("*.py") if path != Path(failpoints.__file__))
    assert sorted(place for text in texts for place in re.findall(r'failpoints\.reach\("(\w+)"\)', text)) == sorted(
        failpoints.POINTS
    )


def test_what_is_not_armed_does_nothing(tmp_path, monkeypatch):
    (tmp_path / "after_t2").write_text("raise")
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))  # read when the app is built, and not later
    failpoints.reach("after_t2")
    assert (tmp_path / "after_t2").exists()


def test_a_site_in_production_refuses_to_start_with_it(tmp_path):
    with pytest.raises(ConfigError, match="makes workers crash: remove it"):
        failpoints.arm({failpoints.VARIABLE: str(tmp_path)}, production=True)
    (tmp_path / "after_t2").write_text("raise")
    failpoints.reach("after_t2")


def test_the_whole_site_refuses_too(tmp_path, monkeypatch):
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))
    app = Flask(__name__)
    app.config.update({f"GALLERIA_XERO_{name}": value for name, value in {
        "CLIENT_ID": "id", "CLIENT_SECRET": "secret", "TOKEN_KEYS": generate_key(), "REDIS_URL": "redis://localhost",
        "REDIRECT_URI": "https://site.example/xero/callback",
    }.items()}, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'site.db'}")  # fmt: skip
    db = SQLAlchemy(app)
    with pytest.raises(ConfigError, match=failpoints.VARIABLE):
        GalleriaXero(FakeGallery()).init_app(app, db)


def test_a_sentence_is_executed_once(folder):
    (folder / "after_t2").write_text("raise")
    failpoints.reach("after_t1")
    with pytest.raises(RuntimeError):
        failpoints.reach("after_t2")
    failpoints.reach("after_t2")
    assert [path.name.partition(".")[0] for path in folder.iterdir()] == ["after_t2"]


def test_a_sentence_for_the_third_visit(folder):
    (folder / "after_t2").write_text("raise 2")
    failpoints.reach("after_t2")
    failpoints.reach("after_t2")
    with pytest.raises(RuntimeError):
        failpoints.reach("after_t2")
