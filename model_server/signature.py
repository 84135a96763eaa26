"""A model's signature, and the one matrix that training and serving both use.

All columns numeric or boolean: float64 [rows, columns]. Any categorical column: object [rows, columns]
with floats for numbers and str for categories. A missing value is NaN in both.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from model_server.outcome import InputRefused

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


class Signature(msgspec.Struct, frozen=True, rename="camel"):
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
        raise InputRefused("SignatureMismatch", f"signature.json: {error}") from error
    return checked(signature)


def checked(signature: Signature) -> Signature:
    """The same signature, which has inputs with distinct names, or `InputRefused` (SignatureMismatch)."""
    names = [column.name for column in signature.inputs]
    if not names:
        raise InputRefused("SignatureMismatch", "signature: inputs is empty; list the model's columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputRefused("SignatureMismatch", f"signature: inputs names {twice[0]} twice")
    return signature


def write_signature(path: Path, signature: Signature) -> None:
    """The file holds the signature as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(signature), indent=2) + b"\n")


def matrix_from_table(signature: Signature, table: Mapping[str, Sequence[Any]]) -> Matrix:
    """The matrix of a table of columns (lists, arrays or Series; missing is None or NaN).

    Raises KeyError for a missing column and ValueError, naming the column, for a value of another type.
    """
    rows = len(table[signature.inputs[0].name])
    matrix = np.empty((rows, len(signature.inputs)), dtype=signature.dtype)
    for index, column in enumerate(signature.inputs):
        matrix[:, index] = cells(column, table[column.name])
    return matrix


def cells(column: Column, values: Sequence[Any]) -> list[float | str]:
    """One column's values as the matrix holds them, or ValueError naming the column."""
    convert: Callable[[Any], float | str] = (
        partial(known_category, column) if column.type == "categorical" else number_of
    )
    try:
        return [MISSING if is_missing(value) else convert(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.name} ({column.type}): {error}") from error


def is_missing(value: Any) -> bool:
    """Whether the value is None, NaN or a missing value of pandas (which is not equal to itself)."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or bool(value != value)  # noqa: PLR0124


def number_of(value: Any) -> float:
    """The value as a float; text is not a number here."""
    if isinstance(value, str | bytes):
        raise TypeError(f"{value[:40]!r} is not a number")
    return float(value)


def category_of(value: Any) -> str:
    """The value as the text that names its category: `1`, `1.0` and `"1"` are one category."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))  # a float would merge neighbours beyond 2**53
    number = float(value)
    whole = math.isfinite(number) and number.is_integer()
    return str(int(number)) if whole else str(value)


def known_category(column: Column, value: Any) -> str:
    """The known category that the value names, however its file spelled it; text stays as it is.

    Raises ValueError for a number or a truth that names none, when the column lists its categories.
    """
    if isinstance(value, str) or not column.categories:
        return category_of(value)
    for name in spellings(value):
        if name in column.categories:
            return name
    raise ValueError(f"{category_of(value)[:40]} is none of the known categories")


def spellings(value: Any) -> tuple[str, ...]:
    """How files of rows may spell a number or a truth."""
    name = category_of(value)
    if isinstance(value, bool | np.bool_):
        return name, name.capitalize(), name.upper()
    return name, str(value), f"{name}.0"
