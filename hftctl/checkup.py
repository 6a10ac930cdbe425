"""The doctor's checks: what this machine and this home are like before anything is started. One row each.

Rule: a check looks, it changes nothing; a `fail` is what would keep a fleet from running, a `warn` what a person should
know. Secrets are never shown beyond four characters.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import resource
import shutil
import struct
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from hft.errors import FleetError
from hft.process import OPEN_FILES_MIN
from hft.schema import SYMBOLS_MAX
from hft.settings import Launch, load
from hftctl import roll, supervisor
from hftctl.looking import is_open_to_others

if TYPE_CHECKING:
    from hft.home import Home
    from hft.settings import Loaded

PYTHON_MIN = (3, 11)
PACKAGES = ("hft", "feed", "strategies", "router", "risk", "recorder", "venue", "replay", "hftctl")
LIBRARIES = ("alpaca-py", "pyzmq", "msgspec", "supervisor")
KEY_CHARS_SHOWN = 4
MIB = 1 << 20
DISK_MIB_MIN, DISK_MIB_GOOD = 200, 2_048  # a day of thirty symbols on paper is some hundred MiB
MEMORY_MIB_GOOD = 400  # what a whole fleet needs, with some room
TIMEX_BYTES, STATUS_OFFSET, STA_UNSYNC = 512, 40, 0x40  # struct timex of Linux, 64 bits
PRIVATE = 0o077


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One check: what was found, and what to do where it is not well."""

    name: str
    state: Literal["ok", "warn", "fail", "skip"]
    text: str
    next_step: str = ""


def examine(home: Home, *, offline: bool) -> list[Row]:
    """Return every row; nothing is started, and nothing asked beyond the broker's REST (not when `offline`)."""
    rows = [_python(), _libraries(), _packages(), _clock(), _disk(home), _memory(), _open_files(), *_folders(home)]
    running = bool(supervisor.pid_of(home) or roll.anyone(home))
    try:
        loaded = load(home) if running else load(home, launch=Launch(launch_id=""))
    except FleetError as error:
        return [*rows, _processes(home), _failed("settings", error)]
    rows += [_keys(loaded), _settings(loaded), _symbols(loaded), _strategies(loaded), _webhook(loaded)]
    return [*rows, _account(loaded, offline=offline), _processes(home)]


def _failed(name: str, error: FleetError) -> Row:
    return Row(name=name, state="fail", text=f"{error.what} {error.why}".strip(), next_step=error.next_step)


def _python() -> Row:
    text = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] >= PYTHON_MIN:
        return Row(name="python", state="ok", text=text)
    return Row(name="python", state="fail", text=text, next_step="make install finds or asks for 3.11 or newer.")


def _libraries() -> Row:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Row(name="libraries", state="fail", text=f"missing: {', '.join(missing)}", next_step="make install")
    import zmq

    return Row(name="libraries", state="ok", text=f"{', '.join(found)}, libzmq {zmq.zmq_version()}")


def _packages() -> Row:
    """Look where each package comes from: a stranger's `router` on the path would be taken for ours."""
    places = {name: _root_of(name) for name in PACKAGES}
    roots = set(places.values())
    if len(roots) == 1 and None not in roots:
        return Row(name="packages", state="ok", text=f"all {len(PACKAGES)} come from {roots.pop()}")
    ours = places["hftctl"]
    strange = [f"{name} from {place or 'nowhere'}" for name, place in places.items() if place != ours]
    next_step = "Use an environment of its own (make install), and start hftctl from there."
    return Row(name="packages", state="fail", text=", ".join(strange), next_step=next_step)


def _root_of(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).resolve().parents[1] if spec is not None and spec.origin else None


def _clock() -> Row:
    """Ask the kernel whether something keeps the clock right."""
    buffer = ctypes.create_string_buffer(TIMEX_BYTES)
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if sys.platform != "linux" or adjtimex is None or adjtimex(buffer) < 0:
        return Row(name="clock", state="skip", text="this system does not say whether its clock is synchronised")
    (status,) = struct.unpack_from("i", buffer.raw, STATUS_OFFSET)
    if not status & STA_UNSYNC:
        return Row(name="clock", state="ok", text="synchronised")
    next_step = "Install chrony (apt install chrony). The router takes no new risk when the clock is 2 s off."
    return Row(name="clock", state="warn", text="nothing synchronises this machine's clock", next_step=next_step)


def _disk(home: Home) -> Row:
    place = next(folder for folder in (home.root, *home.root.parents) if folder.is_dir())
    free_mib = shutil.disk_usage(place).free // MIB
    text = f"{free_mib:,} MiB free in {place}"
    next_step = "hftctl data prune --keep 30d, or another home."
    if free_mib < DISK_MIB_MIN:
        return Row(name="disk", state="fail", text=text, next_step=next_step)
    if free_mib < DISK_MIB_GOOD:
        return Row(name="disk", state="warn", text=text, next_step=next_step)
    return Row(name="disk", state="ok", text=text)


def _memory() -> Row:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return Row(name="memory", state="skip", text="this system does not say how much is free")
    text = f"{kib // 1_024:,} MiB available"
    if kib // 1_024 >= MEMORY_MIB_GOOD:
        return Row(name="memory", state="ok", text=text)
    next_step = "Fewer strategies, or a larger machine: a fleet needs 150 to 300 MiB."
    return Row(name="memory", state="warn", text=text, next_step=next_step)


def _open_files() -> Row:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= OPEN_FILES_MIN:
        return Row(name="open files", state="ok", text=f"up to {'any number' if hard < 0 else f'{hard:,}'}")
    next_step = f"ulimit -Hn {OPEN_FILES_MIN} (LimitNOFILE= in a systemd unit)."
    return Row(
        name="open files", state="warn", text=f"at most {hard}; {OPEN_FILES_MIN} are wanted", next_step=next_step
    )


def _folders(home: Home) -> list[Row]:
    rows = []
    if not home.root.is_dir():
        rows.append(Row(name="home", state="ok", text=f"{home.root} is not there yet; the first start makes it"))
    elif not os.access(home.root, os.W_OK | os.X_OK):
        rows.append(
            Row(name="home", state="fail", text=f"{home.root} cannot be written", next_step="chown or chmod it.")
        )
    else:
        moved = "" if home.sockets == home.run else f"; too deep for sockets, they are in {home.sockets}"
        rows.append(Row(name="home", state="ok", text=f"{home.root}{moved}"))
    if home.run.exists() and (home.run.stat().st_mode & PRIVATE or home.run.stat().st_uid != os.getuid()):
        next_step = f"chmod 700 {home.run}, and run the fleet as its owner."
        rows.append(Row(name="run folder", state="fail", text=f"{home.run} is not private to you", next_step=next_step))
    return rows


def _keys(loaded: Loaded) -> Row:
    keys, env_file, paper = loaded.account_keys, loaded.home.env_file, loaded.settings.fleet.mode == "paper"
    if keys is None:
        next_step = f"Put the two paper keys into {env_file}; hftctl init writes it."
        text = "none; the embedded exchange needs none" if not paper else "none, and the mode is paper"
        return Row(name="keys", state="fail" if paper else "ok", text=text, next_step=next_step if paper else "")
    text = f"{keys.key_id[:KEY_CHARS_SHOWN]}… for {loaded.base_url}"
    if is_open_to_others(env_file):
        return Row(
            name="keys", state="warn", text=f"{text}; others can read {env_file}", next_step=f"chmod 600 {env_file}"
        )
    return Row(name="keys", state="ok", text=text)


def _settings(loaded: Loaded) -> Row:
    told = [origin for name, origin in loaded.origins.items() if "." in name]
    started = told.count("hftctl start")
    by = [(len(told) - started, "told by you"), (started, "by hftctl start")]
    parts = [f"{count} {who}" for count, who in by if count]
    rest = ", ".join([*parts, "the rest defaults"]) if parts else "all defaults"
    return Row(name="settings", state="ok", text=f"mode {loaded.settings.fleet.mode}, {rest}")


def _symbols(loaded: Loaded) -> Row:
    symbols = loaded.settings.fleet.symbols
    return Row(name="symbols", state="ok", text=f"{len(symbols)} of at most {SYMBOLS_MAX}: {', '.join(symbols)}")


def _strategies(loaded: Loaded) -> Row:
    from hftctl.preflight import check_strategies, families_folder

    try:
        folder = families_folder(loaded.settings, loaded.home.root)
        check_strategies(msgspec.structs.replace(loaded.settings, strategies_dir=folder))
    except FleetError as error:
        return _failed("strategies", error)
    return Row(name="strategies", state="ok", text=", ".join(loaded.settings.fleet.strategies))


def _webhook(loaded: Loaded) -> Row:
    from recorder.webhook import check_url

    if not loaded.webhook_url:
        return Row(name="alerts", state="ok", text="no DISCORD_WEBHOOK_URL: no alert is sent")
    try:
        check_url(loaded.webhook_url)
    except FleetError as error:
        return _failed("alerts", error)
    return Row(name="alerts", state="ok", text="webhook set; hftctl alerts test tries it")


def _account(loaded: Loaded, *, offline: bool) -> Row:
    from hftctl.broker_check import account_in_words, check_broker

    if offline:
        return Row(name="account", state="skip", text="--offline")
    sim = loaded.settings.fleet.mode == "sim"
    try:
        broker = loaded.broker()
        if not sim:
            check_broker(broker, loaded.settings.fleet.symbols)
        return Row(name="account", state="ok", text=account_in_words(broker))
    except FleetError as error:
        if sim:
            return Row(name="account", state="skip", text="the embedded exchange is not running")
        return _failed("account", error)


def _processes(home: Home) -> Row:
    alive, daemon = roll.anyone(home), supervisor.pid_of(home)
    left = sum(1 for path in home.sockets.glob("*") if path.is_socket()) if home.sockets.is_dir() else 0
    if not alive and not daemon:
        stale = f"; {left} sockets of the last fleet lie there, the next start takes them" if left else ""
        return Row(name="processes", state="ok", text=f"none is running here{stale}")
    if not daemon:
        names = ", ".join(f"{name} ({pid})" for name, pid in alive.items())
        return Row(name="processes", state="fail", text=f"without supervisord: {names}", next_step="hftctl stop")
    return Row(name="processes", state="ok", text=f"{len(alive)} run under supervisord (pid {daemon})")
