"""What makes metrics look better than the model is, is counted and warned of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server.train.making import LOGISTIC, make_job, train_rows

ROWS = 400
SHUFFLED = np.random.default_rng(3).permutation(ROWS)


def table(**columns: Any) -> str:
    """Return a table of these columns."""
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines) + "\n"


X = (SHUFFLED * 37 % 101 / 7).round(3)
Z = (SHUFFLED / 3).round(4)
Y = SHUFFLED % 2
WORDS = np.where(Y == 1, "bad", "good")

WARNED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an id of whole numbers": (table(id=range(ROWS), z=Z, y=Y), {}, 'feature "id" differs in each of the 400 rows'),
    "an id of text": (
        table(id=[f"c{row}" for row in range(ROWS)], z=Z, y=Y),
        {"features": [{"name": "id", "type": "categorical"}, {"name": "z", "type": "numeric"}]},
        'feature "id" differs in each of the 400 rows',
    ),
    "a column that never varies": (table(c=[7] * ROWS, z=Z, y=Y), {}, 'feature "c" is the same in all 400 rows'),
    "a text that never varies": (table(c=["a"] * ROWS, z=Z, y=Y), {}, 'feature "c" is the same in all 400 rows'),
    "the target itself": (table(copy=Y, z=Z, y=Y), {}, 'feature "copy" is a copy of the target'),
    "the target in words": (table(copy=WORDS, z=Z, y=Y), {}, 'feature "copy" is a copy of the target'),
    "rows that are held out and trained on": (
        table(x=X.round(0), y=Y),
        {},
        "held-out rows (",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "data", "words"), WARNED.values(), ids=WARNED)
def test_what_leaks_is_warned_of(rows: str, data: dict[str, Any], words: str, tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, rows, make_job(estimator=LOGISTIC, data=data))
    assert [one for one in outcome.warnings if words in one]


def test_sound_data_are_not_warned_of(tmp_path: Path) -> None:
    rarely_paid = (X > 7) ^ (SHUFFLED % 11 == 0)
    home = np.where(SHUFFLED % 3, "own", "rent")
    columns = table(income=X, z=Z, home=home, late=SHUFFLED % 7 == 1, y=rarely_paid.astype(int))
    assert train_rows(tmp_path, columns, make_job(estimator=LOGISTIC)).warnings == ()


def test_a_regressors_target_under_another_name_is_warned_of(tmp_path: Path) -> None:
    outcome = train_rows(tmp_path, table(z=Z, x=X, y=Z), make_job())
    assert [one for one in outcome.warnings if 'feature "z" is a copy of the target' in one]
    assert not [one for one in outcome.warnings if 'feature "x"' in one]


def test_the_most_important_warning_is_the_first(tmp_path: Path) -> None:
    rows = table(id=range(ROWS), copy=Y, z=Z, y=Y)
    warnings = train_rows(tmp_path, rows, make_job(estimator=LOGISTIC)).warnings
    assert ['"copy"' in warnings[0], '"id"' in warnings[1]] == [True, True]


TEN_TIMES: dict[str, tuple[dict[str, Any], int]] = {
    "by chance": ({}, 80),
    "by groups": ({"data": {"exclude": ["id"], "split": {"groupColumn": "person"}}}, 0),
    "without repetitions": ({"cleaning": {"dropDuplicates": True}}, 0),
}


@pytest.mark.parametrize(("spec", "overlapping"), TEN_TIMES.values(), ids=TEN_TIMES)
def test_rows_on_both_sides_are_counted(spec: dict[str, Any], overlapping: int, tmp_path: Path) -> None:
    person = np.arange(ROWS) // 10
    rows = table(id=range(ROWS), person=person, x=person * 7 % 41 + 0.5, y=person * 13 % 40 // 20)
    data = {"exclude": ["id", "person"], **spec.get("data", {})}
    outcome = train_rows(tmp_path, rows, make_job(**{"estimator": LOGISTIC, **spec, "data": data}))
    assert outcome.dataset
    assert outcome.dataset.overlapping_rows == overlapping
    assert bool([one for one in outcome.warnings if "spec.cleaning.dropDuplicates" in one]) == bool(
        overlapping
    )


def test_a_missing_value_repeats_a_missing_value(tmp_path: Path) -> None:
    rows = "x,home,y\n" + ",own,0\n,rent,1\n" * 50
    outcome = train_rows(
        tmp_path,
        rows,
        make_job(
            estimator=LOGISTIC,
            data={"features": [{"name": "x", "type": "numeric"}, {"name": "home", "type": "categorical"}]},
        ),
    )
    assert outcome.dataset
    assert outcome.dataset.overlapping_rows == outcome.dataset.test_rows == 20
