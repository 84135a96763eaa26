"""Read what a trainer or verifier left behind in its termination message: checked, since anybody's pod wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from leeway.api import reasons

SUCCEEDED = "Succeeded"
GATE_FAILED = "GateFailed"
FAILED = "Failed"
_OUTCOMES = (SUCCEEDED, GATE_FAILED, FAILED)


@dataclass(frozen=True, slots=True)
class Result:
    """The envelope of a run; `body` is the whole of it, with nothing in it that status could not hold."""

    outcome: str
    reason: str
    message: str
    body: Mapping[str, Any]


def read_result(message: str, shape: type[BaseModel]) -> Result | None:
    """The result in a termination message, or None when it is something else.

    A message that calls itself a result and is not of the shape is a failed result with the reason ResultUnreadable.
    """
    try:
        body = json.loads(message, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("outcome") not in _OUTCOMES:
        return None
    try:
        read = shape.model_validate(body)
    except ValidationError as error:
        return _unreadable(error)
    kept = read.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return Result(kept["outcome"], kept["reason"], kept.get("message", ""), kept)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _unreadable(error: ValidationError) -> Result:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = f"the result cannot be recorded: {field}: {first['msg']}"
    return Result(FAILED, reasons.RESULT_UNREADABLE, message, {})
