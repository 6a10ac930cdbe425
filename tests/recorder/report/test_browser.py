"""The page in a real browser: nothing on the console, every chart drawn, readable on a phone and in the dark."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.recorder.report.test_report import collected
from tests.recorder.report.test_shares import page_with
from tests.recorder.test_honest import random_market

if TYPE_CHECKING:
    from pathlib import Path

CHARTS = 5  # profit, drawdown, mark-outs, one symbol, requests
DRAWN_MIN = 150  # coloured pixels: axes, grid and words are grey
CONTRAST_MIN = 4.5  # WCAG 2, level AA
PHONE_PX = 390
# Looks at the page when it is drawn, and tells the page around it what it saw.
LOOK = """<script>addEventListener("load", () => setTimeout(() => {
  const coloured = canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
      count += data[at + 3] > 100 && Math.max(data[at], data[at + 1], data[at + 2])
        - Math.min(data[at], data[at + 1], data[at + 2]) > 40;
    return count;
  };
  const light = words => {
    const part = each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
    const [red, green, blue] = words.match(/[0-9.]+/g).map(each => part(each / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (element, behind) => {
    const pair = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)].sort();
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const card = document.querySelector("section");
  const seen = {
    drawn: [...document.querySelectorAll("canvas")].map(coloured),
    width: innerWidth, page_width: document.documentElement.scrollWidth,
    small_px: Math.min(...[...document.querySelectorAll("td, th, p, li, small, b, span")]
      .map(each => parseFloat(getComputedStyle(each).fontSize))),
    contrast: Math.min(...["h2", "td", "th", ".note", ".bar b"]
      .map(each => contrast(document.querySelector(each), card))),
    empty: document.querySelectorAll(".empty").length,
    background: light(getComputedStyle(document.body).backgroundColor),
  };
  parent.postMessage(JSON.stringify(seen), "*");
}, 200));</script></body>"""
# A browser's own window is never as narrow as a phone, but a frame is.
FRAME = """<!doctype html><style>:root { color-scheme: light dark; }</style><pre id="seen"></pre>
<script>addEventListener("message", told => { document.getElementById("seen").textContent = told.data; });</script>
<iframe src="page.html" style="border: 0; width: %dpx; height: 2400px"></iframe>"""


class Seen(msgspec.Struct):
    """What the browser showed."""

    drawn: list[int]
    width: int
    page_width: int
    small_px: float
    contrast: float
    background: float
    empty: int


def look(place: Path, page: bytes, width: int, *, dark: bool = False) -> Seen:
    """Return what a browser of this width shows of a page; skip where there is none, fail where it complains."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no Chromium on this machine: nobody looked at the page")
    (place / "page.html").write_bytes(page.replace(b"</body>", LOOK.encode()))
    frame = place / "frame.html"
    frame.write_text(FRAME % width)
    run = subprocess.run(
        [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--hide-scrollbars",
         "--disable-background-networking", f"--user-data-dir={place / 'profile'}", "--window-size=1200,2500",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=3000", "--dump-dom",
         frame.as_uri()],
        capture_output=True, text=True, timeout=50, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in run.stderr
    found = re.search(r'<pre id="seen">(.+?)</pre>', run.stdout)
    assert found is not None, "the page's own script did not end"
    return msgspec.json.decode(unescape(found.group(1)), type=Seen)


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "dark"), [(1_100, False), (1_100, True), (PHONE_PX, False), (PHONE_PX, True)])
def test_a_browser_draws_every_chart_and_complains_of_nothing(tmp_path: Path, width: int, *, dark: bool) -> None:
    seen = look(tmp_path, page_with(collected(tmp_path / "home", random_market(5)), {}), width, dark=dark)
    assert (len(seen.drawn), seen.empty) == (CHARTS, 0)
    assert min(seen.drawn) > DRAWN_MIN, seen.drawn
    assert seen.page_width <= seen.width == width, "nothing sticks out; tables scroll by themselves"
    assert seen.small_px >= 12
    assert seen.contrast >= CONTRAST_MIN
    assert seen.background < 0.1 if dark else seen.background > 0.8


@pytest.mark.e2e
def test_a_chart_without_its_lines_would_be_noticed(tmp_path: Path) -> None:
    page = page_with(collected(tmp_path / "home", random_market(5)), {})
    blank = re.sub(rb"--(mid|band|buy|sell|gain|loss): #[0-9a-f]+", rb"--\\1: #888888", page)
    assert min(look(tmp_path, blank, 1_100).drawn) < DRAWN_MIN
