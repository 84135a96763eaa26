"""A model's signature, and the one matrix that training and serving both use.

All columns numeric or boolean: float64 [rows, columns]. Any categorical column: object [rows, columns]
with floats for numbers and str for categories. A missing value is NaN in both.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

Matrix = NDArray[Any]
ColumnType = Literal["numeric", "categorical", "boolean"]
MISSING = float("nan")


class Column(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One input column; `categories` are the known values, `nullable` says that the model imputes it."""

    name: str
    type: ColumnType
    categories: tuple[str, ...] = ()
    nullable: bool = False


class Output(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the model answers; `classes` only for classifiers, in the order of the probabilities."""

    name: str
    type: Literal["numeric", "categorical"]
    classes: tuple[str, ...] = ()


class Signature(msgspec.Struct, frozen=True, rename="camel", cache_hash=True):
    """Input columns in the order of the matrix, and outputs."""

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...] = (Output(name="prediction", type="numeric"),)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The matrix's element type."""
        categorical = any(column.type == "categorical" for column in self.inputs)
        return np.dtype(object if categorical else np.float64)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the first output; empty for a regressor."""
        return self.outputs[0].classes if self.outputs else ()


def read_signature(content: bytes | str) -> Signature:
    """The signature in this JSON text, or `InputRefused` (SignatureMismatch) naming the field."""
    try:
        signature = msgspec.json.decode(content, type=Signature)
    except msgspec.MsgspecError as error:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"signature.json: {error}") from error
    return checked(signature)


def checked(signature: Signature) -> Signature:
    """The same signature, which has inputs with distinct names, or `InputRefused` (SignatureMismatch)."""
    names = [column.name for column in signature.inputs]
    if not names:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, "signature: inputs is empty; list the model's columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"signature: inputs names {twice[0]} twice")
    return signature


def write_signature(path: Path, signature: Signature) -> None:
    """The file holds the signature as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(signature), indent=2) + b"\n")
