"""Tokens at rest."""

import pickle
import traceback

import pytest

from galleria_xero_plugin.db import Vault, generate_key, parse_keys
from galleria_xero_plugin.errors import TokenUnreadable

from .making import KEYS, tokens

PLACE = ("gallery-1", "connection-1")


def shown(token_set):
    return token_set.access_token.reveal(), token_set.refresh_token.reveal(), token_set.expires_in, token_set.scopes


def test_what_is_sealed_opens(vault):
    key_id, blob = vault.seal(*PLACE, tokens())
    assert shown(vault.open(*PLACE, key_id, blob)) == shown(tokens())
    assert b"access" not in blob
    assert vault.seal(*PLACE, tokens())[1] != blob


@pytest.mark.parametrize("place", [("gallery-2", "connection-1"), ("gallery-1", "connection-2"), ("", "")])
def test_it_does_not_open_elsewhere(vault, place):
    key_id, blob = vault.seal(*PLACE, tokens())
    with pytest.raises(TokenUnreadable, match="another row") as caught:
        vault.open(*place, key_id, blob)
    assert caught.value.__context__ is None


def test_no_two_places_are_bound_alike(vault):
    key_id, blob = vault.seal("a", 'b","c', tokens())
    with pytest.raises(TokenUnreadable):
        vault.open('a","b', "c", key_id, blob)


def test_altered_or_cut_it_does_not_open(vault):
    key_id, blob = vault.seal(*PLACE, tokens())
    for wrong in (b"", blob[:5], blob[:20], blob[:-1], b"\x02" + blob[1:], blob[:-1] + bytes([blob[-1] ^ 1])):
        with pytest.raises(TokenUnreadable) as caught:
            vault.open(*PLACE, key_id, wrong)
        assert caught.value.__context__ is None


def test_every_key_opens_and_the_first_seals():
    old, both, new = Vault(KEYS[:1]), Vault([KEYS[1], KEYS[0]]), Vault(KEYS[1:])
    key_id, blob = old.seal(*PLACE, tokens())
    assert shown(both.open(*PLACE, key_id, blob)) == shown(tokens())
    assert both.key_id == new.key_id != old.key_id
    with pytest.raises(TokenUnreadable, match="not in TOKEN_KEYS"):
        new.open(*PLACE, key_id, blob)


def test_a_new_key_fits_and_hex_does_too():
    key = generate_key()
    (raw,) = parse_keys([key])
    assert parse_keys([raw.hex()]) == parse_keys([key + "="]) == parse_keys([f" {key}\n"]) == (raw,)
    assert generate_key() != key


@pytest.mark.parametrize(
    ("keys", "advice"),
    [
        ([], "no token key"),
        ("text", "list"),
        (["short"], "token key 1 cannot be read"),
        ([KEYS[0], "ä" * 43], "token key 2 cannot be read"),
        ([KEYS[0], None], "token key 2 cannot be read"),
        (["00" * 32], "not random"),
        ([KEYS[0], KEYS[0]], "twice"),
    ],
)
def test_bad_keys_are_refused_with_advice(keys, advice):
    with pytest.raises(ValueError, match=advice) as caught:
        parse_keys(keys)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(key and key in shown for key in keys if key != "t" and keys != "text")


def test_nothing_shows_itself(vault):
    _, blob = vault.seal(*PLACE, tokens())
    everything = repr((vault, blob, tokens()))
    assert "access-first" not in everything
    assert KEYS[0] not in everything
    with pytest.raises(TypeError):
        pickle.dumps(tokens())
