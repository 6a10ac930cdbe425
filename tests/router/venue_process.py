"""`python -m tests.router.venue_process '{"requests_per_min": 100000}'`: the exchange of a home, with its switches set.

Like `python -m venue`, but any field of VenueConfig can be given, and nothing is kept when it ends.
"""

from __future__ import annotations

import json
import sys

from hft import settings
from hft.home import find_home
from venue import market, serve
from venue.admin import new_keys
from venue.config import VenueConfig


def main() -> None:
    """Serve until SIGTERM; the address goes to run/venue.json when it listens."""
    loaded = settings.load(find_home().make())
    clock = loaded.clock()
    source = market.generator(
        seed=1,
        symbols=loaded.settings.fleet.symbols,
        scenario="calm",
        start_ns=clock.now_ns(),
        start_px={},
        always=False,
    )

    def say(line: str) -> None:
        fresh = loaded.home.venue_file.with_suffix(".new")
        fresh.write_text(line, encoding="utf-8")
        fresh.replace(loaded.home.venue_file)

    config = VenueConfig(**json.loads(sys.argv[1]))
    serve.start(config, source, clock, port=0, keys=new_keys(), say=say, as_json=True)


if __name__ == "__main__":
    main()
