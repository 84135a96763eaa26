"""The positive class is chosen and named, in training and in answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from model_server.artifact.models.model_file import read_model
from model_server.contract.manifest import Evaluation, Gate
from model_server.contract.outcome import InputRefused, Outcome
from model_server.contract.profile import read_profile
from model_server.contract.signature import read_signature
from model_server.counts.bins import score_bins
from model_server.engines.engine import Prediction
from model_server.protocols.v1 import PLAIN
from model_server.protocols.v2 import V2
from model_server.train.fit.positive import choose_positive
from model_server.version.load import load, make_served, read_manifest
from model_server.version.served import predict
from tests.server.train.making import LINE, LOGISTIC, make_job, train_rows

CHOSEN: dict[str, tuple[list[Any], str | None, str | None]] = {
    "the one that was named": (["bad", "good", "good"], "good", "good"),
    "1 beside 0, though it is not rare": ([1, 1, 0], None, "1"),
    "true beside false": (["true", "true", "false"], None, "true"),
    "yes beside no, in whatever letters": (["No", "Yes", "Yes"], None, "Yes"),
    "the rarer of others": (["bad", "good", "good"], None, "bad"),
    "the second of two that are as many": (["bad", "good"], None, "good"),
    "a named truth, in whatever letters": (["false", "true", "true"], "False", "false"),
    "a named number, as a float": ([0, 1, 1], "0.0", "0"),
    "none of three": (["a", "b", "c"], None, None),
}


@pytest.mark.parametrize(("truth", "named", "wanted"), CHOSEN.values(), ids=CHOSEN)
def test_the_positive_class(truth: list[Any], named: str | None, wanted: str | None) -> None:
    positive = choose_positive(Evaluation(positive_class=named), np.array(truth))
    assert (positive.name if positive else None) == wanted
    assert positive is None or str(np.unique(truth)[positive.place]) == wanted


REFUSED: dict[str, tuple[list[str], str]] = {
    "a class that is not there": (
        ["bad", "good"],
        '"evil" is no class of the training rows; use "bad" or "good"',
    ),
    "one of three classes": (["a", "b", "evil"], "the training rows have 3 classes"),
}


@pytest.mark.parametrize(("truth", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_the_positive_class(truth: list[str], words: str) -> None:
    with pytest.raises(InputRefused) as told:
        choose_positive(Evaluation(positive_class="evil"), np.array(truth))
    assert told.value.reason == "InvalidSpec"
    assert told.value.message.startswith("spec.evaluation.positiveClass: ")
    assert words in told.value.message


def test_a_regressor_has_no_positive_class(tmp_path: Path) -> None:
    with pytest.raises(
        InputRefused, match=r"spec.evaluation.positiveClass: .*LinearRegression is a regressor"
    ):
        train_rows(tmp_path, LINE, make_job(evaluation={"positiveClass": "1"}))


WARNED: dict[str, tuple[list[str], str | None, str, bool]] = {
    "a gate on a class that nobody named": (["bad", "good", "good"], None, "recall", True),
    "a gate on the class that was named": (["bad", "good", "good"], "bad", "recall", False),
    "a gate on the usual class": (["no", "no", "yes"], None, "recall", False),
    "a gate on both classes": (["bad", "good", "good"], None, "rocAuc", False),
}


@pytest.mark.parametrize(("truth", "named", "metric", "warns"), WARNED.values(), ids=WARNED)
def test_a_gate_on_a_guessed_class_is_warned_of(
    truth: list[str], named: str | None, metric: str, warns: bool
) -> None:
    evaluation = Evaluation(positive_class=named, gates=(Gate(name="g", metric=metric, min="0"),))
    positive = choose_positive(evaluation, np.array(truth))
    assert positive
    assert bool(positive.warnings) is warns
    assert all('class "bad", the rarer one (1 of 3' in warning for warning in positive.warnings)


def dated_loans(rows: int = 1500) -> str:
    """Return loans of which one in seven is bad, which income tells in part."""
    lines = ["day,income,debt,loan"]
    for row in range(rows):
        income, debt = (row * 37) % 101, (row * 53) % 71
        lines.append(f"{row},{income},{debt},{'bad' if income < 25 and row % 3 else 'good'}")
    return "\n".join(lines) + "\n"


HELD_OUT = 300
SPLIT = {"method": "Time", "timeColumn": "day"}
GATES = [{"name": "find-the-bad", "metric": "recall", "min": "0.8"}]


def trained_on_dates(directory: Path, estimator: str, **evaluation: Any) -> Outcome:
    """Return the outcome of a job whose last rows are held out."""
    job = make_job(
        modelName="loan",
        estimator={"class": estimator},
        evaluation=evaluation,
        data={"target": "loan", "split": SPLIT},
    )
    return train_rows(directory, dated_loans(), job)


def held_out() -> tuple[Any, Any]:
    """Return the rows that are held out, and their classes."""
    cells = [line.split(",") for line in dated_loans().splitlines()[1:]][-HELD_OUT:]
    return np.array([[float(cell) for cell in row[1:3]] for row in cells]), np.array(
        [row[3] for row in cells]
    )


def test_a_gate_speaks_of_the_class_that_is_looked_for(tmp_path: Path) -> None:
    outcome = trained_on_dates(tmp_path, LOGISTIC["class"], positiveClass="bad", gates=GATES)
    rows, truth = held_out()
    model = read_model(tmp_path / "out/model.skops")
    recall = sk.recall_score(truth, model.predict(rows), pos_label="bad")
    assert 0 < recall < 0.8 < sk.recall_score(truth, model.predict(rows), pos_label="good")
    assert outcome.message == (
        f'1 of 1 gates failed: find-the-bad: recall of class "bad" is {recall:.6g}, >= 0.8 wanted'
    )
    assert outcome.positive_class == "bad"
    assert float(outcome.metrics["precision"]) == pytest.approx(
        sk.precision_score(truth, model.predict(rows), pos_label="bad"), abs=1e-6
    )
    assert float(outcome.metrics["rocAuc"]) == pytest.approx(
        sk.roc_auc_score(truth == "bad", model.predict_proba(rows)[:, 0]), abs=1e-6
    )
    card = (tmp_path / "out/model-card.md").read_text()
    assert "is `bad`." in card
    assert "`bad` (positive)" in card
    assert json.loads((tmp_path / "out/report.json").read_text())["positiveClass"] == "bad"


SCORED = {
    "probabilities": ("sklearn.linear_model.LogisticRegression", 0.5),
    "decision values": ("sklearn.svm.LinearSVC", 0.0),
}


@pytest.mark.parametrize(("estimator", "threshold"), SCORED.values(), ids=SCORED)
def test_profile_and_server_count_the_scores_of_the_positive_class(
    estimator: str, threshold: float, tmp_path: Path
) -> None:
    trained_on_dates(tmp_path, estimator, positiveClass="bad")
    rows, truth = held_out()
    profile = read_profile((tmp_path / "out/profile.json").read_bytes())
    assert profile.score.positive_class == "bad"
    assert profile.score.threshold == threshold
    assert profile.performance.base_rate == pytest.approx(np.mean(truth == "bad"))
    served = make_served(load(read_manifest(tmp_path / "out/modelversion.json")), "")
    question = PLAIN.read(
        json.dumps({"features": rows.tolist()}).encode(), {}, served.identity.signature, HELD_OUT
    )
    [prediction] = predict(served, [question.matrix])
    assert isinstance(prediction, Prediction)
    assert ((prediction.scores > threshold) == (prediction.values == "bad")).all()
    counts = np.bincount(score_bins(profile.score, prediction.scores), minlength=len(profile.score.counts))
    assert tuple(counts) == profile.score.counts


def test_answers_give_its_probability_and_v2_keeps_the_order_of_classes(tmp_path: Path) -> None:
    trained_on_dates(tmp_path, LOGISTIC["class"], positiveClass="bad")
    signature = read_signature((tmp_path / "out/signature.json").read_bytes())
    assert signature.outputs[0].positive_class == "bad"
    wanted = read_model(tmp_path / "out/model.skops").predict_proba([[10.0, 3.0]])[0]
    served = make_served(load(read_manifest(tmp_path / "out/modelversion.json")), "")
    plain = PLAIN.read(b'{"features": [10, 3]}', {}, signature, 1)
    [prediction] = predict(served, [plain.matrix])
    assert isinstance(prediction, Prediction)
    answer = json.loads(PLAIN.write(served.identity, plain.echo, prediction, ()).body)
    assert answer["probability"] == pytest.approx(wanted[0])
    body = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [10, 3]}]}
    tensors = V2.read(json.dumps(body).encode(), {}, signature, 1)
    outputs = json.loads(V2.write(served.identity, tensors.echo, prediction, ()).body)["outputs"]
    assert outputs[1]["data"] == pytest.approx(wanted)


def test_a_signature_with_a_strange_positive_class_is_refused() -> None:
    signature = {
        "inputs": [{"name": "x", "type": "numeric"}],
        "outputs": [
            {"name": "y", "type": "categorical", "classes": ["bad", "good"], "positiveClass": "evil"}
        ],
    }
    with pytest.raises(InputRefused) as told:
        read_signature(json.dumps(signature))
    assert told.value.reason == "SignatureMismatch"
    assert told.value.message == (
        'signature.outputs[0].positiveClass: "evil" is none of classes; use one of bad, good'
    )
