"""What a protocol is to the server: a way to read a question and a way to write the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.rows.table import Table


@dataclass(frozen=True)
class Question:
    """A decoded request: its rows, and what its dialect needs again to write the answer."""

    table: Table
    echo: Any = None


@dataclass(frozen=True)
class Dialect:
    """One request and response shape; `read` raises `Refusal`, `write` returns what becomes JSON."""

    read: Callable[[Signature, dict[str, Any], int], Question]
    write: Callable[[Identity, Question, Prediction], dict[str, Any]]
