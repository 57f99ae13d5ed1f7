"""The demo as a whole, in its own processes: it walks the article, agrees with Xero to the cent, and ends."""
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from galleria_xero_plugin.demo import guard
from galleria_xero_plugin.demo.command import arguments
from tests.conftest import ROOT
from tests.helpers.waiting import wait_until

KEYS = ["invoices", "lines", "payments", "contacts", "held", "gallery_totals", "xero_totals", "gallery_paid",
        "xero_paid", "api_calls", "token_calls", "duplicates", "seconds", "peak_rss_mb", "second"]


def demo(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "galleria_xero_plugin.demo", "--port", "0", *arguments], cwd=ROOT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_the_smoke_agrees_with_xero():
    with demo("--smoke") as process:
        out, err = process.communicate(timeout=170)
    assert process.returncode == 0, err
    result = json.loads(out)
    assert list(result) == KEYS
    assert (result["invoices"], result["held"], result["duplicates"]) == (115, 2, 0)
    assert result["gallery_totals"] == result["xero_totals"] and set(result["xero_totals"]) == {"EUR", "GBP"}
    assert result["gallery_paid"] == result["xero_paid"]
    assert result["second"]["created"] == 0 and result["second"]["api_calls"] <= 3
    assert "Invoice #1037 waits, as it should: given away" in err and not re.search(r"[\[\]{}]", err)
    assert err.splitlines()[-1] == "Both sides agree: 115 invoices and 126 payments, to the cent."


def test_an_option_is_written_out():
    with pytest.raises(SystemExit):
        arguments(["--smok"])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running(how):
    with demo() as process:
        for line in process.stderr:
            if "Ctrl-C" in line:
                break
        children = guard.descendants(process.pid)
        assert len(children) >= 5       # Valkey, simulator, web server, worker, the guard; and the worker's tick
        process.send_signal(how)
        process.stderr.read()
    wait_until(lambda: not any(map(guard.alive, children)), timeout=5, message="everything has ended")
    assert process.returncode == (-how if how is signal.SIGKILL else 0)
    assert not os.path.exists("/proc") or not any(map(guard.alive, children))
