"""Makes `.venv` in the checkout, installs the checkout into it and runs a module there.

Behind the two one-command set-ups, `python3 galleria_xero_plugin/demo` and `python3 tests`. They start on
whatever `python3` a machine has, before anything is installed: so this file uses the standard library only,
keeps to a syntax that Python 3.7 reads (it then looks for a newer one), is loaded by its path and never
imports the package.
"""
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
LOOPBACK = "127.0.0.1,localhost,::1"


def run(extra, *argv, directory=None):
    """Become `.venv`'s Python running `argv` and then the user's own arguments; does not return.

    `extra` is the extra of setup.cfg to install ("demo" or "test"). The working directory stays the user's,
    so that file names among the arguments mean what was typed, unless `directory` is given. A folder that is
    started by its path (`python3 some/folder`) uses it like this in its `__main__.py`::

        if not __package__:     # by path: some Python, nothing installed; with -m it is the package's own
            spec = importlib.util.spec_from_file_location("_bootstrap", <path of _bootstrap.py>)
            bootstrap = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(bootstrap)
            bootstrap.run("demo", "-m", "galleria_xero_plugin.demo")
    """
    command = [ensure(extra)] + list(argv) + sys.argv[1:]
    # What is started here talks to servers on this machine; a proxy of the user's must not stand between.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), LOOPBACK]))
    sys.stdout.flush()
    if os.name == "nt":     # execv there returns to the shell at once
        sys.exit(subprocess.call(command, cwd=directory))
    if directory:
        os.chdir(directory)
    os.execv(command[0], command)


def ensure(extra):
    """The path of `.venv`'s Python, with the checkout and its `extra` installed; instant when nothing changed.

    Two commands may be started at once: the second waits for the first to finish its set-up.
    """
    with _Lock(os.path.join(ROOT, "setup.cfg")):
        if not _is_usable():
            _create()
        stamp = os.path.join(VENV, "installed-" + extra)
        if _read(stamp) != _fingerprint():
            _say("Installing what is needed (once; this needs the network) ...")
            install("-e", "%s[%s]" % (ROOT, extra))
            with open(stamp, "w") as file:
                file.write(_fingerprint())
    return PYTHON


def install(*arguments):
    """`pip install` into `.venv`, by uv if there is one."""
    uv = shutil.which("uv")
    if uv:
        os.environ.setdefault("UV_SYSTEM_CERTS", "1")   # trust what pip trusts
        command = [uv, "pip", "install", "-q", "--python", PYTHON]
    else:
        command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call(command + list(arguments), stdin=subprocess.DEVNULL) != 0:
        _die("The installation failed; the reason stands above. Is the network there? Then run this again.")


def _is_usable():
    """Does `.venv` run, from this place (it does not survive a move), on the Python asked for?"""
    needs = "sys" if shutil.which("uv") else "sys, pip"     # uv makes environments without pip
    try:
        version = subprocess.check_output(
            [PYTHON, "-c", "import %s; print('%%d.%%d' %% sys.version_info[:2])" % needs],
            stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    found = tuple(map(int, version.split(b".")))
    wanted = found == sys.version_info[:2] or sys.version_info[:2] < OLDEST <= found
    return wanted and _read(os.path.join(VENV, "made-at")) == ROOT


def _create():
    base, uv = _find_python(), shutil.which("uv")
    if not (base or uv):
        _die("Python %d.%d or newer is needed, this is %s. Install one, or uv (https://docs.astral.sh/uv), "
             "then run this again." % (OLDEST + (sys.version.split()[0],)))
    _say("Making .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    make = [uv, "venv", "-q", "--python", base or ">=%d.%d" % OLDEST] if uv else [base, "-m", "venv"]
    if subprocess.call(make + [VENV], stdout=subprocess.DEVNULL) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        _die("That failed. Python's venv module may not be complete; on Debian or Ubuntu:\n"
             "    sudo apt install python3-venv\nThen run this again.")
    with open(os.path.join(VENV, "made-at"), "w") as file:
        file.write(ROOT)


def _find_python():
    if sys.version_info[:2] >= OLDEST:
        return os.path.realpath(sys.executable)     # not the link in an activated .venv, which may have to go
    for minor in range(14, OLDEST[1] - 1, -1):
        path = shutil.which("python3.%d" % minor)
        if path and subprocess.call([path, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def _fingerprint():
    """What decides the content of `.venv`; any change of it installs again."""
    parts = [_read(os.path.join(ROOT, name)) for name in ("setup.cfg", "pyproject.toml")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _die(text):
    sys.exit("\n" + text)


class _Lock:
    """One set-up at a time on this checkout. The kernel lets go of it however the holder ends."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        self._file = open(self._path)
        try:
            import fcntl
        except ImportError:     # Windows
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *exception):
        self._file.close()
