"""Bytes of a request to a JSON document, with limits that hold before anything is built."""

import json
from typing import Any

import orjson

from model_server.rows.refusal import Refusal

LENIENT_BYTES = 64 << 10  # a second look, for the sake of the sentence, is only for small bodies
SPARE_VALUES = 1000  # ids, parameters, names of tensors


def decode(body: bytes, columns: int, max_rows: int) -> dict[str, Any]:
    """Return the JSON object in the body, or raise `Refusal`."""
    refuse_crowded(body, columns, max_rows)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is not valid JSON: {error}", "body") from error
    if not isinstance(document, dict):
        raise Refusal(400, 'the body is not a JSON object; send {"instances": [[…]]}', "body")
    return document


def refuse_crowded(body: bytes, columns: int, max_rows: int) -> None:
    """Raise `Refusal` when the body holds many more values than allowed rows can.

    A parsed number takes many times its bytes in memory, so values are counted before they are built;
    the count is doubled because commas also stand in texts.
    """
    commas = 2 * max_rows * (columns + 1) + SPARE_VALUES
    brackets = 2 * max_rows + SPARE_VALUES
    # Counting bytes takes microseconds and sees no structure, so the bounds are generous.
    lists = body.count(b"[") + body.count(b"{")
    if lists > brackets + max_rows * columns or body.count(b",") > commas:
        raise Refusal(413, f"the body has more values than {max_rows} rows of {columns} columns", "body")


def decode_lenient(body: bytes) -> dict[str, Any] | None:
    """Return the object in a body that is almost JSON (NaN, Infinity, 1e999), or None.

    Only to find which field holds such a number: what this accepts is refused all the same.
    """
    if len(body) > LENIENT_BYTES:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
