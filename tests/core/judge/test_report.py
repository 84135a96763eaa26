"""`make judge-report STREAMS=DIR` in small: other people's streams are read, judged and reported."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from tests.bench.judge.experiments import Sizes, make_experiments
from tests.bench.judge.given import read_streams
from tests.bench.judge.goals import check_goals, summary
from tests.bench.judge.pool import Results, run_chunk
from tests.bench.judge.tables import goals_table, make_tables
from tests.bench.judge.wheels import CAR_LOAN, fetch
from tests.cluster.native.refusal import RefusedError

ROWS, REFERENCE, DRIFT_ROW = 9000, 3000, 6001
TINY = Sizes(canaries=6, changes=6, broken=0, delays=2, columns=1, streams=2, ordered=1, pods=1, fleets=1)
DESCRIBED = f"referenceRows: {REFERENCE}\nscore: score\nlabel: paid\nexclude: [id]\ndriftRow: {DRIFT_ROW}\n"


def loans() -> pd.DataFrame:
    """A column that drifts in row 6,001, one that does not, and a score that follows them."""
    rng = np.random.default_rng(4)
    income = rng.normal(size=ROWS) + 1.5 * (np.arange(ROWS) >= DRIFT_ROW - 1)
    region = rng.choice(["north", "south", "west"], size=ROWS)
    score = 1 / (1 + np.exp(-income))
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "income": income,
            "region": region,
            "score": score,
            "paid": rng.random(ROWS) < score,
        }
    )


def write(folder: Path, description: str = DESCRIBED, table: pd.DataFrame | None = None) -> Path:
    """A folder with one stream."""
    (loans() if table is None else table).to_csv(folder / "loans.csv", index=False)
    (folder / "loans.yaml").write_text(description)
    return folder


def run(folder: Path) -> Results:
    experiments = make_experiments(list(read_streams(folder)), TINY)
    return {(one.what, one.of): run_chunk(one, range(one.runs)) for one in experiments}


def test_the_report_of_a_stream(tmp_path: Path) -> None:
    results = run(write(tmp_path))
    goals = {goal.name: goal for goal in check_goals(results)}
    # Not G9, which is how fast this machine is now.
    met = {name: goals[name].met for name in ("G1", "G4", "G5", "G6", "G7", "G8")}
    assert met == {"G1": True, "G4": True, "G5": True, "G6": None, "G7": True, "G8": True}
    assert goals["G9"].met is not None
    page = io.StringIO()
    console = Console(file=page, width=160)
    for table in (*make_tables(results), goals_table(list(goals.values()))):
        console.print(table)
    assert "loans. A canary that is stable's twin" in " ".join(page.getvalue().split())
    assert summary(list(goals.values())).endswith("not shown here: G6.")


def test_the_same_seeds_give_the_same_results(tmp_path: Path) -> None:
    streams = list(read_streams(write(tmp_path)))
    first, again = (make_experiments(streams, TINY)[0] for _ in range(2))
    assert run_chunk(first, range(2)) == run_chunk(again, range(2))


def test_a_stream_of_parquet_without_labels_or_drift(tmp_path: Path) -> None:
    loans().drop(columns="paid").to_parquet(tmp_path / "loans.parquet")
    (tmp_path / "loans.yaml").write_text("referenceRows: 3000\nscore: score\nexclude: [id]\ndriftRow: none\n")
    stream = next(read_streams(tmp_path))
    assert (stream.wrong, stream.drifts_at, stream.rows) == (None, None, ROWS - REFERENCE)
    assert [(one.name, sum(one.reference)) for one in stream.series] == [
        ("score", 2000), ("income", 2000), ("region", 2000),
    ]  # fmt: skip
    assert {one.what for one in make_experiments([stream], TINY)}.isdisjoint(
        {"change", "broken", "broken a little"}
    )


DESCRIPTIONS = {
    "no YAML": ("{", "is no YAML"),
    "no fields": ("just words", "needs at least referenceRows and score"),
    "a field that is missing": ("score: score", "referenceRows: Field required"),
    "a field that is misspelt": (DESCRIBED + "treshold: 0.4\n", "treshold: Extra inputs are not permitted"),
    "a number that is a word": (
        "referenceRows: many\nscore: score",
        "referenceRows: Input should be a valid integer",
    ),
    "too few reference rows": ("referenceRows: 20\nscore: score", "greater than or equal to 300"),
    "no rows left as traffic": (
        "referenceRows: 8900\nscore: score",
        "at least 1,000 must be left as traffic",
    ),
    "a column that is not there": (
        "referenceRows: 3000\nscore: points",
        "no column 'points'; it has id, income",
    ),
    "a score of words": ("referenceRows: 3000\nscore: region", "must hold a number in every row"),
    "labels of many values": ("referenceRows: 3000\nscore: score\nlabel: id", "must hold one of two values"),
    "a positive label that is none": (DESCRIBED + "positiveLabel: 7\n", "the labels are [False, True]"),
    "a drift in the reference": (
        "referenceRows: 3000\nscore: score\ndriftRow: 100",
        "is rows 3,001 to 9,000",
    ),
    "a drift after the end": ("referenceRows: 3000\nscore: score\ndriftRow: 9001", "is rows 3,001 to 9,000"),
}


@pytest.mark.parametrize(("description", "says"), DESCRIPTIONS.values(), ids=list(DESCRIPTIONS))
def test_a_description_that_does_not_fit_is_refused(tmp_path: Path, description: str, says: str) -> None:
    with pytest.raises(RefusedError) as refused:
        list(read_streams(write(tmp_path, description)))
    assert says in str(refused.value) and "loans" in str(refused.value)


def leave_nothing(folder: Path) -> None:
    (folder / "README.txt").write_text("no table")


def leave_out_the_description(folder: Path) -> None:
    write(folder)
    (folder / "loans.yaml").unlink()


def leave_out_the_table(folder: Path) -> None:
    write(folder)
    (folder / "loans.csv").unlink()


def write_both(folder: Path) -> None:
    write(folder)
    loans().to_parquet(folder / "loans.parquet")


def write_no_parquet(folder: Path) -> None:
    leave_out_the_table(folder)
    (folder / "loans.parquet").write_text("not parquet")


def leave_cells_empty(folder: Path) -> None:
    table = loans()
    table.loc[5, "score"] = np.nan
    write(folder, table=table)


FOLDERS = {
    "no table at all": (leave_nothing, "has no table"),
    "a table without a description": (leave_out_the_description, "loans.yaml is missing"),
    "a description without a table": (leave_out_the_table, "loans.csv or loans.parquet is missing"),
    "two tables of one name": (write_both, "keep one of them"),
    "a file that is no Parquet": (write_no_parquet, "cannot be read"),
    "a row without a score": (leave_cells_empty, "must hold a number in every row"),
}


@pytest.mark.parametrize(("make", "says"), FOLDERS.values(), ids=list(FOLDERS))
def test_a_folder_that_does_not_fit_is_refused(tmp_path: Path, make: object, says: str) -> None:
    assert callable(make)
    make(tmp_path)
    with pytest.raises(RefusedError, match=says):
        list(read_streams(tmp_path))


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is no folder"):
        list(read_streams(tmp_path / "nowhere"))


def test_a_wheel_with_another_digest_is_refused(tmp_path: Path) -> None:
    (tmp_path / CAR_LOAN.file).write_text("not what was released")
    with pytest.raises(RefusedError, match="is not the release that is meant"):
        fetch(CAR_LOAN, tmp_path)
