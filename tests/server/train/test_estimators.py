"""Every estimator on the list trains, is stored, loads by the server's list of types and answers the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import is_classifier

from model_server.artifact.models.model_file import read_model
from model_server.contract.manifest import Estimator
from model_server.contract.outcome import InputRefused
from model_server.train.fit.estimators import ALLOWED_CLASSES, estimator_class, make_estimator, parsed
from tests.server.train.making import loan_job, loans, make_job, train_rows

NEEDS: dict[str, dict[str, Any]] = {
    "ComplementNB": {"numeric": {"scale": "MinMax"}},  # it counts, and knows no negative numbers
    "MultinomialNB": {"numeric": {"scale": "MinMax"}},
    "QuadraticDiscriminantAnalysis": {"categorical": {"encode": "Ordinal"}},  # one-hot columns add up to one
}
POSITIVE = "x,z,y\n" + "".join(f"{row % 17},{row % 5},{1 + row % 17}\n" for row in range(120))


@pytest.mark.parametrize("path", ALLOWED_CLASSES)
def test_every_estimator_is_trained_and_stored(path: str, tmp_path: Path) -> None:
    name = path.rpartition(".")[2]
    spec: dict[str, Any] = {"estimator": {"class": path}, "preprocessing": NEEDS.get(name, {})}
    if is_classifier(estimator_class(path)()):
        outcome = train_rows(tmp_path, loans(200), loan_job(**spec))
        row: Any = np.array([[50.0, "own", 1.0]], dtype=object)
    else:
        outcome = train_rows(tmp_path, POSITIVE, make_job(**spec))
        row = np.array([[3.0, 4.0]])
    assert outcome.outcome == "Succeeded"
    assert len(read_model(tmp_path / "out" / "model.skops").predict(row)) == 1


WORDS = "x,c,y\n" + "".join(
    f"{n % 17},{'abc'[n % 3]},{('red', 'green', 'blue')[n % 17 // 6]}\n" for n in range(200)
)
INSIDES: dict[str, tuple[str, dict[str, str]]] = {
    "boosting": ("sklearn.ensemble.GradientBoostingClassifier", {"n_estimators": "3"}),
    "histogram boosting": ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": "3"}),
    "machines with probabilities": ("sklearn.svm.SVC", {"probability": "true"}),
    "scores by class": ("sklearn.linear_model.LogisticRegressionCV", {"scoring": "neg_log_loss"}),
    "logistic descent": ("sklearn.linear_model.SGDClassifier", {"loss": "log_loss"}),
    "descent without outliers": ("sklearn.linear_model.SGDClassifier", {"loss": "modified_huber"}),
    "neighbours in balls": ("sklearn.neighbors.KNeighborsClassifier", {"algorithm": "ball_tree", "p": "3"}),
    "neighbours by steps": ("sklearn.neighbors.KNeighborsClassifier", {"metric": "chebyshev"}),
    "plain descent of layers": (
        "sklearn.neural_network.MLPClassifier",
        {"solver": "sgd", "early_stopping": "true"},
    ),
}


@pytest.mark.parametrize(("path", "params"), INSIDES.values(), ids=INSIDES)
def test_three_classes_named_by_words_are_trained_and_stored(
    path: str, params: dict[str, Any], tmp_path: Path
) -> None:
    outcome = train_rows(tmp_path, WORDS, make_job(estimator={"class": path, "params": params}))
    assert outcome.outcome == "Succeeded"


LOSSES = {
    f"{name}: {loss}": (f"sklearn.ensemble.{name}", loss)
    for name, losses in (
        ("GradientBoostingRegressor", ("absolute_error", "huber", "quantile")),
        ("HistGradientBoostingRegressor", ("absolute_error", "gamma", "poisson")),
    )
    for loss in losses
}


@pytest.mark.parametrize(("path", "loss"), LOSSES.values(), ids=LOSSES)
def test_every_loss_of_boosting_is_stored(path: str, loss: str, tmp_path: Path) -> None:
    job = make_job(estimator={"class": path, "params": {"loss": loss}})
    assert train_rows(tmp_path, POSITIVE, job).outcome == "Succeeded"


REFUSED_PARAMS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "a word of Python": (
        "sklearn.ensemble.RandomForestClassifier",
        {"max_depth": "None"},
        ["spec.estimator.params.max_depth: None", "write 'null'"],
    ),
    "a truth of Python": (
        "sklearn.svm.SVC",
        {"probability": "True"},
        ["spec.estimator.params.probability: True", "write 'true'"],
    ),
    "trees that split by categories": (
        "sklearn.ensemble.HistGradientBoostingClassifier",
        {"categorical_features": "[0]"},
        ["spec.estimator.params.categorical_features: ", "spec.preprocessing.categorical.encode", "Ordinal"],
    ),
}


@pytest.mark.parametrize(("path", "params", "words"), REFUSED_PARAMS.values(), ids=REFUSED_PARAMS)
def test_parameters_that_cannot_be_are_refused_before_fitting(
    path: str, params: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputRefused) as told:
        make_estimator(Estimator(class_=path, params=params), 0)
    assert told.value.reason == "InvalidSpec"
    assert all(word in told.value.message for word in words)


@pytest.mark.parametrize("value", ["null", "from_dtype", "[]"])
def test_trees_that_split_by_no_category_are_made(value: str) -> None:
    path = "sklearn.ensemble.HistGradientBoostingClassifier"
    assert make_estimator(Estimator(class_=path, params={"categorical_features": value}), 0)


@pytest.mark.parametrize("path", ["xgboost.XGBClassifier", "lightgbm.LGBMRegressor"])
def test_what_no_image_has_is_on_no_list(path: str) -> None:
    with pytest.raises(InputRefused, match="is not on the list of estimators") as told:
        estimator_class(path)
    assert told.value.reason == "EstimatorNotAllowed"


PARSED = {
    "a whole number": (200, 200),
    "a whole number as text": ("200", 200),
    "a fraction": ("0.1", 0.1),
    "truth": ("true", True),
    "nothing": ("null", None),
    "a list": ("[1, 2]", [1, 2]),
    "an object": ('{"a": 1}', {"a": 1}),
    "weights by class": ('{"0": 1, "-1": 5}', {0: 1, -1: 5}),
    "a word": ("sqrt", "sqrt"),
    "a word in quotes": ('"sqrt"', "sqrt"),
    "no number": ("NaN", "NaN"),
    "code": ("__import__('os')", "__import__('os')"),
}


@pytest.mark.parametrize(("given", "value"), PARSED.values(), ids=PARSED)
def test_parameters_are_whole_numbers_json_or_text(given: Any, value: Any) -> None:
    assert parsed("any", given) == value


WRITTEN = {"a fraction": (0.5, "'0.5'"), "truth": (False, "'false'"), "a list": ([8, 8], "'[8,8]'")}


@pytest.mark.parametrize(("given", "text"), WRITTEN.values(), ids=WRITTEN)
def test_other_values_are_refused_with_the_text_to_write(given: Any, text: str) -> None:
    with pytest.raises(InputRefused) as told:
        parsed("alpha", given)
    assert told.value.reason == "InvalidSpec"
    assert told.value.message.startswith("spec.estimator.params.alpha: ")
    assert text in told.value.message


def test_the_seed_is_the_random_state_unless_another_is_set() -> None:
    forest = "sklearn.ensemble.RandomForestClassifier"
    assert make_estimator(Estimator(class_=forest), 7).random_state == 7
    assert make_estimator(Estimator(class_=forest, params={"random_state": "3"}), 7).random_state == 3


STEPS: dict[str, dict[str, Any]] = {
    "nothing at all": {"numeric": {"impute": "Constant", "scale": "None"}, "categorical": {"impute": "None"}},
    "ordinal categories": {"categorical": {"encode": "Ordinal"}},
    "constant categories": {"categorical": {"impute": "Constant"}},
    "means and ranges": {"numeric": {"impute": "Mean", "scale": "MinMax"}},
    "robust scaling": {"numeric": {"impute": "MostFrequent", "scale": "Robust"}},
    "selection": {"select": {"k": 3}},
    "components": {"pca": {"components": 2}},
    "selection, then components": {"select": {"k": 4}, "pca": {"components": 2}},
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_every_step_is_part_of_the_model(steps: dict[str, Any], tmp_path: Path) -> None:
    assert train_rows(tmp_path, loans(200), loan_job(preprocessing=steps)).outcome == "Succeeded"
    model = read_model(tmp_path / "out" / "model.skops")
    rows = np.array([[50.0, "own", 1.0], [np.nan, np.nan, np.nan], [50.0, "houseboat", 0.0]], dtype=object)
    assert len(model.predict(rows)) == 3


def test_cleaning_counts_what_it_drops_and_clips_training_rows_only(tmp_path: Path) -> None:
    rows = "x,y\n" + "".join(f"{row % 50},{row % 50}\n" for row in range(100)) + "9999,1\n,3\n4,\n"
    outcome = train_rows(
        tmp_path,
        rows,
        make_job(
            cleaning={
                "dropDuplicates": True,
                "dropMissingRows": True,
                "clipOutliers": {"upperQuantile": "0.9"},
            },
            data={"split": {"testPercent": 0}},
        ),
    )
    assert outcome.dataset
    assert (outcome.dataset.rows, outcome.dataset.train_rows) == (51, 51)
    clipped = read_model(tmp_path / "out" / "model.skops").predict(np.array([[40.0]]))
    assert clipped == pytest.approx([40], abs=5)


def test_truths_are_not_clipped(tmp_path: Path) -> None:
    rows = "x,t,y\n" + "".join(
        f"{n},{'true' if n < 3 else 'false'},{100 if n < 3 else 1}\n" for n in range(300)
    )
    job = make_job(
        cleaning={"clipOutliers": {"lowerQuantile": "0.05", "upperQuantile": "0.95"}},
        data={"split": {"testPercent": 0}, "features": [{"name": "t", "type": "boolean"}]},
    )
    train_rows(tmp_path, rows, job)
    answers = read_model(tmp_path / "out" / "model.skops").predict(np.array([[1.0], [0.0]]))
    assert answers == pytest.approx([100, 1])
