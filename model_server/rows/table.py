"""Decoded rows of any protocol, as one list of values, row after row in the order of the signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from model_server.contract.signature import Column, Signature
from model_server.rows.refusal import Cell, InvalidRows, Refusal, shown


@dataclass(frozen=True)
class Table:
    """Values row after row, `width` of them in each; `path` is where the client put them."""

    path: str
    width: int
    cells: list[Any]

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.cells) // self.width

    def column(self, place: int) -> list[Any]:
        """Return the values of one column."""
        return self.cells[place :: self.width]


def place(path: str, row: int, column: Column | None = None) -> str:
    """Return the name of a cell or row as a client sees it: `instances[3].income`."""
    return f"{path}[{row}].{column.name}" if column else f"{path}[{row}]"


def table_from_list(signature: Signature, path: str, items: Any, max_rows: int) -> Table:
    """Return the table of a JSON list: of rows, of objects, or of plain values when there is one column.

    Raises `Refusal` naming the row or column.
    """
    if not isinstance(items, list):
        raise Refusal(400, f"{path} is {shown(items)}; send a list of rows", path)
    if not items:
        raise Refusal(400, f"{path} is empty; send at least one row", path)
    if len(items) > max_rows:
        raise Refusal(413, f"{path} has {len(items)} rows; send at most {max_rows} in one request", path)
    width = len(signature.inputs)
    if isinstance(items[0], dict):
        return Table(path, width, cells_of_objects(signature, path, items))
    if width == 1 and not isinstance(items[0], list):
        return Table(path, width, items)
    return Table(path, width, cells_of_rows(signature, path, items))


def cells_of_rows(signature: Signature, path: str, rows: list[Any]) -> list[Any]:
    """Return the values of rows given as lists in the signature's order."""
    # Two sets made in C say that all rows are well; which one is not is looked for only then.
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {len(signature.inputs)}:
        raise bad_row(signature, path, rows)
    return list(chain.from_iterable(rows))


def bad_row(signature: Signature, path: str, rows: list[Any]) -> InvalidRows:
    """Return the refusal of the first row that is no list or is too short or too long."""
    width = len(signature.inputs)
    index, row = next(
        (index, row) for index, row in enumerate(rows) if not isinstance(row, list) or len(row) != width
    )
    field = place(path, index)
    if not isinstance(row, list):
        return InvalidRows(f"{field} is {shown(row)}; every row is a list", field)
    return wrong_width(signature, field, len(row))


def wrong_width(signature: Signature, field: str, found: int) -> InvalidRows:
    """Return the refusal of a row with too few or too many values, which names the columns."""
    names = ", ".join(column.name for column in signature.inputs[:20])
    more = ", …" if len(signature.inputs) > 20 else ""
    width = len(signature.inputs)
    return InvalidRows(f"{field} has {found} values; the model takes {width}: {names}{more}", field)


def cells_of_objects(signature: Signature, path: str, rows: list[Any]) -> list[Any]:
    """Return the values of rows given as objects with exactly the signature's columns as keys."""
    names = [column.name for column in signature.inputs]
    if set(map(type, rows)) != {dict} or set(map(len, rows)) != {len(names)}:
        raise bad_object(signature, path, rows)
    try:
        picked = list(map(itemgetter(*names), rows))
    except KeyError:
        raise bad_object(signature, path, rows) from None
    return list(chain.from_iterable(picked)) if len(names) > 1 else picked


def bad_object(signature: Signature, path: str, rows: list[Any]) -> InvalidRows:
    """Return the refusal of the first row that is no object or has other keys than the columns."""
    names = {column.name for column in signature.inputs}
    index, row = next(
        (index, row) for index, row in enumerate(rows) if not isinstance(row, dict) or row.keys() != names
    )
    field = place(path, index)
    if not isinstance(row, dict):
        return InvalidRows(f"{field} is {shown(row)}; every row is an object", field)
    absent = {name for given in rows if isinstance(given, dict) for name in names - given.keys()}
    return other_columns(signature, field, row, absent)


def other_columns(
    signature: Signature, path: str, given: dict[str, Any], absent: Iterable[str]
) -> InvalidRows:
    """Return the refusal of a row that lacks a column or has one that the model has not.

    `absent` are the columns that any row of the request lacks.
    """
    cells: list[Cell] = [(name, "missing") for name in absent]
    names = [column.name for column in signature.inputs]
    missing = next((name for name in names if name not in given), None)
    if missing is not None:
        field = f"{path}.{missing}"
        return InvalidRows(f"{field} is missing; send every column of the model", field, cells)
    unknown = next(name for name in given if name not in names)
    field = f"{path}.{unknown[:80]}"
    return InvalidRows(f"{field} is not a column of the model; it has {', '.join(names[:20])}", field, cells)
