"""The operator under measurement: a process of its own, so that its CPU time is its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.operator.api import until
from tests.bench.operator.manifests import IMAGE
from tests.bench.operator.readings import PREFIX, Reading, parse_counts

LEADING = f"{PREFIX}_leader 1.0"
CPU_CLOCK = 2  # CPUCLOCK_SCHED: user and system time of all threads, in nanoseconds
PATIENCE_SECONDS = 60.0
QUIET_SECONDS = 3
SETTLING_SECONDS = 1200.0


@dataclass(frozen=True, slots=True)
class Setup:
    """Which operator is started, where it looks, and how fast it may write (0: as it does by itself)."""

    checkout: Path
    kubeconfig: str
    log: Path
    namespace: str
    writes_per_second: int = 0


class Subject:
    """A running operator."""

    def __init__(self, pid: int, page: str, session: aiohttp.ClientSession) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self._page = page
        self._session = session
        # As the C library's clock_getcpuclockid does it; /proc counts in hundredths of a second.
        self._clock = (~pid << 3) | CPU_CLOCK

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        return time.clock_gettime(self._clock)

    async def read(self) -> Reading:
        """Return the operator's counts and its CPU time before they were asked for."""
        cpu, at = self.cpu(), time.monotonic()
        async with self._session.get(f"{self._page}/metrics") as answer:
            counts = parse_counts(await answer.text())
        empty: Counter[tuple[str, ...]] = Counter()
        return Reading(
            passes=counts.get("reconcile", empty),
            requests=counts.get("api_requests", empty),
            writes=counts.get("writes", empty),
            cpu=cpu,
            at=at,
            memory=read_memory(self.pid),
        )

    async def is_ready(self) -> bool:
        """Return whether it leads and has seen everything once; a candidate calls itself ready too."""
        try:
            async with self._session.get(f"{self._page}/readyz") as answer:
                if answer.status != 200:
                    return False
            async with self._session.get(f"{self._page}/metrics") as answer:
                return LEADING in await answer.text()
        except aiohttp.ClientError:
            return False

    async def settle(self, passes: int = 0) -> Reading:
        """Return the reading after which it made no pass for three seconds, having made that many."""
        async with asyncio.timeout(SETTLING_SECONDS):
            last = await self.read()
            while True:
                await asyncio.sleep(1.0)
                now = await self.read()
                if now.passes != last.passes or now.count_passes() < passes:
                    last = now
                elif now.at - last.at >= QUIET_SECONDS:
                    return last

    async def measure_idling(self, seconds: float) -> float:
        """Return the CPU seconds a second that doing nothing costs: heartbeats and watches."""
        before, started = self.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        return (self.cpu() - before) / (time.monotonic() - started)


@asynccontextmanager
async def operator_running(setup: Setup) -> AsyncIterator[Subject]:
    """The operator of the checkout serves the namespace; afterwards it has ended."""
    port = find_free_port()
    with setup.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "leeway", env=make_environment(setup, port), stdout=log, stderr=log
        )
    async with aiohttp.ClientSession() as session:
        try:
            subject = Subject(process.pid, f"http://127.0.0.1:{port}", session)
            await wait_ready(subject, process, setup)
            yield subject
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def make_environment(setup: Setup, port: int) -> dict[str, str]:
    """Return the operator's environment; its Lease is in its own namespace, so that it leads nobody else."""
    rate = {"LEEWAY_WRITES_PER_SECOND": str(setup.writes_per_second)} if setup.writes_per_second else {}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LEEWAY_")},
        "PYTHONPATH": str(setup.checkout / "operator"),
        "KUBECONFIG": setup.kubeconfig,
        "LEEWAY_SERVER_IMAGE": IMAGE,
        "LEEWAY_TRAINER_IMAGE": IMAGE,
        "LEEWAY_NAMESPACE": setup.namespace,
        "LEEWAY_POD_NAMESPACE": setup.namespace,
        "LEEWAY_PORT": str(port),
        **rate,
    }


async def wait_ready(subject: Subject, process: asyncio.subprocess.Process, setup: Setup) -> None:
    """The operator leads and has listed everything; one that ended is reported with its log."""

    async def is_settled() -> bool:
        return process.returncode is not None or await subject.is_ready()

    await until(is_settled, PATIENCE_SECONDS, 0.5)  # asking costs it CPU time
    if process.returncode is not None:
        raise RuntimeError(f"the operator ended at once: {setup.log.read_text()[-2000:]}")


def find_free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def read_memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024
