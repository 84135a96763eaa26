"""Loan applications: data that versions are trained on, and requests that look like them, or have drifted."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

from tests.cluster.generator import Question, Tally, ask_once, asking, connect
from tests.cluster.kube import Kube, eventually
from tests.cluster.manifests import config_map, training_job
from tests.cluster.rollouts import Served

PATH = "/v1/models/loan:predict"
PER_SECOND = 50.0  # over kept connections, and as many over fresh ones
ROWS, DOCUMENTS = 6000, 20_000
GOOD, TWIN, IN_CENTS = "loan-1", "loan-2", "loan-cents"
DRIFT = 1.8  # incomes that have grown by so much have left every profile


def train_versions(kube: Kube) -> None:
    """Train a version, one on the same rows with another seed, and one with incomes in another unit."""
    kube.apply(
        config_map("applications", "rows.csv", make_table()),
        config_map("in-cents", "rows.csv", make_table(unit=100)),
        _training(GOOD, seed=1),
    )
    kube.await_condition("mver", GOOD, "Ready", "True", patience=300)
    later = (
        _training(TWIN, seed=2, replacesModelVersionName=GOOD),
        _training(IN_CENTS, "in-cents", seed=1, replacesModelVersionName=GOOD),
    )
    kube.apply(*later)
    for name in (TWIN, IN_CENTS):
        kube.await_condition("mver", name, "Ready", "True", patience=300)


def train_unlike(kube: Kube) -> None:
    """Train a version, and one with incomes in another unit that knows nothing of it."""
    kube.apply(
        config_map("applications", "rows.csv", make_table()),
        config_map("in-cents", "rows.csv", make_table(unit=100)),
        _training(GOOD, seed=1),
        _training(IN_CENTS, "in-cents", seed=1),
    )
    for name in (GOOD, IN_CENTS):
        kube.await_condition("mver", name, "Ready", "True", patience=300)


def make_table(unit: int = 1) -> str:
    """Return the rows that versions are trained on as CSV; incomes are multiplied by the unit."""
    rng = random.Random(1)
    rows = (draw_row(rng) for _ in range(ROWS))
    lines = (f"{income * unit},{debt},{income / 10 - debt + rng.gauss(0, 50):.1f}" for income, debt in rows)
    return "\n".join(["income,debt,limit", *lines]) + "\n"


def draw_row(rng: random.Random, growth: float = 1.0) -> tuple[int, int]:
    """Return income and debt of an applicant."""
    return int(growth * rng.uniform(1_000, 9_000)), int(rng.expovariate(1 / 300))


@dataclass(frozen=True)
class Applications(Question):
    """Asks for one applicant after the other; any limit is an answer, since versions give different ones."""

    rows: Iterator[list[int]] = field(default_factory=lambda: iter(()))

    def draw(self) -> object:
        """Return the next application."""
        return {"instances": [next(self.rows)]}

    def is_answer(self, content: object) -> bool:
        """Return whether these are the predictions of one row."""
        predictions = content.get("predictions") if isinstance(content, dict) else None
        return isinstance(predictions, list) and len(predictions) == 1 and isinstance(predictions[0], float)


@contextmanager
def applying(
    served: Served, growth: float = 1.0, kind: type[Applications] = Applications
) -> Iterator[tuple[Tally, Tally]]:
    """Send applications until the block ends, over kept connections and over fresh ones."""
    host = served.kube.get("service", served.name)["spec"]["clusterIP"]
    kept, closed = (kind(host, PATH, None, None, rows=_make_rows(seed, growth)) for seed in (2, 3))
    # The API server answers before the node knows the way to a new cluster IP.
    eventually(partial(_is_answered, kept), "the cluster IP answers")
    with ExitStack() as stack:
        yield (
            stack.enter_context(asking(kept, PER_SECOND, keep_alive=True)),
            stack.enter_context(asking(closed, PER_SECOND, keep_alive=False)),
        )


def none_lost(tallies: Iterable[Tally]) -> bool:
    """Say what became of the requests, and return whether each was answered."""
    for tally in tallies:
        print(f"{tally.sent} requests, {tally.lost} lost, answered by {dict(tally.answered)}")
        print(*tally.failures[:10], sep="\n")
    return not any(tally.lost for tally in tallies)


def _make_rows(seed: int, growth: float) -> Iterator[list[int]]:
    rng = random.Random(seed)
    return cycle([list(draw_row(rng, growth)) for _ in range(DOCUMENTS)])


def _is_answered(question: Question) -> bool:
    return ask_once(question, connect(question), Tally(), keep_alive=False)


def _training(name: str, rows: str = "applications", **spec: object) -> dict[str, object]:
    data = {"uri": f"configmap://{rows}/rows.csv", "target": "limit", "split": {"testPercent": 50}}
    return training_job(name, modelName="loan", data=data, **spec)
