"""Read what a trainer or verifier left behind in its termination message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SUCCEEDED = "Succeeded"
GATE_FAILED = "GateFailed"
FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Result:
    """The envelope of a run; `body` is the whole of it, as the pod wrote it."""

    outcome: str
    reason: str
    message: str
    body: Mapping[str, Any]


def first_result(messages: Iterable[str]) -> Result | None:
    """The newest message that is a result; what else a dying container printed is not."""
    return next((result for message in messages if (result := parse_result(message))), None)


def parse_result(message: str) -> Result | None:
    """The result in a termination message, or None when it is something else."""
    try:
        body = json.loads(message)
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("outcome") not in {SUCCEEDED, GATE_FAILED, FAILED}:
        return None
    return Result(
        body["outcome"], str(body.get("reason", "")) or body["outcome"], str(body.get("message", "")), body
    )
