"""Decoded rows of any protocol, turned into one list of values per column of the signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_server.contract.signature import Column, Signature
from model_server.rows.refusal import Refusal, shown


@dataclass(frozen=True)
class Table:
    """Values by column, in the signature's order; `path` is where the client put them."""

    path: str
    rows: int
    columns: Sequence[Sequence[Any]]


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
    if isinstance(items[0], dict):
        return Table(path, len(items), columns_of_objects(signature, path, items))
    if len(signature.inputs) == 1 and not isinstance(items[0], list):
        return Table(path, len(items), [items])
    return Table(path, len(items), columns_of_rows(signature, path, items))


def columns_of_rows(signature: Signature, path: str, rows: list[Any]) -> list[Sequence[Any]]:
    """Return the columns of rows given as lists in the signature's order."""
    width = len(signature.inputs)
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise Refusal(
                400, f"{place(path, index)} is {shown(row)}; every row is a list", place(path, index)
            )
        if len(row) != width:
            raise wrong_width(signature, place(path, index), len(row))
    return list(zip(*rows, strict=True))


def wrong_width(signature: Signature, field: str, found: int) -> Refusal:
    """Return the refusal of a row with too few or too many values, which names the columns."""
    names = ", ".join(column.name for column in signature.inputs[:20])
    more = ", …" if len(signature.inputs) > 20 else ""
    width = len(signature.inputs)
    return Refusal(400, f"{field} has {found} values; the model takes {width}: {names}{more}", field)


def columns_of_objects(signature: Signature, path: str, rows: list[Any]) -> list[Sequence[Any]]:
    """Return the columns of rows given as objects with exactly the signature's columns as keys."""
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refusal(
                400, f"{place(path, index)} is {shown(row)}; every row is an object", place(path, index)
            )
        refuse_other_columns(signature, place(path, index), row)
    return [[row[column.name] for row in rows] for column in signature.inputs]


def refuse_other_columns(signature: Signature, path: str, given: dict[str, Any]) -> None:
    """Raise `Refusal` for the first column that is missing or unknown."""
    for column in signature.inputs:
        if column.name not in given:
            field = f"{path}.{column.name}"
            raise Refusal(400, f"{field} is missing; send every column of the model", field)
    if len(given) > len(signature.inputs):
        known = {column.name for column in signature.inputs}
        unknown = next(name for name in given if name not in known)
        names = ", ".join(column.name for column in signature.inputs[:20])
        raise Refusal(
            400,
            f"{path}.{unknown[:80]} is not a column of the model; it has {names}",
            f"{path}.{unknown[:80]}",
        )
