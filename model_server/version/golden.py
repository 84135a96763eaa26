"""Golden rows: answers written down at training time, which this image must give again."""

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.signature import Signature
from model_server.engines.engine import Engine, ModelFailed
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import table_from_list

PROBABILITY_TOLERANCE = 1e-9  # processors differ by less, library versions that compute otherwise by more


class Golden(Struct, frozen=True, rename="camel"):
    """Raw rows in the signature's order and the answer to each.

    `tolerance` is of predictions that are numbers, relative and absolute; probabilities have one of their own.
    """

    rows: list[Any]
    predictions: list[Any]
    probabilities: list[list[float]] | None = None
    tolerance: str = "1e-6"


def read_golden(content: bytes) -> Golden:
    """Return the golden rows in a JSON text, or raise `InputRefused` (ArtifactUnreadable) naming the field."""
    try:
        golden = msgspec.json.decode(content, type=Golden)
        tolerance = float(golden.tolerance)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputRefused(reasons.ARTIFACT_UNREADABLE, f"golden.json: {error}") from error
    if not 0 <= tolerance < 1:
        raise unreadable(f"tolerance is {golden.tolerance}; give a number from 0 to below 1")
    # Else the rows beyond the shorter list would never be compared.
    if len(golden.rows) != len(golden.predictions):
        raise unreadable(f"{len(golden.rows)} rows, but {len(golden.predictions)} predictions")
    if golden.probabilities is not None and len(golden.probabilities) != len(golden.rows):
        raise unreadable(f"{len(golden.rows)} rows, but {len(golden.probabilities)} rows of probabilities")
    return golden


def unreadable(what: str) -> InputRefused:
    """Return the refusal of golden rows that contradict themselves."""
    return InputRefused(reasons.ARTIFACT_UNREADABLE, f"golden.json: {what}")


def refuse_other_answers(engine: Engine, signature: Signature, golden: Golden) -> None:
    """Raise `InputRefused` (GoldenRowsDiffer) naming the first row that is answered otherwise than written."""
    if not golden.rows:
        return
    try:
        table = table_from_list(signature, "rows", golden.rows, 10**6)
        prediction = engine.predict(matrix_of(signature, table))
    except (Refusal, ModelFailed) as error:
        raise InputRefused(reasons.GOLDEN_ROWS_DIFFER, f"golden.json: {error}") from error
    tolerance = float(golden.tolerance)
    refuse_difference("prediction", prediction.values.tolist(), golden.predictions, tolerance)
    if golden.probabilities is None:
        return
    if prediction.probabilities is None:
        raise InputRefused(
            reasons.GOLDEN_ROWS_DIFFER,
            "golden.json has probabilities, but the model has none; leave them out",
        )
    found = prediction.probabilities.tolist()
    refuse_difference("probabilities", found, golden.probabilities, PROBABILITY_TOLERANCE)


def refuse_difference(what: str, found: list[Any], wanted: list[Any], tolerance: float) -> None:
    """Raise `InputRefused` for the first answer that is not the written one."""
    for row, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if not is_same(one, other, tolerance):
            raise InputRefused(
                reasons.GOLDEN_ROWS_DIFFER,
                f"golden.json: row {row} has {what} {one!r} in this image, but {other!r} when it was trained; "
                "serve it with the library versions it was trained with",
            )


def is_same(one: Any, other: Any, tolerance: float) -> bool:
    """Return whether two answers are equal: numbers within the tolerance, everything else exactly."""
    if np.shape(one) != np.shape(other):
        return False
    # Labels may be texts, which have no distance: what does not become numbers is compared as it is.
    try:
        near = np.allclose(
            np.asarray(one, np.float64), np.asarray(other, np.float64), rtol=tolerance, atol=tolerance
        )
    except (TypeError, ValueError):
        return bool(one == other)
    return bool(near)
