"""Handing mail to a server: a small one that listens on this machine and writes down what it is told."""

import email
import email.policy
import socketserver
import threading

import pytest

from galleria_xero_plugin.ports.runtime import Mail
from galleria_xero_plugin.system import LogMailer, SmtpMailer, SystemClock

MAIL = Mail(("anna@north.example", "bob@north.example"), "First sync", "In words", "<p>In words</p>")


class Postbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs. It offers no STARTTLS."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            self.server.told.append(line)
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self.say("250 here")
            elif verb == "DATA":
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                self.server.mails.append(b"".join(lines))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("550 no" if "refused@" in line else "250 ok")

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


@pytest.fixture
def server():
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Postbox) as server:
        server.told, server.mails = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mailer(server):
    return SmtpMailer(f"smtp://127.0.0.1:{server.server_address[1]}", "Sync <sync@site.example>")


def received(server):
    raw, = server.mails
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_mail_goes_out_in_text_and_html(server, mailer):
    mailer.send(MAIL)
    message = received(server)
    assert (message["From"], message["Subject"]) == ("Sync <sync@site.example>", "First sync")
    assert message["To"] == "anna@north.example, bob@north.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@site.example>")
    assert message.get_body(("plain",)).get_content().strip() == "In words"
    assert message.get_body(("html",)).get_content().strip() == "<p>In words</p>"
    assert [line for line in server.told if line.startswith("rcpt")] == [
        "rcpt TO:<anna@north.example>", "rcpt TO:<bob@north.example>"]  # fmt: skip


@pytest.mark.parametrize("bad", [
    "anna@north.example\r\nBcc: all@example.com", "anna@north.example, all@example.com", "Anna <anna@north.example>",
    "anna", "", "anna@", "@north.example",
])  # fmt: skip
def test_a_header_cannot_be_smuggled_in(server, mailer, bad):
    mailer.send(Mail((bad, "bob@north.example"), "First\r\nBcc: all@example.com\u2028x", "In words", "<p></p>"))
    message = received(server)
    assert message["To"] == "bob@north.example"
    assert message["Bcc"] is None
    assert message["Subject"] == "First Bcc: all@example.com x"


def test_nobody_usable(mailer):
    with pytest.raises(OSError, match="none of the addresses"):
        mailer.send(Mail(("nobody",), "x", "x", "x"))


def test_a_password_is_not_sent_in_the_open(server):
    port = server.server_address[1]
    mailer = SmtpMailer(f"smtp://anna:s%40cret@127.0.0.1:{port}", "sync@site.example")
    assert "s@cret" not in repr(mailer)
    with pytest.raises(OSError, match="STARTTLS"):
        mailer.send(MAIL)
    assert not server.mails


def test_a_server_that_refuses_or_is_not_there(server, mailer):
    with pytest.raises(OSError):
        mailer.send(Mail(("refused@north.example",), "x", "x", "x"))
    with pytest.raises(OSError):
        SmtpMailer("smtp://127.0.0.1:9", "sync@site.example").send(MAIL)


def test_without_a_server_the_log_says_so(caplog):
    LogMailer().send(Mail(("anna@north.example",), "First\nsync", "In words", ""))
    assert "not mailed, because SMTP_URL is not set (recipients: 1)" in caplog.text
    assert "anna" not in caplog.text


def test_the_clock():
    clock = SystemClock()
    assert clock.now().utcoffset().total_seconds() == 0
    before = clock.monotonic()
    clock.sleep(0)
    assert clock.monotonic() >= before
