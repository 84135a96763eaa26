"""A request that is answered with an error: always one shape, always with the remedy."""

import json
from collections.abc import Iterable
from typing import Any, Literal

import orjson

Reason = Literal["type", "missing", "range", "category"]
# The name of a column and what is wrong with a cell of it.
Cell = tuple[str, Reason]


class Refusal(Exception):  # noqa: N818  it is an answer, not a fault
    """The request is refused with this HTTP status; `field` names what to change, where there is one."""

    def __init__(self, status: int, error: str, field: str = "", allow: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.allow = allow


class InvalidRows(Refusal):
    """The request is refused for what is in its rows; `cells` are all kinds of invalid cells that were found."""

    def __init__(self, error: str, field: str, cells: Iterable[Cell] = ()) -> None:
        super().__init__(400, error, field)
        self.cells = frozenset(cells)


def error_body(error: str, field: str = "") -> bytes:
    """Return `{"error": "sentence", "field": "instances[3].income"}`; no field, no key."""
    # A name in the request may hold half of a surrogate pair, which is no UTF-8.
    body = {"error": error, "field": field} if field else {"error": error}
    return orjson.dumps({key: text.encode(errors="replace").decode() for key, text in body.items()})


def shown(value: Any) -> str:
    """Return a value as a sentence about a refusal may show it: short, and of a list only that it is one."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    # Python refuses to print integers of more than 4300 digits.
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return "a number beyond 64 bits"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"
