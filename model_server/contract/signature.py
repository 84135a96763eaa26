"""A model's signature: which columns it reads, in which order, and what it answers."""

from pathlib import Path
from typing import Literal

import msgspec

from model_server.contract import reasons
from model_server.contract.manifest import MISSING_VALUES
from model_server.contract.outcome import InputRefused

ColumnType = Literal["numeric", "categorical", "boolean"]


class Column(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One input column; `categories` are the known values, `nullable` says that the model imputes it.

    `missing_values` are the texts that mean a missing value; None stands for MISSING_VALUES of the manifest.
    """

    name: str
    type: ColumnType
    categories: tuple[str, ...] = ()
    nullable: bool = False
    missing_values: tuple[str, ...] | None = None

    @property
    def missing_words(self) -> tuple[str, ...]:
        """Return the texts that mean a missing value, unless they are among the categories."""
        return MISSING_VALUES if self.missing_values is None else self.missing_values


class Output(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the model answers; `classes` only for classifiers, in the order of the probabilities."""

    name: str
    type: Literal["numeric", "categorical"]
    classes: tuple[str, ...] = ()
    positive_class: str | None = None


class Signature(msgspec.Struct, frozen=True, rename="camel", cache_hash=True):
    """Input columns in the order of the matrix, and outputs."""

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...] = (Output(name="prediction", type="numeric"),)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes of the first output; none for a regressor."""
        return self.outputs[0].classes if self.outputs else ()

    @property
    def positive_class(self) -> str:
        """Return the positive of two classes: the named one, else the second; empty without two."""
        return (self.outputs[0].positive_class or self.classes[1]) if len(self.classes) == 2 else ""

    @property
    def positive_place(self) -> int:
        """Return the place of the positive class among two; 1 without two."""
        return self.classes.index(self.positive_class) if len(self.classes) == 2 else 1


def read_signature(content: bytes | str) -> Signature:
    """Return the signature in a JSON text, or raise `InputRefused` (SignatureMismatch) naming the field."""
    try:
        signature = msgspec.json.decode(content, type=Signature)
    except msgspec.MsgspecError as error:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"signature.json: {error}") from error
    return checked(signature)


def checked(signature: Signature) -> Signature:
    """Return the signature if it has inputs with distinct names and knows its positive class.

    Raises `InputRefused` (SignatureMismatch) naming the field.
    """
    names = [column.name for column in signature.inputs]
    if not names:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, "signature: inputs is empty; list the model's columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputRefused(reasons.SIGNATURE_MISMATCH, f"signature: inputs names {twice[0]} twice")
    refuse_other_positive(signature)
    return signature


def refuse_other_positive(signature: Signature) -> None:
    """Raise `InputRefused` (SignatureMismatch) when the positive class is none of the classes."""
    for place, output in enumerate(signature.outputs):
        if output.positive_class is not None and output.positive_class not in output.classes:
            raise InputRefused(
                reasons.SIGNATURE_MISMATCH,
                f'signature.outputs[{place}].positiveClass: "{output.positive_class}" is none of classes; '
                f"use one of {', '.join(output.classes) or 'them, or remove it where there are none'}",
            )


def write_signature(path: Path, signature: Signature) -> None:
    """Write the signature as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(signature), indent=2) + b"\n")
