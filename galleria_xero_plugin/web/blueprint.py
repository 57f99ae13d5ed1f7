"""The table of contents: every address, its view, and the right it asks for."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, request

from .._paths import resource_dir
from . import (
    activity_views,
    books_views,
    cancel_views,
    check_views,
    error_pages,
    month_views,
    preview_views,
    run_views,
    settings_views,
    setup_views,
    waiting,
)
from .access import Right, View, guarded, with_link
from .responses import BLUEPRINT, finish

VIEW, CHANGE, FRESH = Right.VIEW, Right.CHANGE, Right.FRESH


class Route(NamedTuple):
    """One row. POST rows change something, GET rows never do."""

    method: str
    rule: str
    endpoint: str
    right: Right
    view: View


class LinkRoute(NamedTuple):
    """A row for whoever has the link."""

    method: str
    rule: str
    endpoint: str
    view: View


_WEBSERVICE = "/<uuid:webservice_id>"

ROUTES = (
    Route("GET", "/", "index", VIEW, setup_views.index),
    Route("GET", "/new", "new", CHANGE, setup_views.new),
    Route("GET", "/new/xero", "new_xero", CHANGE, setup_views.new_xero),
    Route("POST", "/new/xero", "create", CHANGE, setup_views.new_xero),
    # connecting
    Route("GET", f"{_WEBSERVICE}/connect", "connect", FRESH, setup_views.connect),
    Route("POST", f"{_WEBSERVICE}/connect", "begin", FRESH, setup_views.begin),
    Route("POST", f"{_WEBSERVICE}/reconnect", "reconnect", FRESH, setup_views.begin),
    Route("GET", "/callback", "callback", CHANGE, setup_views.callback),
    Route("GET", "/choose", "choose", CHANGE, setup_views.choose),
    Route("POST", "/choose", "chosen", CHANGE, setup_views.chosen),
    Route("POST", f"{_WEBSERVICE}/pause", "pause", CHANGE, setup_views.pause),
    Route("POST", f"{_WEBSERVICE}/resume", "resume", CHANGE, setup_views.resume),
    Route("GET", f"{_WEBSERVICE}/disconnect", "confirm_disconnect", FRESH, setup_views.confirm_disconnect),
    Route("POST", f"{_WEBSERVICE}/disconnect", "disconnect", FRESH, setup_views.disconnect),
    Route("GET", f"{_WEBSERVICE}/delete", "confirm_delete", FRESH, setup_views.confirm_delete),
    Route("POST", f"{_WEBSERVICE}/delete", "delete", FRESH, setup_views.delete),
    # settings
    Route("GET", f"{_WEBSERVICE}/edit", "edit", CHANGE, settings_views.edit),
    Route("POST", f"{_WEBSERVICE}/edit", "update", CHANGE, settings_views.update),
    Route("POST", f"{_WEBSERVICE}/refresh", "refresh", CHANGE, settings_views.refresh),
    Route("GET", f"{_WEBSERVICE}/count.json", "count", CHANGE, settings_views.count),
    # runs
    Route("POST", f"{_WEBSERVICE}/sync", "sync", CHANGE, run_views.sync),
    Route("POST", f"{_WEBSERVICE}/import-contacts", "import_contacts", CHANGE, run_views.import_contacts),
    Route("GET", f"{_WEBSERVICE}/runs", "runs", VIEW, run_views.runs),
    Route("GET", "/runs/<uuid:run_id>", "run", VIEW, run_views.run),
    Route("GET", "/runs/<uuid:run_id>.json", "run_progress", VIEW, run_views.run_progress),
    Route("POST", "/runs/<uuid:run_id>/cancel", "cancel", CHANGE, run_views.cancel),
    Route("GET", "/runs/<uuid:run_id>/in-xero", "confirm_cancel", CHANGE, cancel_views.confirm_cancel),
    Route("POST", "/runs/<uuid:run_id>/in-xero", "cancel_in_xero", CHANGE, cancel_views.cancel_in_xero),
    # checking the settings
    Route("GET", f"{_WEBSERVICE}/check", "check", VIEW, check_views.check),
    Route("POST", f"{_WEBSERVICE}/check", "replace", CHANGE, check_views.replace),
    Route("POST", f"{_WEBSERVICE}/check/now", "check_now", CHANGE, check_views.check_now),
    Route("GET", f"{_WEBSERVICE}/answered.json", "answered", VIEW, waiting.answered),
    # comparing month by month
    Route("GET", f"{_WEBSERVICE}/months", "months", VIEW, month_views.months),
    Route("GET", f"{_WEBSERVICE}/month.csv", "month_file", VIEW, month_views.month_file),
    Route("POST", f"{_WEBSERVICE}/months", "compare_now", CHANGE, month_views.compare_now),
    Route("POST", f"{_WEBSERVICE}/packs", "freeze", CHANGE, month_views.freeze),
    Route("GET", f"{_WEBSERVICE}/packs/<uuid:pack_id>.csv", "pack_kept", VIEW, month_views.pack_kept),
    Route("POST", f"{_WEBSERVICE}/packs/<uuid:pack_id>/revoke", "revoke", CHANGE, month_views.revoke),
    # documents
    Route("GET", f"{_WEBSERVICE}/activity", "activity", VIEW, activity_views.activity),
    Route("GET", f"{_WEBSERVICE}/activity.csv", "activity_file", VIEW, activity_views.activity_file),
    Route("POST", f"{_WEBSERVICE}/activity", "send_again", CHANGE, activity_views.send_again),
    Route("POST", f"{_WEBSERVICE}/activity/new", "send_new", CHANGE, activity_views.send_new),
    Route("POST", f"{_WEBSERVICE}/activity/stop", "stop_asking", CHANGE, activity_views.stop_asking),
    Route("GET", f"{_WEBSERVICE}/for-bookkeeper", "letter", VIEW, activity_views.letter),
    Route("GET", f"{_WEBSERVICE}/documents/<uuid:document_id>", "document", VIEW, activity_views.document),
    Route("POST", f"{_WEBSERVICE}/documents/<uuid:document_id>", "is_this_one", CHANGE, activity_views.is_this_one),
    Route("POST", f"{_WEBSERVICE}/documents/<uuid:document_id>/redate", "redate", CHANGE, activity_views.redate),
    Route("GET", f"{_WEBSERVICE}/comparison", "comparison", VIEW, activity_views.comparison),
    Route("POST", f"{_WEBSERVICE}/comparison", "accept", CHANGE, activity_views.accept),
    Route("POST", f"{_WEBSERVICE}/documents/<uuid:document_id>/again", "ask_again", CHANGE, activity_views.ask_again),
    Route("POST", f"{_WEBSERVICE}/documents/<uuid:document_id>/another", "is_another", CHANGE, activity_views.is_another),
    Route("POST", f"{_WEBSERVICE}/documents/<uuid:document_id>/anew", "send_anew", CHANGE, cancel_views.send_anew),
    Route("GET", f"{_WEBSERVICE}/contacts", "contacts", VIEW, activity_views.contacts),
    Route("POST", f"{_WEBSERVICE}/contacts", "settle", CHANGE, activity_views.settle),
    # before the first send: the preview, what stands in the books already, and the first five
    Route("GET", f"{_WEBSERVICE}/preview", "preview", VIEW, preview_views.preview),
    Route("GET", f"{_WEBSERVICE}/books", "books", VIEW, books_views.books),
    Route("POST", f"{_WEBSERVICE}/books", "decide", CHANGE, books_views.decide),
    Route("POST", f"{_WEBSERVICE}/books/<uuid:document_id>", "find_in_xero", CHANGE, books_views.find_in_xero),
    Route("GET", f"{_WEBSERVICE}/first-run", "first_run", VIEW, books_views.first_run),
    Route("POST", f"{_WEBSERVICE}/first-run", "go_on", CHANGE, books_views.go_on),
)

LINKS = (
    LinkRoute("GET", "/months/<string(length=43):token>", "pack", month_views.pack),
    LinkRoute("GET", "/months/<string(length=43):token>.csv", "pack_file", month_views.pack_file),
    LinkRoute("POST", "/months/<string(length=43):token>", "sign", month_views.sign),
    LinkRoute("GET", "/months/<path:token>", "no_pack", month_views.no_pack),
)
"""What a bookkeeper opens without a login: the token is the right."""


LARGEST_FORM = 256 << 10
"""Bytes of a form of ours; the largest, Edit, has some hundred fields."""


def _bounded(*_: object) -> None:
    """A larger body is refused (413), or by the host's own limit where that is lower. This runs before anybody's
    `before_request`, where a host's CSRFProtect reads the form."""
    for limit in ("max_content_length", "max_form_memory_size"):
        hosts = getattr(request, limit)
        setattr(request, limit, LARGEST_FORM if hosts is None else min(hosts, LARGEST_FORM))


def make_blueprint() -> Blueprint:
    """A new blueprint: one app, one blueprint."""
    blueprint = Blueprint(
        BLUEPRINT,
        __name__,
        template_folder=str(resource_dir("templates")),
        static_folder=str(resource_dir("static")),
        static_url_path="/static",
        cli_group=None,
    )
    for route in ROUTES:
        blueprint.add_url_rule(route.rule, route.endpoint, guarded(route.right, route.view), methods=[route.method])
    for link in LINKS:
        blueprint.add_url_rule(link.rule, link.endpoint, with_link(link.view), methods=[link.method])
    blueprint.url_value_preprocessor(_bounded)
    blueprint.after_request(finish)
    error_pages.register(blueprint)
    return blueprint
