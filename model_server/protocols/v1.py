"""The V1 protocol, and two simpler shapes of JSON that use its words: `/predict` and `/api/v1/…/predict`."""

from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.protocols.dialect import Tokens
from model_server.protocols.documents import make_dialect
from model_server.rows.refusal import Refusal
from model_server.rows.table import Table, table_from_list


def read_instances(signature: Signature, document: dict[str, Any], max_rows: int) -> tuple[Table, bool]:
    """Return the rows in `{"instances": [[…], …]}` or `{"instances": [{column: value}, …]}`."""
    return read_rows(signature, document, max_rows, ("instances",))


def read_any_rows(signature: Signature, document: dict[str, Any], max_rows: int) -> tuple[Table, bool]:
    """Return the rows in `instances`, `features` or `inputs`, whichever is there."""
    return read_rows(signature, document, max_rows, ("instances", "features", "inputs"))


def read_features(signature: Signature, document: dict[str, Any], max_rows: int) -> tuple[Table, bool]:
    """Return the rows in `{"features": …}`: one row (list or object), or a list of rows."""
    return read_rows(signature, document, max_rows, ("features",))


def read_rows(
    signature: Signature, document: dict[str, Any], max_rows: int, keys: tuple[str, ...]
) -> tuple[Table, bool]:
    """Return the rows under the first of the keys; the echo says whether they were one bare row."""
    key = next((key for key in keys if key in document), None)
    if key is None:
        raise Refusal(400, f'{" or ".join(keys)} is missing; send {{"{keys[0]}": [[…]]}}', keys[0])
    given = document[key]
    single = is_single_row(signature, given, key)
    return table_from_list(signature, key, [given] if single else given, max_rows), single


def is_single_row(signature: Signature, given: Any, key: str) -> bool:
    """Return whether the value is one row without a list around it; `instances` is always a list of rows."""
    if key == "instances":
        return False
    if isinstance(given, dict):
        return True
    # [1, 2] is one row for a model of two columns, and two rows for a model of one.
    if not isinstance(given, list) or not given or isinstance(given[0], list | dict):
        return False
    return len(signature.inputs) > 1 or len(given) == 1


def write_predictions(_: Identity, __: bool, prediction: Prediction, tokens: Tokens) -> dict[str, Any]:
    """Return `{"predictions": […]}`, with `feedback_tokens` if there are some."""
    answer: dict[str, Any] = {"predictions": prediction.values.tolist()}
    return answer | {"feedback_tokens": tokens} if tokens else answer


def write_plain(_: Identity, single: bool, prediction: Prediction, tokens: Tokens) -> dict[str, Any]:
    """Return `{"prediction": x, "probability": p}`; lists for a list of rows.

    The probability is that of the positive of two classes, or of the answered one of more;
    a regressor has none. `feedback_token` is there if there are tokens.
    """
    answer: dict[str, Any] = {"prediction": prediction.values.tolist()}
    if prediction.probabilities is not None:
        answer["probability"] = prediction.scores.tolist()
    if tokens:
        answer["feedback_token"] = tokens
    return {key: values[0] for key, values in answer.items()} if single else answer


V1 = make_dialect(read_instances, write_predictions)
PLAIN = make_dialect(read_features, write_plain)
ANY_ROWS = make_dialect(read_any_rows, write_predictions)
