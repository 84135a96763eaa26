"""Start, look at and end the components: each has a pid file, a log and a sign of health."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.native.components import Component
from tests.cluster.native.layout import Home
from tests.cluster.native.refusal import RefusedError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS_TO_END = 5.0
SECONDS_TO_BE_WELL = 120.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running component; the start time, in clock ticks since boot, tells a reused pid apart."""

    pid: int
    ticks: int


def start(home: Home, component: Component) -> None:
    """The component runs; one that runs already is left alone."""
    if get_running(home, component.name):
        return
    home.logs.mkdir(parents=True, exist_ok=True)
    home.run.mkdir(parents=True, exist_ok=True)
    with get_log(home, component.name).open("ab") as log:
        started = subprocess.Popen(
            component.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            # Nothing of the caller's environment: a proxy set there would catch calls to the API server.
            env={"PATH": PATH, "HOME": str(home.state)},
            start_new_session=True,
        )
    # Whoever asks next reads the pid file; waiting for the program's end is init's task.
    started.returncode = 0
    record = {"pid": started.pid, "ticks": get_ticks(started.pid)}
    get_pid_file(home, component.name).write_text(json.dumps(record))


def stop(home: Home, name: str, seconds: float = SECONDS_TO_END) -> None:
    """The component has ended: asked first, killed when it does not listen."""
    running = get_running(home, name)
    if running is not None:
        send(running.pid, signal.SIGTERM)
        if not is_true_within(seconds, lambda: not is_alive(running)):
            send(running.pid, signal.SIGKILL)
            is_true_within(SECONDS_TO_END, lambda: not is_alive(running))
    get_pid_file(home, name).unlink(missing_ok=True)


def get_running(home: Home, name: str) -> Running | None:
    """Return the component's running program, or None; an unreadable pid file is none."""
    try:
        record = json.loads(get_pid_file(home, name).read_text())
        running = Running(int(record["pid"]), int(record["ticks"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return running if is_alive(running) else None


def get_pid_file(home: Home, name: str) -> Path:
    """Return where the component's process id is noted."""
    return home.run / f"{name}.pid"


def get_log(home: Home, name: str) -> Path:
    """Return where the component's output goes."""
    return home.logs / f"{name}.log"


def is_alive(running: Running) -> bool:
    """Return whether that very program still runs."""
    # No ticks were noted for a program that died before it could be looked at.
    return running.ticks > 0 and get_ticks(running.pid) == running.ticks


def get_ticks(pid: int) -> int:
    """Return when the program started, in clock ticks since boot, or 0 when it is gone or a zombie."""
    try:
        # The second field is the program's name in parentheses, and may contain anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def get_start_time(running: Running) -> float:
    """Return when the program started, in seconds since the epoch."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime + running.ticks / os.sysconf("SC_CLK_TCK")


def send(pid: int, number: signal.Signals) -> None:
    """The signal is sent; to a program that is gone, it need not be."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def is_healthy(home: Home, component: Component) -> bool:
    """Return whether the component runs and says that it is well."""
    if get_running(home, component.name) is None:
        return False
    if component.health.startswith("http"):
        return is_answering(component.health, home.pki / "ca.crt")
    return not component.health or is_listening(Path(component.health))


def is_answering(address: str, authority: Path) -> bool:
    """Return whether the address answers 200."""
    context = ssl.create_default_context(cafile=str(authority))
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with urllib.request.build_opener(*handlers).open(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def is_listening(path: Path) -> bool:
    """Return whether somebody listens on the unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def is_true_within(seconds: float, question: Callable[[], bool]) -> bool:
    """Return True as soon as the question is answered so, False when the time is over."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def wait_healthy(home: Home, component: Component) -> None:
    """The component is well; one that dies or stays ill is refused with the end of its log."""

    def is_settled() -> bool:
        return get_running(home, component.name) is None or is_healthy(home, component)

    is_true_within(SECONDS_TO_BE_WELL, is_settled)
    if not is_healthy(home, component):
        raise RefusedError(
            f"{component.name} did not become healthy. The end of {get_log(home, component.name)}:\n"
            f"{read_end(get_log(home, component.name))}\n"
            "If its state is damaged, `down` and `up` again start from nothing."
        )


def read_end(log: Path, length: int = 2000) -> str:
    """Return the last characters of a log."""
    return log.read_text(errors="replace")[-length:] if log.exists() else ""
