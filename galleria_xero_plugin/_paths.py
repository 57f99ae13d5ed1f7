"""Where templates/, static/ and migrations/ are.

In a wheel they lie inside the package; in a checkout (and so in an editable install) they lie beside it,
at the root of the repository. `importlib.resources` finds only the first, so nobody uses it for these.
"""
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """The folder `name`: "templates", "static" or "migrations"."""
    inside = _PACKAGE / name
    if inside.is_dir():
        return inside
    checkout = _PACKAGE.parent
    beside = checkout / name
    # setup.cfg tells a checkout from site-packages, where a folder "templates" would be somebody else's.
    if (checkout / "setup.cfg").is_file() and beside.is_dir():
        return beside
    raise FileNotFoundError(f"galleria_xero_plugin: {name}/ is neither in {_PACKAGE} nor in {checkout}")
