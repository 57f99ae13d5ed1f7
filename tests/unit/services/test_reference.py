"""Reference data: read whole on connecting, and hardly at all in a run."""

import pytest

from galleria_xero_plugin.errors import NotConnected, ReadFailed


def calls(house):
    return sum(house.api.calls.values())


def test_everything_is_six_calls_and_names_the_organisation(house):
    _, connection = house.connected()
    data = house.reference.refresh(connection.id)
    assert calls(house) == 6
    assert data.fetched_at == house.clock()
    assert house.connection(connection.id).organisation_name == "North Ltd"
    assert house.reference.current("north-light", connection.tenant_id) == data


@pytest.mark.parametrize(("age", "made"), [
    ({"minutes": 14}, 0), ({"minutes": 16}, 1), ({"hours": 30}, 1), ({"hours": 49}, 6),
])  # fmt: skip
def test_a_run_reads_as_little_as_it_may(house, age, made):
    _, connection = house.connected()
    house.reference.refresh(connection.id)
    fetched_at = house.clock()
    house.clock.move(**age)
    house.api.calls.clear()
    house.api.name = "New Name Ltd"
    data = house.reference.for_run(house.connection(connection.id))
    assert calls(house) == made
    assert (data.fetched_at == fetched_at) is (made < 6)
    assert house.connection(connection.id).organisation_name == ("New Name Ltd" if made else "North Ltd")


def test_a_person_does_not_wait_for_ever(house):
    _, connection = house.connected()
    send = house.api.send

    def slow(*arguments, **more):
        house.clock.move(seconds=5)
        return send(*arguments, **more)

    house.api.send = slow
    with pytest.raises(ReadFailed):
        house.reference.refresh(connection.id, within=8)
    assert calls(house) == 2
    assert house.reference.current("north-light", connection.tenant_id) is None


def test_no_connection(house):
    with pytest.raises(NotConnected):
        house.reference.refresh("00000000-0000-4000-8000-000000000000")
