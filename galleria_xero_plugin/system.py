"""The runtime ports on this machine: its clocks, mail by SMTP, mail that is only logged."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import ssl
import time
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from urllib.parse import unquote, urlsplit

from .ports.runtime import Mail

log = logging.getLogger("galleria_xero.mail")

SMTP_TIMEOUT = 20.0
"""Seconds for each step of handing a message over: a job waits for it."""
SUBMISSION_PORT, SMTPS_PORT = 587, 465


class SystemClock:
    """This host's clocks."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class LogMailer:
    """For a site without SMTP_URL: the log says that there was something to mail, and what about. Neither the
    addresses nor the text: a log is read by more people than a mailbox."""

    def send(self, mail: Mail) -> None:
        log.warning("not mailed, because SMTP_URL is not set (recipients: %d): %s", len(mail.to), _line(mail.subject))


class SmtpMailer:
    """Hands mail to an SMTP server: `smtp://` with STARTTLS where it is offered, or `smtps://`.

    A password is never sent over an unencrypted connection, and certificates are checked.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._encrypted = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (SMTPS_PORT if self._encrypted else SUBMISSION_PORT)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def __repr__(self) -> str:
        return f"<mail by {self._host}:{self._port}>"

    def send(self, mail: Mail) -> None:
        """Raises OSError when the server did not take it, or when no address is usable."""
        message = self._message(mail)
        try:
            with self._connect() as server:
                server.ehlo()
                if not self._encrypted and server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                elif not self._encrypted and self._user:
                    raise OSError(f"{self._host} offers no STARTTLS, and a password needs it")
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
        except ValueError as error:  # an address that the server cannot be told (umlauts without SMTPUTF8)
            raise OSError(f"the message cannot be sent: {error}") from None

    def _connect(self) -> smtplib.SMTP:
        if self._encrypted:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=SMTP_TIMEOUT, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=SMTP_TIMEOUT)

    def _message(self, mail: Mail) -> EmailMessage:
        to = list(_usable(mail.to))
        if not to:
            raise OSError("none of the addresses is usable")
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = _line(mail.subject)
        message["Date"] = localtime()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip("> ") or None)
        # Answering machines shall not answer a machine (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _usable(addresses: Iterable[str]) -> Iterable[Address]:
    """Each address on its own: a text that holds two, a name or a line break is none."""
    for address in addresses:
        try:
            yield Address(addr_spec=address)
        except (ValueError, IndexError, MessageError):
            log.warning("an address for mail cannot be used and was left out")


def _line(text: str) -> str:
    """One line of printable characters: what stands in a header cannot begin another one."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
