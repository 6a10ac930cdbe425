"""alerts test: one message, and the answer in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hftctl.__main__ import run
from tests.recorder.test_discord import Hook, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.stop()


@pytest.mark.parametrize(
    ("status", "answer"),
    [(204, (0, "Discord took it (204)")), (404, (77, "not accepted")), (500, (69, "was not delivered"))],
)
def test_the_answer_is_told(
    home: Path, hook: Hook, capsys: pytest.CaptureFixture[str], status: int, answer: tuple[int, str]
) -> None:
    (home / ".env").write_text(f"DISCORD_WEBHOOK_URL={hook.url}\n")
    hook.script = [Reply(status)]
    code, words = answer
    assert run(["--home", str(home), "alerts", "test"]) == code
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert "secret-token" not in said.out + said.err
    assert "this works" in hook.got[0]["content"]
