"""Our requests read by the models of Xero's own SDK, which know every member, type, enum and length of the API."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

from xero_python import accounting
from xero_python.api_client.serializer import serialize

_LIST = re.compile(r"list\[(\w+)\]")


def differences(body: bytes) -> list[str]:
    """What becomes of a request's body that is read and written again by the SDK: nothing, when it is right.

    Raises ValueError, as the SDK does, for a value that the API does not know or that is too long."""
    (plural, elements), *more = json.loads(body, parse_float=Decimal).items()
    assert not more, "a request is about one kind of thing"
    envelope = getattr(accounting, plural)
    attribute = next(name for name, member in envelope.attribute_map.items() if member == plural)
    kind = _LIST.fullmatch(envelope.openapi_types[attribute])
    assert kind is not None
    return [
        difference
        for element in elements
        for difference in _compare(kind[1], element, serialize(_model(kind[1], element)))
    ]


def _model(kind: str, values: dict[str, Any]) -> Any:
    """One of the SDK's objects; KeyError for a member that the API does not have."""
    model = getattr(accounting, kind)
    attributes = {member: attribute for attribute, member in model.attribute_map.items()}
    return model(**{
        attributes[member]: _value(model.openapi_types[attributes[member]], value) for member, value in values.items()
    })  # fmt: skip


def _value(kind: str, value: Any) -> Any:
    several = _LIST.fullmatch(kind)
    if several:
        return [_value(several[1], one) for one in value]
    if kind.startswith("date["):
        return dt.date.fromisoformat(value)
    plain = {"str": str, "bool": bool, "int": int, "float": (int, Decimal)}.get(kind)
    if plain is not None:
        assert isinstance(value, plain) and (kind in {"bool"} or not isinstance(value, bool)), f"{value!r} is no {kind}"
        return value
    if isinstance(value, dict):
        return _model(kind, value)
    return getattr(accounting, kind)(value)  # an enum: ValueError for what it does not have


def _compare(where: str, sent: Any, written: Any) -> list[str]:
    """Every member that was sent stands again, and nothing that was not sent but the SDK's own `False`."""
    if isinstance(sent, dict):
        extra = {member for member in written.keys() - sent.keys() if written[member] is not False}
        found = [f"{where} has gained {member}" for member in sorted(extra)]
        for member, value in sent.items():
            found += _compare(f"{where}.{member}", value, written.get(member))
        return found
    if isinstance(sent, list):
        if len(sent) != len(written):
            return [f"{where}: {len(sent)} sent, {len(written)} written"]
        return [one for place in zip(sent, written, strict=True) for one in _compare(where, *place)]
    if isinstance(written, str) and written.startswith("/Date("):
        day = dt.datetime.fromtimestamp(int(written[6:-2]) / 1000, dt.UTC).date()
        return [] if day.isoformat() == sent else [f"{where}: {sent} became {day}"]
    same = float(sent) == written if isinstance(sent, Decimal) else sent == written
    return [] if same else [f"{where}: {sent!r} became {written!r}"]
