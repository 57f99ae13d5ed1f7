"""Mail: once each, to the right people, harmless, and never in the way."""

import datetime as dt
import re

import pytest

from galleria_xero_plugin.domain.comparison import Comparison, Finding, What
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState, RunKind, RunTrigger
from galleria_xero_plugin.ports.records import SCHEDULE, ConnectionStatus, NewDocument
from galleria_xero_plugin.services.calls import UNTRUSTED
from galleria_xero_plugin.testing.factories import make_xero_contact


def waiting(house, connection, number, code="number_taken", state=DocumentState.BLOCKED, label=None):
    """A ledger row that waits."""
    row = NewDocument(
        "north-light", connection.tenant_id, DocumentKind.INVOICE, f"inv-{number}", f"AG-{number}",
        f"{number:016d}".translate(str.maketrans("0189", "ABCD")), label or f"AG-{number}", state=state,
        reason_code=code,
        document_date=dt.date(2026, 11, 1),
    )  # fmt: skip
    with house.units.write() as uow:
        uow.ledger.insert([row])
        uow.commit()


def test_a_lost_connection_is_mailed_once_per_loss(house):
    webservice, connection = house.connected()
    assert house.notify.disconnected(connection) is True
    assert house.notify.disconnected(connection) is False
    mail, = house.mailer.sent
    assert mail.to == ("owner@north-light.example",)
    assert mail.subject == "North was disconnected in Xero"
    assert "Reconnect: https://site.example/xero/connect" in mail.text
    assert '<a href="https://site.example/xero/connect">Reconnect</a>' in mail.html
    with house.units.write() as uow:
        again = uow.connections.connect("north-light", webservice.id, house.auth.tenants[0], house.auth.tokens())
        uow.commit()
    assert house.notify.disconnected(again) is True


def test_a_mail_server_that_is_away_breaks_nothing_and_the_mail_stays_owed(house):
    _, connection = house.connected()
    house.mailer.down = True
    assert house.notify.disconnected(connection) is False
    house.mailer.down = False
    assert house.notify.disconnected(connection) is True


def test_the_mail_about_a_disconnection_is_made_up_for_by_the_sweep(house):
    webservice, connection = house.connected()
    house.auth.tenants, tenants = [], house.auth.tenants
    house.mailer.down = True
    assert house.connect.noticed_lost(connection.id)
    assert house.notify.attention() == 0
    house.mailer.down = False
    assert (house.notify.attention(), house.notify.attention()) == (1, 0)
    mail, = house.mailer.sent
    assert mail.subject == "North was disconnected in Xero"


def test_nobody_is_told_about_a_disconnection_that_is_over(house):
    webservice, connection = house.connected()
    house.auth.tenants, tenants = [], house.auth.tenants
    house.mailer.down = True
    house.connect.noticed_lost(connection.id)
    with house.units.write() as uow:
        uow.connections.connect("north-light", webservice.id, tenants[0], house.auth.tokens())
        uow.commit()
    house.mailer.down = False
    assert house.notify.attention() == 0


def compared(house, connection, *numbers):
    findings = tuple(Finding(What.ABSENT, number) for number in numbers)
    house.clock.move(days=1)
    with house.units.write() as uow:
        uow.comparisons.put("north-light", connection.tenant_id, Comparison(7, findings))
        uow.commit()


def test_what_a_comparison_finds_is_told_once_and_again_when_it_comes_back(house):
    _, connection = house.connected()
    compared(house, connection)
    assert house.notify.attention() == 0
    compared(house, connection, "AG-1")
    house.mailer.down = True
    assert house.notify.attention() == 0
    house.mailer.down = False
    assert (house.notify.attention(), house.notify.attention()) == (1, 0)
    compared(house, connection, "AG-1")
    assert house.notify.attention() == 0, "not every night"
    compared(house, connection, "AG-1", "AG-2")
    assert house.notify.attention() == 1
    compared(house, connection, "AG-2")
    assert house.notify.attention() == 0
    compared(house, connection, "AG-1", "AG-2")
    assert house.notify.attention() == 1
    assert [re.findall(r"- (AG-\d)", mail.text) for mail in house.mailer.sent] == [["AG-1"], ["AG-2"], ["AG-1"]]
    first = house.mailer.sent[0]
    assert first.subject == "North and your gallery do not agree"
    assert "they do not agree: 1 number wants a look" in first.text
    assert "Show what does not agree: https://site.example/xero/comparison" in first.text


def test_a_line_to_xero_that_is_not_safe_is_told_once_a_day_while_it_lasts(house):
    _, connection = house.connected()

    def refused():
        with house.units.write() as uow:
            uow.notices.claim(connection.id, UNTRUSTED)
            uow.commit()
        return house.notify.attention()

    house.mailer.down = True
    assert refused() == 0
    house.mailer.down = False
    assert house.notify.attention() == 1
    assert [refused(), refused()] == [0, 0]
    house.clock.move(days=1)
    assert refused() == 1
    assert house.notify.attention() == 0, "it was over"
    assert house.mailer.sent[0].subject == "The connection to Xero is not safe: nothing is sent to North"


def test_the_permission_mail_is_made_up_for_by_the_sweep(house):
    _, connection = house.connected()
    with house.units.write() as uow:
        uow.connections.set_status(connection.id, ConnectionStatus.NEEDS_REAUTH, "needs_reauth")
        uow.commit()
    house.mailer.down = True
    assert house.notify.attention() == 0
    house.mailer.down = False
    assert house.notify.attention() == 1
    assert house.notify.attention() == 0


def test_the_first_sync_is_told_once(house):
    webservice, connection = house.connected(admin_emails=("books@north.example",))
    house.complete_mapping(webservice)
    run = house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.FIRST)
    waiting(house, connection, 1)
    assert house.notify.first_export_finished(connection, run) is True
    assert house.notify.first_export_finished(connection, run) is False
    mail, = house.mailer.sent
    assert mail.to == ("books@north.example",)
    assert "0 invoices, 0 payments and 0 contacts" in mail.text
    assert "1 document waits" in mail.text


def test_the_digest_comes_at_eight_local_time_and_only_with_something_new(house):
    _, connection = house.connected()
    waiting(house, connection, 1)
    waiting(house, connection, 2, "waiting_for_contact")  # goes on by itself: nobody is asked
    house.clock.at = dt.datetime(2026, 11, 21, 7, 59, tzinfo=dt.UTC)
    assert house.notify.attention() == 0
    house.clock.move(minutes=1)
    assert house.notify.attention() == 1
    assert house.notify.attention() == 0
    mail, = house.mailer.sent
    assert mail.subject == "North: 1 thing to look at"
    assert "AG-1" in mail.text
    assert "AG-2" not in mail.text
    house.clock.move(days=1)
    assert house.notify.attention() == 0  # it is known
    waiting(house, connection, 3)
    house.clock.move(days=1)
    assert house.notify.attention() == 1
    assert "AG-3" in house.mailer.sent[1].text
    assert "AG-1" not in house.mailer.sent[1].text


def test_a_digest_that_was_not_handed_over_comes_later_that_day(house):
    _, connection = house.connected()
    waiting(house, connection, 1)
    house.mailer.down = True
    assert house.notify.attention() == 0
    house.mailer.down = False
    house.clock.move(minutes=1)
    assert house.notify.attention() == 1
    assert "AG-1" in house.mailer.sent[0].text


class Killed(BaseException):
    """The process is gone."""


def test_a_digest_whose_process_dies_while_it_is_sent_comes_with_the_next_day(house):
    _, connection = house.connected()
    waiting(house, connection, 1)

    def die(mail):
        raise Killed

    send, house.mailer.send = house.mailer.send, die
    with pytest.raises(Killed):
        house.notify.attention()
    house.mailer.send = send
    house.clock.move(days=1)
    assert house.notify.attention() == 1
    assert "AG-1" in house.mailer.sent[0].text
    house.clock.move(days=1)
    assert house.notify.attention() == 0


def test_questions_about_contacts_are_in_the_digest(house):
    _, connection = house.connected()
    with house.units.write() as uow:
        uow.contacts.add_conflict(
            "north-light", connection.tenant_id, make_xero_contact("Marsh & <Sons>"), "email_differs", ["c-1"]
        )
        uow.commit()
    assert house.notify.attention() == 1
    mail, = house.mailer.sent
    assert "Marsh & <Sons>" in mail.text
    assert "Marsh &amp; &lt;Sons&gt;" in mail.html


def test_thousands_that_wait_are_one_short_mail(house):
    _, connection = house.connected()
    for number in range(1, 40):
        waiting(house, connection, number)
    assert house.notify.attention() == 1
    assert "and 27 more" in house.mailer.sent[0].text


@pytest.mark.parametrize("name", ["North\r\nBcc: all@example.com", "North\nX"])
def test_a_name_from_xero_is_no_header(house, name):
    _webservice, connection = house.connected()
    with house.units.write() as uow:
        uow.connections.rename(connection.id, organisation_name=name, short_code="", base_currency="GBP")
        uow.commit()
    house.notify.disconnected(house.connection(connection.id))
    assert "\n" not in house.mailer.sent[0].subject
    assert "\r" not in house.mailer.sent[0].subject


def test_nobody_to_mail_to(house):
    _, connection = house.connected()
    info = house.gallery.shelf().info
    house.gallery.shelf().info = type(info)(info.id, info.name, "Europe/London", "en-GB", "GBP", "")
    assert house.notify.disconnected(connection) is False
    assert house.read(lambda uow: uow.runs.open_of(connection.id, RunKind.EXPORT)) is None


def test_the_digest_is_grouped_by_cause_with_a_link_to_each_page(house):
    _, connection = house.connected()
    for number in range(1, 15):
        waiting(house, connection, number)
    waiting(house, connection, 20, "xero_refused")
    assert house.notify.attention() == 1
    mail, = house.mailer.sent
    assert mail.subject == "North: 15 things to look at"
    assert "The number is taken in Xero (waiting for you, 14):" in mail.text
    assert "Xero refused it (waiting for your bookkeeper):" in mail.text
    assert mail.text.index("number is taken") < mail.text.index("Xero refused") and "- and 2 more" in mail.text
    assert mail.text.count("https://site.example/xero/document") == 13
    assert '<a href="https://site.example/xero/document">AG-20</a>' in mail.html
    assert "<h2 " in mail.html and "<script" not in mail.html


def test_the_bookkeeper_gets_what_only_a_bookkeeper_can_settle(house):
    _, connection = house.connected(bookkeeper_emails=("bo@books.example",))
    waiting(house, connection, 1)
    waiting(house, connection, 2, "xero_refused")
    assert (house.notify.attention(), house.notify.attention()) == (2, 0)
    ours, theirs = house.mailer.sent
    assert (ours.to, theirs.to) == (("owner@north-light.example",), ("bo@books.example",))
    assert "AG-1" in ours.text and "AG-2" not in ours.text
    assert "AG-2" in theirs.text and "AG-1" not in theirs.text
    waiting(house, connection, 3, "xero_refused")
    house.clock.move(days=1)
    assert house.notify.attention() == 1 and house.mailer.sent[2].to == ("bo@books.example",)


def test_one_of_two_mails_that_was_not_handed_over_comes_alone_later(house):
    _, connection = house.connected(bookkeeper_emails=("bo@books.example",))
    waiting(house, connection, 1)
    waiting(house, connection, 2, "xero_refused")
    send, house.mailer.send = house.mailer.send, lambda mail: refuse(mail)

    def refuse(mail):
        if mail.to == ("bo@books.example",):
            raise OSError("mailbox unknown")
        send(mail)

    house.notify.attention()
    house.mailer.send = send
    house.clock.move(minutes=1)
    assert house.notify.attention() == 1
    assert [mail.to[0] for mail in house.mailer.sent] == ["owner@north-light.example", "bo@books.example"]


def test_one_digest_a_day_when_the_clocks_change(house):
    """The 25th of October 2026 has 25 hours in London."""
    _, connection = house.connected()
    waiting(house, connection, 1)
    house.clock.at = dt.datetime(2026, 10, 25, 7, 59, tzinfo=dt.UTC)  # 07:59 after the change
    assert house.notify.attention() == 0
    house.clock.move(minutes=1)
    sent = [house.notify.attention() for _ in range(30) if house.clock.move(minutes=45) is None]
    assert sum(sent) == 1
