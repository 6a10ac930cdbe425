"""supervisord from outside: start it, ask it, end it. It restarts what dies; nobody asks it whether all is well.

It runs with `-n` in a session of its own, so the process that was started is the one that stays. Its socket tells for
certain whether it lives: the kernel refuses a connection to a dead one and names the pid of a living one, and no pid
file can grow stale. XML-RPC goes over our own small transport, because supervisor's has no timeout and a stopped
supervisord would hang every command.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import struct
import subprocess
import sys
import xmlrpc.client
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import hft
from hft.errors import Unavailable
from hft.process import SUPERVISOR_PID
from hftctl.roll import STRATEGIES, SUPERVISOR

if TYPE_CHECKING:
    from hft.home import Home

CALL_S_MAX = 2.0
CREDENTIALS = b64encode(b"hft:hft").decode()
UCRED = struct.Struct("3i")
GLOB_SPECIAL = re.compile(r"[\s\[\]*?]")
TELL_PID = f'{SUPERVISOR_PID}=$$ exec "$@"'  # the shell becomes supervisord and keeps its pid
CONF_NAME = "supervisord.conf"


class ProcessInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What supervisord says of one program: enough to know whether it has given up."""

    name: str
    group: str
    statename: str
    pid: int
    spawnerr: str
    exitstatus: int

    @property
    def gave_up(self) -> bool:
        """Return whether it will not be started again by itself."""
        return self.statename in {"FATAL", "EXITED"}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CALL_S_MAX)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_S_MAX)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__(headers=[("Authorization", f"Basic {CREDENTIALS}")])
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ANN401 the library's own signature
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # what close() closes
        return connection


def socket_path(home: Home) -> Path:
    """Return where this home's supervisord listens."""
    return home.sockets / "supervisor"


def pid_of(home: Home) -> int:
    """Return the pid of the home's living supervisord, or 0."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CALL_S_MAX)
        try:
            probe.connect(str(socket_path(home)))
        except OSError:
            return 0
        raw = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size)
    pid: int = UCRED.unpack(raw)[0]
    return pid


class Supervisor:
    """The home's supervisord. Every call raises Unavailable when it does not answer within CALL_S_MAX."""

    def __init__(self, home: Home) -> None:
        self._transport = _UnixTransport(str(socket_path(home)))
        self._proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=self._transport, allow_none=True)

    def processes(self) -> dict[str, ProcessInfo]:
        """Return every program by name."""
        rows = msgspec.convert(self._call("getAllProcessInfo"), list[ProcessInfo])
        return {row.name: row for row in rows}

    def start(self, name: str) -> None:
        """Ask for a program to be started; one that runs already is left alone."""
        self._ask("startProcess", name)

    def stop(self, name: str) -> None:
        """Ask for a program to be stopped and not restarted; one that is stopped already is left alone."""
        self._ask("stopProcess", name)

    def shutdown(self) -> None:
        """Ask supervisord to end."""
        self._call("shutdown")

    def _ask(self, method: str, name: str) -> None:
        try:
            self._call(method, self._full_name(name), False)  # noqa: FBT003 False: do not wait; XML-RPC has no keywords
        except xmlrpc.client.Fault as fault:
            if not re.match("ALREADY_STARTED|NOT_RUNNING", fault.faultString):
                raise Unavailable(
                    f"supervisord could not {method.removesuffix('Process')} {name}.",
                    fault.faultString,
                    f"hftctl logs {name} shows what it said last.",
                ) from None

    def _full_name(self, name: str) -> str:
        row = self.processes().get(name)
        return f"{STRATEGIES}:{name}" if row is not None and row.group == STRATEGIES else name

    def _call(self, method: str, *arguments: Any) -> Any:  # noqa: ANN401 XML-RPC is untyped
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise Unavailable(
                "supervisord does not answer.", str(error) or type(error).__name__, "hftctl stop ends it all the same."
            ) from None
        finally:
            self._transport.close()


def code_root() -> Path:
    """Return the folder that holds our packages: the checkout, or site-packages."""
    return Path(hft.__file__).resolve().parent.parent


def conf_path() -> Path:
    """Return supervisord.conf: at the root of a checkout, inside hftctl in a wheel."""
    beside = code_root() / CONF_NAME
    return beside if beside.is_file() else Path(__file__).resolve().with_name(CONF_NAME)


def command() -> list[str]:
    """Return the command line of supervisord."""
    return [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(conf_path())]


def environment(home: Home) -> dict[str, str]:
    """Return the environment of supervisord, and so of every process of the fleet."""
    programs = str(home.run / "programs.conf")
    return {
        **os.environ,
        "HFT_HOME": str(home.root),
        "HFT_SOCKETS": str(home.sockets),
        # supervisord splits the list of included files at blanks but takes each as a glob: `?` stands for a blank.
        "HFT_PROGRAMS": GLOB_SPECIAL.sub("?", programs),
        "HFT_PYTHON": sys.executable,
        "HFT_ROOT": str(code_root()),
    }


def spawn(home: Home) -> subprocess.Popen[bytes]:
    """Start supervisord in a session of its own, so that a closed terminal does not take the fleet along."""
    log = home.logs / f"{SUPERVISOR}.out"
    with log.open("wb") as out:
        return subprocess.Popen(
            ["/bin/sh", "-c", TELL_PID, "sh", *command()],
            env=environment(home),
            cwd=code_root(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
