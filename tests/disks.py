"""A disk of its own under a folder, which can be made to refuse as the kernel does it. Needs root and loop devices.

Remounting read-only is refused while a file is open for writing, so a disk goes read-only under a program in one way
alone: by an error of the file system. ext4 can be asked for that error (`abort`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE_BYTES = 48 << 20
LET_GO_S_MAX = 10.0
CORRECTED = 1  # what e2fsck ends with when it has mended something


@contextlib.contextmanager
def mounted(folder: Path, image: Path) -> Iterator[None]:
    """Mount an ext4 disk over an existing folder; skip the test where that is not permitted."""
    if not image.exists():
        _make(image)
    _mount(folder, image)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # also where a failed test left it in use


def go_read_only(folder: Path) -> None:
    """Do what the kernel does at an error of the disk: open files stay open, and nothing is written again."""
    subprocess.run(["sync", "--file-system", folder], check=True)  # what the test itself wrote at the start
    subprocess.run(["mount", "-o", "remount,abort", folder], check=True)


def mend(folder: Path, image: Path) -> None:
    """Do what a person does to a disk that broke: unmount it, which nobody may prevent, repair and mount it again."""
    until(lambda: _unmounted(folder), within_s=LET_GO_S_MAX, what=f"nobody holds a file in {folder}")
    done = subprocess.run(["e2fsck", "-p", image], check=False, capture_output=True)
    assert done.returncode <= CORRECTED, done.stdout
    _mount(folder, image)


def _mount(folder: Path, image: Path) -> None:
    command = ["mount", "-o", "loop,errors=remount-ro", str(image), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no mounts here (root and loop devices are needed): {done.stderr.strip()}")
    folder.chmod(0o700)


def _unmounted(folder: Path) -> bool:
    return not subprocess.run(["umount", folder], capture_output=True, check=False).returncode


def _make(image: Path) -> None:
    if shutil.which("mkfs.ext4") is None or shutil.which("mount") is None:
        pytest.skip("no mkfs.ext4 and mount here to make a disk with")
    with image.open("wb") as file:
        os.truncate(file.fileno(), IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
