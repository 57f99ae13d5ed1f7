"""The host's own commands, run as its developer runs them."""
import json
import os
import subprocess
import sys

from tests.conftest import ROOT

FACTORY = "tests.second_host.site:from_environment"
# The env.py that Flask-Migrate writes calls it.
WARNINGS = "error,ignore:'get_engine' is deprecated:DeprecationWarning"


def run(*command, settings, check=True, **variables):
    """`python -m ...` with the site's settings in the environment; the finished process with its output as text."""
    environment = {**os.environ, "FLASK_APP": FACTORY, "PYTHONWARNINGS": WARNINGS,
                   "KABINETT_DATABASE": settings["SQLALCHEMY_DATABASE_URI"], **variables}
    for key, value in settings.items():
        environment[f"KABINETT_SITE_{key}"] = value if isinstance(value, str) else json.dumps(value)
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert not check or done.returncode == 0, done.stdout
    return done


def settings_of(app):
    """What another process must know to be the same site."""
    return {key: value for key, value in app.config.items()
            if key == "SQLALCHEMY_DATABASE_URI" or key.startswith(("GALLERIA_XERO_", "KABINETT_"))}
