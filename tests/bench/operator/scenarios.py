"""The works on which the operator is measured; each yields figures and the counts behind them, once known."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.operator import fleet
from tests.bench.operator.api import Api
from tests.bench.operator.readings import Labels, Reading
from tests.bench.operator.subject import Setup, Subject, operator_running

NAMESPACE = "leeway-bench"
IDLE_SECONDS = 20.0
SETTLE_SECONDS = 2.0
POKE_SECONDS = 0.04
FAST = 500
VERSION_SHARED_BY = 100  # a ModelVersion lists that many deployments


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of each work is done."""

    single: int = 20
    pokes: int = 500
    burst: int = 300
    restart: int = 2000


QUICK = Sizes(single=5, pokes=100, burst=30, restart=100)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the benchmark runs, and how much of it."""

    api: Api
    setup: Setup
    sizes: Sizes


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures by name, and what they were counted from, for so many objects."""

    title: str
    figures: dict[str, float]
    reading: Reading | None = None
    objects: int = 1


Outcomes = AsyncIterator[Outcome]


@asynccontextmanager
async def subject_in(bench: Bench, namespace: str, writes_per_second: int = 0) -> AsyncIterator[Subject]:
    """The operator serves the namespace."""
    setup = replace(bench.setup, namespace=namespace, writes_per_second=writes_per_second)
    async with operator_running(setup) as subject:
        print(f"  the operator has the process id {subject.pid}", flush=True)
        yield subject


async def measure_single(bench: Bench) -> Outcomes:
    """One ModelDeployment after the other becomes Available; then each is poked without need."""
    names = make_names("one", bench.sizes.single)
    async with fleet.namespace_made(bench.api, f"{NAMESPACE}-one") as namespace:
        await fleet.make_versions(bench.api, namespace, names)
        async with subject_in(bench, namespace) as subject:
            start = await subject.settle(len(names))
            idle = await subject.measure_idling(IDLE_SECONDS)
            figures = {"start_ms": 1000 * start.cpu, "idle_ms_per_second": 1000 * idle}
            yield Outcome("start beside a few ModelVersions", figures, start, len(names))
            yield await measure_each(bench, namespace, subject, names, idle)
            yield await measure_pokes(bench, namespace, subject, names, idle)


async def measure_each(
    bench: Bench, namespace: str, subject: Subject, names: list[str], idle: float
) -> Outcome:
    """Each ModelDeployment becomes Available and settles before the next one is made."""
    await deploy_and_settle(bench, namespace, names[0])  # the first one pays for what is done only once
    before = await subject.read()
    seconds = [await deploy_and_settle(bench, namespace, name) for name in names[1:]]
    spent = await subject.read() - before
    count = len(names) - 1
    figures = {
        "passes": spent.count_passes() / count,
        "deployment_passes": spent.count_passes("ModelDeployment") / count,
        "status_writes": spent.count_status_writes() / count,
        "requests": spent.list_requests().total() / count,
        "writes": spent.list_writes().total() / count,
        "missing": spent.count_missing() / count,
        "cpu_ms": 1000 * spent.without_idling(idle) / count,
        "seconds": sum(seconds) / count,
    }
    return Outcome("one ModelDeployment with one pod", figures, spent, count)


async def deploy_and_settle(bench: Bench, namespace: str, name: str) -> float:
    """Make one ModelDeployment; return the seconds until it was Available, after a pause."""
    seconds = await fleet.deploy(bench.api, namespace, {name: name})
    await asyncio.sleep(SETTLE_SECONDS)
    return seconds


async def measure_pokes(
    bench: Bench, namespace: str, subject: Subject, names: list[str], idle: float
) -> Outcome:
    """Settled ModelDeployments change in an annotation that asks for nothing."""
    before = await subject.read()
    await fleet.poke(bench.api, namespace, names, bench.sizes.pokes, POKE_SECONDS)
    await asyncio.sleep(SETTLE_SECONDS)
    spent = await subject.read() - before
    passes = max(1, spent.count_passes())
    figures = {
        "idle_pass_ms": 1000 * spent.without_idling(idle) / passes,
        "idle_pass_requests": spent.list_requests().total() / passes,
        "idle_pass_writes": spent.list_writes().total() / passes,
    }
    return Outcome("a pass with nothing to do", figures, spent, passes)


def measure_burst(bench: Bench) -> Outcomes:
    """Many ModelDeployments at once, at the operator's own rate of writes."""
    return measure_burst_at(bench, "burst", 0)


def measure_fast_burst(bench: Bench) -> Outcomes:
    """Many ModelDeployments at once, with writes that hardly wait."""
    return measure_burst_at(bench, "fast_burst", FAST)


async def measure_burst_at(bench: Bench, figure: str, rate: int) -> Outcomes:
    """Many ModelDeployments are made at once, each with a version of its own."""
    names = make_names("many", bench.sizes.burst)
    async with fleet.namespace_made(bench.api, f"{NAMESPACE}-many") as namespace:
        await fleet.make_versions(bench.api, namespace, names)
        async with subject_in(bench, namespace, rate) as subject:
            before = await subject.settle(len(names))
            seconds = await fleet.deploy(bench.api, namespace, dict(zip(names, names, strict=True)))
            spent = await subject.settle() - before
        yield make_burst_outcome(figure, rate, seconds, spent, len(names))


def make_burst_outcome(figure: str, rate: int, seconds: float, spent: Reading, count: int) -> Outcome:
    """Return the figures of so many ModelDeployments at once."""
    figures = {
        f"{figure}_seconds": seconds,
        f"{figure}_cpu_ms": 1000 * spent.cpu / count,
        f"{figure}_passes": spent.count_passes() / count,
        f"{figure}_requests": spent.list_requests().total() / count,
        f"{figure}_writes": spent.list_writes().total() / count,
        f"{figure}_memory": spent.memory,
    }
    pace = f"{rate} writes a second" if rate else "the default rate of writes"
    return Outcome(f"{count} ModelDeployments at once, {pace}", figures, spent, count)


async def measure_floor(bench: Bench) -> Outcomes:
    """As many plain Deployments at once, without any operator: nobody on this cluster can be faster."""
    names = make_names("plain", bench.sizes.burst)
    async with fleet.namespace_made(bench.api, f"{NAMESPACE}-floor") as namespace:
        seconds = await fleet.deploy_workloads(bench.api, namespace, names)
        yield Outcome(f"{len(names)} plain Deployments at once, no operator", {"floor_seconds": seconds})


async def measure_restart(bench: Bench) -> Outcomes:
    """The operator starts over a namespace in which everything is settled."""
    names = make_names("old", bench.sizes.restart)
    shared = [f"shared-{number // VERSION_SHARED_BY:04d}" for number in range(len(names))]
    versions = sorted(set(shared))
    async with fleet.namespace_made(bench.api, f"{NAMESPACE}-restart") as namespace:
        await fleet.make_versions(bench.api, namespace, versions)
        async with subject_in(bench, namespace, 2 * FAST) as subject:
            seconds = await fleet.deploy(bench.api, namespace, dict(zip(names, shared, strict=True)))
            print(f"  {len(names)} ModelDeployments were Available after {seconds:.0f} s", flush=True)
            await subject.settle()
        async with subject_in(bench, namespace) as subject:
            spent = await subject.settle(len(names) + len(versions))
        yield make_restart_outcome(spent, spent.at - subject.started, len(names))


def make_restart_outcome(spent: Reading, seconds: float, count: int) -> Outcome:
    """Return the figures of a restart over so many ModelDeployments."""
    figures = {
        "restart_cpu": spent.cpu,
        "restart_seconds": seconds,
        "restart_passes": spent.count_passes() / count,
        "restart_requests": spent.list_requests().total() / count,
        "restart_writes": float(spent.list_writes().total()),
        "restart_memory": spent.memory,
    }
    return Outcome(f"a restart over {count} settled ModelDeployments", figures, spent, count)


def make_names(prefix: str, count: int) -> list[str]:
    """Return so many names."""
    return [f"{prefix}-{number:04d}" for number in range(count)]


def per_object(counts: Counter[Labels], objects: int) -> list[str]:
    """Return lines such as `2.0 get ModelVersion 200`, the most frequent first."""
    return [f"{n / objects:8.2f}  {' '.join(labels)}" for labels, n in counts.most_common()]


SCENARIOS: dict[str, Callable[[Bench], Outcomes]] = {
    "single": measure_single,
    "floor": measure_floor,
    "burst": measure_burst,
    "fast-burst": measure_fast_burst,
    "restart": measure_restart,
}


def make_setup(checkout: Path, kubeconfig: str, log: Path) -> Setup:
    """Return how the operator of a checkout is started."""
    return Setup(checkout, kubeconfig, log, NAMESPACE)
