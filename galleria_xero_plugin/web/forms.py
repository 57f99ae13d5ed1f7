"""The small forms: creating a webservice, and every button that changes something.

A form takes its own fields and nothing else: whatever more is posted is not looked at. The CSRF token is part
of each form, so a host without CSRFProtect is protected too; with it, the check is made once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from ..domain.export import prefix_error
from ..domain.settings import DEFAULT_PREFIX, Settings

EMAILS_AT_MOST = 5
_ADDRESS = re.compile(r"[^\s@,;<>\"()\[\]\\]+@[^\s@,;<>\"()\[\]\\.]+(?:\.[^\s@,;<>\"()\[\]\\.]+)+")


class Form(FlaskForm):
    """A form that can say how it was refused."""

    @property
    def refusal(self) -> int:
        """The status of the page that shows it again: 400 for a missing token, 422 for what was entered."""
        return 400 if "csrf_token" in self.errors else 422

    def add_errors(self, errors: Mapping[str, str]) -> None:
        """Put a service's messages at their fields; what has no field here stands at the first one."""
        for name, message in errors.items():
            field = self[name] if name in self else next(iter(self))
            field.errors = [*field.errors, message]


class ActionForm(FlaskForm):
    """A button: nothing but the CSRF token."""


class EmailsField(StringField):
    """E-mail addresses, separated by commas, semicolons or spaces; `data` stays what was typed."""

    def addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", self.data or "") if part))

    def pre_validate(self, form: object) -> None:
        if any(ord(char) < 32 for char in (self.data or "").strip()):
            raise ValidationError("Please type the addresses without line breaks or other special characters.")
        found = self.addresses()
        if len(found) > EMAILS_AT_MOST:
            raise ValidationError(f"Please give at most {EMAILS_AT_MOST} addresses.")
        for address in found:
            if len(address) > 254 or not address.isprintable() or not _ADDRESS.fullmatch(address):
                raise ValidationError(f"“{address[:80]}” is not an e-mail address.")


class PrefixField(StringField):
    """The Invoice Prefix; blank means AG, as the help article says. Only plain spaces around it are forgiven."""

    def chosen(self) -> str:
        return (self.data or "").strip(" ") or DEFAULT_PREFIX

    def pre_validate(self, form: object) -> None:
        if problem := prefix_error(self.chosen()):
            raise ValidationError(problem)


Choices = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""(heading or "", [(value, label), ...])"""


class ChoiceField(StringField):
    """One of `choices`, laid out by our own macros as a list or as buttons; "" stands for none where offered."""

    data: str | None

    def __init__(self, label: str, *, choices: Choices = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.choices = choices

    def pre_validate(self, form: object) -> None:
        if (self.data or "") not in {value for _, group in self.choices for value, _ in group}:
            self.data = ""
            raise ValidationError("Please choose one of the list.")

    def label_of(self, chosen: str | None) -> str:
        return next((label for _, group in self.choices for value, label in group if value == (chosen or "")), "")

    def chosen(self) -> str | None:
        return self.data or None


class PreferencesForm(Form):
    """The five fields of the XERO New Web Service screen; the Update Webservice page has them too."""

    prefix = PrefixField("Invoice Prefix", id="gx-prefix")
    admin_emails = EmailsField("Admin Email", id="gx-admin-emails")
    scheduled = BooleanField("Enable Scheduled Sync", id="gx-scheduled")
    import_contacts = BooleanField("Import all Xero contacts", id="gx-import-contacts")
    copy_existing = BooleanField("Copy All Existing Invoices and Associated Contacts To Xero", id="gx-copy-existing")

    def preferences(self) -> Settings:
        """Settings with these five fields, the net of a first run, and nothing else chosen."""
        return Settings(
            prefix=self.prefix.chosen(),
            admin_emails=self.admin_emails.addresses(),
            scheduled=bool(self.scheduled.data),
            import_contacts=bool(self.import_contacts.data),
            copy_existing=bool(self.copy_existing.data),
            first_five_as_drafts=True,
        )


class ChooseForm(Form):
    """Which of several organisations."""

    tenant = ChoiceField("Organisation", id="gx-tenant")

    @classmethod
    def of(cls, tenants: Sequence[tuple[str, str]]) -> ChooseForm:
        """With (organisation id, name) to choose from; an id that is not among them is refused."""
        form = cls()
        form.tenant.choices = [("", list(tenants))]
        return form
