"""Reading files of rows: csv and parquet become a pandas frame, or a sentence about what is wrong."""

import re
from collections.abc import Collection, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.train.rows.content import PARQUET_MAGIC, first_bytes, not_utf8, refuse_other_content
from model_server.train.rows.lines import Record, records, refuse_odd_lines, refuse_swallowed_rows
from model_server.train.rows.quoting import are_columns

if TYPE_CHECKING:
    import pandas as pd

PARQUET_ENDINGS = (".parquet", ".pq")


def format_of(path: Path, declared: str | None) -> str:
    """Return csv or parquet: what is declared, else by the ending, else by the first bytes."""
    if declared:
        return declared
    if path.suffix.lower() in PARQUET_ENDINGS or first_bytes(path).startswith(PARQUET_MAGIC):
        return "parquet"
    return "csv"


def read_table(
    path: Path, name: str, form: str, text_columns: Collection[str], missing_values: Sequence[str]
) -> "pd.DataFrame":
    """Return all rows of the file called `name`.

    Of a csv file the `text_columns` keep their text, such as leading zeros and the words that mean a missing value;
    in the others `missing_values` are missing. Raises InputRefused (DataEmpty, DataUnreadable) naming the file.
    """
    if path.stat().st_size == 0:
        raise InputRefused(
            reasons.DATA_EMPTY, f"spec.data.uri: {name} is empty; write a header and rows into it"
        )
    frame = (
        read_parquet(path, name)
        if form == "parquet"
        else read_csv(path, name, text_columns, tuple(missing_values))
    )
    if len(frame) == 0:
        # A page of one line looks the same, so that the header is not quoted.
        raise InputRefused(
            reasons.DATA_EMPTY,
            f"spec.data.uri: {name} has a header of {counted(frame.columns)} but no rows; write them below it",
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


def read_csv(
    path: Path, name: str, text_columns: Collection[str], missing_values: Sequence[str]
) -> "pd.DataFrame":
    """Return the rows of a comma-separated UTF-8 file with a header line."""
    refuse_other_content(path, name)
    header = next(records(path, name), None)
    if header is None:
        raise InputRefused(
            reasons.DATA_EMPTY, f"spec.data.uri: {name} has no header and no rows; write them into it"
        )
    refuse_odd_header(header.fields, name)
    if len(header.fields) > 1:
        refuse_odd_lines(path, name, header)
    frame = parsed(path, name, header, text_columns, missing_values)
    refuse_swallowed_rows(frame, path, name)
    return frame


def parsed(
    path: Path, name: str, header: Record, text_columns: Collection[str], missing_values: Sequence[str]
) -> "pd.DataFrame":
    """Return what pandas makes of the file, or raise InputRefused (DataUnreadable) in our own words."""
    import pandas as pd  # noqa: PLC0415  half a second; refusals before this point stay fast

    words: Any = {one: missing_values for one in header.fields if one not in text_columns}
    try:
        return pd.read_csv(
            path,
            usecols=header.fields,  # an empty field beyond them is left out
            dtype=dict.fromkeys(text_columns, "str"),
            keep_default_na=False,
            na_values=words,
            index_col=False,
            low_memory=False,
            compression=None,
        )
    except UnicodeDecodeError as error:
        raise not_utf8(path, name) from error
    except ValueError as error:
        unclosed = "EOF inside string" in str(error)
        sentence = 'a double quote (") is never closed; close or remove it' if unclosed else one_line(error)
        raise InputRefused(reasons.DATA_UNREADABLE, f"{name} does not read as csv: {sentence}") from error


def refuse_odd_header(header: Sequence[str], name: str) -> None:
    """Raise InputRefused when the header has no commas, or a column has no name or that of another."""
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


def read_parquet(path: Path, name: str) -> "pd.DataFrame":
    """Return the rows of a parquet file: whole numbers exact, dictionaries as values, bytes as the text they are."""
    import pandas as pd  # noqa: PLC0415  see parsed
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    try:
        table = parquet.read_table(path)
    except (ValueError, OSError) as error:
        raise InputRefused(
            reasons.DATA_UNREADABLE,
            f"{name} does not read as parquet: {one_line(error)}; correct spec.data.format",
        ) from error
    for place, field in enumerate(table.schema):
        table = table.set_column(place, field.name, plain(table.column(place), field.type))
    # Whole numbers with gaps would become floats, and neighbours beyond 2**53 one.
    whole = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get).reset_index(drop=True)
    frame.columns = frame.columns.map(str)
    return frame


def plain(column: Any, kind: Any) -> Any:
    """Return a column of parquet without a dictionary, and bytes as text where they are UTF-8."""
    import pyarrow as pa  # noqa: PLC0415  see parsed

    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type), kind.value_type)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        try:
            return column.cast(pa.large_string())
        except pa.ArrowInvalid:
            return column  # refused where it is to be read
    return column


def one_line(error: BaseException) -> str:
    """Return the first 200 characters of the error on one line."""
    return " ".join(str(error).split())[:200]
