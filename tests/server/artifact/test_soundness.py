"""Models whose node tables would lead compiled code out of its memory: all refused."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from model_server.artifact.models.model_file import model_from_bytes
from model_server.contract.outcome import InputRefused
from tests.server.artifact.broken_models import BROKEN, LABELS, ROWS, break_start


@pytest.mark.parametrize("case", BROKEN)
def test_a_model_whose_tables_would_crash_the_process_is_refused(case: str) -> None:
    make, break_it = BROKEN[case]
    model = make().fit(ROWS, LABELS)
    model_from_bytes(skops.io.dumps(model))
    break_it(model)
    with pytest.raises(InputRefused) as refused:
        model_from_bytes(skops.io.dumps(model))
    assert refused.value.reason == "UnsafeArtifact"


def test_boosting_starts_from_an_answer_as_wide_as_its_stages() -> None:
    model = GradientBoostingClassifier(n_estimators=2).fit(ROWS, np.arange(len(ROWS)) % 3)
    model_from_bytes(skops.io.dumps(model))
    break_start(model)
    with pytest.raises(InputRefused, match="points outside itself"):
        model_from_bytes(skops.io.dumps(model))


def answers(model: Any) -> Any:
    """Return what the model makes of the rows."""
    return model.predict(ROWS) if hasattr(model, "predict") else model.transform(ROWS).toarray()


SOUND: dict[str, Callable[[], Any]] = {
    "boosting from nothing": lambda: GradientBoostingClassifier(n_estimators=2, init="zero"),
    "neighbours by weighted columns": lambda: KNeighborsClassifier(
        algorithm="ball_tree", metric="minkowski", p=3, metric_params={"w": np.array([1.0, 2.0])}
    ),
    "an encoder that drops": lambda: OneHotEncoder(drop="if_binary"),
    "an encoder of rare categories": lambda: OneHotEncoder(max_categories=2, drop="first"),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_model_is_read(case: str) -> None:
    model = SOUND[case]().fit(ROWS, LABELS)
    read = model_from_bytes(skops.io.dumps(model))
    found, wanted = answers(read), answers(model)
    assert np.array_equal(found, wanted)


def test_a_machine_of_three_classes_is_read() -> None:
    labels = np.arange(len(ROWS)) % 3
    model = SVC().fit(ROWS, labels)
    assert np.array_equal(model_from_bytes(skops.io.dumps(model)).predict(ROWS), model.predict(ROWS))


def test_a_neighbour_model_is_read_with_its_tree() -> None:
    model = KNeighborsClassifier(algorithm="kd_tree").fit(ROWS, LABELS)
    assert model_from_bytes(skops.io.dumps(model)).predict(ROWS[:4]).tolist() == [0, 0, 1, 1]


def test_a_tree_whose_table_has_no_length_is_refused_before_it_is_built() -> None:
    content = skops.io.dumps(RandomForestClassifier(3).fit(ROWS, LABELS))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    tables = [
        name for name, member in members.items() if name.endswith(".npy") and b"left_child" in member[:999]
    ]
    point = io.BytesIO()
    np.save(point, np.array(3))
    members[tables[0]] = point.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    with pytest.raises(InputRefused, match="has no length"):
        model_from_bytes(changed.getvalue())
