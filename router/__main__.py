"""`python -m router`: replay the journal, wire sockets and threads, run the core."""

from __future__ import annotations

import sys

from hft import log, settings
from hft.errors import FleetError
from hft.home import find_home
from hft.process import claim, settle
from router.shell import run


def main() -> int:
    """Run until SIGTERM; return the exit code."""
    logger = log.setup("router")
    try:
        loaded = settings.load(find_home().make())
        settle()
        run(loaded, claim(loaded.home, "router"), logger)
    except FleetError as error:
        logger.error("process.refused", what=error.what, why=error.why, next_step=error.next_step)  # noqa: TRY400 a sentence, no traceback
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
