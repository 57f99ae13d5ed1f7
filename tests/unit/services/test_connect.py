"""Connecting: the way to Xero and back, Reconnect, another organisation, and the ends of a connection."""

import dataclasses
import datetime as dt

import pytest

from galleria_xero_plugin.domain.settings import AccountMapping, Settings
from galleria_xero_plugin.domain.states import RunKind, RunState, RunTrigger
from galleria_xero_plugin.errors import (
    AccessLost,
    AuthRejected,
    AuthUnavailable,
    Conflict,
    InvalidInput,
    NotConnected,
    NotFound,
    ReadFailed,
)
from galleria_xero_plugin.ports.records import SCHEDULE, ConnectionStatus
from galleria_xero_plugin.ports.xero import Secret
from galleria_xero_plugin.services.connect import Choose, Connected, ConsentRefused
from galleria_xero_plugin.testing.factories import make_access, make_gallery_info

from .fakes import NORTH, SILENT, SOUTH

BROWSER = "what only this browser knows"
GOOD = Secret("good")


def come_back(house, webservice, *, access=None, browser=BROWSER, code=GOOD, error=None):
    house.connect.begin(house.access, webservice.id, BROWSER)
    state = house.auth.states[-1]
    return house.connect.complete(access or house.access, browser, state=state, code=code, error=error)


def refused(house, webservice, **how):
    with pytest.raises(ConsentRefused) as problem:
        come_back(house, webservice, **how)
    assert not house.read(lambda uow: uow.connections.of_webservice("north-light", webservice.id))
    assert house.audited()[0] == "callback refused"
    return problem.value.reason


def test_a_gallery_connects(house):
    webservice = house.webservice(scheduled=True, import_contacts=True)
    assert come_back(house, webservice) == Connected(webservice.id, "North", False)
    connection = house.read(lambda uow: uow.connections.of_webservice("north-light", webservice.id))
    assert connection.status is ConnectionStatus.ACTIVE
    assert (connection.organisation_name, connection.base_currency) == ("North Ltd", "GBP")  # what it calls itself
    assert connection.next_run_at == dt.datetime(2026, 11, 21, 2, 30, tzinfo=dt.UTC)
    assert house.reference.current("north-light", NORTH.tenant_id).currencies == ("GBP",)
    assert house.queue.rings == {"contacts": 1}
    assert house.read(lambda uow: uow.runs.open_of(connection.id, RunKind.CONTACTS)).trigger is RunTrigger.FIRST
    assert house.audited() == ["contact import started", "connected", "access asked for", "webservice created"]


def test_xero_too_slow_for_a_page_is_read_by_a_job(house):
    webservice = house.webservice()
    house.api.faults = [ReadFailed("slow")]
    assert come_back(house, webservice).organisation_name == "North"
    assert house.queue.rings == {"reference": 1}


@pytest.mark.parametrize(("how", "reason"), [
    ({"error": "access_denied", "code": None}, "declined"),
    ({"error": "server_error"}, "xero_error"),
    ({"code": None}, "incomplete"),
    ({"code": Secret("bad")}, "expired"),
    ({"browser": "another browser"}, "mismatch"),
    ({"access": make_access(user_id="u-2")}, "mismatch"),
    ({"access": make_access("other")}, "mismatch"),
])  # fmt: skip
def test_a_way_back_that_does_not_connect(house, how, reason):
    webservice = house.webservice()
    if how.get("access") and how["access"].gallery_id == "other":
        house.gallery.add_gallery(make_gallery_info("other"))
        with pytest.raises(ConsentRefused) as problem:
            come_back(house, webservice, **how)
        assert problem.value.reason == reason
    else:
        assert refused(house, webservice, **how) == reason
    with pytest.raises(ConsentRefused) as again:  # its state is used up, also for the right person
        house.connect.complete(house.access, BROWSER, state=house.auth.states[-1], code=GOOD, error=None)
    assert again.value.reason == "used"


@pytest.mark.parametrize(("fault", "reason"), [
    (AuthUnavailable("error", status=503), "unavailable"), (AuthRejected("missing_scope"), "missing_scope"),
    (AuthRejected("invalid_id_token"), "rejected"), (AuthRejected("invalid_client"), "rejected"),
])  # fmt: skip
def test_the_token_endpoint_refuses(house, fault, reason):
    webservice = house.webservice()
    house.auth.faults = [fault]
    assert refused(house, webservice) == reason


def test_a_replayed_callback_is_refused(house):
    webservice = house.webservice()
    come_back(house, webservice)
    with pytest.raises(ConsentRefused) as problem:
        house.connect.complete(house.access, BROWSER, state=house.auth.states[-1], code=GOOD, error=None)
    assert problem.value.reason == "used"
    assert house.auth.calls["exchange"] == 1


def test_a_state_lasts_ten_minutes(house):
    webservice = house.webservice()
    house.connect.begin(house.access, webservice.id, BROWSER)
    house.clock.move(minutes=10, seconds=1)
    with pytest.raises(ConsentRefused):
        house.connect.complete(house.access, BROWSER, state=house.auth.states[-1], code=GOOD, error=None)


def test_an_invented_state_is_refused(house):
    with pytest.raises(ConsentRefused):
        house.connect.complete(house.access, BROWSER, state="x" * 43, code=GOOD, error=None)


def test_no_organisation(house):
    house.auth.tenants = [dataclasses.replace(NORTH, tenant_type="PRACTICE")]
    assert refused(house, house.webservice()) == "no_organisation"


def test_several_organisations_are_chosen_from(house):
    webservice = house.webservice()
    house.auth.tenants = [NORTH, SOUTH]
    choice = come_back(house, webservice)
    assert isinstance(choice, Choose)
    offered = house.connect.tenants(house.access, choice.choice)
    assert offered == ((NORTH.tenant_id, "North"), (SOUTH.tenant_id, "South"))
    with pytest.raises(ConsentRefused):
        house.connect.choose(make_access(user_id="u-2"), choice.choice, SOUTH.tenant_id)
    with pytest.raises(InvalidInput):
        house.connect.choose(house.access, choice.choice, "33333333-0000-4000-8000-000000000003")
    assert house.connect.choose(house.access, choice.choice, SOUTH.tenant_id).organisation_name == "South"
    with pytest.raises(ConsentRefused):
        house.connect.choose(house.access, choice.choice, SOUTH.tenant_id)


def test_an_organisation_of_another_gallery_is_refused(house):
    house.connected()
    house.gallery.add_gallery(make_gallery_info("other"))
    other = make_access("other")
    webservice = house.connect.create(other, Settings())
    house.connect.begin(other, webservice.id, BROWSER)
    with pytest.raises(Conflict):
        house.connect.complete(other, BROWSER, state=house.auth.states[-1], code=GOOD, error=None)


def test_one_webservice_for_each_gallery_and_sound_fields(house):
    house.webservice()
    with pytest.raises(Conflict):
        house.webservice()
    for bad in ({"prefix": "A,B"}, {"prefix": "x" * 21}, {"prefix": "A\n"}, {"admin_emails": ("a@b\nBcc: c@d",)},
                {"admin_emails": ("nobody",)}):  # fmt: skip
        with pytest.raises(InvalidInput) as problem:
            house.webservice(**bad)
        assert list(problem.value.errors) == list(bad)


def test_another_gallerys_webservice_does_not_exist(house):
    webservice, _ = house.connected()
    house.gallery.add_gallery(make_gallery_info("other"))
    stranger = make_access("other")
    for call in (house.connect.disconnect, house.connect.delete, house.connect.pause, house.connect.resume):
        with pytest.raises(NotFound):
            call(stranger, webservice.id)
    with pytest.raises(NotFound):
        house.connect.begin(stranger, webservice.id, BROWSER)
    assert house.auth.calls == {}


def test_reconnect_keeps_everything_and_catches_up(house):
    webservice, connection = house.connected(scheduled=True)
    house.complete_mapping(webservice)
    house.auth.tenants = []
    house.connect.noticed_lost(connection.id)
    house.auth.tenants = [dataclasses.replace(NORTH, connection_id="aaaaaaaa-0000-4000-8000-00000000000f")]
    assert come_back(house, webservice) == Connected(webservice.id, "North", True)
    again = house.connection(connection.id)
    assert (again.status, again.token_version) == (ConnectionStatus.ACTIVE, connection.token_version + 1)
    assert again.xero_connection_id.endswith("0f")
    assert house.queue.rings == {"export": 1}
    run = house.read(lambda uow: uow.runs.open_of(connection.id, RunKind.EXPORT))
    assert run.trigger is RunTrigger.PERSON


def test_reconnect_finds_the_organisation_that_is_not_listed_under_its_event(house):
    webservice, connection = house.connected()
    house.auth.tenants, house.auth.unlisted = [], [SOUTH, NORTH]
    assert come_back(house, webservice).reconnected
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE


def test_reconnect_by_hand_starts_nothing_when_nothing_waits(house):
    webservice, _ = house.connected()
    house.complete_mapping(webservice)
    come_back(house, webservice)
    assert house.queue.rings == {}


def test_a_run_that_was_cut_off_goes_on_after_reconnect(house):
    webservice, connection = house.connected()
    house.complete_mapping(webservice)
    run = house.runs.start_export("north-light", webservice.id, SCHEDULE, RunTrigger.PERSON)
    house.auth.tenants = []
    house.connect.noticed_lost(connection.id)
    ended = house.read(lambda uow: uow.runs.get("north-light", run.id))
    assert (ended.state, ended.error_code) == (RunState.FAILED, "disconnected")
    house.auth.tenants = [NORTH]
    come_back(house, webservice)
    assert house.queue.rings["export"] == 2


def test_another_organisation_is_asked_about_and_begins_anew(house):
    webservice, connection = house.connected(prefix="NL", copy_existing=True, scheduled=True)
    house.complete_mapping(webservice)
    house.auth.tenants = [SOUTH]
    choice = come_back(house, webservice)
    assert choice == Choose(choice.choice, (SOUTH,), "North")
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE  # nothing happens before the answer
    connected = house.connect.choose(house.access, choice.choice, SOUTH.tenant_id)
    assert (connected.reconnected, connected.replaced) == (False, "North")
    assert connected.webservice_id != webservice.id
    anew, = house.read(lambda uow: uow.webservices.of_gallery("north-light"))
    assert (anew.id, anew.settings.prefix, anew.settings.scheduled) == (connected.webservice_id, "NL", True)
    assert (anew.settings.mapping, anew.settings.copy_existing, anew.mapping_completed_at) == (
        AccountMapping(), False, None)  # fmt: skip
    assert house.connection(connection.id).status is ConnectionStatus.DISCONNECTED
    assert house.auth.calls["disconnect"] == 1
    assert house.queue.rings == {}


def test_disconnect(house):
    webservice, connection = house.connected(scheduled=True)
    assert house.connect.disconnect(house.access, webservice.id) is True
    assert house.auth.tenants == []
    assert house.read(lambda uow: uow.connections.tokens(connection.id)) is None
    assert house.connection(connection.id).next_run_at is None
    assert house.connect.disconnect(house.access, webservice.id) is True  # again: harmless
    assert house.auth.calls["disconnect"] == 1
    assert not house.mailer.sent


def test_disconnect_while_xero_is_away_wipes_the_tokens_and_says_so(house):
    webservice, connection = house.connected()
    house.auth.faults = [SILENT]
    assert house.connect.disconnect(house.access, webservice.id) is False
    assert house.read(lambda uow: uow.connections.tokens(connection.id)) is None
    entry = house.read(lambda uow: uow.audit.latest("north-light"))[0]
    assert (entry.action, entry.outcome) == ("disconnected", "xero did not confirm")


def test_delete_hides_the_webservice_and_makes_room(house):
    webservice, connection = house.connected()
    assert house.connect.delete(house.access, webservice.id) is True
    assert house.connection(connection.id).status is ConnectionStatus.DISCONNECTED
    with pytest.raises(NotFound):
        house.connect.delete(house.access, webservice.id)
    assert house.webservice().id != webservice.id


def test_pause_and_resume(house):
    webservice, connection = house.connected(scheduled=True)
    house.connect.pause(house.access, webservice.id)
    assert house.connection(connection.id).status is ConnectionStatus.PAUSED
    house.connect.pause(house.access, webservice.id)
    house.clock.move(days=3)
    house.connect.resume(house.access, webservice.id)
    seen = house.connection(connection.id)
    assert seen.status is ConnectionStatus.ACTIVE
    assert seen.next_run_at > house.clock()  # what was missed while a person had it stopped is not caught up
    assert house.queue.rings == {"export": 1}
    house.connect.disconnect(house.access, webservice.id)
    with pytest.raises(NotConnected):
        house.connect.resume(house.access, webservice.id)


def test_a_disconnection_made_in_xero_is_noticed_at_the_next_call(house):
    _webservice, connection = house.connected(admin_emails=("a@north.example", "b@north.example"))
    house.auth.tenants = []
    house.api.faults = [AccessLost("no", status=403)]
    with pytest.raises(NotConnected):
        house.reference.refresh(connection.id)
    assert house.connection(connection.id).status is ConnectionStatus.DISCONNECTED
    assert house.connect.noticed_lost(connection.id) is True
    mail, = house.mailer.sent
    assert mail.to == ("a@north.example", "b@north.example")
    assert "https://site.example/xero/connect" in mail.text
    assert "disconnected in Xero" in house.audited()


def test_nothing_is_concluded_while_xero_does_not_say(house):
    _, connection = house.connected()
    house.auth.faults = [SILENT]
    with pytest.raises(AuthUnavailable):
        house.connect.noticed_lost(connection.id)
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE


@pytest.mark.parametrize("fault", [None, AuthRejected("invalid_token")])
def test_a_403_alone_proves_nothing(house, fault):
    _, connection = house.connected()
    house.auth.faults = [fault] if fault else []
    assert house.connect.noticed_lost(connection.id) is False
    assert house.connection(connection.id).status is ConnectionStatus.ACTIVE
