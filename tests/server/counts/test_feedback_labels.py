"""Labels are counted for the version in their token, once, and within bounds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from model_server.contract.identity import Identity
from model_server.contract.profile import ScoreProfile
from model_server.contract.signature import Column, Output, Signature
from model_server.counts.counts import Counts
from model_server.counts.feedback import LabelMetrics, make_feedback
from model_server.counts.issuer import TokenIssuer
from model_server.counts.labels import (
    MAX_BINS,
    MAX_DECISIONS,
    MAX_VERSIONS,
    REASONS,
    Label,
    LabelCounts,
    Series,
)
from model_server.counts.prometheus import Metrics
from model_server.counts.tokens import Predicted, TokenKeys, pack
from model_server.engines.engine import Prediction

NOW = 1_796_000_000
DAY = 86_400
KEYS = TokenKeys([b"k" * 32], "loan")
SCORE = ScoreProfile(edges=(0.2, 0.5), counts=(1, 1, 1))
NONCES: Iterator[int] = count()


def identity(*classes: str, version: str = "loan-1", profile: str = "0a1b2c3d" * 8) -> Identity:
    output = Output("prediction", "categorical", classes)
    return Identity(
        "loan", ("loan",), version, "0" * 64, Signature((Column("x", "numeric"),), (output,)), profile=profile
    )


LOAN = identity("no", "yes")
SAID = Predicted("loan-1", "0a1b2c3d", 2, "yes", 1, NOW - 3600)


def labels(of: Identity = LOAN, score: ScoreProfile | None = SCORE, **limits: Any) -> LabelCounts:
    return LabelCounts(KEYS, of, score, clock=lambda: NOW, **limits)


def token(**said: Any) -> str:
    """A token of its own that says this."""
    return KEYS.sign(pack(replace(SAID, **said)) + next(NONCES).to_bytes(6))


def counted(counts: LabelCounts) -> dict[tuple[str, ...], int]:
    return {tuple(series): number for series, number in counts.page().counted.items() if number}


RIGHT: dict[str, tuple[tuple[str, ...], str, Label]] = {
    "the same text": (("no", "yes"), "yes", "yes"),
    "blanks around it": (("no", "yes"), "yes", " yes\n"),
    "a number for its spelling": (("0", "1"), "1", 1),
    "a float for a whole number": (("0", "1"), "1", 1.0),
    "a spelling for a number": (("0", "1"), "1", "1.0"),
    "a truth": (("false", "true"), "true", True),
    "a truth in capitals": (("false", "true"), "true", "TRUE"),
    "a code with a zero before it": (("007", "7"), "007", "007"),
    "an empty class": (("", "a"), "", ""),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_label_is_spelled_as_in_training(case: str) -> None:
    classes, decision, label = RIGHT[case]
    counts = labels(identity(*classes))
    assert counts.add(token(decision=decision, place=classes.index(decision)), label) is None
    assert counted(counts) == {("loan-1", "0a1b2c3d", "2", decision, "right"): 1}


def test_another_class_than_predicted_is_wrong() -> None:
    counts = labels()
    assert counts.add(token(), "no") is None
    assert counted(counts) == {("loan-1", "0a1b2c3d", "2", "yes", "wrong"): 1}


def test_a_label_counts_for_the_version_in_its_token() -> None:
    counts = labels()
    assert counts.add(token(version="loan-2", profile="ffffffff", bin=7), "yes") is None
    assert counts.add(token(version="loan-3", profile="", bin=None), "no") is None
    assert counted(counts) == {
        ("loan-2", "ffffffff", "7", "yes", "right"): 1,
        ("loan-3", "", "", "yes", "wrong"): 1,
    }


REJECTED: dict[str, tuple[str, Label, str, str]] = {
    "no token": ("x", "yes", "bad_token", "send it as the prediction's answer had it"),
    "a token of another key": (
        TokenKeys([b"o" * 32], "loan").sign(pack(SAID) + b"123456"), "yes", "bad_token", "a key that this pod has"),
    "a token of another model": (
        TokenKeys([b"k" * 32], "cars").sign(pack(SAID) + b"123456"), "yes", "bad_token", "by this model"),
    "a prediction of 91 days ago": (token(time=NOW - 91 * DAY), "yes", "late", "91 days old"),
    "a prediction to be made": (token(time=NOW + 301), "yes", "bad_token", "301 seconds ahead"),
    "a label that is no class": (token(), "maybe", "unknown", "it has no, yes"),
    "a label of another type": (token(), 1, "unknown", "no class of this model"),
    "a number beyond all classes": (token(), 10**400, "unknown", "no class of this model"),
    "a class in capitals": (token(), "YES", "unknown", "no class of this model"),
    "a label that is no class, of another version": (token(version="loan-2"), "maybe", "unknown", "no, yes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_not_counted_says_why(case: str) -> None:
    given, label, reason, part = REJECTED[case]
    counts = labels()
    rejected = counts.add(given, label)
    assert rejected is not None
    assert (rejected.reason, part in rejected.error) == (reason, True), rejected
    assert counted(counts) == {}
    assert {word: number for word, number in counts.page().rejected.items() if number} == {reason: 1}


ON_TIME: dict[str, tuple[int, int]] = {
    "at once": (NOW, 0),
    "by a clock that is behind": (NOW + 300, 0),
    "on the last day": (NOW - 90 * DAY, 90 * DAY),
}


@pytest.mark.parametrize("case", ON_TIME)
def test_a_label_on_time_is_counted_with_its_delay(case: str) -> None:
    time, delay = ON_TIME[case]
    counts = labels()
    assert counts.add(token(time=time), "yes") is None
    assert counts.page().delay_seconds == delay
    assert sum(counts.page().delays) == 1
    assert counts.page().delays[-1] == 0


def test_a_token_is_counted_once_until_it_is_forgotten() -> None:
    counts = labels(max_remembered=2)
    first, second, third = (token() for _ in range(3))
    assert [counts.add(one, "yes") for one in (first, second)] == [None, None]
    again = counts.add(first, "no")
    assert again is not None
    assert again.reason == "duplicate"
    assert counts.add(third, "yes") is None
    assert counts.add(first, "yes") is None
    assert len(counts.marks) == len(counts.order) == 2
    assert counted(counts) == {("loan-1", "0a1b2c3d", "2", "yes", "right"): 4}


def test_a_label_that_was_rejected_may_be_sent_again() -> None:
    counts, one = labels(), token()
    assert counts.add(one, "YES") is not None
    assert counts.add(one, "yes") is None


def test_a_pod_counts_for_eight_versions_and_its_own_is_one_of_them() -> None:
    counts = labels()
    others = [f"other-{number}" for number in range(MAX_VERSIONS)]
    outcomes = [counts.add(token(version=version), "yes") for version in (*others, others[0], "loan-1")]
    rejected = [outcome.reason for outcome in outcomes if outcome]
    assert rejected == ["unknown"]
    assert {series[0] for series in counted(counts)} == {"loan-1", *others[:-1]}


def test_classes_and_bins_beyond_the_first_are_one() -> None:
    counts = labels(identity(*map(str, range(12))))
    for place in range(12):
        assert counts.add(token(decision=str(place), place=place, bin=MAX_BINS + place), str(place)) is None
    found = {series[2:4]: number for series, number in counted(counts).items()}
    assert found == {("other", str(place)): 1 for place in range(MAX_DECISIONS)} | {("other", "other"): 2}


def test_a_page_is_complete_from_the_start() -> None:
    bins = [*map(str, range(3))]
    assert set(labels().page().counted) == {
        ("loan-1", "0a1b2c3d", score_bin, decision, outcome)
        for score_bin in bins
        for decision in ("no", "yes")
        for outcome in ("right", "wrong")
    }
    bare = labels(identity(*map(str, range(20)), profile=""), None).page().counted
    assert {series[2] for series in bare} == {""}
    assert len({series[3] for series in bare}) == MAX_DECISIONS + 1


def test_labels_that_many_threads_bring_are_counted_once_each() -> None:
    counts = labels()
    tokens = [token() for _ in range(500)] * 2
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda one: counts.add(one, "yes"), tokens))
    assert sum(outcome is None for outcome in outcomes) == 500
    assert counted(counts) == {("loan-1", "0a1b2c3d", "2", "yes", "right"): 500}
    assert counts.page().rejected["duplicate"] == 500


ANSWERED: dict[str, tuple[Identity, ScoreProfile | None, Prediction, list[tuple[str, int | None, int]]]] = {
    "texts, with a profile": (
        LOAN, SCORE, Prediction(np.array(["yes", "no", "no"]), np.array([0.5, 0.49, 0.1])),
        [("yes", 2, 1), ("no", 1, 0), ("no", 0, 0)]),
    "numbers, without one": (
        identity("0", "1", profile=""), None, Prediction(np.array([1, 0]), np.zeros(2)),
        [("1", None, 1), ("0", None, 0)]),
    "truths": (
        identity("false", "true"), SCORE, Prediction(np.array([True]), np.array([0.9])), [("true", 2, 1)]),
    "an answer that is no class of its model": (
        LOAN, SCORE, Prediction(np.array(["maybe"]), np.array([0.3])), [("maybe", 1, 254)]),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERED)
def test_a_token_is_issued_for_each_row(case: str) -> None:
    of, score, prediction, want = ANSWERED[case]
    tokens = TokenIssuer(KEYS, of, score, clock=lambda: NOW + 0.9).issue(prediction, 0)
    said = [KEYS.read(one)[0] for one in tokens]
    assert [(one.decision, one.bin, one.place) for one in said] == want
    assert {(one.version, one.profile, one.time) for one in said} == {("loan-1", of.profile[:8], NOW)}
    assert [one.drawn for one in said] == [place == 0 for place in range(len(said))]


def test_rows_that_are_alike_have_tokens_of_their_own() -> None:
    alike = Prediction(np.array(["yes"] * 1000), np.zeros(1000))
    assert len(set(TokenIssuer(KEYS, LOAN, SCORE).issue(alike, 7))) == 1000


def test_of_the_labels_of_a_batch_one_is_an_independent_draw() -> None:
    counts = labels()
    batch = Prediction(np.array(["yes"] * 50), np.full(50, 0.9))
    for drawn in (49, 0, 50):  # the last one lies in another part of its request
        for one in TokenIssuer(KEYS, LOAN, SCORE, clock=lambda: NOW).issue(batch, drawn):
            counts.add(one, "no")
    page = counts.page()
    assert sum(page.counted.values()) == 150
    assert {tuple(of): number for of, number in page.drawn.items()} == {
        ("loan-1", "right"): 0,
        ("loan-1", "wrong"): 2,
    }


def test_feedback_needs_a_key_and_classes() -> None:
    assert make_feedback([], LOAN, SCORE) is None
    assert make_feedback([b"k" * 32], identity(), SCORE) is None
    assert make_feedback([b"k" * 32], LOAN, None) is not None


def test_the_page_exports_whole_numbers() -> None:
    counts = labels()
    metrics = Metrics(LOAN, Counts(LOAN))
    metrics.restricted.register(LabelMetrics(counts, metrics.common))
    counts.add(token(version="loan-2"), "yes")
    counts.add(token(), "maybe")
    page = metrics.page("application/openmetrics-text; version=1.0.0")[1].decode()
    families = {family.name: family for family in text_string_to_metric_families(page)}  # type: ignore[no-untyped-call]
    common = {"model": "loan", "version": "loan-1", "profile": "0a1b2c3d"}
    samples = families["leeway_model_feedback"].samples
    assert len(samples) == 3 * 2 * 2 + 1
    [told] = [sample.labels for sample in samples if sample.value]
    series = {"of_version": "loan-2", "of_profile": "0a1b2c3d", "bin": "2", "decision": "yes"}
    assert told == common | series | {"outcome": "right"}
    rejected = {
        sample.labels["reason"]: sample.value for sample in families["leeway_model_feedback_rejected"].samples
    }
    assert rejected == {"unknown": 1, "duplicate": 0, "late": 0, "bad_token": 0}
    delays = families["leeway_model_feedback_delay_seconds"].samples
    buckets = {sample.labels["le"]: sample.value for sample in delays if sample.name.endswith("_bucket")}
    assert (buckets["600.0"], buckets["3600.0"], buckets["+Inf"], len(buckets)) == (0, 1, 1, 12)
    assert {sample.name[-6:]: sample.value for sample in delays[-2:]} == {"_count": 1, "ds_sum": 3600}
    # Whoever may ask for predictions is not told which answers were right.
    assert b"leeway_model_feedback" not in metrics.page("", restricted=False)[1]


def test_each_name_of_the_page_and_each_reason_is_explained() -> None:
    text = (Path(__file__).parents[3] / "docs" / "how-to" / "feedback.md").read_text()
    further = ",".join(Series._fields)
    for name in (
        f"{{{further}}}",
        "leeway_model_feedback_rejected_total",
        "leeway_model_feedback_delay_seconds",
    ):
        assert name in text
    assert [reason for reason in REASONS if f"| `{reason}` |" not in text] == []
