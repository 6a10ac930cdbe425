"""A home: the one folder in which a fleet keeps everything, so that several fleets run side by side on one machine.

Home = `--home`, else `HFT_HOME`, else the nearest parent with `hft.toml`, else the current folder.
Sockets live in `run/` (0700). A unix socket's path has at most 107 bytes: where a home lies too deep, its sockets move
to a short private folder that is named after the home, and every process of the home computes the same one.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from hft.errors import ConfigError

SOCKET_PATH_BYTES_MAX = 107
SOCKET_NAME_BYTES_MAX = 40
PRIVATE_MODE = 0o700


def find_home(explicit: str | Path | None = None, *, cwd: Path | None = None) -> Home:
    """Return the home: `explicit`, else `HFT_HOME`, else the nearest parent with `hft.toml`, else this folder."""
    named = explicit or os.environ.get("HFT_HOME")
    if named:
        return Home(Path(named).expanduser().resolve())
    here = (cwd or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "hft.toml").is_file():
            return Home(folder)
    return Home(here)


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one home."""

    root: Path

    @property
    def env_file(self) -> Path:
        """Secrets and everyday overrides."""
        return self.root / ".env"

    @property
    def toml_file(self) -> Path:
        """Every setting."""
        return self.root / "hft.toml"

    @property
    def logs(self) -> Path:
        """Events, the daily summary, one log per process."""
        return self.root / "logs"

    @property
    def data(self) -> Path:
        """The tick tape, a folder per day."""
        return self.root / "data"

    @property
    def reports(self) -> Path:
        """HTML reports."""
        return self.root / "reports"

    @property
    def run(self) -> Path:
        """Locks, journal, launch record, venue.json: private (0700)."""
        return self.root / "run"

    @property
    def journal(self) -> Path:
        """The router's journal."""
        return self.run / "journal"

    @property
    def launch_file(self) -> Path:
        """What the last `hftctl start` decided; every process reads it."""
        return self.run / "launch.json"

    @property
    def venue_file(self) -> Path:
        """Where the embedded exchange of this home listens."""
        return self.run / "venue.json"

    @property
    def halt_file(self) -> Path:
        """Exists while the kill switch is latched; an unreadable one counts as latched."""
        return self.run / "HALT"

    @property
    def sockets(self) -> Path:
        """The folder of the unix sockets: `run/`, or a short private stand-in where its path would be too long."""
        if len(os.fsencode(self.run)) + 1 + SOCKET_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX:
            return self.run
        digest = f"{zlib.crc32(os.fsencode(self.root)):08x}"  # hashlib would cost each process 4 MB
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        if not base or len(base) > SOCKET_PATH_BYTES_MAX // 2:
            base = "/tmp"  # noqa: S108 the folder below is made 0700 and checked
        return Path(base) / f"hft-{os.getuid()}-{digest}"

    def make(self) -> Home:
        """Create the folders that are missing, private where they must be; return self.

        Raises ConfigError when a private folder belongs to someone else or is a link.
        """
        for folder in (self.root, self.logs, self.data, self.reports):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in {self.run, self.sockets}:
            folder.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
            _must_be_private(folder)
        return self


def _must_be_private(folder: Path) -> None:
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise ConfigError(
            f"{folder} is not a private folder of yours.",
            "It is a link, or belongs to another user, who could then send orders to your fleet.",
            f"Remove it, or choose another home: hftctl --home DIR (or HFT_HOME). Owner: uid {found.st_uid}.",
        )
    if found.st_mode & 0o077:
        folder.chmod(PRIVATE_MODE)
