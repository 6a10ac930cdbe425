"""What every test may ask for, and what none may do: no key of the person who runs it, no host but this one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OWN_SETTINGS = ("HFT_", "APCA_", "ALPACA_", "DISCORD_")
DATA_FOLDER_NAME = "HFT_TEST_DATA"


def refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    """Raise ConnectionRefusedError for a connection that would leave this machine. As an audit hook it sees all."""
    if event != "socket.connect" or not isinstance(args[1], tuple):
        return
    host = str(args[1][0])
    if host != "localhost" and not ip_address(host.split("%", maxsplit=1)[0]).is_loopback:
        raise ConnectionRefusedError(f"a test tried to reach {host}; tests stay on this machine")


def pytest_configure() -> None:
    """Forget the settings and keys of whoever runs the tests, shut the way out; in CI, try the same examples always."""
    for name in [name for name in os.environ if name.startswith(OWN_SETTINGS) and name != DATA_FOLDER_NAME]:
        del os.environ[name]
    sys.addaudithook(refuse_the_network)
    settings.register_profile(
        "here", deadline=None
    )  # the time one example takes says more of the machine than of the code
    settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the fast tests first: what starts real processes comes last."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


def short_folder(prefix: str) -> Path:
    """Return a new private folder with a path short enough for unix sockets (107 bytes)."""
    short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 mkdtemp makes the folder itself, mode 0700
    return Path(tempfile.mkdtemp(prefix=prefix, dir=short))


@pytest.fixture(scope="session", autouse=True)
def run_folder() -> Iterator[None]:
    """Keep what homes with long paths put elsewhere (sockets, an account's lock) where it is gone afterwards."""
    folder = short_folder("hft-run-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield
    shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[Path]:
    """Give an empty private folder with a short path; it is gone afterwards."""
    folder = short_folder("hft-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def data_file() -> Callable[[str], Path]:
    """Give a function from a name to a recorded file; it skips the test where the recordings are not at hand."""
    folder = Path(os.environ.get(DATA_FOLDER_NAME) or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        if not (folder / name).is_file():
            pytest.skip(f"no {name} in {folder}: set {DATA_FOLDER_NAME} to the folder with the recordings")
        return folder / name

    return find
