"""Pods of real counters that are scraped, restarted and removed; what is added up against what one pod counts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leeway.core.evidence.ledger import Arm, checkpoint, keep_pods, take
from leeway.core.evidence.page import read_page
from model_server.contract.profile import FeatureProfile, ReferenceProfile
from model_server.contract.signature import Column, Signature
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix
from tests.server.counts.reading import identity_of, profile_of

FEATURES, BINS, PODS, EVENTS = 30, 10, 5, 400
OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
REPEATS, CALLS = 5, 500


@dataclass(frozen=True, slots=True)
class Cost:
    """What counting costs: microseconds a row alone and in a batch, and milliseconds and bytes of a page."""

    alone: float
    batched: float
    page_milliseconds: float
    page_bytes: int


@dataclass(slots=True)
class Fleet:
    """Pods by name, each with its counters and the uid and page of its process."""

    profile: ReferenceProfile
    arm: Arm
    pods: dict[str, tuple[str, Counts, Metrics]] = field(default_factory=dict)
    started: int = 0

    def start(self, name: str, uid: str = "") -> None:
        """Start a pod's process; a container that is restarted keeps the pod's uid."""
        self.started += 1
        counts, metrics = make_counters(self.profile)
        self.pods[name] = (uid or f"{name}-{self.started}", counts, metrics)

    def replace(self, name: str) -> None:
        """Remove a pod and start another one, as a scale-down and a scale-up do."""
        del self.pods[name]
        self.start(name)
        self.arm = keep_pods(self.arm, frozenset(uid for uid, _, _ in self.pods.values()))

    def scrape_all(self) -> None:
        """Read every pod's page."""
        for name in self.pods:
            self.scrape(name)

    def scrape(self, name: str) -> None:
        """Read a pod's page, and add what it adds."""
        uid, _, metrics = self.pods[name]
        self.arm = take(self.arm, uid, read_page(metrics.page(OPEN_METRICS)[1]))


def difference(seed: int) -> int:
    """Return how many series of the added-up counts differ from those of one pod that answered every request."""
    rng = np.random.default_rng([seed, 8])
    profile = make_profile()
    fleet = Fleet(profile, Arm("loan-1", profile.digest[:8]))
    one, page = make_counters(profile)
    for place in range(PODS):
        fleet.start(f"pod-{place}")
    for _ in range(EVENTS):
        name = str(rng.choice(sorted(fleet.pods)))
        asked = ask(rng, int(rng.integers(1, 20)))
        one.add(*asked)
        fleet.pods[name][1].add(*asked)
        befall(fleet, name, rng.random())
    fleet.scrape_all()
    alone = take(Arm("loan-1", profile.digest[:8]), "one", read_page(page.page(OPEN_METRICS)[1])).totals
    return sum(fleet.arm.totals.get(series, 0) != count for series, count in alone.items())


def befall(fleet: Fleet, name: str, chance: float) -> None:
    """Let something happen to the pod, or to the operator, or nothing; what no page has shown is lost, so none is."""
    if chance >= 0.36:
        return
    if chance >= 0.35:
        fleet.scrape_all()
        fleet.arm = checkpoint(fleet.arm)
        fleet.scrape_all()
        return
    fleet.scrape(name)
    if chance >= 0.3:
        fleet.replace(name)
    elif chance >= 0.2:
        fleet.start(name, uid=fleet.pods[name][0])


def cost(seed: int) -> Cost:
    """Return what counting costs on this machine now: the best of some repeats."""
    rng = np.random.default_rng([seed, 9])
    counts, metrics = make_counters(make_profile())
    alone, batched = (ask(rng, rows) for rows in (1, 64))
    return Cost(
        best(lambda: counts.add(*alone), CALLS) * 1e6,
        best(lambda: counts.add(*batched), CALLS) * 1e6 / 64,
        best(lambda: metrics.page(OPEN_METRICS), 20) * 1e3,
        len(metrics.page(OPEN_METRICS)[1]),
    )


def best(call: Any, calls: int) -> float:
    """Return the seconds of a call, in the fastest of some repeats: what else the machine did is in the others."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(calls):
            call()
        seconds.append((time.perf_counter() - started) / calls)
    return min(seconds)


def make_profile() -> ReferenceProfile:
    """Return a profile of numeric columns."""
    edges = tuple(float(edge) for edge in range(1, BINS))
    features = (
        FeatureProfile(name=f"x{place}", type="numeric", counts=(), edges=edges, min=0.0, max=float(BINS))
        for place in range(FEATURES)
    )
    return profile_of(*features, score=edges)


def make_counters(profile: ReferenceProfile) -> tuple[Counts, Metrics]:
    """Return the counters of one process, which take the first row of each request for the one that is drawn."""
    signature = Signature(tuple(Column(feature.name, feature.type) for feature in profile.features))
    identity = identity_of(signature, profile)
    counts = Counts(identity, profile, draw=lambda _: 0)
    return counts, Metrics(identity, counts)


def ask(rng: np.random.Generator, rows: int) -> tuple[Matrix, Prediction]:
    """Return a request's rows, some of them missing or far off, and the answer."""
    numbers = rng.uniform(-BINS, 2.5 * BINS, size=(rows, FEATURES))
    numbers[rng.random(numbers.shape) < 0.05] = np.nan
    scores = rng.uniform(0, BINS, size=rows)
    return Matrix(numbers, np.empty((rows, 0), dtype=np.int32)), Prediction(scores, scores)
