"""Whether the lines of a csv file are rows of its header: what pandas would fill, join or cut in silence is refused."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.train.rows.content import not_utf8
from model_server.train.rows.texts import is_text

if TYPE_CHECKING:
    import pandas as pd

BLOCK_BYTES = 1 << 24  # what is counted at once; a row that is longer is left to pandas


@dataclass(frozen=True)
class Record:
    """One record: its fields, and the first and the last line that it stands on, from 1."""

    first: int
    last: int
    fields: list[str]


def records(path: Path, name: str) -> Iterator[Record]:
    """Yield the records that are not blank, as pandas finds them, or raise InputRefused (DataUnreadable)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        first = 1
        try:
            for fields in reader:
                if len(fields) > 1 or "".join(fields).strip():
                    yield Record(first, reader.line_num, fields)
                first = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise not_utf8(path, name) from error
        except csv.Error as error:
            raise InputRefused(
                reasons.DATA_UNREADABLE, f"{name}: line {first} does not read as csv: {error}"
            ) from error


def refuse_odd_lines(path: Path, name: str, header: Record) -> None:
    """Raise InputRefused (DataUnreadable) with the number of the first line that has too few or too many fields.

    Lines may end in one more comma than the header. Counting is left to Arrow, which is quick; only a file that has
    such a line is read again to find it.
    """
    odd = odd_lines(path, header)
    if odd:
        wrong = next(
            (one for one in records(path, name) if not is_row(one.fields, len(header.fields))), header
        )
        raise odd_line(wrong, odd, name, len(header.fields))


def odd_lines(path: Path, header: Record) -> int:
    """Return how many records have another number of fields than the header."""
    import pyarrow as pa  # noqa: PLC0415  as slow to load as pandas
    from pyarrow import csv as arrow  # noqa: PLC0415

    odd = 0

    def count(row: Any) -> str:
        nonlocal odd
        closed = row.actual_columns == row.expected_columns + 1 and row.text.rstrip().endswith(",")
        odd += not closed and bool(row.text.strip())
        return "skip"

    names = [str(place) for place in range(len(header.fields))]
    try:
        reader = arrow.open_csv(
            path,
            read_options=arrow.ReadOptions(skip_rows=header.last, column_names=names, block_size=BLOCK_BYTES),
            parse_options=arrow.ParseOptions(newlines_in_values=True, invalid_row_handler=count),
            convert_options=arrow.ConvertOptions(include_columns=names[:1], column_types={"0": pa.binary()}),
        )
        for _ in reader:
            pass
    except pa.ArrowInvalid:  # no rows at all, or a quote that is never closed, which pandas says better
        return 0
    return odd


def is_row(fields: list[str], width: int) -> bool:
    """Return whether a record has as many fields as the header, or one more that is empty."""
    return len(fields) == width or (len(fields) == width + 1 and not fields[-1].strip())


def odd_line(record: Record, odd: int, name: str, width: int) -> InputRefused:
    """Return the refusal of a record that is no row of the header."""
    found, others = len(record.fields), f" ({odd} such lines)" if odd > 1 else ""
    if record.last > record.first:
        sentence = (
            f"the record from line {record.first} to line {record.last} has {found} of {width} fields; "
            'close or remove a double quote (") in it'
        )
    elif found < width:
        sentence = (
            f"line {record.last} has {found} of {width} fields{others}; "
            "write every field, with nothing between the commas where a value is missing"
        )
    else:
        sentence = (
            f"line {record.last} has {found} fields, but the header has {width}{others}; "
            "put a text with a comma into double quotes, or remove the comma"
        )
    return InputRefused(reasons.DATA_UNREADABLE, f"{name}: {sentence}")


def refuse_swallowed_rows(frame: "pd.DataFrame", path: Path, name: str) -> None:
    """Raise InputRefused (DataUnreadable) for a cell that holds rows: a stray double quote begins it, another ends it.

    A text may have line breaks. One whose lines have as many commas as rows have is no text.
    """
    for column in frame.columns:
        if not is_text(frame[column]) or not frame[column].str.contains("\n", regex=False).any():
            continue
        breaks = frame[column].str.count("\n").fillna(0)
        commas = frame[column].where(breaks > 0).str.count(",").fillna(0)
        swallowed = (breaks > 0) & (commas >= breaks * (len(frame.columns) - 1))
        if swallowed.any():
            place = int(swallowed.to_numpy().argmax())
            raise unclosed(path, name, place, int(breaks.iloc[place]))


def unclosed(path: Path, name: str, row: int, breaks: int) -> InputRefused:
    """Return the refusal of the row that has swallowed others."""
    found = next(record for place, record in enumerate(records(path, name), -1) if place == row)
    return InputRefused(
        reasons.DATA_UNREADABLE,
        f"{name}: a cell that begins in line {found.first} goes on to line {found.first + breaks}, and its lines "
        'look like rows; close or remove a double quote (") there',
    )
