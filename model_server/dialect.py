"""What a protocol is to the server: a way to read a question and a way to write the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_server.engine import Prediction
from model_server.signature import Signature
from model_server.table import Table


@dataclass(frozen=True)
class Identity:
    """Who answers: the names a client may use, the version and what it answers with (a V2 datatype)."""

    name: str
    names: tuple[str, ...]
    version: str
    sha256: str
    signature: Signature
    datatype: str = "FP64"
    metrics: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""

    def answers_to(self, name: str) -> bool:
        """Return whether a client that asks for this name means this model; `_` and `-` are one letter."""
        return name.replace("_", "-") in {known.replace("_", "-") for known in self.names}


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
