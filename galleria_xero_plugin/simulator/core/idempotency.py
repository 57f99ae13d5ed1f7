"""Idempotency keys (xero-facts.md §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition

from .errors import Refused, api_exception, validation
from .settings import SimulatorSettings
from .wire import Request, Response

LONGEST_KEY = 128
KEYED = {"PUT", "POST", "PATCH"}
_SWEEP_ABOVE = 5000


@dataclass
class _Entry:
    fingerprint: str
    first: datetime
    response: Response | None = None


def key_of(request: Request) -> str | None:
    """The key of a request that may carry one; ignored on other methods."""
    return request.headers.get("idempotency-key") or None if request.method in KEYED else None


def _fingerprint(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    head = f"{request.method}\n{request.path}\n{query}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def _conflict(message: str, settings: SimulatorSettings) -> Refused:
    """The envelope of this 400 was not found: text at the top, or in an element (§3)."""
    if settings.key_conflict_shape == "elements":
        return validation([{"ValidationErrors": [{"Message": message}]}])
    return api_exception(17, "IdempotencyKeyException", message)


class IdempotencyKeys:
    """Keys per app. The first answer is kept for six minutes from the first call, errors too."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._changed = Condition()

    def reset(self) -> None:
        """Forget every key."""
        with self._changed:
            self._entries.clear()
            self._changed.notify_all()

    def answer(
        self,
        app: str,
        request: Request,
        now: datetime,
        settings: SimulatorSettings,
        execute: Callable[[], Response],
    ) -> tuple[Response, bool]:
        """The answer to a request, and whether it is a replay."""
        key = key_of(request)
        if key is None or not settings.idempotency:
            return execute(), False
        if len(key) > LONGEST_KEY:
            raise api_exception(17, "IdempotencyKeyException", f"Idempotency Key: {key[:LONGEST_KEY]}... is too long.")
        entry = self._claim((app, key), request, now, settings)
        if entry is None:
            return execute(), False
        if entry.response is not None:
            return entry.response, True
        try:
            entry.response = execute()
        finally:
            with self._changed:
                if entry.response is None:  # nothing to replay: the key is free again
                    self._entries.pop((app, key), None)
                self._changed.notify_all()
        return entry.response, False

    def _claim(
        self, name: tuple[str, str], request: Request, now: datetime, settings: SimulatorSettings
    ) -> _Entry | None:
        fingerprint = _fingerprint(request)
        window = timedelta(seconds=settings.seconds(settings.idempotency_seconds))
        with self._changed:
            if len(self._entries) > _SWEEP_ABOVE:
                self._entries = {k: e for k, e in self._entries.items() if now - e.first < window}
            while True:
                entry = self._entries.get(name)
                if entry is None or now - entry.first >= window:
                    entry = self._entries[name] = _Entry(fingerprint, now)
                    return entry
                if entry.fingerprint != fingerprint:
                    raise _conflict(f"Idempotency Key: {name[1]} is used with a different request.", settings)
                if entry.response is not None:
                    return entry
                if settings.idempotency_concurrent == "execute":
                    return None
                if settings.idempotency_concurrent == "refuse":
                    raise api_exception(17, "IdempotencyKeyException", f"Idempotency Key: {name[1]} is in progress.")
                self._changed.wait()
