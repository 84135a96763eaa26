"""Reading files of rows: csv and parquet become a pandas frame, or a sentence about what is wrong."""

import csv
import re
import warnings
from collections.abc import Collection, Hashable, Sized
from pathlib import Path
from typing import TYPE_CHECKING

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.train.rows.quoting import are_columns

if TYPE_CHECKING:
    import pandas as pd

# Words that mean "no value" in csv. "None" and "n/a" are left to categories, where they are common.
MISSING_WORDS = ["", "NA", "N/A", "NaN", "nan", "NULL", "null"]
PARQUET_ENDINGS = (".parquet", ".pq")
PARQUET_MAGIC = b"PAR1"


def format_of(path: Path, declared: str | None) -> str:
    """Return csv or parquet: what is declared, else by the ending, else by the first bytes."""
    if declared:
        return declared
    if path.suffix.lower() in PARQUET_ENDINGS:
        return "parquet"
    with path.open("rb") as file:
        return "parquet" if file.read(4) == PARQUET_MAGIC else "csv"


def read_table(path: Path, name: str, form: str, text_columns: Collection[str]) -> "pd.DataFrame":
    """Return all rows of the file called `name`; `text_columns` keep their text, such as leading zeros.

    Raises InputRefused (DataEmpty, DataUnreadable) naming the file.
    """
    if path.stat().st_size == 0:
        raise InputRefused(reasons.DATA_EMPTY, f"{name} is empty; write a header and rows into it")
    frame = read_parquet(path, name) if form == "parquet" else read_csv(path, name, text_columns)
    if len(frame) == 0:
        # A page of one line looks the same, so that the header is not quoted.
        raise InputRefused(
            reasons.DATA_EMPTY,
            f"{name} has a header of {counted(frame.columns)} but no rows; write them below it",
        )
    if len(frame.columns) == 1:
        # So does a page of any lines; here nothing of it has been quoted yet.
        raise InputRefused(
            reasons.COLUMN_MISSING,
            f"{name} has a single column, and so no column beside the target; add one to learn from, "
            "separated by a comma",
        )
    return frame


def counted(columns: Sized) -> str:
    """Return how many columns there are."""
    return "1 column" if len(columns) == 1 else f"{len(columns)} columns"


def read_csv(path: Path, name: str, text_columns: Collection[str]) -> "pd.DataFrame":
    """Return the rows of a comma-separated UTF-8 file with a header line."""
    import pandas as pd  # noqa: PLC0415  half a second; refusals before this point stay fast

    refuse_odd_header(path, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                dtype=dict.fromkeys(text_columns, "str"),
                keep_default_na=False,
                na_values=MISSING_WORDS,
                index_col=False,
                low_memory=False,
                compression=None,
            )
    except UnicodeDecodeError as error:
        raise InputRefused(reasons.DATA_UNREADABLE, not_text(name, error)) from error
    except pd.errors.EmptyDataError as error:
        raise InputRefused(
            reasons.DATA_EMPTY, f"{name} has no header and no rows; write them into it"
        ) from error
    except (ValueError, pd.errors.ParserWarning) as error:
        raise InputRefused(
            reasons.DATA_UNREADABLE,
            f"{name} does not read as csv: {one_line(error)}; spec.data.format says what it is",
        ) from error


def refuse_odd_header(path: Path, name: str) -> None:
    """Raise InputRefused when the header is no text, has no commas, or a column has no name or that of another."""
    header = header_of(path, name)
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        quoted = f": {header[0][:80]!r}" if are_columns(re.split("[;\t]", header[0])) else ""
        raise InputRefused(
            reasons.DATA_UNREADABLE,
            f"{name}: the header has no comma{quoted}; separate columns by commas "
            "and write decimals with a point",
        )
    for place, column in enumerate(header):
        if not column.strip():
            raise InputRefused(
                reasons.DATA_UNREADABLE,
                f"{name}: column {place + 1} has no name; write the file without its index (index=False), "
                "or name the column",
            )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        which = f'column "{twice[0]}"' if are_columns(header) else "a column"
        raise InputRefused(reasons.DATA_UNREADABLE, f"{name}: the header names {which} twice; rename one")


def header_of(path: Path, name: str) -> list[str]:
    """Return the first record that is not blank, as pandas does, or InputRefused (DataUnreadable)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return next((row for row in csv.reader(file) if len(row) > 1 or "".join(row).strip()), [])
        except UnicodeDecodeError as error:
            raise InputRefused(reasons.DATA_UNREADABLE, not_text(name, error)) from error
        except csv.Error as error:
            raise InputRefused(
                reasons.DATA_UNREADABLE, f"{name}: the header does not read as csv: {error}"
            ) from error


def read_parquet(path: Path, name: str) -> "pd.DataFrame":
    """Return the rows of a parquet file."""
    import pandas as pd  # noqa: PLC0415  see read_csv

    try:
        frame = pd.read_parquet(path, engine="pyarrow").reset_index(drop=True)
    except (ValueError, OSError) as error:
        raise InputRefused(
            reasons.DATA_UNREADABLE,
            f"{name} does not read as parquet: {one_line(error)}; spec.data.format says what it is",
        ) from error

    frame.columns = frame.columns.map(str)
    refuse_nested_columns(frame, name)
    return frame


def refuse_nested_columns(frame: "pd.DataFrame", name: str) -> None:
    """Raise InputRefused for a column of lists or structures, which are no values."""
    for column in frame.columns:
        present = frame[column].dropna()
        if len(present) and not isinstance(present.iloc[0], Hashable):
            raise InputRefused(
                reasons.DATA_UNREADABLE,
                f'{name}: column "{column}" holds lists or structures; leave it out of the file, '
                "or write one column for each of their values",
            )


def not_text(name: str, error: UnicodeDecodeError) -> str:
    """Return the sentence for a csv file that is not UTF-8."""
    return (
        f"{name} is not UTF-8 text ({error.reason} at byte {error.start}); convert it, "
        "or set spec.data.format: parquet if that is what it is"
    )


def one_line(error: BaseException) -> str:
    """Return the first 200 characters of the error on one line."""
    return " ".join(str(error).split())[:200]
