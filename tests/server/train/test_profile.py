"""The reference profile of a run: which rows it counts, which columns, in which order."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from model_server.contract.manifest import TrainingJob
from model_server.contract.outcome import InputRefused
from model_server.contract.profile import ReferenceProfile, read_profile
from model_server.train.profile.importance import TooSlow, importances
from model_server.train.profile.unseen import Part, Unseen, find_unseen
from tests.server.train.making import loan_job, loans, make_job, train_rows
from tests.server.train.trained import trained_on


def profile_of(directory: Path, rows: str, job: TrainingJob) -> ReferenceProfile | None:
    """Return the profile that a run leaves."""
    outcome = train_rows(directory, rows, job)
    assert outcome.outcome == "Succeeded"
    path = directory / "out/profile.json"
    return read_profile(path.read_bytes()) if path.exists() else None


TIME = {"split": {"timeColumn": "id"}}
GROUP = {"split": {"groupColumn": "home"}}
COUNTED: dict[str, tuple[int, dict[str, Any], tuple[str, int] | None]] = {
    "few rows: every row, out of folds": (300, {}, ("out-of-fold", 300)),
    "few rows, none held out": (300, {"split": {"testPercent": 0}}, ("out-of-fold", 300)),
    "too few rows for anything": (190, {}, None),
    "enough held-out rows": (2500, {"split": {"testPercent": 80}}, ("holdout", 2000)),
    "few rows by time: those held out": (1200, TIME, ("holdout", 240)),
    "too few rows by time": (900, TIME, None),
}


@pytest.mark.parametrize(("rows", "data", "counted"), COUNTED.values(), ids=COUNTED)
def test_which_rows_are_counted(
    rows: int, data: dict[str, Any], counted: tuple[str, int] | None, tmp_path: Path
) -> None:
    profile = profile_of(tmp_path, loans(rows), loan_job(data=data))
    assert (profile and (profile.source.kind, profile.source.rows)) == counted
    if profile:
        sums = {sum(one.counts) for one in profile.features} | {sum(profile.score.counts)}
        assert sums == {profile.source.rows}
    else:
        assert "no reference profile" in (tmp_path / "out/model-card.md").read_text()


def test_a_row_out_of_folds_is_answered_by_a_model_that_has_not_learnt_from_it(tmp_path: Path) -> None:
    # A single neighbour knows the target of every row it has learnt, and nothing of the others.
    random = np.random.default_rng(0)
    rows = "x,y\n" + "".join(f"{one:.6f},{int(random.random() < 0.5)}\n" for one in random.random(1000))
    nearest = {"class": "sklearn.neighbors.KNeighborsClassifier", "params": {"n_neighbors": 1}}
    profile = profile_of(tmp_path, rows, make_job(estimator=nearest, data={"split": {"testPercent": 0}}))
    assert profile
    assert profile.performance.error_rate == pytest.approx(0.5, abs=0.06)


def test_groups_stay_together_in_folds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    groups = random.random(60)
    rows = "g,x,y\n" + "".join(f"g{n % 60},{groups[n % 60]:.6f},{n % 60 % 2}\n" for n in range(600))
    nearest = {"class": "sklearn.neighbors.KNeighborsClassifier", "params": {"n_neighbors": 1}}
    data = {"split": {"groupColumn": "g"}}
    profile = profile_of(tmp_path, rows, make_job(estimator=nearest, data=data))
    assert profile
    assert profile.source.kind == "out-of-fold"
    assert profile.performance.error_rate is not None
    assert profile.performance.error_rate > 0.2


def test_categories_that_only_the_left_out_rows_have_are_unseen(tmp_path: Path) -> None:
    rows = "home,y\n" + "".join(f"{'rare' + str(n) if n % 10 == 0 else 'own'},{n % 2}\n" for n in range(600))
    data = {"features": [{"name": "home", "type": "categorical"}]}
    logistic = {"class": "sklearn.linear_model.LogisticRegression"}
    profile = profile_of(tmp_path, rows, make_job(estimator=logistic, data=data))
    assert profile
    [home] = profile.features
    assert dict(zip(home.labels, home.counts, strict=True))["unseen"] == 60


def test_a_slow_fit_is_not_repeated() -> None:
    trained = trained_on(loan_job(), loans(1200))
    unseen = find_unseen(trained, seed=0, fit_seconds=1000)
    assert (unseen.kind, unseen.rows) == ("holdout", 240)
    assert "1000 s" in unseen.why


def test_a_class_of_one_row_makes_no_folds() -> None:
    rows = loans(1200).splitlines()
    rows[5] = rows[5].rpartition(",")[0] + ",7"
    unseen = find_unseen(trained_on(loan_job(), "\n".join(rows) + "\n"), seed=0, fit_seconds=0)
    assert unseen.kind == "holdout"
    assert "class" in unseen.why


def columns(count: int, rows: int = 400) -> str:
    """Return rows of columns of chance, of which a target follows the last the most, and the one before it less."""
    values = np.random.default_rng(3).normal(size=(rows, count)).round(4)
    target = (3 * values[:, -1] + values[:, -2] > 0).astype(int)
    lines = [",".join([*(f"c{n}" for n in range(count)), "y"])]
    lines += [",".join([*map(str, row), str(one)]) for row, one in zip(values.tolist(), target, strict=True)]
    return "\n".join(lines) + "\n"


LOGISTIC = {"class": "sklearn.linear_model.LogisticRegression"}


def test_the_most_important_columns_come_first_and_a_hundred_are_counted(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, columns(120), make_job(estimator=LOGISTIC))
    assert profile
    assert [feature.name for feature in profile.features[:2]] == ["c119", "c118"]
    assert len(profile.features) == 100
    assert len(profile.left_out) == 20
    assert {one.reason for one in profile.left_out} == {"100 columns are more important"}


def test_columns_are_left_out_and_counted_as_the_spec_says(tmp_path: Path) -> None:
    wanted = {"exclude": ["income"], "include": ["id"]}
    features = [{"name": name, "type": "numeric"} for name in ("income", "id")]
    job = loan_job(evaluation={"profile": wanted}, data={"features": features})
    profile = profile_of(tmp_path, loans(), job)
    assert profile
    assert [feature.name for feature in profile.features] == ["id"]
    assert [(one.name, one.reason) for one in profile.left_out] == [
        ("income", "spec.evaluation.profile.exclude lists it")
    ]


WRONG = {
    "a column that is none": ({"exclude": ["incme"]}, 'exclude: "incme" is no feature'),
    "a column that is no feature": ({"include": ["id"]}, 'include: "id" is no feature'),
    "a column in both": ({"include": ["home"], "exclude": ["home"]}, "in exclude and in include"),
}


@pytest.mark.parametrize(("wanted", "why"), WRONG.values(), ids=WRONG)
def test_a_list_that_cannot_be_obeyed_is_refused(wanted: Any, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        train_rows(tmp_path, loans(), loan_job(evaluation={"profile": wanted}))
    assert why in refused.value.message


def test_two_runs_give_the_same_profile_and_another_seed_another_one(tmp_path: Path) -> None:
    created = {"name": "m", "creation_timestamp": "2026-01-02T03:04:05Z"}
    found = []
    for seed in (1, 1, 2):
        job = make_job(estimator=LOGISTIC, seed=seed)
        metadata = msgspec.convert(
            {**created, "creationTimestamp": created["creation_timestamp"]}, type(job.metadata)
        )
        profile_of(tmp_path, columns(5), msgspec.structs.replace(job, metadata=metadata))
        found.append((tmp_path / "out/profile.json").read_bytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    "estimator", ["linear_model.LinearRegression", "linear_model.RidgeClassifier", "svm.LinearSVC"]
)
def test_a_model_without_probabilities_has_important_columns_too(estimator: str) -> None:
    trained = trained_on(make_job(estimator={"class": f"sklearn.{estimator}"}), columns(4))
    part = Part(trained.pipeline, trained.prepared.train, trained.prepared.judged, trained.answers)
    found = importances([part], [0, 1, 2, 3], seed=0)
    assert found[3] > found[2] > max(found[0], found[1])
    assert found[3] > 0.3


def test_a_model_that_is_slow_to_answer_is_not_asked_for_long() -> None:
    trained = trained_on(make_job(estimator=LOGISTIC), columns(4))
    unseen = find_unseen(trained, seed=0, fit_seconds=0)
    with pytest.raises(TooSlow, match="would take about"):
        importances(unseen.parts, [0, 1], seed=0, most_seconds=0)


def test_rows_of_one_target_tell_nothing_of_importance() -> None:
    trained = trained_on(make_job(), "x,y\n" + "".join(f"{n % 17},5\n" for n in range(300)))
    unseen: Unseen = find_unseen(trained, seed=0, fit_seconds=0)
    assert importances(unseen.parts, [0], seed=0) == {}


DATES = {
    "days": (
        [f"2024-{1 + n // 100:02}-01" for n in range(1200)],
        ("2024-11-01T00:00:00", "2024-12-01T00:00:00"),
    ),
    "times with a zone": (
        [f"2024-{1 + n // 100:02}-01T02:00:00+02:00" for n in range(1200)],
        ("2024-11-01T00:00:00", "2024-12-01T00:00:00"),
    ),
    "numbers, which are no dates": ([str(n) for n in range(1200)], (None, None)),
}


@pytest.mark.parametrize(("times", "span"), DATES.values(), ids=DATES)
def test_the_profile_names_the_dates_that_a_split_by_time_covers(
    times: Any, span: Any, tmp_path: Path
) -> None:
    rows = "when,x,y\n" + "".join(f"{when},{n % 7},{n % 11}\n" for n, when in enumerate(times))
    profile = profile_of(tmp_path, rows, make_job(data={"split": {"timeColumn": "when"}}))
    assert profile
    assert (profile.source.from_, profile.source.to) == span
