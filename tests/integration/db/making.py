"""What the tests here need to begin with: galleries, connections, documents, and a clock to move."""

import datetime as dt
import multiprocessing

from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.ports.records import Actor, Batch, NewDocument
from galleria_xero_plugin.ports.xero import Secret, TokenSet, XeroTenant

# New processes without anything of ours open, from one that has imported what takes long.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["galleria_xero_plugin.db.migrate", "psycopg"])

KEYS = ["11" * 7 + "0123456789abcdef" * 3 + "77", "22" * 7 + "fedcba9876543210" * 3 + "88"]
START = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
GALLERY = "gallery-1"
TENANT = "11111111-aaaa-4aaa-8aaa-111111111111"
ANNA = Actor("7", "Anna")
HERE = (GALLERY, TENANT)
INVOICE, CONTACT, PAYMENT = DocumentKind.INVOICE, DocumentKind.CONTACT, DocumentKind.PAYMENT


class HandClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at

    def move(self, **time):
        self.at += dt.timedelta(**time)
        return self.at


def tokens(name="first", expires_in=1800):
    return TokenSet(Secret(f"access-{name}"), Secret(f"refresh-{name}"), expires_in, frozenset({"openid"}))


def tenant(tenant_id=TENANT, name="North Light"):
    return XeroTenant(f"xero-connection-of-{tenant_id}", tenant_id, "ORGANISATION", name)


def saved(units, do):
    """What `do` answers, committed."""
    with units.write() as uow:
        answer = do(uow)
        uow.commit()
    return answer


def seen(units, look):
    """What `look` answers in a reading unit."""
    with units.read() as uow:
        return look(uow)


def connected(units, gallery_id=GALLERY, tenant_id=TENANT):
    """The open connection of a gallery; its webservice is made when it has none."""

    def do(uow):
        services = uow.webservices.of_gallery(gallery_id)
        service = services[0] if services else uow.webservices.add(gallery_id, Settings(), ANNA)
        return uow.connections.connect(gallery_id, service.id, tenant(tenant_id), tokens())

    return saved(units, do)


def document(local_id="1", kind=INVOICE, *, gallery_id=GALLERY, tenant_id=TENANT, **values):
    given = {"natural_key": f"{kind}-{local_id}", "marker": f"M{local_id}", "label": f"{kind} {local_id}"}
    return NewDocument(gallery_id=gallery_id, tenant_id=tenant_id, kind=kind, local_id=local_id, **(given | values))


def inserted(units, *documents):
    """The ledger rows of these documents, in their order (creates only)."""
    saved(units, lambda uow: uow.ledger.insert(documents))
    return [found(units, one.kind, one.local_id, one.gallery_id) for one in documents]


def found(units, kind, local_id, gallery_id=GALLERY):
    return seen(units, lambda uow: uow.ledger.known(gallery_id, TENANT, kind, [local_id])[local_id])


def batch(*rows, number=1, seen=None):
    return Batch(
        f"00000000-0000-4000-8000-{number:012}",
        f"key-{number}",
        "hash",
        {row.id: f'{{"n":"{row.local_id}"}}' for row in rows},
        seen or {},
    )


def sent(units, connection, *rows, number=1, seconds=120):
    """The rows written ahead under a new lease: the lease's number."""

    def do(uow):
        lease = uow.connections.claim_lease(connection.id, "worker", seconds)
        assert uow.ledger.start_sending(connection.id, lease, rows[0].kind, batch(*rows, number=number), worker="w")
        uow.connections.release_lease(connection.id, lease)
        return lease

    return saved(units, do)


def done(units, row, xero_id=None):
    """The row as found in Xero."""
    moved = saved(
        units,
        lambda uow: uow.ledger.move(
            row.id, expect=[DocumentState.PENDING], to=DocumentState.DONE, xero_id=xero_id or f"x-{row.local_id}"
        ),
    )
    assert moved
