"""Tests wait for conditions, never for a length of time."""
import time


def wait_until(condition, timeout=10.0, message=""):
    """The first true value of `condition()`; fails after `timeout` seconds with `message` (text or function)."""
    end, pause = time.monotonic() + timeout, 0.005
    while True:
        late = time.monotonic() >= end      # looked at before the last try, so that a slow machine gets one
        value = condition()
        if value:
            return value
        if late:
            what = message() if callable(message) else message or getattr(condition, "__name__", "the condition")
            raise AssertionError(f"not within {timeout:g} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
