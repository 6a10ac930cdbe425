"""A wrong value is explained in the words of hft.toml, not in those of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import ConfigError
from hft.home import Home
from hft.settings import load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[fleet]\nsymbols = 'SPY'\n", 'It must be a list, as in ["SPY", "QQQ"]; it is \'SPY\', from '),
        ("[fleet]\nsymbols = []\n", "The list needs at least 1; it is [], from "),
        ("[fleet]\nsymbols = ['spy']\n", "A symbol is written in capital letters, like SPY; it is 'spy', from "),
        ("[fleet]\nstrategies = ['MM']\n", "A name is written in small letters, like mm; it is 'MM', from "),
        ("[fleet]\nmode = 'live'\n", "'live' is none of sim, paper; from "),
        ("[router]\norphans = 'sell'\n", "'sell' is none of hold, flatten; from "),
        ("[limits]\norder_usd_max = '5k'\n", "It must be a number, without quotation marks; it is '5k', from "),
        ("[limits]\norder_usd_max = -5\n", "It must be more than 0; it is -5, from "),
        ("[limits]\norder_qty_max = 1.5\n", "It must be a whole number; it is 1.5, from "),
        ("[limits]\norder_qty_max = 0\n", "It must be 1 or more; it is 0, from "),
        ("[router]\nrest_threads = 99\n", "It must be 16 or less; it is 99, from "),
        ("[router]\nreplace = 'yes'\n", "It must be true or false; it is 'yes', from "),
        ("[feed]\ndata_url = 3\n", "It must be text in quotation marks; it is 3, from "),
        ("[strategy.mm.limits]\norder_usd_max = 'x'\n", "It must be a number, without quotation marks; it is 'x'."),
        ("fleet = 3\n", "It must be a table; it is 3, from "),
    ],
)
def test_a_wrong_value_is_explained(home: Path, toml: str, says: str) -> None:
    (home / "hft.toml").write_text(toml)
    with pytest.raises(ConfigError) as refused:
        load(Home(home), environ={})
    assert refused.value.why.startswith(says)


@pytest.mark.parametrize(
    ("toml", "env", "says"),
    [
        ("[fleet]\nsymbols = ['SPY', 'QQQ', 'SPY']\n", "", "SPY is named twice."),
        ("[router]\nrequests_reserved = 200\n", "", "router.requests_reserved leaves nothing for orders."),
        ("", "# well\nHFT_SYMBOLS=SPY\nrubbish here\n", ".env, line 3, is no NAME=VALUE."),
    ],
)
def test_what_cannot_be_meant_is_refused(home: Path, toml: str, env: str, says: str) -> None:
    (home / "hft.toml").write_text(toml)
    (home / ".env").write_text(env)
    with pytest.raises(ConfigError) as refused:
        load(Home(home), environ={})
    assert refused.value.what.endswith(says)
