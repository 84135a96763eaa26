"""The operator's metrics; the registry is passed in, nothing is created at import."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

PREFIX = "leeway_operator"
PASS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ROUND_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
WAIT_BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60)


class WatchActivity:
    """When each watched kind was last heard of: an event, or a LIST or WATCH request that was accepted."""

    # kopf does not pass on bookmarks, but it cannot be silent and healthy for long: the API server ends each watch
    # after `handlers.WATCH_SECONDS`, kopf itself ends a stream without bookmarks after 70 s, and a new request follows.
    # A watcher that died, or whose requests are refused, sends no accepted request any more, and its age grows. Our
    # own resync does not count: it goes on beside a dead watcher, and would hide it.
    def __init__(self, clock: Callable[[], float], kinds: Iterable[str]) -> None:
        self._clock = clock
        self.kinds = tuple(kinds)
        self._heard: dict[str, float] = {}

    def begin(self) -> None:
        """Count every kind as heard of now."""
        self._heard = dict.fromkeys(self.kinds, self._clock())

    def note(self, kind: str) -> None:
        """Note that the kind was heard of now."""
        # Not before `begin`: a standby sends no requests, and must not grow old for it.
        if kind in self._heard:
            self._heard[kind] = self._clock()

    def age(self, kind: str) -> float:
        """Return the seconds since the kind was heard of; 0 while nothing is watched."""
        return self.ages().get(kind, 0.0)

    def ages(self) -> dict[str, float]:
        """Return the seconds since each kind was heard of; empty while nothing is watched."""
        now = self._clock()
        return {kind: now - heard for kind, heard in self._heard.items()}


class Telemetry:
    """The operator's metrics in one registry."""

    def __init__(self, registry: CollectorRegistry, activity: WatchActivity) -> None:
        self.registry = registry
        self.activity = activity
        self._passes = Counter(
            f"{PREFIX}_reconcile", "Reconciles by kind and result", ["kind", "result"], registry=registry
        )
        self._seconds = Histogram(
            f"{PREFIX}_reconcile_seconds",
            "Seconds of a reconcile",
            ["kind"],
            buckets=PASS_BUCKETS,
            registry=registry,
        )
        self._waits = Histogram(
            f"{PREFIX}_queue_latency_seconds",
            "Seconds a key was ready before it was reconciled",
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._depth = Gauge(f"{PREFIX}_queue_depth", "Keys ready to be reconciled", registry=registry)
        self._requests = Counter(
            f"{PREFIX}_api_requests",
            "Requests to the API server; code 0: no answer",
            ["verb", "kind", "code"],
            registry=registry,
        )
        self._writes = Counter(
            f"{PREFIX}_writes", "Writes that the API server accepted", ["verb", "kind"], registry=registry
        )
        self._leader = Gauge(f"{PREFIX}_leader", "1 while this process holds the Lease", registry=registry)
        Info(f"{PREFIX}_build", "What is running", registry=registry).info(
            {"version": version("leeway"), "kopf": version("kopf"), "python": platform.python_version()}
        )
        ages = Gauge(
            f"{PREFIX}_watch_last_activity_seconds",
            "Seconds since a watched kind was heard of; 0 while nothing is watched",
            ["kind"],
            registry=registry,
        )
        for kind in activity.kinds:
            ages.labels(kind).set_function(partial(activity.age, kind))

    def timed_pass(self, kind: str) -> AbstractContextManager[object]:
        """Return a context whose seconds are counted as one reconcile of this kind."""
        return self._seconds.labels(kind).time()

    def count_pass(self, kind: str, result: str) -> None:
        """Count a reconcile that ended with this result."""
        self._passes.labels(kind, result).inc()

    def observe_wait(self, seconds: float) -> None:
        """Count a key that was taken after being ready for so long."""
        self._waits.observe(seconds)

    def follow(self, depth: Callable[[], float]) -> None:
        """Read the queue's depth at every scrape."""
        self._depth.set_function(depth)

    def count_request(self, verb: str, kind: str, code: int) -> None:
        """Count an answered request; code 0 is no answer."""
        self._requests.labels(verb, kind, str(code)).inc()

    def count_write(self, verb: str, kind: str) -> None:
        """Count an accepted write."""
        self._writes.labels(verb, kind).inc()

    def lead(self, is_leader: bool) -> None:
        """Set whether this process leads."""
        self._leader.set(1.0 if is_leader else 0.0)


class ScrapeTelemetry:
    """The metrics of the collector's scrape rounds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._scrapes = Counter(
            f"{PREFIX}_scrapes",
            "Metrics pages of pods that were asked for, by result: answered or refused",
            ["result"],
            registry=registry,
        )
        for result in ("answered", "refused"):
            self._scrapes.labels(result)
        self._rounds = Histogram(
            f"{PREFIX}_scrape_round_seconds",
            "Seconds of a scrape round, judging included",
            buckets=ROUND_BUCKETS,
            registry=registry,
        )

    def count_scrape(self, result: str) -> None:
        """Count a page that was asked for."""
        self._scrapes.labels(result).inc()

    def observe_round(self, seconds: float) -> None:
        """Count a round that took so long."""
        self._rounds.observe(seconds)
