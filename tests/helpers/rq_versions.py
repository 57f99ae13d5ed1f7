"""The oldest RQ we promise to work with stands in a folder of its own beside the newest.

Standard library only: `tests/__main__.py` reads this before anything is installed.
"""
import os

OLDEST_RQ = "2.12.0"
OLDEST_RQ_DIR = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".venv", "rq-" + OLDEST_RQ)


def oldest_rq_environment():
    """The environment for a subprocess that shall import the oldest RQ; its own children inherit it."""
    path = [OLDEST_RQ_DIR, os.environ.get("PYTHONPATH")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
