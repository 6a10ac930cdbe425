"""Homes: how one is found, what is private in it, and where sockets go when the path is long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hft.errors import AlreadyRunning, ConfigError
from hft.home import SOCKET_NAME_BYTES_MAX, SOCKET_PATH_BYTES_MAX, Home, find_home
from hft.process import claim, holder

if TYPE_CHECKING:
    from pathlib import Path


def test_the_home_is_found_in_the_promised_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = home / "a" / "b"
    deep.mkdir(parents=True)
    assert find_home(cwd=deep).root == deep
    (home / "hft.toml").touch()
    assert find_home(cwd=deep).root == home
    monkeypatch.setenv("HFT_HOME", str(home / "a"))
    assert find_home(cwd=deep).root == home / "a"
    assert find_home(home / "x", cwd=deep).root == home / "x"


def test_run_is_private_even_if_it_was_not(home: Path) -> None:
    (home / "run").mkdir(mode=0o755)
    (home / "run").chmod(0o755)
    Home(home).make()
    assert (home / "run").stat().st_mode & 0o777 == 0o700


def test_a_run_folder_that_is_a_link_is_refused(home: Path) -> None:
    (home / "elsewhere").mkdir()
    (home / "run").symlink_to(home / "elsewhere")
    with pytest.raises(ConfigError) as refused:
        Home(home).make()
    assert "not a private folder" in str(refused.value)


def test_sockets_of_a_deep_home_move_to_a_short_private_folder(home: Path) -> None:
    deep = Home(home / ("d" * 60) / ("e" * 60))
    assert deep.sockets != deep.run
    assert len(str(deep.sockets)) + 1 + SOCKET_NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX
    assert deep.sockets == Home(deep.root).sockets
    assert deep.sockets != Home(home / ("d" * 60) / ("f" * 60)).sockets
    deep.make()
    assert deep.sockets.stat().st_mode & 0o777 == 0o700
    deep.sockets.rmdir()


def test_a_name_can_be_claimed_once_and_the_second_is_told_by_whom(home: Path) -> None:
    place = Home(home).make()
    first = claim(place, "router")
    assert holder(place, "router") > 0
    with pytest.raises(AlreadyRunning) as refused:
        claim(place, "router")
    assert f"pid {holder(place, 'router')}" in str(refused.value)
    assert refused.value.exit_code == 75
    assert first.epoch == 1


def test_an_epoch_is_never_used_twice(home: Path) -> None:
    import os

    place = Home(home).make()
    epochs = []
    for _ in range(3):
        instance = claim(place, "feed")
        epochs.append(instance.epoch)
        os.close(instance.lock_fd)
    assert epochs == [1, 2, 3]
    assert holder(place, "feed") == 0
    assert holder(place, "nobody") == 0
