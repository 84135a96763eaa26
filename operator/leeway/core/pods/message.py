"""Read the result that a trainer or verifier wrote to its termination message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from leeway.api.reasons import Reason
from leeway.api.shape import Shape

SUCCEEDED = "Succeeded"
GATE_FAILED = "GateFailed"
FAILED = "Failed"
_OUTCOMES = (SUCCEEDED, GATE_FAILED, FAILED)


Body = TypeVar("Body", bound=Shape)


@dataclass(frozen=True, slots=True)
class Result(Generic[Body]):
    """How a run ended by its own message; `body` is None for one that cannot be recorded."""

    outcome: str
    reason: str
    message: str
    body: Body | None


def read_result(message: str, shape: type[Body]) -> Result[Body] | None:
    """Return the result in a termination message, or None when it is something else.

    A message with an outcome that does not fit `shape` is a failed result with the reason ResultUnreadable.
    """
    # An image of the user's own wrote this, or, by FallbackToLogsOnError, it is the end of a log. Deep nesting ends in
    # RecursionError, and NaN is no JSON that the API server would store.
    try:
        document = json.loads(message, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("outcome") not in _OUTCOMES:
        return None
    try:
        body = shape.model_validate(document)
    except ValidationError as error:
        return Result(FAILED, Reason.RESULT_UNREADABLE, _unreadable(error), None)
    return Result(document["outcome"], document["reason"], document.get("message", ""), body)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _unreadable(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"the result cannot be recorded: {field}: {first['msg']}"
