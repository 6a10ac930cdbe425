"""The one tree of errors, and the exit codes that scripts rely on.

    FleetError                    what failed, why, what to do next; exit code
    ├── UsageError            2   the command was not understood
    ├── NotRunning            3   nothing there to talk to
    ├── Degraded              4   running but not well, or not flat
    ├── TimedOut              5   it did not happen in time
    ├── Unavailable          69   broker or stream cannot be reached
    ├── DiskFailed           74   the home's disk refuses what must be written
    ├── AlreadyRunning       75   another instance holds the home
    ├── CredentialsRefused   77   the broker does not accept the keys
    └── ConfigError          78   a setting or a key is missing or wrong

Expected trouble inside the fleet is a message, not an exception. These are for the edges: start-up, command line.
"""

from __future__ import annotations


class FleetError(Exception):
    """A failure told in three parts: `what` failed, `why`, and what to do `next_step`."""

    exit_code = 1

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.next_step = what, why, next_step

    def __str__(self) -> str:
        return "\n  ".join(part for part in (self.what, self.why, self.next_step) if part)


class UsageError(FleetError):
    """The command was not understood."""

    exit_code = 2


class NotRunning(FleetError):
    """Nothing there to talk to."""

    exit_code = 3


class Degraded(FleetError):
    """Running but not well, or not flat."""

    exit_code = 4


class TimedOut(FleetError):
    """It did not happen in time."""

    exit_code = 5


class Unavailable(FleetError):
    """Broker or stream cannot be reached."""

    exit_code = 69


class DiskFailed(FleetError):
    """The home's disk refuses what must be written before anything is done."""

    exit_code = 74


class AlreadyRunning(FleetError):
    """Another instance holds the home, or the lock of the process."""

    exit_code = 75


class CredentialsRefused(FleetError):
    """The broker does not accept the keys."""

    exit_code = 77


class ConfigError(FleetError):
    """A setting or a key is missing or wrong."""

    exit_code = 78
