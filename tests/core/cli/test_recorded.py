"""Recorded rows are read as they are, and each goes to one arm, in order of time."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from leeway.cli.play.recorded import Recorded
from leeway.cli.play.requests import Round, Served
from leeway.cli.play.traffic import Labels
from leeway.cli.read.reading import Roles, read_canary_rows, read_rows
from leeway.cli.refusal import BadInputError
from tests.core.cli.settings import profile

LABELLED = Roles(label="paid", prediction="said")
HEADER = "time,income,town,owner,score,paid,said\n"
ROWS = HEADER + "1,10,york,true,0.1,1,1\n2,30,7.0,false,0.3,0,1\n3,,leeds,,0.9,,1\n4,500,,no,0.75,1.0,1\n"
REFUSED = {
    "no such column": (
        "income,town,score\n1,york,0.5\n",
        "has no column 'owner'; it has income, town, score.",
    ),
    "an empty file": ("", "has no column 'income'; it has none."),
    "a header and no row": (HEADER, "has no rows."),
    "a column twice": ("income,income,town,owner,score\n1,1,a,no,1\n", "has the column 'income' twice"),
    "a short row": (HEADER + "1,10\n", "line 2 has more cells than the header, or fewer."),
    "a long row": (HEADER + "1,10,york,true,0.1,1,1,9\n", "line 2 has more cells"),
    "a quote that does not end": (HEADER + '1,10,"york,true,0.1,1,1\n', "cannot be read"),
    "no number": (HEADER + "1,much,york,true,0.1,1,1\n", "row 1, column 'income': could not convert"),
    "no truth": (HEADER + "1,1,york,maybe,0.1,1,1\n", "row 1, column 'owner': neither true nor false"),
    "no score": (HEADER + "1,1,york,true,,1,1\n", "row 1, column 'score'"),
    "a score that is not finite": (HEADER + "1,1,york,true,nan,1,1\n", "a score must be a finite number"),
}


def write(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "want"), REFUSED.values(), ids=REFUSED)
def test_a_bad_file_is_refused_by_line_and_column(tmp_path: Path, text: str, want: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadInputError) as refused:
        read_rows(path, profile(), Roles())
    assert str(refused.value).startswith(str(path))
    assert want in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "rows.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.csv", binary):
        with pytest.raises(BadInputError, match="cannot be read"):
            read_rows(path, profile(), Roles())


def test_rows_are_in_the_bins_of_the_profile_with_their_outcomes(tmp_path: Path) -> None:
    rows = read_rows(write(tmp_path, ROWS), profile(), LABELLED)
    income, town, owner, score = map(list, rows.columns)
    assert income == [0, 1, 3, 4]  # below 20, below 40, missing, far outside
    assert town == [1, 0, 3, 2]  # york, 7, a rare one, missing
    assert owner == [1, 0, 2, 0]
    assert score == [0, 1, 3, 3]
    answers = rows.count([[0, 1, 2, 3]])
    assert answers.labels == (Labels(right=2, wrong=1),)
    assert answers.tables[0] == [1, 1, 0, 1, 1]


def test_the_canarys_file_may_have_its_answers_only(tmp_path: Path) -> None:
    stream = write(tmp_path, ROWS)
    path = write(tmp_path, "score,said\n0.9,0\n0.9,0\n0.9,0\n0.9,0\n", "canary.csv")
    stable, canary = (
        read_rows(stream, profile(), LABELLED),
        read_canary_rows(path, stream, profile(), LABELLED),
    )
    assert canary.columns[:-1] == stable.columns[:-1]
    assert list(canary.columns[-1]) == [3, 3, 3, 3]
    assert canary.count([[0, 1, 2, 3]]).labels == (Labels(right=1, wrong=2),)


def test_the_canarys_file_must_have_the_same_rows(tmp_path: Path) -> None:
    stream = write(tmp_path, ROWS)
    path = write(tmp_path, "score\n0.9\n", "canary.csv")
    with pytest.raises(BadInputError, match=r"has 1 rows and .*has 4"):
        read_canary_rows(path, stream, profile(), Roles())


def test_each_row_goes_to_one_arm_and_in_order_of_time(tmp_path: Path) -> None:
    lines = "".join(f"{income},york,true,0.1\n" for income in (10, 10, 10, 30, 30, 50, 50, 50))
    rows = read_rows(write(tmp_path, f"income,town,owner,score\n{lines}"), profile(), Roles())
    traffic = Recorded(rows, rows)
    rounds = [
        Round(0, Served(2, 0, 0, 0), Served(1, 0, 0, 0)),
        Round(1, Served(1, 0, 0, 0), Served(2, 1, 0, 0)),
    ]
    for seed in range(20):
        # From the third row on, three a round: (10, 30, 30), then (50, 50, 50), of which stable fails on one.
        canary, stable = traffic.answer(Random(seed), rounds, 2)
        both = [c + s for c, s in zip(canary.tables[0], stable.tables[0], strict=True)]
        assert both == [1, 2, 2, 0, 0]
        assert (sum(canary.tables[0]), sum(stable.tables[0])) == (3, 2)
