"""The adapter has every call of the port, with the port's parameters."""

import inspect

import pytest

from galleria_xero_plugin.db.uow import SqlUnit, SqlUnits
from galleria_xero_plugin.ports import store
from galleria_xero_plugin.ports.ledger import LedgerStore
from galleria_xero_plugin.ports.books import BooksStore
from galleria_xero_plugin.ports.months import MonthStore

PORTS = {
    "webservices": store.WebserviceStore,
    "connections": store.ConnectionStore,
    "ledger": LedgerStore,
    "runs": store.RunStore,
    "contacts": store.ContactStore,
    "oauth_states": store.OAuthStateStore,
    "reference": store.ReferenceStore,
    "audit": store.AuditStore,
    "notices": store.NoticeStore,
    "comparisons": store.ComparisonStore,
    "months": MonthStore,
    "books": BooksStore,
}


def calls(port):
    return [name for name, member in vars(port).items() if inspect.isfunction(member) and name[0] != "_"]


def parameters(function):
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]


def test_every_store_of_the_port_is_here():
    assert set(store.UnitOfWork.__annotations__) == set(PORTS)


@pytest.mark.parametrize("name", PORTS)
def test_a_store_has_every_call(live_units, name):
    with live_units.read() as uow:
        adapter = type(getattr(uow, name))
    for call in calls(PORTS[name]):
        assert parameters(getattr(adapter, call)) == parameters(getattr(PORTS[name], call)), call


def test_units_have_every_call():
    for adapter, port in ((SqlUnit, store.UnitOfWork), (SqlUnits, store.Units)):
        for call in calls(port):
            assert parameters(getattr(adapter, call)) == parameters(getattr(port, call)), call
