"""The database adapter: our own tables on the host's engine, behind the store port."""

from .engine import check_engine
from .uow import SqlUnits
from .vault import Vault, generate_key, parse_keys

__all__ = ["SqlUnits", "Vault", "check_engine", "generate_key", "parse_keys"]
