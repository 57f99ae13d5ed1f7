"""The site's own pages: who may do what, forms, and what a browser is told about safety."""
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from galleria_xero_plugin.demo import models
from galleria_xero_plugin.demo.invoicing import invoice_changed
from galleria_xero_plugin.demo.people import own_path
from galleria_xero_plugin.demo.site import create_site

db = models.db
PAGES = ("/", "/artworks", "/contacts", "/contacts/1", "/invoices", "/invoices/1", "/invoices/new", "/invoices/1/edit",
         "/websites", "/mail")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_for_the_owner_and_behind_the_login_for_others(visitor, owner, path):
    page = owner.get(path)
    assert page.status_code == 200
    assert "style=" not in page.text and "<script" not in page.text and "<style" not in page.text
    answer = visitor().get(path)
    assert answer.status_code == 302 and answer.location.startswith("/login?next=")


def test_every_page_has_a_strict_policy(owner):
    headers = owner.get("/invoices").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("email", "see", "change"), [
    ("nora@northlight.example", 200, 200), ("bea@northlight.example", 200, 200),
    ("colin@northlight.example", 403, 403),
])
def test_roles(visitor, email, see, change):
    person = visitor(email)
    assert person.get("/invoices").status_code == see
    assert person.get("/invoices/new").status_code == change
    assert person.get("/artworks").status_code == 200


@pytest.mark.parametrize("action", ["cancel", "delete", "payments"])
def test_only_the_owner_changes_anything(visitor, action):
    answer = visitor("bea@northlight.example").post(f"/invoices/1/{action}", page="/")
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/invoices/{}", "/invoices/{}/edit", "/contacts/{}"])
def test_another_gallerys_pages_do_not_exist(site, visitor, path):
    with site.app_context():
        row = db.session.scalars(select(models.Invoice).filter_by(gallery_id=2)).first()
        id = row.contact_id if "contacts" in path else row.id
    assert visitor("hugo@harbour.example").get(path.format(id)).status_code == 200
    assert visitor("nora@northlight.example").get(path.format(id)).status_code == 404


def test_a_form_without_its_token_is_refused(owner):
    assert owner.client.post("/invoices/1/cancel").status_code == 400


def test_a_wrong_password(visitor):
    answer = visitor().post("/login", {"email": "nora@northlight.example", "password": "wrong"})
    assert answer.status_code == 200 and "do not belong together" in answer.text


def new_invoice(person, **fields):
    data = {"contact": "1", "date": "2026-03-30", "currency": "GBP", "tax_mode": "exclusive", "kind": "artwork",
            "artwork": "1", "quantity": "1", "price": "100.10", "tax": "1", "discount": "",
            "reference": "", "description": ""}
    return person.post("/invoices/new", data | fields)


def test_the_life_of_an_invoice(site, owner):
    """Issued, edited, part paid, corrected, cancelled; and whoever listens hears of each within the transaction."""
    heard = []

    def listen(sender, *, gallery_id, invoice_id, session):
        heard.append((gallery_id, session.in_transaction()))

    with invoice_changed.connected_to(listen):
        path = new_invoice(owner).location
        page = owner.get(path).text
        assert "£120.12" in page
        with site.app_context():
            item = db.session.scalars(select(models.Item).order_by(models.Item.id.desc())).first()
        data = {"date": "2026-03-30", "due_date": "", "reference": "PO 9", "notes": "", f"price_{item.id}": "200"}
        assert owner.post(f"{path}/edit", data).status_code == 303
        assert "£240.00" in owner.get(path).text
        paid = owner.post(f"{path}/payments", {"amount": "40", "date": "2026-03-31", "method": "1"}, page=path)
        assert paid.status_code == 303 and "£200.00" in owner.get(path).text
        with site.app_context():
            payment = db.session.scalars(select(models.Payment).order_by(models.Payment.id.desc())).first()
        owner.post(f"{path}/payments/{payment.id}/delete", page=path)
        assert "None yet." in owner.get(path).text
        owner.post(f"{path}/cancel", page=path)
        assert "cancelled" in owner.get(path).text
    assert heard == [("1", True)] * 5


@pytest.mark.parametrize("amount", ["0", "-1", "99999999", "1.005e3", "abc", ""])
def test_a_payment_that_cannot_be(owner, amount):
    path = new_invoice(owner).location
    owner.post(f"{path}/payments", {"amount": amount, "date": "2026-03-31", "method": "1"}, page=path)
    assert "None yet." in owner.get(path).text


@pytest.mark.parametrize("fields", [{"price": "-1"}, {"contact": "9999"}, {"tax": "9999"}, {"date": "soon"}])
def test_an_invoice_that_cannot_be(owner, fields):
    answer = new_invoice(owner, **fields)
    assert answer.status_code == 200 and 'class="error"' in answer.text


def test_what_was_typed_is_shown_as_text(site, owner):
    path = new_invoice(owner, reference="<script>alert(1)</script>").location
    assert "&lt;script&gt;" in owner.get(path).text and "<script" not in owner.get(path).text


def test_the_pages_of_a_list(owner):
    assert "Page 1 of 3" in owner.get("/invoices").text
    assert "Page 3 of 3" in owner.get("/invoices?page=3").text
    assert owner.get("/invoices?page=-5").status_code == 200
    assert "%" not in owner.get("/contacts?q=%25").text.split("<tbody>")[1].split("</tbody>")[0]


@pytest.mark.parametrize("target", [
    "//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "/%0d%0a\r\nx", "javascript:1",
    "", None, "\t//evil.example", "evil",
])
def test_the_way_on_after_the_login_stays_on_the_site(target):
    assert own_path(target) is None


def test_the_way_on_after_the_login():
    assert own_path("/invoices?page=2") == "/invoices?page=2"


def test_a_site_without_its_settings_says_which(monkeypatch):
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        create_site({})


def test_the_draft_is_issued(site, owner):
    with site.app_context():
        draft = db.session.scalar(select(models.Invoice).filter_by(gallery_id=1, number=1120))
        path = f"/invoices/{draft.id}"
    owner.post(f"{path}/issue", page=path)
    page = owner.get(path).text
    assert "Invoice #1120 is issued." in page and "Add a payment" in page
    owner.post(f"{path}/issue", page=path)
    assert "Only a draft can be issued." in owner.get(path).text


def test_the_pages_show_where_an_invoice_stands_in_xero(site, owner, visitor):
    asked = []

    def states(gallery_id, ids):
        asked.append((gallery_id, len(ids)))
        return {"1": SimpleNamespace(words="Waits for you", tone="needs", reason="Its total differs.",
                                     activity_url="/activity", xero_url="https://xero.example/1")}

    site.config.update(INVOICE_STATES=states, DEMO_BOOKS_URL="http://localhost:8400")
    page = owner.get("/invoices/1").text
    assert "Waits for you" in page and "Its total differs." in page and "https://xero.example/1" in page
    assert "Waits for you" in owner.get("/invoices?page=3").text
    assert asked == [("1", 1), ("1", 20)]       # a list asks once
    assert "http://localhost:8400" in owner.get("/websites").text
    visitor("hugo@harbour.example").get("/invoices")
    assert asked[-1] == ("2", 14)
