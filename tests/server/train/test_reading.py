"""A file that is no table, or whose lines are no rows, is refused by line and remedy; nothing is filled or joined."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.server.train.making import LOGISTIC, make_job, parquet_of, refuse_rows, train_rows

LINES = [f"{row % 10},{row % 7},{row % 2}" for row in range(1000)]
TABLE = "a,b,y\n" + "\n".join(LINES) + "\n"


def changed(**lines: str) -> str:
    """Return the table with other lines; `line_3` is the second one below the header."""
    by_number = {int(name.removeprefix("line_")): line for name, line in lines.items()}
    return "a,b,y\n" + "".join(by_number.get(number, line) + "\n" for number, line in enumerate(LINES, 2))


def zipped(text: str) -> bytes:
    """Return the text in a zip archive, as a workbook is one."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/sheet1.xml", text)
    return content.getvalue()


REFUSED: dict[str, tuple[str | bytes, str, list[str]]] = {
    "gzip": (gzip.compress(TABLE.encode()), "DataUnreadable", ["spec.data.uri: rows.csv", "by gzip; unpack it"]),
    "bzip2": (bz2.compress(TABLE.encode()), "DataUnreadable", ["by bzip2; unpack it"]),
    "xz": (lzma.compress(TABLE.encode()), "DataUnreadable", ["by xz; unpack it"]),
    "a workbook": (zipped(TABLE), "DataUnreadable", ["Excel", "save the table as csv"]),
    "UTF-16": (TABLE.encode("utf-16"), "DataUnreadable", ["spec.data.uri", "is UTF-16 text; save it as UTF-8"]),
    "Latin-1": (
        TABLE.replace("1,1,1", "ü,1,1", 1).encode("latin-1"),
        "DataUnreadable",
        ["not UTF-8 text (line 3)", "Latin-1 or Windows-1252; save it as UTF-8"],
    ),
    "a header in Latin-1": ("ä,b,y\n1,2,3\n".encode("latin-1"), "DataUnreadable", ["not UTF-8 text (line 1)"]),
    "a mark of UTF-8 and a header": (b"\xef\xbb\xbfa,b,y\n", "DataEmpty", ["spec.data.uri: rows.csv has a header"]),
    "a row with too many fields": (
        changed(line_5="1,2,3,4"),
        "DataUnreadable",
        ["rows.csv: line 5 has 4 fields, but the header has 3", "double quotes, or remove the comma"],
    ),
    "all rows with too many fields": (
        "x,y\n1,2,3\n4,5,6\n",
        "DataUnreadable",
        ["line 2 has 3 fields, but the header has 2 (2 such lines)"],
    ),
    "a row with too few fields": (
        changed(line_7="1"),
        "DataUnreadable",
        ["rows.csv: line 7 has 1 of 3 fields; write every field"],
    ),
    "some rows with too few fields": (
        changed(line_7="1,2", line_9="1,2", line_500="1"),
        "DataUnreadable",
        ["line 7 has 2 of 3 fields (3 such lines)"],
    ),
    "a quote that is never closed": (
        changed(line_3='"1,2,3'),
        "DataUnreadable",
        ["the record from line 3 to line 1001", 'remove a double quote (")'],
    ),
    "a quote in the last column that is never closed": (
        changed(line_3='1,2,"3'),
        "DataUnreadable",
        ["rows.csv", 'a double quote (") is never closed'],
    ),
    "two stray quotes and the rows between them": (
        changed(line_101='1,"2,1', line_901='5,"6,0'),
        "DataUnreadable",
        ["begins in line 101 goes on to line 901", "look like rows", 'remove a double quote (")'],
    ),
    "two stray quotes in neighbours": (
        changed(line_101='1,"2,1', line_102='5,"6,0'),
        "DataUnreadable",
        ["begins in line 101 goes on to line 102"],
    ),
    "semicolons": ("x;y\n1;2\n", "DataUnreadable", ["'x;y'", "decimals with a point"]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "reason", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused(
    rows: str | bytes, reason: str, words: list[str], tmp_path: Path
) -> None:
    found, message = refuse_rows(tmp_path, rows, make_job(estimator=LOGISTIC))
    assert found == reason
    assert [word for word in words if word not in message] == []


def test_parquet_that_is_called_csv_names_the_format(tmp_path: Path) -> None:
    rows = parquet_of(tmp_path, x=[1, 2], y=[3, 4])
    _, message = refuse_rows(tmp_path, rows, make_job(data={"format": "csv"}))
    assert "spec.data.format: parquet" in message


TAKEN: dict[str, str] = {
    "as it is": TABLE,
    "a mark of UTF-8": "\ufeff" + TABLE,
    "a comma at the end of every row": TABLE.replace("\n", ",\n").replace("y,\n", "y\n"),
    "a comma at the end of some rows": changed(line_40="8,3,0,", line_41="9,4,1,"),
    "blank lines": TABLE.replace("\n", "\n\n", 5).replace("1,1,1", " \n1,1,1", 1),
    "line ends of Windows": TABLE.replace("\n", "\r\n"),
    "no line end at the end": TABLE.rstrip("\n"),
    "quotes around everything": TABLE.replace(",", '","').replace("\n", '"\n"')[:-1].replace("a", '"a', 1),
}


@pytest.mark.parametrize("rows", TAKEN.values(), ids=TAKEN)
def test_the_same_table_in_other_clothes_gives_the_same_model(rows: str, tmp_path: Path) -> None:
    outcomes = []
    for name, text in (("plain", TABLE), ("other", rows)):
        (tmp_path / name).mkdir()
        outcomes.append(train_rows(tmp_path / name, text, make_job(estimator=LOGISTIC)))
    assert outcomes[0].files["model"].digest == outcomes[1].files["model"].digest


def test_a_text_may_have_line_breaks(tmp_path: Path) -> None:
    rows = "x,note,y\n" + "".join(f'{row % 7},"Dear all,\nthis is {row}.",{row % 2}\n' for row in range(60))
    job = make_job(estimator=LOGISTIC, data={"exclude": ["note"]})
    outcome = train_rows(tmp_path, rows, job)
    assert outcome.dataset
    assert outcome.dataset.rows_read == 60


def test_an_empty_field_is_a_missing_value_and_no_short_row(tmp_path: Path) -> None:
    rows = "x,z,y\n" + "".join(f"{row},{'' if row == 5 else row % 4},{row}\n" for row in range(40))
    outcome = train_rows(tmp_path, rows, make_job())
    signature: Any = outcome.signature
    assert [one["name"] for one in signature["inputs"]] == ["x", "z"]
