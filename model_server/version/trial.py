"""A request made up from what a version says of itself: a model that cannot answer it, answers nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.profile import FeatureProfile, ReferenceProfile
from model_server.contract.signature import Column, Signature
from model_server.engines.engine import Engine, ModelFailed, Prediction
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import Table

ORDINARY = 1.0  # a number that also has a logarithm and a root
SOME_TEXT = "a"


def refuse_unanswered(engine: Engine, signature: Signature, profile: ReferenceProfile | None) -> None:
    """Raise `InputRefused` (SignatureMismatch) unless the model answers ordinary rows that its signature allows.

    Every listed category is in one of the rows, and null in a row of its own where columns are nullable.
    """
    features = {feature.name: feature for feature in profile.features} if profile else {}
    rows = ordinary_rows(signature.inputs, features)
    why = "the model does not answer an ordinary row of these columns"
    remedy = "list the columns and categories it was fitted on, or save it anew"
    prediction = ask(engine, signature, rows, f"signature.inputs: {why}", remedy)
    refuse_odd_answer(prediction, signature, len(rows))
    if any(column.nullable for column in signature.inputs):
        empty = [
            None if column.nullable else value
            for column, value in zip(signature.inputs, rows[0], strict=True)
        ]
        why = "columns are nullable, but the model does not answer a row with null"
        remedy = "leave nullable out, or impute in the model"
        ask(engine, signature, [empty], f"signature.inputs: {why}", remedy)


def ask(engine: Engine, signature: Signature, rows: list[list[Any]], why: str, remedy: str) -> Prediction:
    """Return the answer, or raise `InputRefused` (SignatureMismatch) saying why there is none."""
    table = Table("rows", len(signature.inputs), [value for row in rows for value in row])
    try:
        return engine.predict(matrix_of(signature, table))
    except (Refusal, ModelFailed) as error:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"{why} ({error}); {remedy}") from error


def ordinary_rows(columns: Sequence[Column], features: Mapping[str, FeatureProfile]) -> list[list[Any]]:
    """Return rows of ordinary values, as many as the longest list of categories has entries."""
    values = [ordinary_values(column, features.get(column.name)) for column in columns]
    count = max(map(len, values))
    return [[shown[row % len(shown)] for shown in values] for row in range(count)]


def ordinary_values(column: Column, feature: FeatureProfile | None) -> Sequence[Any]:
    """Return values that the column has seen, or might have."""
    if column.type == "boolean":
        return (True, False)
    if column.type == "categorical":
        return column.categories or [None if column.nullable else SOME_TEXT]
    if feature is None:
        return [ORDINARY]
    if feature.edges:
        return [feature.edges[len(feature.edges) // 2]]
    return [ORDINARY if feature.mean is None else feature.mean]


def refuse_odd_answer(prediction: Prediction, signature: Signature, rows: int) -> None:
    """Raise `InputRefused` (SignatureMismatch) unless there is one answer for each row, and one number a class."""
    shape = prediction.values.shape
    if shape != (rows,):
        raise InputRefused(
            reasons.SIGNATURE_MISMATCH,
            f"signature.outputs: the model answers {rows} rows with a table of shape {shape}, not with one value each; "
            "fit it on a target of one dimension",
        )
    probabilities = prediction.probabilities
    if probabilities is not None and probabilities.shape != (rows, len(signature.classes)):
        raise InputRefused(
            reasons.SIGNATURE_MISMATCH,
            f"signature.outputs: the model gives probabilities of shape {probabilities.shape} for {rows} rows and "
            f"{len(signature.classes)} classes; save it anew",
        )
