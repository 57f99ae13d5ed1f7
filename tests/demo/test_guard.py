"""Nothing is left running, whether the supervisor ends in order, or is killed, or a child does not listen."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from galleria_xero_plugin.demo import guard, processes
from tests.helpers.waiting import wait_until

# Starts a child in a process group of its own, as an RQ worker does with its horse, and says who it is.
FAMILY = """
import os, signal, subprocess, sys, time
if "deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""
# A supervisor with such a family, to be killed.
SUPERVISOR = f"""
import sys, time
from galleria_xero_plugin.demo.processes import Processes
with Processes({{}}) as processes:
    pid = processes.python("family", "-c", {FAMILY!r}, *sys.argv[1:])
    processes.wait_for("family", lambda: processes.log("family").read_text().strip())
    print(processes.folder, pid, processes.log("family").read_text().strip(), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("deaf", [(), ("deaf",)])
def test_children_end_when_the_supervisor_is_killed(deaf):
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, *deaf], stdout=subprocess.PIPE, text=True)
    with supervisor:
        folder, pid, child = supervisor.stdout.readline().split()
        assert guard.alive(int(pid)) and guard.alive(int(child))
        supervisor.kill()
    wait_until(lambda: not guard.alive(int(pid)), message="the worker's end")
    wait_until(lambda: not guard.alive(int(child)), message="its child's end")
    wait_until(lambda: not Path(folder).exists(), message="the folder is gone")


def test_leaving_ends_everything_and_removes_the_folder():
    with processes.Processes({}) as running:
        pid = running.python("family", "-c", FAMILY)
        running.wait_for("family", lambda: running.log("family").read_text().strip())
        child = int(running.log("family").read_text())
    assert not guard.alive(pid) and not running.folder.exists()
    wait_until(lambda: not guard.alive(child), message="the grandchild's end")


def test_what_dies_at_its_start_is_named_with_its_last_words():
    with processes.Processes({}) as running:
        running.python("web", "-c", "raise SystemExit('no such table: gallery')")
        with pytest.raises(processes.StartFailed, match="no such table"):
            running.wait_for("web", lambda: False)


def test_a_port_that_is_taken_gives_another_one():
    first = processes.listening_socket(0)
    second = processes.listening_socket(first.getsockname()[1])
    with first, second:
        assert second.getsockname()[1] != first.getsockname()[1]
        assert first.get_inheritable()


def test_descendants_are_found():
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True) as family:
        child = int(family.stdout.readline())
        assert guard.descendants(family.pid) == [child]
        assert child in guard.descendants(os.getpid())
        os.kill(child, signal.SIGKILL)
        family.kill()
