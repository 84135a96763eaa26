"""A loaded version, complete: who it is, how it answers, what it counts."""

from dataclasses import dataclass

from model_server.contract.identity import Identity
from model_server.counts.count import Count
from model_server.counts.prometheus import Metrics
from model_server.engines.engine import Engine
from model_server.protocols.decode import decode, decode_lenient
from model_server.protocols.dialect import Dialect, Question
from model_server.rows.check import check
from model_server.rows.refusal import Refusal


@dataclass(frozen=True)
class ServedModel:
    """Everything a request needs once the model is loaded."""

    identity: Identity
    engine: Engine
    count: Count
    metrics: Metrics


def answer(served: ServedModel, dialect: Dialect, body: bytes, max_rows: int) -> dict[str, object]:
    """Return the answer to a request's body, or raise `Refusal`: decode, check, predict, count, write."""
    question = read(served, dialect, body, max_rows)
    matrix = check(served.identity.signature, question.table)
    prediction = served.engine.predict(matrix)
    served.count(matrix, prediction)
    return dialect.write(served.identity, question, prediction)


def read(served: ServedModel, dialect: Dialect, body: bytes, max_rows: int) -> Question:
    """Return the question in the body; of a body with NaN or 1e999, raise the refusal that names the cell."""
    signature = served.identity.signature
    try:
        document = decode(body, len(signature.inputs), max_rows)
    except Refusal as refusal:
        almost = decode_lenient(body) if refusal.status == 400 else None
        if almost is not None:
            check(signature, dialect.read(signature, almost, max_rows).table)
        raise
    return dialect.read(signature, document, max_rows)
