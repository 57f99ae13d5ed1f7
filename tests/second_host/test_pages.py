"""The plugin's pages in the second host's house: its template, its login, its CSRF, its CSP."""
import re

import pytest

from tests.second_host.conftest import OWNER
from tests.second_host.kit import Visitor
from tests.second_host.site import MOUNT, POLICY

PAGES = (f"{MOUNT}/", f"{MOUNT}/new", f"{MOUNT}/new/xero")


@pytest.mark.parametrize("address", PAGES)
def test_pages_stand_in_the_hosts_template(app, address):
    owner = Visitor(app, OWNER)
    page = owner.open(address)
    assert page.status_code == 200
    assert "Kabinett der Graphik" in owner.text and "Kabinett, Berlin" in owner.text
    assert re.search(r"<title>[^<]+ \u2013 Kabinett</title>", owner.text)
    assert page.headers["Content-Security-Policy"] == POLICY
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", owner.text)


def test_the_hosts_websites_page_shows_the_tab(app):
    owner = Visitor(app, OWNER)
    owner.open("/verwaltung")
    assert f'<a href="{MOUNT}/">Webservices</a>' in owner.text
    owner.open(f"{MOUNT}/new")
    assert f'<a href="{MOUNT}/" aria-current="page">Webservices</a>' in owner.text


@pytest.mark.parametrize("address", PAGES)
def test_anonymous_visitors_get_the_hosts_login(app, address):
    stranger = Visitor(app)
    stranger.open(address)
    assert stranger.page.status_code == 302
    assert stranger.page.location.startswith("/anmelden?next=")


def test_after_the_login_the_visitor_is_where_she_wanted_to_be(app):
    visitor = Visitor(app)
    visitor.open(f"{MOUNT}/new")
    visitor.open(visitor.page.location)
    visitor.post(visitor.page.request.full_path, csrf_token=_token(visitor), email=OWNER, passwort="druckgraphik")
    assert visitor.page.location == f"{MOUNT}/new"


def test_who_may_not_look_is_refused(app):
    guest = Visitor(app, "guest@morgenstern.example")
    for address in PAGES:
        assert guest.open(address).status_code == 403
        assert "Kabinett der Graphik" in guest.text


def test_who_may_only_look_cannot_change(app):
    staff = Visitor(app, "staff@morgenstern.example")
    assert staff.open(f"{MOUNT}/").status_code == 200
    assert staff.open(f"{MOUNT}/new/xero").status_code == 403
    staff.open("/anmelden")
    assert staff.post(f"{MOUNT}/new/xero", csrf_token=_token(staff), prefix="KM").status_code == 403


def test_a_form_without_the_hosts_csrf_token_is_refused(app):
    owner = Visitor(app, OWNER)
    assert owner.post(f"{MOUNT}/new/xero", prefix="KM").status_code == 400
    owner.open(f"{MOUNT}/")
    assert "New Webservice" in owner.text, "and nothing was made"


def test_another_dealers_webservice_is_not_found(app):
    owner = Visitor(app, OWNER)
    owner.open(f"{MOUNT}/new/xero")
    owner.send("/new/xero", prefix="KM")
    neighbour = Visitor(app, "owner@kanal.example")
    assert neighbour.open(owner.page.location).status_code == 404


def test_an_old_login_is_asked_for_the_password_before_connecting(app):
    owner = Visitor(app, OWNER)
    owner.open(f"{MOUNT}/new/xero")
    owner.send("/new/xero", prefix="KM")
    owner.follow()
    with owner.client.session_transaction(base_url="http://localhost:5000") as session:
        session["_fresh"] = False
    owner.send("/connect")
    assert owner.page.location.startswith("/anmelden?next=")


def _token(visitor):
    return re.search(r'name="csrf_token" value="([^"]+)"', visitor.text)[1]
