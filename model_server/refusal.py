"""A request that is answered with an error: always one shape, always with the remedy."""

from typing import Any

import orjson


class Refusal(Exception):  # noqa: N818  it is an answer, not a fault
    """The request is refused with this HTTP status; `field` names what to change, where there is one."""

    def __init__(self, status: int, error: str, field: str = "", allow: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.allow = allow


def error_body(error: str, field: str = "") -> bytes:
    """Return `{"error": "sentence", "field": "instances[3].income"}`; no field, no key."""
    body: dict[str, Any] = {"error": error}
    if field:
        body["field"] = field
    return orjson.dumps(body)


def shown(value: Any) -> str:
    """Return the value as a short JSON text, for the sentence of a refusal."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode(errors="replace")
    return text if len(text) <= 40 else text[:39] + "…"
