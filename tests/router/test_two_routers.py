"""Two routers on one account: the second is refused in words, and an orphan goes when its supervisor has gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from hft.errors import AlreadyRunning
from hft.home import Home
from hft.process import holder
from hft.settings import Launch
from tests.e2e.pace import slack
from tests.router.agreement import Auditor
from tests.router.trading import AGREED_S_MAX, started_again, trading
from tests.tree import ROOT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE_S_MAX = 10.0  # an orphan sees its cancels through, and is gone
PARENT = """
import os, subprocess, sys
os.environ["HFT_SUPERVISOR_PID"] = str(os.getpid())
child = subprocess.Popen([sys.executable, "-m", "router"])
print(child.pid, flush=True)
child.wait()
"""
pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]


def test_a_second_router_in_a_home_is_refused_and_the_first_trades_on(home: Path) -> None:
    with trading(home) as scene:
        code, words = started_again(scene.rig)
        assert code == AlreadyRunning.exit_code
        for part in (f"pid {scene.router.pid}", "Two of them would trade on one account", "hftctl status"):
            assert part in words
        scene.trades()
        Auditor(scene.rig).must_agree(AGREED_S_MAX * slack())
        scene.rig.kill("router")
        scene.agrees()


@contextlib.contextmanager
def orphan_of(scene_environ: dict[str, str], log: object) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Give a supervisor of one router, and the router's pid; both are gone afterwards."""
    environ = {**scene_environ, "SUPERVISOR_ENABLED": "1"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=log,  # type: ignore[call-overload]  # a file
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        yield parent, pid
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_an_orphan_keeps_a_new_router_out_until_it_has_cancelled_and_gone(home: Path) -> None:
    with trading(home) as scene:
        rig = scene.rig
        rig.kill("router", signal.SIGTERM)
        with orphan_of(rig.environ, rig.log) as (parent, pid):
            rig.ready()
            scene.trader.synced = False
            scene.rest()
            os.kill(pid, signal.SIGSTOP)  # so slow an orphan that the next fleet finds it
            parent.kill()
            parent.wait()
            code, words = started_again(rig)
            assert (code, f"pid {pid}" in words) == (AlreadyRunning.exit_code, True), words
            os.kill(pid, signal.SIGCONT)
            until(lambda: holder(rig.home, "router") == 0, within_s=GONE_S_MAX * slack(), what="an orphan that is gone")
            assert scene.open_orders() == []
        scene.agrees()


def test_a_router_of_another_home_on_the_same_account_is_refused(home: Path) -> None:
    with trading(home) as scene:
        rig = scene.rig
        found, environ = [], {**rig.environ, "XDG_RUNTIME_DIR": str(home)}
        for name in ("one", "other"):
            other = Home(home / name).make()
            keys = rig.broker.keys
            lines = (
                f"APCA_API_KEY_ID={keys.key_id}",
                f"APCA_API_SECRET_KEY={keys.secret}",
                f"APCA_API_BASE_URL={rig.broker.rest}",
            )
            other.env_file.write_text("\n".join(lines), encoding="utf-8")
            other.env_file.chmod(0o600)
            other.launch_file.write_bytes(
                msgspec.json.encode(Launch(launch_id=name, overrides={"fleet.mode": "paper"}))
            )
            found.append({**environ, "HFT_HOME": str(other.root)})
        rig.environ = found[0]
        rig.start("one", "router", home=Home(home / "one"))
        until(lambda: holder(Home(home / "one"), "router"), within_s=20 * slack(), what="a router on paper")
        until(lambda: list((home / "hft").glob("account-*.lock")), within_s=10 * slack(), what="the account's lock")
        before = {order["id"] for order in rig.orders()}
        rig.environ = found[1]
        code, words = started_again(rig)
        assert code == AlreadyRunning.exit_code, words
        for part in ("Another fleet trades on this account", "hftctl --home DIR stop"):
            assert part in words
        assert rig.processes["one"].poll() is None
        assert before <= {order["id"] for order in rig.orders()}
