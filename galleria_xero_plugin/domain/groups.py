"""A dictionary of groups in which hardly any group has a second member, and which stays small at 100,000."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Groups(Generic[T]):
    """Values by key, several of them per key at need. The usual single value is kept without a list around it,
    which at 100,000 contacts is some megabytes."""

    def __init__(self) -> None:
        self._single: dict[str, T] = {}
        self._several: dict[str, tuple[T, ...]] = {}

    def add(self, key: str, value: T) -> None:
        """Put one more value under a key."""
        if key in self._several:
            self._several[key] += (value,)
        elif key in self._single:
            self._several[key] = (self._single.pop(key), value)
        else:
            self._single[key] = value

    def remove(self, key: str, value: T) -> None:
        """Take a value away from its key."""
        left = tuple(kept for kept in self.get(key) if kept != value)
        self._single.pop(key, None)
        self._several.pop(key, None)
        for kept in left:
            self.add(key, kept)

    def get(self, key: str) -> tuple[T, ...]:
        """The values of a key, in the order in which they came."""
        if key in self._single:
            return (self._single[key],)
        return self._several.get(key, ())
