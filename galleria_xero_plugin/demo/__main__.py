"""`python3 galleria_xero_plugin/demo [options]`: the whole demo from one command, on a bare checkout.

Started by its path it makes `.venv` and starts again in there; inside an environment that has the package,
`python -m galleria_xero_plugin.demo` does the same without. Standard library only: it runs before anything
is installed, and on whatever Python 3 there is.
"""
import importlib.util
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def main():
    if __package__:     # by -m: everything is there
        from .command import main as command
        sys.exit(command())
    spec = importlib.util.spec_from_file_location("_bootstrap", os.path.join(FOLDER, os.pardir, "_bootstrap.py"))
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    bootstrap.run("demo", "-m", "galleria_xero_plugin.demo")


if __name__ == "__main__":
    main()
