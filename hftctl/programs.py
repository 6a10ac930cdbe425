"""run/programs.conf: the part of supervisord's configuration that depends on the launch.

Pure text: the exchange (sim mode only) and one program per strategy, the strategies in one group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hftctl.roll import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Sequence

VENUE_PRIORITY, STRATEGY_PRIORITY = 5, 40

PROGRAM = """\
[program:{name}]
command = "%(ENV_HFT_PYTHON)s" -m {module}
directory = %(ENV_HFT_ROOT)s
priority = {priority}
startsecs = 5
startretries = 20
autorestart = unexpected
exitcodes = 77,78
stopwaitsecs = {stop_s}
stopasgroup = true
killasgroup = true
redirect_stderr = true
stdout_logfile = %(ENV_HFT_HOME)s/logs/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 2
"""

GROUP = """\
[group:{name}]
programs = {programs}
priority = {priority}
"""


def programs_conf(strategies: Sequence[str], *, with_venue: bool) -> str:
    """Return the text of run/programs.conf."""
    parts = ["; Written by hftctl start; it is written anew at each start.\n"]
    if with_venue:
        parts.append(PROGRAM.format(name="venue", module="venue", priority=VENUE_PRIORITY, stop_s=12))
    for name in strategies:
        module = f"strategies {name}"
        parts.append(PROGRAM.format(name=name, module=module, priority=STRATEGY_PRIORITY, stop_s=5))
    if strategies:
        parts.append(GROUP.format(name=STRATEGIES, programs=",".join(strategies), priority=STRATEGY_PRIORITY))
    return "\n".join(parts)
