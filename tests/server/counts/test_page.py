"""The page that exports the counts: in both formats, in whole numbers, and for those alone who may see it."""

import numpy as np
import pytest
from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from model_server.contract.profile import FeatureProfile
from model_server.contract.signature import Column, Output, Signature
from model_server.counts.counts import Counts
from model_server.counts.prometheus import Metrics
from model_server.counts.tally import Family, Tally
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix
from tests.server.counts.reading import identity_of, profile_of

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
ODD = 'a "b"\n\\n, {c}=ä'
X = FeatureProfile(name=ODD, type="numeric", counts=(), edges=(1.0, 2.0), min=0.0, max=3.0)
PROFILE = profile_of(X)
SIGNATURE = Signature((Column(ODD, "numeric"),), (Output("prediction", "categorical", ("no", ODD)),))
IDENTITY = identity_of(SIGNATURE, PROFILE)
MATRIX = Matrix(np.array([[1.5]]), np.empty((1, 0), np.int32))


def served(requests: int = 0) -> Metrics:
    """The metrics of a version that has answered so many requests."""
    counts = Counts(IDENTITY, PROFILE)
    for _ in range(requests):
        counts.add(MATRIX, Prediction(np.array([ODD]), np.array([0.7])))
    return Metrics(IDENTITY, counts)


def samples(page: bytes, is_open: bool) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of a page by its name and labels."""
    parse = open_metrics.text_string_to_metric_families if is_open else text_string_to_metric_families
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(page.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("is_open", [True, False])
def test_names_are_read_as_they_are_spelled(is_open: bool) -> None:
    _, page = served(2).page(OPEN_METRICS if is_open else "")
    common = {"model": "loan", "version": "loan-1", "profile": PROFILE.digest[:8]}
    found = samples(page, is_open)
    for name, labels, number in (
        ("leeway_model_feature_bin_total", {"feature": ODD, "bin": "1"}, 2),
        ("leeway_model_feature_bin_total", {"feature": ODD, "bin": "missing"}, 0),
        ("leeway_model_decision_total", {"decision": ODD}, 2),
        ("leeway_model_score_bin_total", {"bin": "1"}, 2),
    ):
        assert found[name, frozenset((common | labels).items())] == number, labels


@pytest.mark.parametrize("is_open", [True, False])
def test_each_family_has_its_kind(is_open: bool) -> None:
    parse = open_metrics.text_string_to_metric_families if is_open else text_string_to_metric_families
    page = served().page(OPEN_METRICS if is_open else "")[1].decode()
    families = {family.name: family.type for family in parse(page)}
    assert families["leeway_model_feature_bin"] == "counter"
    assert families["leeway_model_request_duration_seconds"] == "histogram"


def test_a_whole_page_ends_with_the_mark_that_says_so() -> None:
    content_type, page = served().page(OPEN_METRICS)
    assert content_type.startswith("application/openmetrics-text")
    assert page.count(b"# EOF") == 1
    assert page.endswith(b"\n# EOF\n")
    assert b"# EOF" not in served().page("")[1]


NUMBERS = {
    "a few": 12,
    "a million": 1_234_567,
    "ten million": 10_000_000,
    "as many as JSON holds": 10**15 - 1,
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_written_in_digits(case: str) -> None:
    # The library writes a million as 1e+06, which the operator does not take for a whole number.
    number, metrics = NUMBERS[case], served()
    metrics.requests.labels(*metrics.common, "200").inc(number)
    metrics.tally.add([], {metrics.tally.start("leeway_model_rows"): number})
    page = metrics.page(OPEN_METRICS)[1].decode()
    rows = next(line for line in page.splitlines() if line.startswith("leeway_model_rows_total"))
    requests = next(line for line in page.splitlines() if 'code="200"' in line)
    assert (requests.rpartition(" ")[2], rows.rpartition(" ")[2]) == (f"{number}.0", str(number))


def test_who_may_ask_for_predictions_is_not_told_how_data_are_distributed() -> None:
    page = served(2).page(OPEN_METRICS, restricted=False)[1].decode()
    for told in ("rows_total", "drawn_rows_total", "invalid_requests_total", "requests_total"):
        assert f"leeway_model_{told}{{" in page
    for kept in ("feature_bin", "score_bin", "decision", "raw_invalid"):
        assert f"leeway_model_{kept}" not in page


def test_a_family_without_labels_has_one_series() -> None:
    tally = Tally([Family("a", "A."), Family("b", "B.", ("c",), (("1",), ("2",)))], {"model": "m"})
    tally.add([0, 2, 2], {1: 5})
    assert tally.text(is_open_metrics=True, restricted=True) == (
        '# HELP a A.\n# TYPE a counter\na_total{model="m"} 1\n'
        '# HELP b B.\n# TYPE b counter\nb_total{c="1",model="m"} 5\nb_total{c="2",model="m"} 2\n'
    )


def test_a_series_of_a_sparse_family_is_told_once_it_counts() -> None:
    tally = Tally([Family("b", "B.", ("c",), (("1",), ("2",)), is_sparse=True)], {"model": "m"})
    head = "# HELP b B.\n# TYPE b counter\n"
    assert tally.text(is_open_metrics=True, restricted=True) == head
    tally.add([1])
    assert tally.text(is_open_metrics=True, restricted=True) == f'{head}b_total{{c="2",model="m"}} 1\n'


def test_requests_under_way_are_asked_for_whenever_a_page_is() -> None:
    metrics = served()
    metrics.set_traffic(lambda: 3, lambda: 2)
    values = {name: value for (name, _), value in samples(metrics.page("")[1], is_open=False).items()}
    assert values["leeway_model_requests_in_flight"] == 3
    assert values["leeway_model_requests_queued"] == 2
