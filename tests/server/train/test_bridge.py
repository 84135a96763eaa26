"""The bridge to the version that is to be replaced: joint counts, or a warning that says why there are none."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_server.contract.profile import ReferenceProfile, read_profile
from model_server.train.profile.bridge import ending
from model_server.train.run import Order, train
from model_server.train.stages import Lines
from model_server.version.load import load, read_manifest
from tests.server.train.making import LOGISTIC, Call, loan_job, loans, make_job, train_rows

FOREST = {"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 5}}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a version of loans."""
    directory = tmp_path_factory.mktemp("first")
    train_rows(directory, loans(), loan_job(data={"split": {"testPercent": 50}}))
    return directory / "out"


def replacing(
    directory: Path, other: Path | None, rows: str = "", **spec: Any
) -> tuple[ReferenceProfile | None, list[str]]:
    """Return the profile of a version that replaces the other, and its warnings of the bridge."""
    path = directory / "rows.csv"
    path.write_text(rows or loans())
    fields = {"data": {"split": {"testPercent": 50}}, "estimator": FOREST, **spec}
    order = Order(loan_job(**fields), directory / "next", rows=path, replaces=other)
    outcome = train(order, Lines(io.StringIO()))
    assert outcome.outcome == "Succeeded"
    written = directory / "next/profile.json"
    profile = read_profile(written.read_bytes()) if written.exists() else None
    return profile, [one for one in outcome.warnings if "bridge" in one]


def test_each_held_out_row_is_counted_by_both_versions(first: Path, tmp_path: Path) -> None:
    profile, warnings = replacing(tmp_path, first, replacesModelVersionName="line-1")
    assert profile
    assert warnings == []
    bridge, other = profile.bridge, read_profile((first / "profile.json").read_bytes())
    assert bridge
    assert (bridge.against, bridge.against_digest) == ("line-1", other.model_digest)
    assert bridge.against_profile == other.digest
    counts = np.array(bridge.counts)
    assert counts.shape == (len(other.score.counts), len(profile.score.counts))
    assert counts.sum() == 600
    assert load(read_manifest(tmp_path / "next/modelversion.json"), tmp_path / "next").profile == profile


def test_a_version_is_bridged_to_itself_bin_by_bin(first: Path, tmp_path: Path) -> None:
    profile, _ = replacing(tmp_path, first, estimator=LOGISTIC)
    assert profile
    assert profile.bridge
    counts = np.array(profile.bridge.counts)
    assert (counts.sum(axis=1) > 0).all()
    assert np.count_nonzero(counts - np.diag(np.diag(counts))) == 0


def test_the_other_version_may_read_columns_that_this_one_does_not(first: Path, tmp_path: Path) -> None:
    features = [{"name": "income", "type": "numeric"}]
    profile, warnings = replacing(tmp_path, first, data={"features": features, "split": {"testPercent": 50}})
    assert profile
    assert profile.bridge
    assert warnings == []


def without_home(rows: str) -> str:
    return "\n".join(",".join(line.split(",")[:2] + line.split(",")[3:]) for line in rows.splitlines()) + "\n"


def damaged(directory: Path, change: Callable[[Path], None], first: Path) -> Path:
    """Return a copy of the version that was changed."""
    copy = directory / "copy"
    copy.mkdir()
    for file in first.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    change(copy)
    return copy


def without_profile(version: Path) -> None:
    manifest = json.loads((version / "modelversion.json").read_text())
    del manifest["spec"]["files"]["profile"]
    (version / "modelversion.json").write_text(json.dumps(manifest))


def with_libraries_of_before(version: Path) -> None:
    manifest = json.loads((version / "modelversion.json").read_text())
    manifest["spec"]["lineage"]["packages"]["scikit-learn"] = "0.1.0"
    (version / "modelversion.json").write_text(json.dumps(manifest))


def with_another_model(version: Path) -> None:
    (version / "model.skops").write_bytes(b"PK" + (version / "model.skops").read_bytes()[2:-1] + b"?")


def with_a_store_that_does_not_answer(version: Path) -> None:
    manifest = json.loads((version / "modelversion.json").read_text())
    manifest["spec"]["files"]["model"]["uri"] = "http://127.0.0.1:9/model.skops"
    (version / "modelversion.json").write_text(json.dumps(manifest))
    (version / "model.skops").unlink()


def as_it_is(_: Path) -> None:
    pass


NONE: dict[str, tuple[Callable[[Path], None], dict[str, Any], str]] = {
    "another name": (
        as_it_is,
        {"replacesModelVersionName": "line-7"},
        "not of spec.replacesModelVersionName",
    ),
    "another model": (as_it_is, {"modelName": "car"}, "it is a version of loan, not of car"),
    "too few held-out rows": (as_it_is, {"data": {"split": {"testPercent": 10}}}, "120 rows are held out"),
    "no profile": (without_profile, {}, "it has no reference profile"),
    "other libraries": (with_libraries_of_before, {}, "scikit-learn"),
    "a model with another digest": (with_another_model, {}, "spec.files.model.digest"),
    "a store that does not answer": (with_a_store_that_does_not_answer, {}, "spec.files.model.uri"),
    "a run that left no version": (
        lambda version: (version / "modelversion.json").unlink(),
        {},
        "left no version",
    ),
}


@pytest.mark.parametrize(("change", "spec", "why"), NONE.values(), ids=NONE)
def test_training_goes_on_without_a_bridge_and_says_why(
    change: Callable[[Path], None], spec: dict[str, Any], why: str, first: Path, tmp_path: Path
) -> None:
    profile, warnings = replacing(tmp_path, damaged(tmp_path, change, first), **spec)
    assert profile
    assert profile.bridge is None
    [warning] = warnings
    assert why in warning


def test_a_column_that_the_rows_lack_makes_no_bridge(first: Path, tmp_path: Path) -> None:
    features = [{"name": "income", "type": "numeric"}]
    data = {"features": features, "split": {"testPercent": 50}}
    profile, [warning] = replacing(tmp_path, first, without_home(loans()), data=data)
    assert profile
    assert profile.bridge is None
    assert 'it reads the column "home", which these rows do not have' in warning


def test_a_version_that_was_named_and_not_given_is_told(tmp_path: Path) -> None:
    _, [warning] = replacing(tmp_path, None, replacesModelVersionName="loan-0")
    assert 'ModelVersion "loan-0"' in warning
    assert "--replaces" in warning


def test_a_regressor_is_no_bridge_to_a_classifier(first: Path, tmp_path: Path) -> None:
    linear = {"class": "sklearn.linear_model.LinearRegression"}
    _, [warning] = replacing(tmp_path, first, estimator=linear)
    assert "answers with one of the classes 0, 1, and this version with a number" in warning


def test_a_pod_is_given_the_manifest_alone_and_finds_the_files_in_their_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"uri": "builtin://breast-cancer", "target": "target", "split": {"testPercent": 50}}
    job, claim = make_job(data=data, estimator=LOGISTIC), tmp_path / "store/models"
    train(Order(job, claim), Lines(io.StringIO()))
    manifest = json.loads((claim / "modelversion.json").read_text())
    for file in manifest["spec"]["files"].values():
        file["uri"] = f"pvc://models/{file['uri'].rpartition('/')[2]}"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("LEEWAY_STORE_ROOT", str(tmp_path / "store"))
    outcome = train(Order(job, tmp_path / "out", replaces=tmp_path / "manifest.json"), Lines(io.StringIO()))
    assert [one for one in outcome.warnings if "bridge" in one] == []
    assert read_profile((tmp_path / "out/profile.json").read_bytes()).bridge


ENDINGS = {"a crash": (-11, "SIGSEGV"), "too much time": (-24, "SIGXCPU"), "a fault": (1, "exit code 1")}


@pytest.mark.parametrize(("code", "told"), ENDINGS.values(), ids=ENDINGS)
def test_the_end_of_a_program_is_told_in_words(code: int, told: str) -> None:
    assert ending(code) == told


def test_the_command_takes_a_directory(call: Call, first: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(loans())
    job = {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "loan-2"},
        "spec": {
            "modelName": "loan",
            "data": {"uri": str(tmp_path / "rows.csv"), "target": "defaulted", "split": {"testPercent": 50}},
            "estimator": LOGISTIC,
        },
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    code, _ = call("--job", tmp_path / "job.json", "--output", tmp_path / "out", "--replaces", first)
    assert code == 0
    assert read_profile((tmp_path / "out/profile.json").read_bytes()).bridge
