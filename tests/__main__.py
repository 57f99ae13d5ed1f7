"""`python3 tests [arguments of pytest]`: sets up whatever the tests need, then runs them.

`python3 tests --books 20000` and its like run one of the large proofs instead (`COMMANDS`).

Needs git and Python 3.11 with its venv module; everything else (the environment, a second RQ, a browser,
PostgreSQL and Valkey binaries) it finds or fetches. Standard library only: it runs before anything is there.
"""
import importlib.util
import os
import sys
import tempfile

COMMANDS = {
    "--books": "tests.properties",
    "--books-table": "tests.books",
    "--chaos": "tests.chaos",
    "--chaos-variants": "tests.chaos",
    "--chaos-processes": "tests.processes.chaos",
    "--screens": "tests.browser.screens",
}
"""What is no run of pytest: the first argument, and the module that takes all arguments."""

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)


def load(*path):
    """A module by its file: nothing can be imported by name yet, and the package must not be."""
    name = os.path.splitext(path[-1])[0]
    spec = importlib.util.spec_from_file_location(name, os.path.join(ROOT, *path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    bootstrap = load("galleria_xero_plugin", "_bootstrap.py")
    rq_versions = load("tests", "helpers", "rq_versions.py")
    browser = load("tests", "helpers", "browser.py")

    command = COMMANDS.get("".join(sys.argv[1:2]).partition("=")[0])
    if command:
        bootstrap.run("test", "-m", command, directory=ROOT)
    python = bootstrap.ensure("test")
    if not os.path.isdir(rq_versions.OLDEST_RQ_DIR):
        bring_oldest_rq(bootstrap, rq_versions)
    try:
        os.environ["CHROMIUM"] = browser.ensure(python)
    except browser.NoBrowser as problem:
        print(problem, file=sys.stderr)     # the browser tests will say it again, in red

    arguments = ["-m", "pytest"]
    if len(sys.argv) == 1:
        # The whole suite waits for processes most of the time. One file stays in one process: its servers
        # start once.
        arguments += ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    bootstrap.run("test", *arguments, directory=ROOT)


def bring_oldest_rq(bootstrap, rq_versions):
    """Under its final name it is complete: neither an interrupted run nor a second one leaves half of it."""
    with tempfile.TemporaryDirectory(dir=bootstrap.VENV) as folder:
        new = os.path.join(folder, "rq")
        bootstrap.install("--target", new, "--no-deps", "rq==" + rq_versions.OLDEST_RQ)
        if not os.path.isdir(rq_versions.OLDEST_RQ_DIR):
            os.rename(new, rq_versions.OLDEST_RQ_DIR)


if __name__ == "__main__":
    main()
