"""The figures: what is measured, in which unit, and what was aimed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from model_server.contract.profile import FeatureProfile
from model_server.counts.counts import Counts
from model_server.counts.families import FEATURE_BIN
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Prediction
from model_server.http.respond import respond
from model_server.http.routes import Site
from model_server.rows.convert import matrix_of
from model_server.rows.table import Table
from model_server.version.served import predict_one
from tests.bench.server.subjects import (
    Inc,
    Silent,
    categorical_features,
    identity_of,
    numeric_features,
    profile_of,
    request_of,
    rows_of,
    site_of,
)
from tests.bench.server.timing import least_seconds, least_single

OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
BATCHES = (1, 64)
FEATURES = 30
REFUSED = 10_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long to measure."""

    rounds: int = 30
    seconds: float = 0.05
    requests: int = 3000


QUICK = Sizes(rounds=3, seconds=0.005, requests=100)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    words: str
    value: float
    unit: str
    goal: float | None = None  # at most

    @property
    def is_met(self) -> bool:
        """Return whether the goal is met, if there is one."""
        return self.goal is None or self.value <= self.goal


def measure(sizes: Sizes) -> list[Figure]:
    """Return all figures."""
    profile = profile_of(numeric_features(FEATURES))
    sites = {"ours": site_of(Counts, profile), "inc": site_of(Inc, profile), "none": site_of(Silent, profile)}
    timed = partial(least_seconds, rounds=sizes.rounds, seconds=sizes.seconds)
    figures: list[Figure] = []
    for rows, goal in zip(BATCHES, (15.0, 2.0), strict=True):
        figures += counting_figures(rows, goal, sites, timed)
        figures += request_figures(rows, goal, sites, sizes.requests)
    figures += refusal_figures(sites["ours"], timed)
    figures += page_figures(
        f"{FEATURES} numeric features, 10 bins", numeric_features(FEATURES), (50.0, 5.0), timed
    )
    figures += page_figures("100 features, 12 categories", categorical_features(100), (None, None), timed)
    return figures


Timed = Callable[[Mapping[str, Callable[[], object]]], dict[str, float]]


def counting_figures(rows: int, goal: float, sites: Mapping[str, Site], timed: Timed) -> list[Figure]:
    """Return what counting a request of so many rows costs by itself, beside doing it by the usual library."""
    adds = timed({name: adding(sites[name], rows) for name in ("ours", "inc")})
    return [
        Figure(f"counting, {written(rows)} a request, each row", adds["ours"] / rows * 1e6, "us", goal),
        Figure("  by inc() of the Prometheus client", adds["inc"] / rows * 1e6, "us"),
        Figure("  ours to that", adds["ours"] / adds["inc"], "", 1.0),
    ]


def request_figures(rows: int, goal: float, sites: Mapping[str, Site], repeats: int) -> list[Figure]:
    """Return what a whole request of so many rows costs, its socket left out, and what counting adds to it."""
    calls = {name: partial(respond, sites[name], request_of(sites[name], rows)) for name in ("ours", "none")}
    whole = least_single(calls, repeats)
    added = whole["ours"] - whole["none"]
    return [
        Figure(f"a whole request of {written(rows)}, each row", whole["ours"] / rows * 1e6, "us"),
        Figure("  of it what counting adds, each row", added / rows * 1e6, "us", goal),
        Figure("  share", 100 * added / whole["ours"], "%"),
    ]


def written(rows: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if rows == 1 else f"{rows:,} rows"


def adding(site: Site, rows: int) -> Callable[[], object]:
    """Return a call that counts a request of so many rows."""
    served = site.readiness.served
    assert served
    signature = served.identity.signature
    width = len(signature.inputs)
    cells = rows_of(rows, width).ravel().tolist()
    matrix = matrix_of(signature, Table("rows", width, cells))
    prediction: Prediction = predict_one(served, matrix)
    return partial(served.counts.add, matrix, prediction)


def refusal_figures(site: Site, timed: Timed) -> list[Figure]:
    """Return what a refused request costs beside one that is answered: all of its cells are looked at."""
    calls = {
        f"{'refused' if bad else 'answered'} {rows}": partial(respond, site, request_of(site, rows, bad))
        for rows in (1, REFUSED)
        for bad in (True, False)
    }
    found = timed(calls)
    return [
        Figure("a request of 1 row that is refused", found["refused 1"] * 1e6, "us"),
        Figure("  to one that is answered", found["refused 1"] / found["answered 1"], ""),
        Figure(f"a request of {REFUSED:,} rows that is refused", found[f"refused {REFUSED}"] * 1e3, "ms"),
        Figure("  to one that is answered", found[f"refused {REFUSED}"] / found[f"answered {REFUSED}"], ""),
    ]


def page_figures(
    words: str, features: tuple[FeatureProfile, ...], goals: tuple[float | None, float | None], timed: Timed
) -> list[Figure]:
    """Return how large the metrics page of such features is, and how long it takes."""
    profile = profile_of(features)
    identity = identity_of(profile)
    metrics = Metrics(identity, Counts(identity, profile))
    page = metrics.page(OPEN_METRICS)[1]
    seconds = timed({"page": partial(metrics.page, OPEN_METRICS)})["page"]
    bins = sum(len(line) + 1 for line in page.splitlines() if line.startswith(FEATURE_BIN.encode()))
    return [
        Figure(f"a page of {words}", len(page) / 1000, "kB", goals[0]),
        Figure("  of it the bins of features", bins / 1000, "kB"),
        Figure("  series", sum(not line.startswith(b"#") for line in page.splitlines()), ""),
        Figure("  time to make it", seconds * 1e3, "ms", goals[1]),
    ]
