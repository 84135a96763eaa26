"""What is wrong with a canary is in the canary alone, and as large as it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from leeway.cli.play.effects import Setting, make_broken, make_drift, make_worse
from leeway.cli.play.requests import Round, Served
from leeway.cli.play.rollout import Scenario
from leeway.cli.play.synthetic import Synthetic
from leeway.cli.refusal import BadInputError
from leeway.core.evidence.profile import Profile
from leeway.core.judge.reference import psi
from tests.core.cli.settings import policy, setting

REFUSED: dict[str, tuple[Callable[[Setting, str], Scenario], str, str]] = {
    "nothing of that name": (make_worse, "failures=2x", "there is no 'failures'; choose errors"),
    "no factor": (make_worse, "errors", "--worse errors: write it as errors=2x"),
    "a factor that is no number": (make_worse, "errors=many", "write it as errors=2x"),
    "a factor that is no finite number": (make_worse, "errors=inf", "write it as errors=2x"),
    "no name": (make_worse, "=2", "write it as errors=2x"),
    "a factor of nothing": (make_worse, "errors=0", "with a number above 0"),
    "more than all requests": (make_worse, "errors=200x", "it would be 200% of the canary's"),
    "a multiple of none": (make_worse, "invalid=2x", "give --invalid-rate"),
    "more than all answers wrong": (make_worse, "quality=20x", "it would be 200%"),
    "a column that is not counted": (make_drift, "age=0.3", "it counts income, town, owner"),
    "a drift that no shares have": (make_drift, "income=1000", "choose a smaller one"),
    "a broken column that is not counted": (make_broken, "age", "it counts income, town, owner"),
    "a broken score": (make_broken, "score", "it is no column"),
}
RATES = {"errors=3x": ("errors", 0.03), "errors=3": ("errors", 0.03), "latency=2.5": ("latency", 0.125)}


@pytest.mark.parametrize(("make", "text", "want"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(make: Callable[[Setting, str], Scenario], text: str, want: str) -> None:
    with pytest.raises(BadInputError) as refused:
        make(setting(), text)
    assert want in str(refused.value)


@pytest.mark.parametrize(("text", "want"), RATES.items())
def test_worse_requests_are_the_canarys_alone(text: str, want: tuple[str, float]) -> None:
    canary, stable = make_worse(setting(), text).rates
    assert getattr(canary, want[0]) == pytest.approx(want[1])
    assert replace(canary, **{want[0]: getattr(stable, want[0])}) == stable == setting().rates


def test_worse_quality_is_wrong_answers_of_the_canary() -> None:
    traffic = make_worse(setting(), "quality=2x").traffic
    assert isinstance(traffic, Synthetic)
    assert (traffic.canary.wrong, traffic.stable.wrong) == (0.2, 0.1)


def test_worse_quality_needs_labels() -> None:
    with pytest.raises(BadInputError, match="give --label-rate and --wrong-rate"):
        make_worse(setting(labelled=0.0), "quality=2x")


def of_canary(scenario: Scenario) -> Profile:
    return scenario.arms[0].profile


@pytest.mark.parametrize(("text", "place"), [("psi=0.3", 1), ("income=0.3", 0), ("owner=0.05", 2)])
def test_a_drift_is_in_the_canarys_profile_at_the_psi_asked_for(text: str, place: int) -> None:
    given = setting()
    scenario = make_drift(given, text)
    before, after = (profile.features[place] for profile in (given.profile, of_canary(scenario)))
    assert psi(after.counts, before.counts) == pytest.approx(float(text.partition("=")[2]), rel=0.1)
    assert of_canary(scenario).digest != given.profile.digest
    assert scenario.traffic == given.traffic
    assert scenario.arms[1] == given.arms[1]


def test_a_drift_of_the_score_is_in_the_canarys_answers() -> None:
    given = setting()
    traffic = make_drift(given, "score=0.3").traffic
    assert isinstance(traffic, Synthetic)
    assert isinstance(given.traffic, Synthetic)
    counts = [round(1000 * share) for share in traffic.canary.shares[-1]]
    assert psi(counts, given.profile.score.counts) == pytest.approx(0.3, rel=0.05)
    assert traffic.stable == given.traffic.stable


@pytest.mark.parametrize(("name", "outside"), [("income", "other"), ("town", "unseen"), ("owner", "other")])
def test_a_broken_column_is_outside_of_the_canarys_profile_in_every_row(name: str, outside: str) -> None:
    scenario = make_broken(setting(), name)
    served = Served(50, 0, 0, 0)
    canary, stable = scenario.traffic.answer(Random(1), [Round(0, served, served)], 0)
    place = [column.name for column in of_canary(scenario).features].index(name)
    column, other = (arm.profile.features[place] for arm in scenario.arms)
    assert canary.tables[place][column.labels.index(outside)] == 50
    assert stable.tables[place][column.labels.index(outside)] < 50
    # Bins of other units are other bins: nobody may compare the arms by them.
    assert (column.edges, column.categories) != (other.edges, other.categories)


def test_a_new_version_was_trained_on_other_rows_of_the_same_kind() -> None:
    canary, stable = setting(policy("DataDrift")).arms
    assert canary.profile.digest != stable.profile.digest
    for mine, theirs in zip(canary.profile.features, stable.profile.features, strict=True):
        assert mine.counts != theirs.counts
        assert psi(mine.counts, theirs.counts) < 0.1


def test_revisions_of_one_model_file_have_one_profile() -> None:
    canary, stable = setting(policy("Divergence")).arms
    assert (canary.seen.digest, canary.profile) == (stable.seen.digest, stable.profile)
    assert canary.seen.version != stable.seen.version


def test_a_new_version_has_a_bridge_to_stable() -> None:
    canary, stable = setting(policy("PredictionDrift")).arms
    bridge = canary.profile.bridge
    assert bridge is not None
    assert (bridge.against_digest, bridge.against_profile) == (stable.seen.digest, stable.profile.digest)
    assert [sum(row) for row in bridge.counts] == list(stable.profile.score.counts)
