"""Who gets in where: a walk over every route of the blueprint, with everybody who might come."""

import uuid

import pytest

from galleria_xero_plugin.domain.states import DocumentKind, RunKind
from galleria_xero_plugin.web.access import Right
from galleria_xero_plugin.web.blueprint import LINKS, ROUTES

from .site import OTHER_TENANT, THEIRS

NOBODY = str(uuid.UUID(int=7, version=4))
COUNT = 60
"""How many routes there are. A new one changes this number and then has to pass everything below."""


def rules(site):
    return [rule for rule in site.app.url_map.iter_rules()
            if rule.endpoint.startswith("galleria_xero.") and rule.endpoint != "galleria_xero.static"]


def address(route, ids):
    """The route's address with these ids."""
    path = route.rule
    for name, value in ids.items():
        path = path.replace(f"<uuid:{name}>", value)
    assert "<" not in path
    return f"/xero{path}"


@pytest.fixture
def ours(site):
    """A webservice of ours with everything that an address can name."""
    return _everything(site, *site.ready())


@pytest.fixture
def theirs(site):
    """The same in another gallery."""
    return _everything(site, *site.ready(THEIRS, tenant=OTHER_TENANT))


def _everything(site, made, connection):
    return {
        "webservice_id": made.id,
        "run_id": site.run(connection, RunKind.EXPORT).id,
        "document_id": site.document(connection, kind=DocumentKind.INVOICE),
        "pack_id": site.month(made, connection),
    }


def ask(site, route, ids, user, **how):
    browser = site.browser(user)
    browser.get("/xero/new/xero")  # for a token, where the person gets one
    path = address(route, ids)
    return browser.get(path) if route.method == "GET" else browser.post(path, **how)


def ids_of(routes):
    return [route.endpoint for route in routes]


def test_the_walk_covers_every_route(site):
    found = {(rule.endpoint.partition(".")[2], method) for rule in rules(site)
             for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert found == {(route.endpoint, route.method) for route in (*ROUTES, *LINKS)}
    assert len(ROUTES) == COUNT


def test_a_page_has_one_method_and_post_means_change():
    assert {route.method for route in ROUTES} == {"GET", "POST"}
    assert not [route for route in ROUTES if route.method == "POST" and route.right is Right.VIEW]


@pytest.mark.parametrize("route", ROUTES, ids=ids_of(ROUTES))
def test_a_stranger_is_sent_to_the_hosts_login(site, ours, route):
    before = site.rows()
    answer = ask(site, route, ours, None, token="none")
    if route.rule.endswith(".json"):
        assert answer.status_code == 401
    elif route.endpoint == "callback":
        assert answer.location == "/xero/"  # not to the login, which would keep the code in its own address
    elif route.method == "POST":
        assert answer.status_code == 400  # the host's CSRF check comes first
    else:
        assert answer.status_code == 302 and answer.location.startswith("/enter")
    assert site.rows() == before


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=lambda r: r.endpoint)
def test_a_stranger_who_posts_where_the_host_checks_nothing(make_site, route):
    site = make_site(csrf=False)
    ids = _everything(site, *site.ready())
    before = site.rows()
    answer = ask(site, route, ids, None, token="none")
    assert answer.status_code == 302 and answer.location.startswith("/enter")
    assert site.rows() == before


@pytest.mark.parametrize("route", ROUTES, ids=ids_of(ROUTES))
def test_who_has_no_part_in_it_sees_nothing(site, ours, route):
    before = site.rows()
    browser = site.browser("nobody")
    answer = browser.get(address(route, ours)) if route.method == "GET" else browser.post(
        address(route, ours), token="none")
    assert answer.status_code in (303, 400, 403)
    assert "North Light Ltd" not in answer.text
    assert site.rows() == before


@pytest.mark.parametrize("route", ROUTES, ids=ids_of(ROUTES))
def test_who_may_only_look_changes_nothing(make_site, route):
    site = make_site(csrf=False)
    ids = _everything(site, *site.ready())
    before = site.rows()
    answer = ask(site, route, ids, "viewer")
    if route.endpoint == "callback":
        assert answer.status_code == 303
    elif route.right is Right.VIEW:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 403
        assert "main holder" in answer.text
    assert site.rows() == before


@pytest.mark.parametrize("route", [r for r in ROUTES if r.right is Right.FRESH], ids=lambda r: r.endpoint)
def test_connecting_and_disconnecting_ask_for_the_password_again(make_site, route):
    site = make_site(csrf=False)
    ids = _everything(site, *site.ready())
    before = site.rows()
    answer = ask(site, route, ids, "stale")
    assert answer.status_code == 302 and answer.location.startswith("/again")
    assert site.rows() == before


@pytest.mark.parametrize("route", [r for r in ROUTES if "<" in r.rule], ids=lambda r: r.endpoint)
@pytest.mark.parametrize("whose", ["theirs", "nobodys"])
def test_another_gallerys_ids_do_not_exist_here(site, ours, theirs, route, whose):
    foreign = theirs if whose == "theirs" else dict.fromkeys(theirs, NOBODY)
    mixed = [foreign]
    if "document_id" in route.rule:
        mixed.append({**ours, "document_id": foreign["document_id"]})
        mixed.append({**foreign, "document_id": ours["document_id"]})
    for ids in mixed:
        before = site.rows()
        answer = ask(site, route, ids, "owner", data={"document": ours["document_id"]})
        assert answer.status_code == 404, answer.text
        assert "Harbour" not in answer.text
        assert site.rows() == before


def test_another_gallerys_document_is_not_sent_again(site, ours, theirs):
    browser = site.browser()
    browser.get(f"/xero/{ours['webservice_id']}/activity?group=waiting")
    before = site.rows()
    answer = browser.post(f"/xero/{ours['webservice_id']}/activity", {"document": theirs["document_id"]})
    assert answer.status_code == 404
    assert site.rows() == before


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET"], ids=lambda r: r.endpoint)
def test_looking_changes_nothing(site, ours, route):
    before = site.rows()
    answer = ask(site, route, ours, "owner")
    # Nobody was at Xero, so there is nothing to come back with or to choose from.
    assert answer.status_code == {"callback": 303, "choose": 404}.get(route.endpoint, 200), answer.text
    after = site.rows()
    if route.endpoint == "callback":
        before.pop("galleria_xero_audit"), after.pop("galleria_xero_audit")  # a refused way back is noted
    assert after == before


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=lambda r: r.endpoint)
@pytest.mark.parametrize("csrf", [True, False], ids=["host checks", "host does not check"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_its_token_a_button_does_nothing(make_site, route, csrf, token):
    site = make_site(csrf=csrf)
    ids = _everything(site, *site.ready())
    browser = site.browser()
    before = site.rows()
    answer = browser.post(address(route, ids), {"document": ids["document_id"], "prefix": "ZZ"}, token=token or None)
    assert answer.status_code == 400, answer.text
    assert site.rows() == before
