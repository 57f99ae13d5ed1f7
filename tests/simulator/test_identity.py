"""Consent, tokens and connections over HTTP (xero-facts.md §1)."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from galleria_xero_plugin.simulator import HARBOUR, NORTH_LIGHT
from galleria_xero_plugin.simulator.core.settings import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET

REDIRECT = "http://localhost:5000/xero/callback"
QUESTION = {
    "response_type": "code",
    "client_id": DEFAULT_CLIENT_ID,
    "redirect_uri": REDIRECT,
    "scope": "openid email offline_access accounting.invoices",
    "state": "s&1",
    "nonce": "n-1",
}
SIGN_IN = {"email": "owner@northlight.example", "password": "gallery", "decision": "allow"}
CLIENT = (DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET)


@pytest.fixture
def browser(server, query_of):
    """Goes through the consent page; answers the query the browser comes back with."""

    def go(*organisations, expect=302, question=None, **answers):
        form = {**(question or QUESTION), **SIGN_IN, "organisation": list(organisations or (NORTH_LIGHT,)), **answers}
        found = requests.post(f"{server.url}/identity/connect/authorize", form, allow_redirects=False, timeout=5)
        assert found.status_code == expect, found.text
        return query_of(found.headers["Location"]) if expect == 302 else found

    return go


@pytest.fixture
def token(server):
    def ask(auth=CLIENT, **form):
        return requests.post(f"{server.url}/connect/token", form, auth=auth, timeout=5)

    return ask


def exchange(token, code, **more):
    return token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **more)


def refresh(token, text):
    return token(grant_type="refresh_token", refresh_token=text)


def test_the_page_offers_both_organisations(server):
    page = requests.get(f"{server.url}/identity/connect/authorize", QUESTION, timeout=5)
    assert "North Light Gallery" in page.text and "Harbour Street Prints" in page.text
    assert "simulator, not Xero" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "other"}, "unauthorized_client"),
        ({"redirect_uri": REDIRECT + "/"}, "unauthorized_client"),
        ({"scope": "openid accounting.transactions"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_errors_the_page_shows_itself(server, change, error):
    page = requests.get(
        f"{server.url}/identity/connect/authorize", {**QUESTION, **change}, timeout=5, allow_redirects=False
    )
    assert page.status_code == 400 and error in page.text


def test_cancelling_comes_back_with_access_denied(browser):
    back = browser(decision="cancel")
    assert (back["error"], back["state"]) == ("access_denied", "s&1")


def test_a_wrong_password_stays_on_the_page(browser):
    assert "incorrect" in browser(expect=403, password="x").text


def test_the_whole_way(browser, token, server):
    back = browser()
    assert back["state"] == "s&1"
    found = exchange(token, back["code"]).json()
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 1800)
    assert found["scope"] == QUESTION["scope"]
    keys = KeySet.import_key_set(requests.get(f"{server.url}/.well-known/openid-configuration/jwks", timeout=5).json())
    identity = jwt.decode(found["id_token"], keys, algorithms=["RS256"]).claims
    assert (identity["iss"], identity["aud"], identity["nonce"]) == (
        "https://identity.xero.com",
        DEFAULT_CLIENT_ID,
        "n-1",
    )
    assert identity["exp"] - identity["iat"] == 300 and identity["email"] == SIGN_IN["email"]
    half = hashlib.sha256(found["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    access = jwt.decode(found["access_token"], keys, algorithms=["RS256"]).claims
    assert access["aud"] == "https://identity.xero.com/resources"
    bearer = {"Authorization": f"Bearer {found['access_token']}"}
    event = access["authentication_event_id"]
    (mine,) = requests.get(f"{server.url}/connections?authEventId={event}", headers=bearer, timeout=5).json()
    assert (mine["tenantId"], mine["tenantName"]) == (NORTH_LIGHT, "North Light Gallery")
    assert re.fullmatch(r"2026-11-23T10:00:00\.\d{7}", mine["createdDateUtc"])


def test_the_nonce_can_be_left_out(browser, token, world):
    world.change_settings(echo_nonce=False)
    text = exchange(token, browser()["code"]).json()["id_token"].split(".")[1]
    assert b"nonce" not in base64.urlsafe_b64decode(text + "==")


def test_a_code_works_once_and_for_five_minutes(browser, token, clock):
    code = browser()["code"]
    assert exchange(token, code).status_code == 200
    assert exchange(token, code).json() == {"error": "invalid_grant"}
    late = browser()["code"]
    clock.advance(300)
    assert exchange(token, late).status_code == 400


def test_the_redirect_uri_must_be_the_same(browser, token):
    answer = token(grant_type="authorization_code", code=browser()["code"], redirect_uri=REDIRECT + "?x")
    assert answer.json() == {"error": "invalid_grant"}


def test_pkce_when_asked_for(browser, token):
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    question = {**QUESTION, "code_challenge": challenge, "code_challenge_method": "S256"}
    assert exchange(token, browser(question=question)["code"]).status_code == 400
    assert exchange(token, browser(question=question)["code"], code_verifier=verifier).status_code == 200


@pytest.mark.parametrize(
    ("auth", "form", "error"),
    [
        (None, {"grant_type": "refresh_token"}, "invalid_request"),
        (("", ""), {"grant_type": "refresh_token"}, "invalid_request"),
        (("x", "y"), {"grant_type": "refresh_token"}, "invalid_client"),
        ((DEFAULT_CLIENT_ID, "y"), {"grant_type": "refresh_token"}, "invalid_client"),
        (CLIENT, {}, "invalid_request"),
        (CLIENT, {"grant_type": "password"}, "unsupported_grant_type"),
        (CLIENT, {"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        (CLIENT, {"grant_type": "client_credentials", "scope": "x"}, "invalid_scope"),
    ],
)
def test_errors_of_the_token_endpoint(token, auth, form, error):
    answer = token(auth=auth, **form)
    assert answer.status_code == 400 and answer.json() == {"error": error}


def test_json_is_no_form(server):
    answer = requests.post(f"{server.url}/connect/token", json={"grant_type": "x"}, auth=CLIENT, timeout=5)
    assert answer.json() == {"error": "invalid_request"}


def test_rotation_and_the_grace_of_the_previous_token(browser, token, clock):
    first = exchange(token, browser()["code"]).json()["refresh_token"]
    second = refresh(token, first).json()["refresh_token"]
    assert second != first
    clock.advance(1799)
    assert refresh(token, first).status_code == 200
    clock.advance(1)
    assert refresh(token, first).json() == {"error": "invalid_grant"}
    assert refresh(token, second).status_code == 200


def test_without_grace_the_old_token_is_dead_at_once(browser, token, world):
    world.change_settings(refresh_grace=False)
    first = exchange(token, browser()["code"]).json()["refresh_token"]
    assert refresh(token, first).status_code == 200
    assert refresh(token, first).status_code == 400


def test_a_refresh_token_lives_sixty_days(browser, token, clock):
    first = exchange(token, browser()["code"]).json()["refresh_token"]
    clock.advance(60 * 24 * 3600)
    assert refresh(token, first).status_code == 400


def test_no_offline_access_no_refresh_token(browser, token):
    question = {**QUESTION, "scope": "openid accounting.invoices"}
    assert "refresh_token" not in exchange(token, browser(question=question)["code"]).json()


def test_one_organisation_per_consent_unless_bulk(browser, world):
    browser(NORTH_LIGHT, HARBOUR)
    assert len(world.identity.connections) == 1
    world.change_settings(bulk_connections=True)
    browser(NORTH_LIGHT, HARBOUR)
    assert len(world.identity.connections) == 2
    browser(expect=400, organisation="nonsense")


def test_reconnecting_keeps_the_first_event_and_moves_the_date(browser, world, clock):
    browser()
    (before,) = world.identity.connections.values()
    clock.advance(60)
    browser()
    (after,) = world.identity.connections.values()
    assert (after.id, after.auth_event, after.created) == (before.id, before.auth_event, before.created)
    assert after.updated > before.updated


def test_deleting_a_connection(browser, token, server):
    found = exchange(token, browser()["code"]).json()
    bearer = {"Authorization": f"Bearer {found['access_token']}"}
    (mine,) = requests.get(f"{server.url}/connections", headers=bearer, timeout=5).json()
    by_tenant = requests.delete(f"{server.url}/connections/{mine['tenantId']}", headers=bearer, timeout=5)
    assert by_tenant.status_code == 404
    first, again = (
        requests.delete(f"{server.url}/connections/{mine['id']}", headers=bearer, timeout=5) for _ in range(2)
    )
    assert (first.status_code, first.content, again.status_code) == (204, b"", 404)
    assert requests.get(f"{server.url}/connections", headers=bearer, timeout=5).json() == []


def test_revocation_takes_all_connections_of_the_user(browser, token, server, world):
    browser(HARBOUR)
    found = exchange(token, browser()["code"]).json()
    gone = requests.post(f"{server.url}/connect/revocation", {"token": found["refresh_token"]}, auth=CLIENT, timeout=5)
    assert (gone.status_code, gone.content) == (200, b"")
    assert world.identity.connections == {}
    assert refresh(token, found["refresh_token"]).status_code == 400


def test_discovery_names_this_server(server):
    found = requests.get(f"{server.url}/.well-known/openid-configuration", timeout=5).json()
    assert found["token_endpoint"] == f"{server.url}/connect/token"
    assert found["authorization_endpoint"] == f"{server.url}/identity/connect/authorize"


def test_scaled_lives(browser, token, world, clock):
    world.change_settings(time_scale=60.0)
    assert exchange(token, browser()["code"]).json()["expires_in"] == 30
