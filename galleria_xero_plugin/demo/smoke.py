"""The whole help article over HTTP, and then the count: `--smoke`.

It does what a gallery owner does: sign in, Websites, Webservices, New Webservice, Allow access, Edit, Update
Webservice, wait; then Sync now, wait. Standard output gets one line of JSON, standard error what went on.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import create_engine, text

from .browser import Browser, Field, Lost, Page
from .counting import Side, Xero, differences, gallery_side, roundings
from .memory import HorseWatch
from .seed import EXPECTED_HELD
from .seed_data import PASSWORD
from .supervisor import Demo

# Rates without tax are never proposed, so the smoke answers as the bookkeeper would, in this order of liking.
UNTAXED = ("Zero Rated Income", "Tax Exempt", "No VAT", "Out of State")
RUN_WITHIN = 600.0
ACCOUNTS_WITHIN = 30.0
LISTED = 40


def smoke(demo: Demo) -> int:
    """Do it all; the exit status is 0 only when both sides agree."""
    try:
        result, faults = walk(demo)
    except (Lost, TimeoutError) as problem:
        note(f"The smoke stopped: {problem}")
        for part in ("web", "worker"):
            note(f"--- {part}\n{demo.processes.tail(part)}")
        return 1
    for fault in faults[:LISTED]:
        note(f"- {fault}")
    if faults:
        more = f", the first {LISTED} of them above" if len(faults) > LISTED else ""
        note(f"--- worker\n{demo.processes.tail('worker')}")
        note(f"The two sides do not agree. Differences: {len(faults)}{more}.")
    else:
        note(f"Both sides agree: {result['invoices']} invoices and {result['payments']} payments, to the cent.")
    print(json.dumps(result), flush=True)
    return 1 if faults else 0


def walk(demo: Demo) -> tuple[dict[str, Any], list[str]]:
    """The result, and whatever is not as it must be."""
    # The last owner's gallery: that of the ledger when there is one, else the first.
    owners = [(email, gallery) for email, role, gallery in demo.logins if role == "owner"]
    email, gallery = owners[-1] if demo.options.ledger else owners[0]
    organisation = "Harbour Street Prints" if demo.options.ledger else "North Light Gallery"
    held = {} if demo.options.ledger else EXPECTED_HELD
    engine = create_engine(f"sqlite:///{demo.processes.folder / 'gallery.db'}")
    with engine.connect() as connection:
        gallery_id = connection.execute(text("SELECT id FROM gallery WHERE name = :n"), {"n": gallery}).scalar_one()
    xero = Xero(demo.xero_url)
    tenant = xero.tenant(organisation)
    before = xero.created()

    owner = Browser()
    edit = connect(owner, demo.url, email, organisation)
    with HorseWatch(demo.worker) as memory:
        began = time.monotonic()
        page = owner.press(edit, "Update Webservice", answers(edit))
        wait_for_run(owner, page, demo.url)
        seconds = time.monotonic() - began
    first, made = xero.calls(), xero.created() - before
    note(f"The first sync took {seconds:.1f} s; in Xero it created {listed(made)}.")
    again = owner.press(webservices(owner, demo.url), "Sync now")
    wait_for_run(owner, again, demo.url)
    second, more = xero.calls() - first, xero.created() - before - made
    note(f"The second sync created {listed(more)}.")

    duplicates = xero.duplicates(tenant)
    ours, theirs = gallery_side(engine, gallery_id), xero.side(tenant)
    missing = ours.documents.keys() - theirs.documents.keys()
    sent = ours - missing
    waiting = missing & held.keys()
    faults = differences(ours - waiting, theirs)
    for number in sorted(waiting):
        note(f"Invoice #{number} waits, as it should: {held[number]}.")
    for number in sorted(held.keys() - missing):
        faults.append(f"#{number} was sent, but should wait: {held[number]}")
    if sent.contacts != theirs.contacts:
        faults.append(f"{sent.contacts} contacts in the gallery's invoices, {theirs.contacts} in Xero's")
    if duplicates:
        faults.append(f"{duplicates} documents are in Xero twice")
    if more:
        faults.append(f"the second sync created {listed(more)}")
    result = {
        **figures(theirs), "held": len(missing), "gallery_totals": sent.totals, "xero_totals": theirs.totals,
        "gallery_paid": sent.paid, "xero_paid": theirs.paid, "api_calls": first["api"], "token_calls": first["token"],
        "duplicates": duplicates, "seconds": round(seconds, 2), "peak_rss_mb": memory.peak_mb,
        "second": {"created": sum(more.values()), "api_calls": second["api"]},
    }  # fmt: skip
    if demo.options.tax is not None:
        result["tax"] = roundings(ours, theirs)
    return result, faults


def listed(created: Mapping[str, int]) -> str:
    """3 contacts, 2 invoices; or nothing."""
    return ", ".join(f"{count} {kind.lower()}" for kind, count in sorted(created.items())) or "nothing"


def figures(side: Side) -> dict[str, int]:
    return {
        "invoices": len(side.documents), "lines": side.count("lines"), "payments": side.count("payments"),
        "contacts": side.contacts,
    }  # fmt: skip


def connect(owner: Browser, site: str, email: str, organisation: str) -> Page:
    """Steps 1 to 5 of the article; the page to edit the new webservice."""
    owner.press(owner.get(f"{site}/login"), "Sign in", {"Email": email, "Password": PASSWORD})
    page = follow(owner, webservices(owner, site), "New Webservice")
    page = follow(owner, page, "Xero")
    page = owner.press(page, "Create Webservice", {"Copy All Existing Invoices": True})
    page = owner.press(page, "Allow access")
    # The simulator's consent page; its sign-in is filled in already.
    page = owner.press(page, "Allow access", {"organisation": organisation})
    note(f"Connected with {organisation}.")
    return wait_for_accounts(owner, site)


def wait_for_accounts(owner: Browser, site: str) -> Page:
    """The Edit page, once the worker has read the organisation's accounts."""
    deadline = time.monotonic() + ACCOUNTS_WITHIN
    while True:
        page = follow(owner, webservices(owner, site), "Edit")
        if "sales" in page.form("Update Webservice").fields:
            return page
        if time.monotonic() > deadline:
            raise page.lost("no accounts to choose from")
        time.sleep(0.1)


def webservices(owner: Browser, site: str) -> Page:
    """Websites, then its tab Webservices."""
    return owner.get(owner.get(f"{site}/websites").link("Webservices"))


def follow(owner: Browser, page: Page, label: str) -> Page:
    """Go where a link, or a button that is a form, of this text (or beginning with it) leads."""
    for href, shown in page.links:
        if shown == label or shown.startswith(f"{label} "):
            return owner.get(page.link(shown)) if href else page
    return owner.press(page, label)


def answers(page: Page) -> dict[str, str | bool]:
    """The proposed mapping, with what it leaves open chosen, from an early date on."""
    form = page.form("Update Webservice")
    long_ago = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1200)
    for field in form.fields.values():
        if not field.value and (value := liked(field)) is not None:
            field.value = value
            note(f"Chosen for {field.label}: {dict(field.options)[value]}")
    for field in form.fields.values():
        if "five" in field.label.casefold() and "draft" in field.label.casefold():
            field.value = None  # the careful first run would wait for a person's approval
    return {"Sync From Date": long_ago.isoformat()}


def liked(field: Field) -> str | None:
    """An option of a field that stands open: an untaxed rate if it has one."""
    for wish in UNTAXED:
        for value, label in field.options:
            if value and wish.casefold() in label.casefold():
                return value
    return None


def wait_for_run(owner: Browser, page: Page, site: str) -> None:
    """Follow the run's own progress until it says that it is done."""
    progress = f"{run_address(owner, page, site)}.json"
    deadline = time.monotonic() + RUN_WITHIN
    pause = 0.1
    while not (state := owner.json(progress)).get("done"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the run was not done after {RUN_WITHIN:.0f} s: {state}")
        time.sleep(pause)
        pause = min(pause * 1.3, 0.5)  # as a browser does; asking all the time would slow down what is measured
    counts = ", ".join(count["label"] for count in state["counts"])
    note(f"Sync: {state['message']}" + (f" {counts}." if counts else ""))


def run_address(owner: Browser, page: Page, site: str) -> str:
    """The run that this page shows, or has a link to; else the last one of the tab Webservices."""
    for place in (page, None):
        place = place or webservices(owner, site)
        for address in (place.url, *(urljoin(place.url, href) for href, _ in place.links)):
            if re.search(r"/runs/[0-9a-f-]{36}$", address):
                return address
    raise page.lost("no run to follow")


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
