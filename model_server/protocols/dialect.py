"""What a protocol is to the server: a way to read a question and a way to write the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.rows.matrix import Matrix

JSON = "application/json"

# Headers of a request as they came: lower-case names, bytes.
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Question:
    """What a request asks: its rows, and what its dialect needs again to write the answer."""

    matrix: Matrix
    echo: Any = None


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer, their type, and the headers that belong to them."""

    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


# Body, headers, signature and the most rows that are allowed; raises `Refusal` naming the field.
Read = Callable[[bytes, Headers, Signature, int], Question]
# Feedback tokens, one for each row; none when they were not asked for.
Tokens = Sequence[str]
# Who answers, the echo, the prediction and its tokens; raises `Refusal` when the question wants what the model has not.
Write = Callable[[Identity, Any, Prediction, Tokens], Answer]


@dataclass(frozen=True)
class Dialect:
    """One shape of requests and answers; whether that is JSON is its own matter. `write` is given the echo."""

    read: Read
    write: Write
