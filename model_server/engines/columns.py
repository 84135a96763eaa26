"""Columns by name: a model that was fitted on a data frame is asked with plain rows, in the frame's order."""

from typing import Any

from model_server.artifact.models.soundness import walk
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused
from model_server.contract.signature import Signature

SHOWN = 500


def refuse_other_names(model: Any, signature: Signature) -> None:
    """Raise `InputRefused` (SignatureMismatch) when the model knows its columns by other names or in another order."""
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    inputs = [column.name for column in signature.inputs]
    # Of another number of columns, the numbers say more than the names.
    if len(names) == len(inputs) and names != inputs:
        raise InputRefused(
            reasons.SIGNATURE_MISMATCH,
            f"signature.inputs: the model was fitted on the columns {', '.join(names)[:SHOWN]}; "
            "list these, in this order",
        )


def select_by_position(model: Any) -> None:
    """Let every ColumnTransformer in the model select its columns by their places, and no part warn of lost names.

    Rows have no names here. scikit-learn has noted the places when it was fitted. Its answers stay as they are.
    """
    parts = list(walk(model))
    for part in parts:
        if type(part).__name__ == "ColumnTransformer" and hasattr(part, "transformers_"):
            part.transformers_ = [
                (name, step, places_of(part, name, columns)) for name, step, columns in part.transformers_
            ]
    for part in parts:
        for name in ("feature_names_in_", "_sklearn_output_config"):
            getattr(part, "__dict__", {}).pop(name, None)


def places_of(transformer: Any, name: str, columns: Any) -> Any:
    """Return the places of the columns of one step; a single name stands for a single column, as it does there."""
    places = transformer._transformer_to_input_indices[name]
    return places[0] if isinstance(columns, str) else places
