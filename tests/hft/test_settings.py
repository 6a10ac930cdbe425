"""Settings: which source wins, where a value came from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hft import keys, settings
from hft.clock import MarketClock, WallClock
from hft.errors import ConfigError, Unavailable
from hft.home import Home
from hft.schema import KNOWN_NAMES, Settings, usd

PAIR = {"APCA_API_KEY_ID": "PKTESTTESTTEST", "APCA_API_SECRET_KEY": "s3cr3ts3cr3ts3cr3t"}


def load(home: Path, toml: str = "", env: str = "", environ: dict[str, str] | None = None) -> settings.Loaded:
    if toml:
        (home / "hft.toml").write_text(toml)
    if env:
        (home / ".env").write_text(env)
    return settings.load(Home(home), environ=environ or {})


def test_an_empty_home_has_conservative_defaults(home: Path) -> None:
    loaded = load(home)
    assert loaded.settings == Settings()
    assert loaded.settings.fleet.mode == "sim"
    assert loaded.base_url == keys.PAPER_URL
    assert loaded.account_keys is None


def test_environment_beats_dotenv_beats_toml_beats_default(home: Path) -> None:
    toml = "[limits]\ngross_usd_max = 1\nposition_usd_max = 1\norder_usd_max = 1\n"
    env = "HFT_MAX_GROSS_USD=2\nHFT_MAX_POSITION_USD=2\n"
    loaded = load(home, toml, env, {"HFT_MAX_GROSS_USD": "3"})
    limits = loaded.settings.limits
    assert (limits.gross_usd_max, limits.position_usd_max, limits.order_usd_max) == (3, 2, 1)
    assert loaded.origins["limits.gross_usd_max"] == "environment (HFT_MAX_GROSS_USD)"
    assert loaded.origins["limits.position_usd_max"].endswith(".env (HFT_MAX_POSITION_USD)")
    assert loaded.origins["limits.order_usd_max"].endswith("hft.toml")
    assert limits.daily_loss_usd_max == Settings().limits.daily_loss_usd_max


def test_what_start_was_told_beats_everything(home: Path) -> None:
    (home / "run").mkdir()
    launch = settings.Launch(launch_id="l", overrides={"fleet.symbols": ["AMZN"]}, anchor_utc_ns=5, anchor_mono_ns=1)
    (home / "run" / "launch.json").write_bytes(msgspec.json.encode(launch))
    loaded = load(home, environ={"HFT_SYMBOLS": "SPY"})
    assert loaded.settings.fleet.symbols == ("AMZN",)
    assert loaded.origins["fleet.symbols"] == "hftctl start"
    assert loaded.clock() == MarketClock(5, 1)


def test_without_a_launch_market_time_is_the_wall_clock(home: Path) -> None:
    assert isinstance(load(home).clock(), WallClock)


def test_symbols_and_strategies_are_lists_in_the_environment(home: Path) -> None:
    fleet = load(home, environ={"HFT_SYMBOLS": "SPY, QQQ", "HFT_STRATEGIES": "mm"}).settings.fleet
    assert (fleet.symbols, fleet.strategies) == (("SPY", "QQQ"), ("mm",))


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[limit]\n", "Did you mean limits?"),
        ("[limits]\ngros_usd_max = 1\n", "Did you mean limits.gross_usd_max?"),
        ("[limits]\ngross_usd_max = -1\n", "limits.gross_usd_max has a wrong value."),
        ("[limits]\ngross_usd_max = 'much'\n", "limits.gross_usd_max has a wrong value."),
        ("[limits]\ngross_usd_max = inf\n", "limits.gross_usd_max has a wrong value.\n  It must be 1000000000 or less"),
        ("[limits]\norder_qty_max = 9000000000\n", "limits.order_qty_max has a wrong value."),
        ("[limits]\nstale_after_ms = 9000000000\n", "limits.stale_after_ms has a wrong value."),
        ("[recorder]\ndepth_scale = inf\n", "recorder.depth_scale has a wrong value."),
        ("[sim]\ncash_usd = 1e305\n", "sim.cash_usd has a wrong value."),
        ("[fleet]\nmode = 'live'\n", "fleet.mode has a wrong value."),
        ("[fleet]\nsymbols = ['spy']\n", "fleet.symbols has a wrong value."),
        ("[fleet]\nsymbols = []\n", "fleet.symbols has a wrong value."),
        ("[fleet]\nstrategies = ['router']\n", "A strategy cannot be called 'router'."),
        ("limits = 3\n", "limits has a wrong value."),
        ("[limits\n", "is not valid TOML."),
    ],
)
def test_a_wrong_toml_is_refused_in_words(home: Path, toml: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, toml)
    assert words in str(refused.value)
    assert refused.value.exit_code == 78


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("APCA_KEY_ID=PK123456\n", "Did you mean APCA_API_KEY_ID?"),
        ("HFT_MAX_GROS_USD=5\n", "Did you mean HFT_MAX_GROSS_USD?"),
        ("HFT_MAX_GROSS_USD=lots\n", "limits.gross_usd_max has a wrong value."),
        ("HFT_MAX_GROSS_USD=inf\n", "limits.gross_usd_max has a wrong value."),
        ("HFT_MAX_GROSS_USD=nan\n", "limits.gross_usd_max has a wrong value."),
        ("APCA_API_KEY_ID=PK123456\n", "APCA_API_SECRET_KEY is missing."),
        ("APCA_API_BASE_URL=https://api.alpaca.markets\n", "is not Alpaca's paper host."),
    ],
)
def test_a_wrong_dotenv_is_refused_in_words(home: Path, env: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, env=env)
    assert words in str(refused.value)


LATIN_1 = "# Schlüssel\nAPCA_API_KEY_ID=x\n".encode("latin-1")
NO_TEXT = Path("/proc/self/mem")  # a file that nobody can read, not even root


@pytest.mark.parametrize("name", [".env", "hft.toml"])
def test_a_file_that_is_no_utf_8_is_refused_in_words(home: Path, name: str) -> None:
    (home / name).write_bytes(b"#\n" + LATIN_1)
    with pytest.raises(ConfigError) as refused:
        settings.load(Home(home), environ={})
    assert refused.value.what == f"{home / name}, line 2, is not UTF-8 text."
    assert "0xfc" in refused.value.why
    assert "Save it as UTF-8" in refused.value.next_step


@pytest.mark.parametrize("name", [".env", "hft.toml", "run/launch.json"])
def test_a_file_that_cannot_be_read_is_refused_in_words(home: Path, name: str) -> None:
    made = Home(home).make()
    (home / name).symlink_to(NO_TEXT)
    with pytest.raises(ConfigError) as refused:
        settings.load(made, environ={})
    assert (refused.value.what, refused.value.why) == (f"{home / name} cannot be read.", "Input/output error.")
    assert "permissions" in refused.value.next_step


def test_a_foreign_key_in_dotenv_is_nobodys_business(home: Path) -> None:
    assert load(home, env="EDITOR=vi\n").settings == Settings()


def test_paper_without_keys_says_where_it_looked(home: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, "[fleet]\nmode='paper'\n").broker()
    assert "hftctl start --sim" in str(refused.value)


def test_paper_with_keys_knows_its_addresses_and_hides_its_secret(home: Path) -> None:
    loaded = load(home, "[fleet]\nmode='paper'\n", environ=PAIR)
    broker = loaded.broker()
    assert (broker.rest, broker.updates) == (keys.PAPER_URL, keys.PAPER_UPDATES_URL)
    assert broker.keys.secret == PAIR["APCA_API_SECRET_KEY"]
    assert PAIR["APCA_API_SECRET_KEY"] not in repr(loaded)


def test_sim_waits_for_the_exchange_to_say_where_it_is(home: Path) -> None:
    loaded = load(home)
    with pytest.raises(Unavailable):
        loaded.broker()
    loaded.home.make()
    line = {name: f"http://127.0.0.1:1/{name}" for name in ("rest", "data", "news", "updates", "admin")}
    loaded.home.venue_file.write_text(msgspec.json.encode({**line, "key": "k", "secret": "s"}).decode())
    assert loaded.broker().rest == "http://127.0.0.1:1/rest"


def test_the_same_settings_have_the_same_fingerprint(home: Path) -> None:
    first = load(home)
    assert first.fingerprint() == load(home).fingerprint()
    assert first.fingerprint() != load(home, "[sim]\nseed = 8\n").fingerprint()


def test_every_known_name_is_a_setting() -> None:
    assert "limits.gross_usd_max" in KNOWN_NAMES
    assert len(KNOWN_NAMES) == len(set(KNOWN_NAMES))


def test_a_strategy_has_its_own_limits_where_it_has_any_and_else_the_fleets(home: Path) -> None:
    toml = "[limits]\ncollar_bps = 9\n[strategy.mm]\nobserve_min = 3\n[strategy.mm.limits]\norder_usd_max = 500\n"
    loaded = load(home, toml)
    mine, others = loaded.settings.limits_of("mm"), loaded.settings.limits_of("drift")
    assert (mine.order_usd_max, mine.collar_bps) == (500.0, 9.0)
    assert others == loaded.settings.limits
    assert loaded.settings.own_limits("mm") == {"order_usd_max": 500.0}
    assert loaded.origins["strategy.mm.limits.order_usd_max"].endswith("hft.toml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("order_usd_mxa = 1", ("strategy.mm.limits.order_usd_mxa is not a limit", "Did you mean order_usd_max?")),
        ("gross_usd_max = 1", ("a limit of the whole account", "Set limits.gross_usd_max")),
        ("order_qty_max = 0", ("strategy.mm.limits.order_qty_max has a wrong value", "1 or more")),
        ("order_usd_max = inf", ("strategy.mm.limits.order_usd_max has a wrong value", "1000000000 or less", "inf")),
        ("order_qty_max = 1.5", ("strategy.mm.limits.order_qty_max has a wrong value", "whole number", "1.5")),
    ],
)
def test_what_cannot_be_a_strategys_own_limit_is_refused_in_words(
    home: Path, line: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, f"[strategy.mm.limits]\n{line}\n")
    text = f"{refused.value.what} {refused.value.why} {refused.value.next_step}"
    assert all(each in text for each in words), text


def test_the_table_of_all_strategies_is_named_rightly(home: Path) -> None:
    with pytest.raises(ConfigError, match="strategies is not a setting") as refused:
        load(home, "[strategies.mm.limits]\norder_usd_max = 500\n")
    assert "[strategy.NAME]" in refused.value.next_step


def test_dollars_become_exact_integers() -> None:
    assert usd(0.1) + usd(0.2) == usd(0.3) == 3_000


@pytest.mark.parametrize(("slip", "meant"), [("HFT_MAX_ORDR_USD", "HFT_MAX_ORDER_USD"), ("HFT_SYMBOL", "HFT_SYMBOLS")])
def test_a_slip_in_the_environment_is_refused_and_a_stranger_is_not(home: Path, slip: str, meant: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, environ={slip: "1"})
    assert (slip in refused.value.what, meant in refused.value.next_step) == (True, True)
    assert load(home, environ={"HFT_PYTHON": "/usr/bin/python3", "HFT_BENCH_NAUTILUS": "x"}).settings
