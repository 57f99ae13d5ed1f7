"""A small host site around the pages: sign-in by a link, SQLite, a gallery in memory, Xero's login by hand.

The stores and the services of the pages are the real ones; only what would leave the process is played.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from types import SimpleNamespace

from flask import Flask, redirect, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf import CSRFProtect
from sqlalchemy import create_engine

from galleria_xero_plugin import config
from galleria_xero_plugin.db import SqlUnits, Vault
from galleria_xero_plugin.domain.accounting import (
    Account,
    Organisation,
    ReferenceData,
    TaxRate,
    XeroBrandingTheme,
    XeroContact,
    XeroInvoice,
)
from galleria_xero_plugin.domain.month import Entry, Figures, OpenPayment, Sheet, Standing
from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunTrigger
from galleria_xero_plugin.ports.records import Actor, NewDocument
from galleria_xero_plugin.ports.xero import Grant, ResultPage, Secret, TokenSet, XeroTenant
from galleria_xero_plugin.proxies import EXTENSION_KEY, State
from galleria_xero_plugin.services.accepting import Accepting
from galleria_xero_plugin.services.activity import Activity
from galleria_xero_plugin.services.books_search import BooksSearch
from galleria_xero_plugin.services.cancelling import Cancelling
from galleria_xero_plugin.services.connect import Connect
from galleria_xero_plugin.services.document_rows import Links
from galleria_xero_plugin.services.first_run import FirstRun
from galleria_xero_plugin.services.host_states import HostStates
from galleria_xero_plugin.services.lookalikes import Lookalikes
from galleria_xero_plugin.services.preview import Preview
from galleria_xero_plugin.services.months import Months
from galleria_xero_plugin.services.queries import Queries
from galleria_xero_plugin.services.questions import Questions
from galleria_xero_plugin.services.redating import Redating
from galleria_xero_plugin.services.runs import Runs
from galleria_xero_plugin.services.schedule import Schedules
from galleria_xero_plugin.services.sending_anew import SendingAnew
from galleria_xero_plugin.services.settings import SettingsService
from galleria_xero_plugin.services.settings_check import SettingsCheck
from galleria_xero_plugin.testing import FakeGallery, make_access, make_gallery_info
from galleria_xero_plugin.web.blueprint import make_blueprint
from galleria_xero_plugin.xero import links

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OURS, THEIRS = "north-light", "harbour"
ACTOR = Actor("u-1", "Nora Light")
TENANT = XeroTenant("c0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000001", "ORGANISATION",
                    "North Light Ltd")
OTHER_TENANT = XeroTenant("c0000000-0000-4000-8000-000000000002", "a0000000-0000-4000-8000-000000000002",
                          "ORGANISATION", "Harbour Ltd")
TOKENS = TokenSet(Secret("access"), Secret("refresh"), 1800)


def account(number, name, type="REVENUE", account_class="REVENUE", **fields):
    return Account(f"b0000000-0000-4000-8000-0000000000{number:02}", f"{number}0", name, type, account_class,
                   "ACTIVE", **fields)


SALES = account(20, "Sales", tax_type="OUTPUT2")
FRAMES = account(21, "Framing income")
OTHER = account(26, "Other income", "OTHERINCOME")
FEES = account(40, "Bank fees", "EXPENSE", "EXPENSE")
ROUNDING = account(86, "Rounding", "EXPENSE", "EXPENSE", system="ROUNDING")
BANK = account(9, "Business account", "BANK", "ASSET", currency="GBP")
CLEARING = account(61, "Stripe clearing", "CURRENT", "ASSET", payments_enabled=True)
VAT20, VAT5, ZERO_RATED, EXEMPT = (
    TaxRate("OUTPUT2", "20% (VAT on Income)", 20, "ACTIVE", True),
    TaxRate("RROUTPUT", "5% (VAT on Income)", 5, "ACTIVE", True),
    TaxRate("ZERORATEDOUTPUT", "Zero Rated Income", 0, "ACTIVE", True),
    TaxRate("EXEMPTOUTPUT", "Exempt Income", 0, "ACTIVE", True),
)


TRACKING = (("f0000000-0000-4000-8000-000000000001", "Artist", ("Ines Calder",)),
            ("f0000000-0000-4000-8000-000000000002", "Exhibition", ("Spring Show",)))


def reference(now, name="North Light Ltd", **fields):
    """What stands in Xero."""
    organisation = Organisation(TENANT.tenant_id, name, "!nLt7", "GBP", "GB", "GMTSTANDARDTIME", tax_registered=True,
                                period_lock_date=dt.date(2026, 1, 31))
    values = {
        "organisation": organisation, "accounts": (SALES, FRAMES, OTHER, FEES, ROUNDING, BANK, CLEARING),
        "tax_rates": tuple(dataclasses.replace(rate, rate=Decimal(rate.rate))
                           for rate in (VAT20, VAT5, ZERO_RATED, EXEMPT)),
        "branding_themes": (XeroBrandingTheme("d0000000-0000-4000-8000-000000000001", "Standard"),),
        "currencies": ("GBP",), "fetched_at": now, "tracking": TRACKING,
    }
    return ReferenceData(**(values | fields))


class Login:
    """Xero's identity side by hand."""

    def __init__(self):
        self.tenants = (TENANT,)
        self.gone = []

    def authorize_url(self, *, state, nonce):
        self.state = state
        return f"https://login.xero.com/identity/connect/authorize?state={state}"

    def exchange(self, code, *, nonce):
        return Grant(TOKENS, "x-1", None)

    def refresh(self, refresh_token):
        return TOKENS

    def connections(self, access_token, *, auth_event_id=None):
        return self.tenants

    def disconnect(self, access_token, connection_id):
        self.gone.append(connection_id)


class Bell:
    """The queue's server, which may be down."""

    def __init__(self):
        self.up, self.rung = True, []

    def ring_export(self, connection_id):
        return self._ring("export", connection_id)

    def ring_contacts(self, connection_id):
        return self._ring("contacts", connection_id)

    def ring_reference(self, connection_id):
        return self._ring("reference", connection_id)

    def _ring(self, what, connection_id):
        self.rung.append((what, connection_id))
        return self.up

    def alive(self):
        return self.up


class Clock:
    def now(self):
        return dt.datetime.now(dt.UTC)

    def monotonic(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError("nobody waits here")


class User(UserMixin):
    """`id` says it all: "owner", "viewer", "stale", "nobody", "theirs"."""

    def __init__(self, id):
        self.id = id


ACCESS = {
    "owner": make_access(OURS),
    "second": make_access(OURS, user_id="u-2", user_name="Sam Second"),
    "viewer": make_access(OURS, user_id="u-3", user_name="Vera View", may_change=False),
    "nobody": make_access(OURS, user_id="u-4", may_view=False, may_change=False),
    "stale": make_access(OURS, fresh_login=False),
    "theirs": make_access(THEIRS, user_id="u-9", user_name="Hal Harbour"),
}


class Gallery(FakeGallery):
    """Access by the host's own sign-in."""

    def access(self):
        return ACCESS[current_user.id] if current_user.is_authenticated else None


class Site:
    """The app with handles on everything behind it."""

    def __init__(self, database_url, *, csrf=True, base_template=None, **app_config):
        self.gallery = Gallery(make_gallery_info(OURS), make_gallery_info(THEIRS, name="Harbour Gallery"))
        self.engine = create_engine(database_url)
        self.units = SqlUnits(self.engine, Vault([KEY]))
        self.login, self.bell = Login(), Bell()
        self.in_xero = []
        self.app = Flask("host", template_folder="templates")
        self.app.config.update({"SECRET_KEY": "test", "TESTING": True} | app_config)
        self._sign_in()
        if csrf:
            CSRFProtect(self.app)
        self._plug(base_template)

    def _sign_in(self):
        manager = LoginManager(self.app)
        manager.login_view = "enter"
        manager.refresh_view = "again"
        manager.user_loader(User)

        @self.app.get("/enter")
        def enter():
            if "as" not in request.args:
                return "Please sign in"
            login_user(User(request.args["as"]))
            session.permanent = True
            return redirect("/xero/")

        @self.app.get("/again")
        def again():
            return "Please enter your password again"

    def _plug(self, base_template):
        values = {
            "CLIENT_ID": "client", "CLIENT_SECRET": "secret", "TOKEN_KEYS": KEY, "REDIS_URL": "redis://localhost",
            "REDIRECT_URI": "http://localhost/xero/callback",
        }
        if base_template:
            values["BASE_TEMPLATE"] = base_template
        self.app.config.update({config.PREFIX + name: value for name, value in values.items()})
        read = config.read(self.app.config, production=False)
        runs, clock = Runs(self.units, self.bell), Clock()
        notify = SimpleNamespace(disconnected=lambda *_: True, reconnect_needed=lambda *_: True)
        tokens = SimpleNamespace(access=lambda *_: (1, Secret("access")))
        schedules = Schedules(self.units, self.gallery, runs, self.bell, tokens, notify, clock)
        shown = Links(links.invoice_link, links.contact_link)
        settings = SettingsService(self.units, self.gallery, schedules, self.bell)
        queries = Queries(self.units, self.gallery, self.bell, shown)
        reads = SimpleNamespace(read=lambda result: result)
        self.services = SimpleNamespace(
            runs=runs,
            queries=queries,
            activity=Activity(self.units, self.gallery, runs, shown, queries.service_page, read.quiet_period),
            months=Months(self.units, self.gallery, self.bell, shown, queries.service_page),
            settings=settings,
            check=SettingsCheck(self.units, self.gallery, settings, queries.settings_page),
            questions=Questions(self.units, runs),
            redating=Redating(self.units, runs),
            accepting=Accepting(self.units),
            cancelling=Cancelling(self.units, queries, runs),
            sending_anew=SendingAnew(self.units, self.gallery, runs),
            lookalikes=Lookalikes(self.units, self.gallery, queries, runs, shown, read.quiet_period),
            books_search=BooksSearch(self.units, self._xero(), SimpleNamespace(of=lambda *_, **__: reads)),
            preview=Preview(self.units, self.gallery, queries, read.quiet_period),
            first_run=FirstRun(self.units, self.gallery, queries, runs, shown),
            host_states=HostStates(self.units, self.gallery, shown),
            connect=Connect(self.units, self.login, tokens, runs, SimpleNamespace(refresh=self._read_reference),
                            schedules, self.bell, clock, gallery=self.gallery, notify=notify),
        )
        self.app.extensions[EXTENSION_KEY] = State(read, self.gallery, self.units, self.bell, self.services)
        self.app.register_blueprint(make_blueprint(), url_prefix="/xero")

    def _xero(self):
        """What a search in Xero finds: the invoices of `in_xero`."""
        return SimpleNamespace(
            invoices_by_number=lambda numbers: ResultPage(tuple(i for i in self.in_xero if i.number in numbers), False),
            sales_invoices=lambda page, since: ResultPage(tuple(i for i in self.in_xero if i.date >= since), False),
        )

    def _read_reference(self, connection_id, within=None):
        with self.units.write() as uow:
            connection = uow.connections.get(connection_id)
            data = reference(uow.now(), connection.organisation_name)
            uow.reference.put(connection.gallery_id, connection.tenant_id, data)
            uow.connections.rename(connection_id, organisation_name=connection.organisation_name,
                                   short_code="!nLt7", base_currency="GBP")
            uow.commit()

    owner = ACCESS["owner"]

    def close(self):
        self.engine.dispose()

    # -- a webservice in any state

    def add(self, gallery_id=OURS, settings=None):
        with self.units.write() as uow:
            made = uow.webservices.add(gallery_id, settings or Settings(copy_existing=True), ACTOR)
            uow.commit()
        return made

    def connected(self, gallery_id=OURS, settings=None, *, tenant=TENANT, read=True):
        """A webservice with a connection, and the accounts read unless `read` is false."""
        made = self.add(gallery_id, settings)
        with self.units.write() as uow:
            connection = uow.connections.connect(gallery_id, made.id, tenant, TOKENS)
            uow.commit()
        if read:
            self._read_reference(connection.id)
        return made, connection

    def ready(self, gallery_id=OURS, *, tenant=TENANT, **changes):
        """One that has its mapping."""
        settings = Settings(**({"copy_existing": True, "sync_from": dt.date(2026, 1, 1), "mapping": MAPPING} | changes))
        made, connection = self.connected(gallery_id, settings, tenant=tenant)
        with self.units.write() as uow:
            uow.webservices.mark(made.id, mapping_completed=True)
            uow.commit()
        return made, connection

    def run(self, connection, kind=RunKind.EXPORT, **progress):
        with self.units.write() as uow:
            run = uow.runs.open(connection, kind, RunTrigger.PERSON, ACTOR)
            if progress:
                uow.runs.progress(run.id, **progress)
            uow.commit()
        return run

    def finish(self, run, state, **how):
        with self.units.write() as uow:
            uow.runs.finish(run.id, state, **how)
            uow.commit()

    def document(self, connection, number=1234, kind=DocumentKind.INVOICE, state=DocumentState.BLOCKED, **fields):
        """A ledger row; returns its id."""
        local_id = fields.pop("local_id", f"{kind.value}-{number}")
        values = {
            "natural_key": f"AG-{number}-{kind.value}", "marker": f"m-{kind.value}-{number}", "label": f"AG-{number}",
            "contact_name": "Ada Marsh", "amount": Decimal("1234.50"), "currency": "GBP",
            "document_date": dt.date(2026, 3, 2), "state": state,
        } | fields
        with self.units.write() as uow:
            uow.ledger.insert([NewDocument(connection.gallery_id, connection.tenant_id, kind, local_id, **values)])
            row = uow.ledger.known(connection.gallery_id, connection.tenant_id, kind, [local_id])[local_id]
            uow.commit()
        return row.id

    def move(self, document_id, to, **how):
        with self.units.write() as uow:
            row = how.pop("was", [DocumentState.PENDING])
            assert uow.ledger.move(document_id, expect=row, to=to, **how)
            uow.commit()

    def month(self, made, connection, month="2026-03", name="Ada Marsh"):
        """A month that was compared, and a pack of it; returns the pack's id."""
        agrees = Figures(Decimal("120.00"), Decimal("20.00"), Decimal("120.00"), Decimal("0.00"), "PAID")
        entries = (
            Entry("AG-1", Standing.AGREES, "GBP", agrees, agrees, name, "inv-1"),
            Entry("AG-2", Standing.TOTAL, "GBP", agrees, dataclasses.replace(agrees, total=Decimal("120.01")), name,
                  "inv-2", xero_id="f0000000-0000-4000-8000-000000000002"),
            Entry("AG-3", Standing.UNUSED), Entry("AG-4", Standing.ELSEWHERE, month="2026-02"),
            Entry("AG-5", Standing.WAITS, "GBP", agrees, None, name, "inv-5", reason="total_differs"),
        )  # fmt: skip
        open_one = OpenPayment("Payment of AG-1", name, dt.date(2026, 3, 2), Decimal("120.00"), "GBP")
        with self.units.write() as uow:
            scope = (connection.gallery_id, connection.tenant_id)
            uow.months.keep(*scope, [Sheet("2026-02", entries[:1]), Sheet(month, entries, (open_one,))])
            pack = uow.months.freeze(
                *scope, connection.organisation_name, uow.months.get(*scope, month), ACTOR,
                token_hash=f"hash of {made.id}", expires_at=uow.now() + dt.timedelta(days=90),
            )  # fmt: skip
            uow.commit()
        return pack

    def invoice_in_xero(self, number="INV-0007", **fields):
        """An invoice as it stands in Xero."""
        return XeroInvoice(**({
            "id": f"f0000000-0000-4000-8000-0000000000{len(number) % 100:02}", "number": number, "type": "ACCREC",
            "status": "AUTHORISED", "contact_id": "e0000000-0000-4000-8000-000000000009", "currency": "GBP",
            "total": Decimal("1234.50"), "tax_total": Decimal(0), "amount_due": Decimal("1234.50"),
            "amount_paid": Decimal(0), "amount_credited": Decimal(0), "date": dt.date(2026, 3, 9),
            "contact_name": "A. Marsh",
        } | fields))

    def question(self, document_id, connection, number="INV-0007", **fields):
        """An invoice in Xero that this document may be."""
        found = self.invoice_in_xero(number, **fields)
        with self.units.write() as uow:
            uow.books.ask(connection.gallery_id, connection.tenant_id, document_id, found, "contact_and_total")
            uow.books.looked(connection.gallery_id, connection.tenant_id, since=dt.date(2025, 12, 1), documents=46,
                             calls=1)
            uow.commit()
        return found.id

    def conflict(self, connection, name="Marsh & Sons", local_ids=("c-1",), candidates=()):
        with self.units.write() as uow:
            contact = XeroContact("e0000000-0000-4000-8000-000000000001", name, email="a@marsh.example")
            uow.contacts.add_conflict(connection.gallery_id, connection.tenant_id, contact, "several", local_ids,
                                      candidates=candidates)
            uow.commit()

    def webservice(self, made):
        with self.units.read() as uow:
            return uow.webservices.get(made.gallery_id, made.id)

    def connection(self, made):
        with self.units.read() as uow:
            return uow.connections.of_webservice(made.gallery_id, made.id)

    def rows(self):
        """Everything in our tables, to see whether anything changed."""
        with self.engine.connect() as connection:
            names = [name for name, in connection.exec_driver_sql(
                "select name from sqlite_master where type = 'table' and name like 'galleria_xero_%' order by name")]
            return {name: connection.exec_driver_sql(f"select * from {name}").fetchall() for name in names}

    def browser(self, user="owner"):
        """A signed-in client, or an anonymous one."""
        client = Client(self.app.test_client())
        if user:
            client.get(f"/enter?as={user}")
        return client


MAPPING = AccountMapping(
    sales=SALES.id, rounding=ROUNDING.id, banks={"bank": BANK.id, "cash": BANK.id, "card": CLEARING.id},
    tax_rates={"vat-20": "OUTPUT2", "vat-0": "ZERORATEDOUTPUT"}, untaxed="EXEMPTOUTPUT",
)


class Client:
    """A browser without JavaScript: it posts the token of the page that it saw last."""

    def __init__(self, client):
        self.client, self.token = client, ""

    def get(self, path, **how):
        answer = self.client.get(path, **how)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text) if answer.mimetype == "text/html" else None
        self.token = found[1] if found else self.token
        return answer

    def post(self, path, data=None, *, token=None, **how):
        fields = dict(data or {})
        sent = self.token if token is None else token
        if sent:
            fields["csrf_token"] = sent
        return self.client.post(path, data=fields, **how)

    def follow(self, answer):
        return self.get(answer.location)
