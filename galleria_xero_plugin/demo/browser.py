"""A very small browser for the smoke: finds forms by their button and fields by their label, as people do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

SPACE = re.compile(r"\s+")
TIMEOUT = 30


class Lost(Exception):
    """The page is not what was expected; the text says what was looked for and what stood there."""


@dataclass
class Field:
    """A form's field. `value` is what would be sent now, None for nothing (an empty box)."""

    name: str
    kind: str
    value: str | None = None
    label: str = ""
    id: str = ""
    required: bool = False
    options: list[tuple[str, str]] = field(default_factory=list)  # (value, text)
    sends: str = "on"  # what a checkbox sends when it is checked

    def option(self, wanted: str) -> str:
        """What is sent for the option of this value, or whose text begins with this."""
        for value, text in self.options:
            if wanted == value or text.startswith(wanted):
                return value
        raise Lost(f"no option {wanted!r} among {self.options}")


@dataclass
class Form:
    """A form with its fields by name and its buttons as (text, name, value)."""

    action: str = ""
    method: str = "get"
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def named(self, label: str) -> Field:
        """The field whose label begins with this text, else whose name it is."""
        for found in self.fields.values():
            if found.label.casefold().startswith(label.casefold()):
                return found
        if label in self.fields:
            return self.fields[label]
        raise Lost(f"no field {label!r} among {[f.label or f.name for f in self.fields.values()]}")

    def fill(self, values: Mapping[str, str | bool]) -> None:
        """Set fields by label: a text, True or False for a box, an option's text or value for a choice."""
        for label, value in values.items():
            found = self.named(label)
            if isinstance(value, bool):
                found.value = found.sends if value else None
            else:
                found.value = found.option(value) if found.options else value

    def data(self, button: str) -> list[tuple[str, str]]:
        """What is sent when this button is pressed."""
        sent = [(f.name, f.value) for f in self.fields.values() if f.value is not None]
        return sent + [(name, value) for text, name, value in self.buttons if text == button and name]


@dataclass
class Page:
    """What came back."""

    url: str
    status: int
    html: str
    refresh: str = ""

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        self.forms, self.links, self.text = reader.forms, reader.links, SPACE.sub(" ", "".join(reader.texts))

    def form(self, button: str) -> Form:
        """The form with a button of this text."""
        for form in self.forms:
            if any(text == button for text, _, _ in form.buttons):
                return form
        raise self.lost(f"no button {button!r}")

    def link(self, text: str) -> str:
        """Where the link of this text leads."""
        for href, label in self.links:
            if label == text:
                return urljoin(self.url, href)
        raise self.lost(f"no link {text!r}")

    def lost(self, what: str) -> Lost:
        buttons = [text for form in self.forms for text, _, _ in form.buttons]
        links = [label for _, label in self.links]
        return Lost(f"{self.url} ({self.status}): {what}. Buttons: {buttons}. Links: {links}. Text: {self.text[:1500]}")


class Browser:
    """Keeps cookies and goes where pages send it, an immediate Refresh header included."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str) -> Page:
        return self._page(self._session.get(url, timeout=TIMEOUT))

    def json(self, url: str) -> dict[str, Any]:
        answer = self._session.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"})
        if not answer.ok:
            raise Lost(f"{url} answered {answer.status_code}: {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

    def press(self, page: Page, button: str, values: Mapping[str, str | bool] | None = None) -> Page:
        """Fill in the form with this button, and press it."""
        form = page.form(button)
        form.fill(values or {})
        url, data = urljoin(page.url, form.action or page.url), form.data(button)
        if form.method == "get":
            return self._page(self._session.get(url, params=data, timeout=TIMEOUT))
        return self._page(self._session.post(url, data=data, timeout=TIMEOUT, headers={"Referer": page.url}))

    def _page(self, answer: requests.Response) -> Page:
        for _ in range(5):
            refresh = re.fullmatch(r"\s*0\s*;\s*url=(.+)", answer.headers.get("Refresh", ""), re.IGNORECASE)
            if refresh is None:
                break
            answer = self._session.get(urljoin(answer.url, refresh[1]), timeout=TIMEOUT)
        page = Page(answer.url, answer.status_code, answer.text)
        if page.status >= 400:
            raise page.lost("an error")
        return page


class _Reader(HTMLParser):
    """Collects forms, links and text. Labels are joined to their fields by `for`, by nesting, or, for a
    group of radio buttons, by the legend of its fieldset."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._form: Form | None = None
        self._outer: dict[str, Form] = {}  # forms by id, for buttons outside of theirs
        self._collect: dict[str, list[str]] = {}
        self._labels: dict[str, str] = {}
        self._by_id: dict[str, tuple[Field, str]] = {}
        self._inside_label: tuple[Field, str] | None = None
        self._attributes: dict[str, dict[str, str]] = {}
        self._select: Field | None = None
        self._legends: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._form)
            self._outer[a.get("id", "")] = self._form
        elif tag == "input":
            self._input(a)
        elif tag in ("select", "textarea"):
            self._select = self._add(Field(a.get("name", ""), tag, id=a.get("id", ""), required="required" in a), a)
        if tag == "fieldset":
            self._legends.append("")
        if tag in ("a", "button", "label", "option", "legend", "textarea"):
            self._end(tag)  # an option may be left open
            self._collect[tag], self._attributes[tag] = [], a

    def handle_endtag(self, tag: str) -> None:
        self._end(tag)
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._end("option")
            if self._select is not None and self._select.value is None and self._select.options:
                self._select.value = self._select.options[0][0]
            self._select = None
        elif tag == "fieldset" and self._legends:
            self._legends.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        for parts in self._collect.values():
            parts.append(data)

    def close(self) -> None:
        super().close()
        for id, label in self._labels.items():
            if id in self._by_id:
                self._name(*self._by_id[id], label)

    def _end(self, tag: str) -> None:
        if tag not in self._collect:
            return
        text = SPACE.sub(" ", "".join(self._collect.pop(tag))).strip()
        a = self._attributes.pop(tag)
        if tag == "a":
            self.links.append((a.get("href", ""), text))
        elif tag == "button" and a.get("type", "submit") == "submit":
            form = self._outer.get(a["form"]) if "form" in a else self._form
            if form is not None:
                form.buttons.append((text, a.get("name", ""), a.get("value", "")))
                form.action = a.get("formaction", form.action)
        elif tag == "label":
            if "for" in a:
                self._labels[a["for"]] = text
            elif self._inside_label is not None:
                self._name(*self._inside_label, text)
            self._inside_label = None
        elif tag == "legend" and self._legends:
            self._legends[-1] = text
        elif tag == "option" and self._select is not None:
            value = a.get("value", text)
            self._select.options.append((value, text))
            if "selected" in a:
                self._select.value = value
        elif tag == "textarea" and self._select is not None:
            self._select.value, self._select = text, None

    def _input(self, a: dict[str, str]) -> None:
        kind, name = a.get("type", "text").lower(), a.get("name", "")
        form = self._outer.get(a["form"]) if "form" in a else self._form
        if kind in ("submit", "image"):
            if form is not None:
                form.buttons.append((a.get("value", "Submit"), name, a.get("value", "")))
            return
        if kind in ("button", "reset", "file"):
            return
        if kind == "radio" and form is not None and name in form.fields:
            found = form.fields[name]
        else:
            found = self._add(Field(name, kind, id=a.get("id", ""), required="required" in a), a)
        value = a.get("value", "on" if kind in ("checkbox", "radio") else "")
        if kind == "radio":
            found.options.append((value, ""))
            found.label = found.label or next((legend for legend in reversed(self._legends) if legend), "")
        if kind == "checkbox":
            found.sends = value
        if kind not in ("checkbox", "radio") or "checked" in a:
            found.value = value
        self._by_id[a.get("id", "")] = found, value
        if "label" in self._collect and "for" not in self._attributes["label"]:
            self._inside_label = found, value

    def _add(self, found: Field, a: dict[str, str]) -> Field:
        form = self._outer.get(a["form"]) if "form" in a else self._form
        if form is not None and found.name:
            form.fields[found.name] = found
        self._by_id[found.id] = found, ""
        if "label" in self._collect and "for" not in self._attributes["label"]:
            self._inside_label = found, ""
        return found

    @staticmethod
    def _name(found: Field, value: str, label: str) -> None:
        if found.kind == "radio":
            found.options = [(v, label if v == value else text) for v, text in found.options]
        else:
            found.label = label
