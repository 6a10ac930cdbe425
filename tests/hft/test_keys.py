"""Nothing live gets past: hosts, and key pairs."""

from __future__ import annotations

import pytest

from hft import keys
from hft.errors import ConfigError


@pytest.mark.parametrize(
    "raw",
    [
        "https://paper-api.alpaca.markets",
        "https://paper-api.alpaca.markets/",
        "https://paper-api.alpaca.markets/v2",
        "https://paper-api.alpaca.markets/v2/",
        " https://PAPER-API.alpaca.markets:443/v2 ",
    ],
)
def test_the_paper_url_is_normalised(raw: str) -> None:
    assert keys.base_url(raw) == "https://paper-api.alpaca.markets"


def test_a_loopback_url_keeps_its_port() -> None:
    assert keys.base_url("http://127.0.0.1:8000/v2/") == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    "raw",
    [
        "https://api.alpaca.markets",
        "http://paper-api.alpaca.markets",
        "https://paper-api.alpaca.markets.evil.example",
        "https://user@paper-api.alpaca.markets",
        "https://paper-api.alpaca.markets:8443",
        "https://paper-api.alpaca.markets@evil.example",
        "https://10.0.0.1",
        "paper-api.alpaca.markets",
        "",
        "ftp://127.0.0.1",
    ],
)
def test_any_other_host_is_refused(raw: str) -> None:
    with pytest.raises(ConfigError) as refused:
        keys.base_url(raw)
    assert "paper" in str(refused.value)


def test_data_comes_from_alpaca_or_from_here() -> None:
    assert keys.data_url("wss://stream.data.alpaca.markets/v2/iex")
    assert keys.data_url("ws://127.0.0.1:9/v2/test")
    with pytest.raises(ConfigError):
        keys.data_url("wss://stream.evil.example/v2/iex")


def test_both_habits_of_naming_keys_are_understood() -> None:
    assert keys.find_keys({"ALPACA_API_KEY": "k", "ALPACA_SECRET_KEY": "s"}) == keys.Keys(key_id="k", secret="s")
    assert keys.find_keys({}) is None


def test_two_pairs_that_differ_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        keys.find_keys({"APCA_API_KEY_ID": "a", "ALPACA_API_KEY": "b"})
    assert "differ" in str(refused.value)


def test_a_key_shows_four_characters() -> None:
    assert repr(keys.Keys(key_id="PKABCDEFGH", secret="topsecret")) == "Keys(PKAB…)"
