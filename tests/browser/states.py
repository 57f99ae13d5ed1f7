"""What a gallery can come to see: for every main state a site in it, and its screens one after the other.

Each function takes what is served (`Served`), and yields after every screen that it has opened: the tests then
look at it, `python3 tests --screens` makes a picture of it.
"""

import datetime as dt
from urllib.parse import urlsplit

from galleria_xero_plugin import errors
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunState
from galleria_xero_plugin.ports.records import ConnectionStatus
from tests.web.site import OTHER_TENANT
from tests.web.test_activity import send
from tests.web.test_cancelling import a_morning, cancelled
from tests.web.test_check import archive_sales
from tests.web.test_pages import XERO_ID, pages_of
from tests.web.test_questions import taken


def the_middle_of_the_work(here):
    """Every page with something on it."""
    for path in pages_of(here.site):
        yield here.open(path)


def the_first_visit(here):
    yield here.open("/xero/")
    page = here.open("/xero/new/xero")
    page.get_by_label("Invoice Prefix").fill("A,B")
    page.get_by_role("button", name="Create Webservice").click()
    page.get_by_role("alert").wait_for()
    here.complaints.clear()  # the browser writes the 422 on its console
    yield page


def set_up_step_by_step(here):
    made = here.site.add()
    here.site.login.tenants = (*here.site.login.tenants, OTHER_TENANT)
    here.site.login.authorize_url = lambda *, state, nonce: f"{here.url}/xero/callback?code=a-code&state={state}"
    here.site.gallery.add_invoice()
    yield here.open("/xero/")
    page = here.open(f"/xero/{made.id}/connect")
    page.get_by_role("button", name="Allow access").click()
    page.get_by_label("North Light Ltd").check()
    yield page
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("heading", name="Edit").wait_for()
    yield page
    yield here.open("/xero/")


def nothing_there_yet(here):
    made, _ = here.site.ready()
    for page in ("", "activity", "preview", "books", "first-run", "contacts", "comparison", "months", "check",
                 "for-bookkeeper"):  # fmt: skip
        yield here.open(f"/xero/{made.id}/{page}" if page else "/xero/")


def the_first_five(here):
    made, connection = here.site.ready(first_five_as_drafts=True)
    here.site.gallery.add_invoice()
    for number in range(1, 6):
        draft = here.site.document(connection, number, state=DocumentState.PENDING)
        here.site.move(draft, DocumentState.DONE, xero_id=f"{XERO_ID[:-1]}{number}", xero_number=f"AG-{number}",
                       reason=("first_run_draft", {"number": f"AG-{number}"}))  # fmt: skip
    yield here.open("/xero/")
    yield here.open(f"/xero/{made.id}/first-run")


def a_sync(here):
    """Waiting, at work, in a pause of Xero's, stopped."""
    site = here.site
    _made, connection = site.ready()
    run = site.run(connection)
    yield here.open(f"/xero/runs/{run.id}")
    with site.units.write() as uow:
        uow.runs.progress(run.id, step="Sending invoices", scanned=True, put={"total": 40},
                          add={"invoices": 17, "payments": 4, "waiting": 2})  # fmt: skip
        uow.commit()
    yield here.open(f"/xero/runs/{run.id}")
    with site.units.write() as uow:
        uow.connections.pause(connection.id, uow.now() + dt.timedelta(hours=3), "minute")
        uow.commit()
    yield here.open(f"/xero/runs/{run.id}")
    yield here.open("/xero/")
    site.finish(run, RunState.CANCELLED)
    yield here.open(f"/xero/runs/{run.id}")
    site.bell.up = False
    run = site.run(connection, RunKind.CONTACTS)
    yield here.open(f"/xero/runs/{run.id}")


def a_number_that_is_taken(here):
    made, document = taken(here.site)
    yield here.open(f"/xero/{made.id}/documents/{document}")


def a_document_with_its_attempts(here):
    made, connection = here.site.ready()
    document = here.site.document(connection, state=DocumentState.PENDING)
    send(here.site, connection, document)
    here.site.document(connection, kind=DocumentKind.PAYMENT, label="Payment of AG-1234", parent_local_id="invoice-1234",
                       state=DocumentState.PENDING)  # fmt: skip
    yield here.open(f"/xero/{made.id}/documents/{document}")


def asking_no_more(here):
    made, connection = here.site.ready()
    for number in (1, 2):
        here.site.document(connection, number, reason_code="total_differs",
                           reason_facts={"gallery_total": "1200.00 GBP", "xero_total": "1200.06 GBP"})  # fmt: skip
    page = here.open(f"/xero/{made.id}/activity?group=waiting")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Stop asking about the ticked ones").click()
    page.get_by_role("heading", name="Stop asking").wait_for()
    yield page
    page.get_by_role("button", name="Stop asking").click()
    page.get_by_role("status").wait_for()
    yield page


def cancelling_in_xero(here):
    """What a sync sent is cancelled, and one of it is to be sent again."""
    made, run = a_morning(here.site)
    yield here.open(f"/xero/runs/{run.id}")
    yield here.open(f"/xero/runs/{run.id}/in-xero")
    invoice, done = cancelled(here.site, made, run)
    yield here.open(f"/xero/runs/{done}")
    yield here.open(f"/xero/runs/{run.id}/in-xero")
    here.site.gallery.add_invoice(id="inv-1", number=1)
    yield here.open(f"/xero/{made.id}/documents/{invoice}")


def an_archived_account(here):
    made, connection = here.site.ready()
    archive_sales(here.site, connection)
    yield here.open("/xero/")
    yield here.open(f"/xero/{made.id}/check")
    yield here.open(f"/xero/{made.id}/edit")


def the_bookkeepers_page(here):
    made, connection = here.site.ready()
    here.site.month(made, connection)
    page = here.open(f"/xero/{made.id}/months?month=2026-03")
    page.get_by_role("button", name="Give it to my bookkeeper").click()
    page.get_by_role("heading", name="For your bookkeeper").wait_for()
    yield page
    here.open(urlsplit(page.get_by_label("Link").input_value()).path)
    yield page
    page.get_by_label("Your name").fill("Bo Keeper")
    page.get_by_role("button", name="I have checked this month").click()
    page.get_by_text("Signed off by").wait_for()
    yield page
    yield here.open(f"/xero/{made.id}/months?month=2026-03")


def without_permission(here):
    """Xero was disconnected over there."""
    made, connection = here.site.ready()
    with here.site.units.write() as uow:
        uow.connections.set_status(connection.id, ConnectionStatus.NEEDS_REAUTH)
        uow.commit()
    yield here.open("/xero/")
    yield here.open(f"/xero/{made.id}/connect")


def what_goes_wrong(here):
    yield here.refused("/xero/00000000-0000-4000-8000-000000000000/activity")
    yield here.refused("/xero/months/" + "x" * 43)
    for problem in (errors.Busy("locked"), errors.AuthUnavailable("timeout"), errors.TokenUnreadable("key k1")):
        def fails(access, problem=problem):
            raise problem

        here.site.services.queries.list_page = fails
        yield here.refused("/xero/")


STATES = (
    the_first_visit, set_up_step_by_step, nothing_there_yet, the_first_five, the_middle_of_the_work, a_sync,
    a_number_that_is_taken, a_document_with_its_attempts, asking_no_more, cancelling_in_xero, an_archived_account, the_bookkeepers_page,
    without_permission, what_goes_wrong,
)
