"""Finds a Chromium, or gets one.

Standard library only: `tests/__main__.py` reads this before anything is installed.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OWN = os.path.join(ROOT, ".venv", "browser")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

ARGUMENTS = [
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
]
if IS_ROOT:
    ARGUMENTS.append("--no-sandbox")    # Chromium's sandbox refuses root


class NoBrowser(Exception):
    """No way led to a Chromium that starts."""

    def __init__(self):
        super().__init__("No browser: install Chromium or Chrome, or set CHROMIUM to the path of one, "
                         "then run `python3 tests` again. Without it the browser tests fail.")


def find():
    """The path of a Chromium that starts: $CHROMIUM, one on PATH, macOS's Chrome, or one that `ensure` got."""
    named = os.environ.get("CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    candidates = [named] if named else [
        *map(shutil.which, names),
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        os.path.join(OWN, "chromium"),
        *sorted(glob.glob(os.path.join(OWN, "chromium-*", "chrome-*", "chrome"))),
        *sorted(glob.glob(os.path.join(OWN, "chromium-*", "chrome-mac*", "*.app", "Contents", "MacOS", "*"))),
    ]
    for path in filter(None, candidates):
        if os.path.exists(path) and starts(path):
            return path
    raise NoBrowser


def starts(path):
    """Not every file with the name is a browser: Ubuntu's is a note that asks for snap."""
    try:
        answer = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return re.search(rb"Chrom\w+.* \d+\.\d+", answer) is not None


def ensure(python):
    """As `find`; where there is none, gets one. `python` is the environment that has Playwright in it."""
    if os.environ.get("CHROMIUM"):      # that one is meant, and no other
        return find()
    for get in (lambda: None, lambda: _from_playwright(python), _from_debian, _from_npm):
        try:
            get()
            return find()
        except (NoBrowser, OSError, subprocess.SubprocessError):
            continue
    raise NoBrowser


def _from_playwright(python):
    _say("No browser here: asking Playwright for one ...")
    _call([python, "-m", "playwright", "install", "--no-shell", "chromium"],
          PLAYWRIGHT_BROWSERS_PATH=OWN, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="10000")


def _from_debian():
    if not (IS_ROOT and shutil.which("apt-get")):
        raise NoBrowser
    _say("Installing Debian's Chromium ...")
    _call(["apt-get", "update"])
    # libatomic1 is what Playwright's own node lacks on a small Debian.
    _call(["apt-get", "install", "-y", "--no-install-recommends", "chromium", "libatomic1", "fonts-liberation"],
          DEBIAN_FRONTEND="noninteractive")


def _from_npm():
    """A Chromium that comes whole in a registry's package (Linux on x86_64): compressed, so it is unpacked."""
    if not (shutil.which("npm") and sys.platform == "linux"):
        raise NoBrowser
    _say("Taking Chromium from npm's @sparticuz/chromium ...")
    os.makedirs(OWN, exist_ok=True)
    _call(["npm", "install", "--prefix", OWN, "--no-save", "--no-audit", "--no-fund", "@sparticuz/chromium"])
    unpack = ("const fs = require('fs'), zlib = require('zlib'), [from, to] = process.argv.slice(1);"
              "fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)))")
    parts = os.path.join(OWN, "node_modules", "@sparticuz", "chromium", "bin")
    for packed in glob.glob(os.path.join(parts, "**", "*.br"), recursive=True):
        unpacked = os.path.join(OWN, "parts", os.path.basename(packed)[:-len(".br")])
        os.makedirs(os.path.dirname(unpacked), exist_ok=True)
        _call(["node", "-e", unpack, packed, unpacked])
        if unpacked.endswith(".tar"):
            shutil.unpack_archive(unpacked, os.path.dirname(unpacked))
    libraries = sorted({os.path.dirname(p) for p in glob.glob(os.path.join(OWN, "parts", "**", "*.so*"),
                                                              recursive=True)})
    program, launcher = os.path.join(OWN, "parts", "chromium"), os.path.join(OWN, "chromium")
    os.chmod(program, 0o755)
    with open(launcher, "w") as file:
        file.write('#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' % (":".join(libraries), program))
    os.chmod(launcher, 0o755)


def _call(command, **environment):
    subprocess.run(command, check=True, timeout=600, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env={**os.environ, **environment})


def _say(text):
    print(text, file=sys.stderr, flush=True)
