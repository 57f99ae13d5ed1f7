"""What is in the repository is what a host gets: by wheel, by way of the sdist, and from the wheel in use."""
import configparser
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from galleria_xero_plugin import _paths

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "galleria_xero_plugin"
MAPPED = ("templates", "static", "migrations")


def ours():
    """Every file that belongs into the wheel, by its path in the repository; ignored ones do not belong."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--",
                             PACKAGE, *MAPPED], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {path for path in listed.split("\0") if path and (ROOT / path).is_file()}


def build(kind, source, target):
    """A wheel or sdist by setuptools itself: no network, and no second environment to fill."""
    command = f"from setuptools import build_meta; print(build_meta.build_{kind}({os.fspath(target)!r}))"
    done = subprocess.run([sys.executable, "-W", "error::DeprecationWarning", "-c", command], cwd=source,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy: setuptools leaves build/ behind, and would take stale files from one that is there."""
    copy = tmp_path_factory.mktemp("checkout")
    for path in ours():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    for path in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        shutil.copyfile(ROOT / path, copy / path)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel"))


def content(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if ".dist-info/" not in name}


def in_wheel(path):
    return path if path.startswith(PACKAGE + "/") else f"{PACKAGE}/{path}"


def test_setup_cfg_lists_every_package():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = setup["options"]["packages"].split()
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / PACKAGE).rglob("__init__.py")}
    assert listed == sorted(folders | {f"{PACKAGE}.{name}" for name in MAPPED})


def test_the_wheel_holds_every_file_and_nothing_else(wheel):
    assert content(wheel) == {in_wheel(path) for path in ours()}


def test_the_wheel_by_way_of_the_sdist_is_the_same(checkout, wheel, tmp_path):
    sdist = build("sdist", checkout, tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)   # before 3.11.4 there was none
        archive.extractall(tmp_path)
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert content(build("wheel", unpacked, tmp_path)) == content(wheel)


def test_the_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        dist_info = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        metadata = archive.read(f"{dist_info}/METADATA").decode()
        assert f"{dist_info}/licenses/LICENSE" in archive.namelist()
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert {"demo", "test"} <= {line.partition(": ")[2] for line in metadata.splitlines() if "Provides-Extra" in line}


def test_an_installed_wheel_finds_its_folders(wheel, tmp_path):
    """Ahead of the checkout on the path, a wheel's content is what `import` finds, as after an installation."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (f"import {PACKAGE}; from {PACKAGE}._paths import resource_dir; print({PACKAGE}.__file__);"
               f"[print(resource_dir(name)) for name in {MAPPED}]")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.fspath(tmp_path)})
    assert done.returncode == 0, done.stderr
    inside = tmp_path / PACKAGE
    assert done.stdout.split() == [str(inside / name) for name in ("__init__.py", *MAPPED)]


def test_templates_beside_an_installation_are_not_taken_for_ours(tmp_path, monkeypatch):
    """site-packages/templates is somebody else's."""
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr(_paths, "_PACKAGE", tmp_path / PACKAGE)
    with pytest.raises(FileNotFoundError, match="templates/ is neither in"):
        _paths.resource_dir("templates")


@pytest.mark.parametrize("name", MAPPED)
def test_a_checkout_finds_its_folders(name):
    assert _paths.resource_dir(name) == ROOT / name
