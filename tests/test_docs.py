"""README says what is: its links lead somewhere, and it names every key and every command, and no other."""
import ast
import importlib
import re
import textwrap
from pathlib import Path

import click
import pytest

from galleria_xero_plugin import cli, config

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8") if (ROOT / "README.md").exists() else ""
PROSE = re.sub(r"^ *```.*?^ *```", "", README, flags=re.MULTILINE | re.DOTALL)


def anchors(markdown):
    """The anchors of the headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ +(.+?) *$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def local_links():
    links = re.findall(r"\]\(<?([^)>\s]+)", PROSE) + re.findall(r'(?:src|href)="([^"]+)"', PROSE)
    return sorted({link for link in links if not re.match(r"[a-z]+:", link)})


def keys():
    return {config.PREFIX + name for name in config.DEFAULTS}


def commands():
    """Every command as it is typed, after `flask`."""
    return set(_walk(cli.GROUP, cli.make_cli(lambda: None)))


def _walk(typed, command):
    if not isinstance(command, click.Group):
        yield typed
        return
    for name, inner in command.commands.items():
        yield from _walk(f"{typed} {name}", inner)


@pytest.mark.parametrize("link", local_links())
def test_links_lead_somewhere(link):
    path, _, anchor = link.partition("#")
    target = ROOT / path if path else ROOT / "README.md"
    assert target.exists()
    assert not anchor or anchor in anchors(target.read_text("utf-8"))


def test_every_configuration_key_is_named_and_no_other():
    assert set(re.findall(rf"\b{config.PREFIX}[A-Z_]*[A-Z]\b", README)) == keys()


def test_every_command_is_named_and_no_other():
    typed = re.findall(r"\bflask (galleria-xero(?: [a-z][a-z-]*)+)", README)
    unknown = {text for text in typed if not any(_starts(text, command) for command in commands())}
    missing = {command for command in commands() if not any(_starts(text, command) for text in typed)}
    assert (missing, unknown) == (set(), set())


def _starts(text, command):
    """Arguments and the prose that follows a command are no part of it."""
    return f"{text} ".startswith(f"{command} ")


def test_the_two_commands_stand_in_the_readme():
    assert "python3 galleria_xero_plugin/demo" in README and "python3 tests" in README


@pytest.mark.parametrize("code", re.findall(r"^ *```python\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL))
def test_examples_are_python(code):
    ast.parse(textwrap.dedent(code))


def test_what_the_examples_import_is_public():
    names = re.findall(r"^ *from (galleria_xero_plugin[.\w]*) import (.+)$", README, re.MULTILINE)
    for module, imported in names:
        for name in imported.split(","):
            assert hasattr(importlib.import_module(module), name.strip()), (module, name)


def test_the_changelog_has_room_for_what_comes_next():
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")
