"""The benchmark, without a cluster: its manifests are admitted, and its counting counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.bench.evidence import __main__ as evidence
from tests.bench.operator import manifests
from tests.bench.operator.readings import Reading, parse_counts
from tests.bench.operator.table import LINES, format_figure, make_table
from tests.contract.test_docs import problems_of

VERSION = manifests.make_version("v")
DEPLOYMENT = manifests.make_deployment("d", "v")
APPLIED: dict[str, dict[str, Any]] = {
    "a version": VERSION,
    "a version that is verified": {**VERSION, "status": manifests.make_verified_status()},
    "a deployment": DEPLOYMENT,
}


@pytest.mark.parametrize("manifest", APPLIED.values(), ids=APPLIED)
def test_what_the_benchmark_applies_is_admitted(manifest: dict[str, Any]) -> None:
    assert problems_of(manifest) == []


PAGE = """\
# TYPE leeway_operator_reconcile_total counter
leeway_operator_reconcile_total{kind="ModelDeployment",result="ok"} 4.0
leeway_operator_reconcile_total{kind="ModelVersion",result="ok"} 2.0
# TYPE leeway_operator_reconcile_seconds histogram
leeway_operator_reconcile_seconds_count{kind="ModelDeployment"} 4.0
# TYPE leeway_operator_api_requests_total counter
leeway_operator_api_requests_total{code="200",kind="ModelDeployment",verb="get"} 4.0
leeway_operator_api_requests_total{code="404",kind="Service",verb="get"} 3.0
leeway_operator_api_requests_total{code="200",kind="Lease",verb="update"} 9.0
leeway_operator_api_requests_total{code="200",kind="Pod",verb="watch"} 1.0
# TYPE leeway_operator_writes_total counter
leeway_operator_writes_total{kind="ModelDeployment",verb="update"} 2.0
leeway_operator_writes_total{kind="Service",verb="apply"} 3.0
leeway_operator_writes_total{kind="Lease",verb="update"} 9.0
"""


def make_reading(cpu: float = 0.0, at: float = 0.0, page: str = PAGE) -> Reading:
    counts = parse_counts(page)
    return Reading(counts["reconcile"], counts["api_requests"], counts["writes"], cpu, at)


def test_a_page_of_metrics_is_counted_by_kind_and_verb() -> None:
    reading = make_reading()
    assert (reading.count_passes(), reading.count_passes("ModelVersion")) == (6, 2)
    assert reading.list_requests() == Counter(
        {("get", "ModelDeployment", "200"): 4, ("get", "Service", "404"): 3}
    )
    assert (reading.count_missing(), reading.count_status_writes()) == (3, 2)
    assert reading.list_writes().total() == 5


def test_of_two_readings_only_what_came_between_counts() -> None:
    spent = make_reading(cpu=3.0, at=20.0) - make_reading(cpu=1.0, at=10.0)
    assert (spent.count_passes(), spent.list_requests().total()) == (0, 0)
    assert spent.without_idling(0.05) == pytest.approx(1.5)


FIGURES = {0.0: "0", 4.0: "4", 5.3684: "5.37", 43.96: "44", 119.4: "119", 1051.2: "1051"}


@pytest.mark.parametrize(("value", "want"), FIGURES.items())
def test_a_figure_has_three_digits(value: float, want: str) -> None:
    assert format_figure(value) == want


def test_the_table_has_what_was_measured_and_no_more() -> None:
    rows = make_table({"passes": 5.5, "unheard_of": 1.0}).splitlines()
    assert len(rows) == 2
    assert rows[1].split()[-4:] == ["5.5", "<=", "4", "-"]


async def test_the_evidence_of_simulated_pods_is_judged_and_published() -> None:
    figures = await evidence.measure(pairs=2, rounds=2, interval=0.1)
    assert (len(figures.seconds), figures.first_judged) == (2, 1)
    assert "CPU seconds of a round" in evidence.make_report(figures, 2, 2, 0.1)


def test_no_figure_has_two_lines() -> None:
    assert len({line.figure for line in LINES}) == len(LINES)
