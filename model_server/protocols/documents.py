"""Dialects whose requests and answers are JSON objects."""

from collections.abc import Callable
from typing import Any

import orjson

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.protocols.decode import decode, decode_lenient
from model_server.protocols.dialect import Answer, Dialect, Headers, Question, Tokens
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import Table

# A document's table, and what is echoed; raises `Refusal` naming the field.
ReadDocument = Callable[[Signature, dict[str, Any], int], tuple[Table, Any]]
WriteDocument = Callable[[Identity, Any, Prediction, Tokens], dict[str, Any]]


def make_dialect(read_document: ReadDocument, write_document: WriteDocument) -> Dialect:
    """Return the dialect whose bodies are JSON objects, read and written by these two."""

    def ask(signature: Signature, document: dict[str, Any], max_rows: int) -> Question:
        table, echo = read_document(signature, document, max_rows)
        return Question(matrix_of(signature, table), echo)

    def read(body: bytes, _: Headers, signature: Signature, max_rows: int) -> Question:
        try:
            document = decode(body, len(signature.inputs), max_rows)
        except Refusal as refusal:
            # A body with NaN is no JSON; telling the cell helps more than telling the byte.
            almost = decode_lenient(body) if refusal.status == 400 else None
            if almost is not None:
                ask(signature, almost, max_rows)  # raises the refusal that names the cell with NaN or 1e999
            raise
        return ask(signature, document, max_rows)

    def write(identity: Identity, echo: Any, prediction: Prediction, tokens: Tokens) -> Answer:
        return Answer(orjson.dumps(write_document(identity, echo, prediction, tokens)))

    return Dialect(read, write)
