"""The Open Inference Protocol (V2, JSON): tensors in, tensors out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from types import NoneType
from typing import Any

import numpy as np

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.protocols.documents import make_dialect
from model_server.rows.refusal import Cell, InvalidRows, Reason, Refusal, shown
from model_server.rows.table import Table, wrong_width

INTEGERS = {name: np.iinfo(name.lower()) for name in ("INT8", "INT16", "INT32", "INT64")} | {
    f"U{name}": np.iinfo(f"u{name.lower()}") for name in ("INT8", "INT16", "INT32", "INT64")
}
KINDS: dict[str, frozenset[type]] = {
    "BOOL": frozenset({bool}),
    "BYTES": frozenset({str}),
    **{name: frozenset({int}) for name in INTEGERS},
    **{name: frozenset({int, float}) for name in ("FP16", "FP32", "FP64")},
}
DATATYPES = {"numeric": "FP64", "boolean": "BOOL", "categorical": "BYTES"}


@dataclass(frozen=True)
class Echo:
    """What a request wants to see again, and which outputs it asked for; none named means all there are."""

    id: str | None
    outputs: tuple[Any, ...]


@dataclass(frozen=True)
class Tensor:
    """One checked input tensor: `values` flat in row order."""

    name: str
    rows: int
    width: int
    values: list[Any]


def read_infer(signature: Signature, document: dict[str, Any], max_rows: int) -> tuple[Table, Echo]:
    """Return the rows in one [n, columns] tensor, or in one tensor of n values per column."""
    echo = read_echo(document)
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise Refusal(400, "inputs is missing; send a list of tensors", "inputs")
    read = [read_tensor(tensor, f"inputs[{index}]", max_rows) for index, tensor in enumerate(tensors)]
    names = {column.name for column in signature.inputs}
    # One tensor is a matrix of whole rows, unless the model has one column and the tensor is named like it.
    if len(read) == 1 and (len(names) != 1 or read[0].name not in names):
        return table_of_matrix(signature, read[0]), echo
    return table_of_columns(signature, read), echo


def read_echo(document: dict[str, Any]) -> Echo:
    """Return id and wanted outputs, or raise `Refusal` naming the one that is wrong."""
    ident = document.get("id")
    if not isinstance(ident, str | NoneType):
        raise Refusal(400, f"id is {shown(ident)}; send a string", "id")
    # Parameters are addressed to extensions, and there are none here: they are passed over, and not echoed,
    # since `binary_data_output: true` in an answer would say that it is binary.
    refuse_no_object(document.get("parameters"), "parameters")
    return Echo(ident, read_outputs(document.get("outputs")))


def read_outputs(wanted: Any) -> tuple[Any, ...]:
    """Return the names of the wanted outputs; whether the model has them is known once it has answered."""
    if wanted is None or wanted == []:
        return ()
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise Refusal(400, 'outputs is not a list of objects; send [{"name": "predict"}]', "outputs")
    return tuple(one.get("name") for one in wanted)


def read_tensor(tensor: Any, path: str, max_rows: int) -> Tensor:
    """Return the tensor whose data has its shape and datatype, or raise `Refusal` naming the field."""
    if not isinstance(tensor, dict):
        raise Refusal(400, f"{path} is {shown(tensor)}; send a tensor with name, shape, datatype, data", path)
    name = tensor.get("name")
    if not isinstance(name, str):
        raise Refusal(400, f"{path}.name is {shown(name)}; send the tensor's name", f"{path}.name")
    rows, width = read_shape(tensor.get("shape"), f"{path}.shape", max_rows)
    parameters = tensor.get("parameters")
    refuse_no_object(parameters, f"{path}.parameters")
    # Such a tensor has its data after the JSON; without this it would be told that its data is missing.
    if "binary_data_size" in (parameters or {}):
        field = f"{path}.parameters.binary_data_size"
        raise Refusal(400, f"{field}: binary tensors are not understood; send data as JSON", field)
    values = read_values(tensor, path)
    if len(values) != rows * width:
        field = f"{path}.data"
        raise Refusal(400, f"{field} has {len(values)} values; the shape says {rows * width}", field)
    return Tensor(name, rows, width, values)


def refuse_no_object(parameters: Any, path: str) -> None:
    """Raise `Refusal` when parameters are not an object."""
    if not isinstance(parameters, dict | NoneType):
        raise Refusal(400, f"{path} is {shown(parameters)}; send an object", path)


def read_shape(shape: Any, field: str, max_rows: int) -> tuple[int, int]:
    """Return rows and width of a shape [n] or [n, m]."""
    sizes = shape if isinstance(shape, list) else []
    if not 1 <= len(sizes) <= 2 or any(type(size) is not int or size < 1 for size in sizes):
        raise Refusal(
            400, f"{field} is {shown(shape)}; send [rows] or [rows, columns], each at least 1", field
        )
    if sizes[0] > max_rows:
        raise Refusal(413, f"{field} has {sizes[0]} rows; send at most {max_rows} in one request", field)
    return sizes[0], sizes[1] if len(sizes) == 2 else 1


def read_values(tensor: dict[str, Any], path: str) -> list[Any]:
    """Return the data flat, each value of the tensor's datatype; null stays for the check of the column."""
    datatype, given = tensor.get("datatype"), tensor.get("data")
    kinds = KINDS.get(datatype) if isinstance(datatype, str) else None
    if kinds is None or not isinstance(datatype, str):
        field = f"{path}.datatype"
        raise Refusal(400, f"{field} is {shown(datatype)}; use one of {', '.join(KINDS)}", field)
    if not isinstance(given, list):
        raise Refusal(400, f"{path}.data is {shown(given)}; send a list", f"{path}.data")
    values = flat(given)
    if not (kinds | {NoneType}).issuperset(map(type, values)) or out_of_range(datatype, values):
        bad = next(i for i, value in enumerate(values) if not fits(datatype, kinds, value))
        field = f"{path}.data[{bad}]"
        reason: Reason = "range" if type(values[bad]) in kinds else "type"
        # The name is that of a column, or of none, which is not counted.
        cells = [(str(tensor["name"]), reason)]
        raise InvalidRows(f"{field} is {shown(values[bad])}, which is not {datatype}", field, cells)
    return values


def flat(given: list[Any]) -> list[Any]:
    """Return nested rows as one list; deeper nesting stays and is refused as no value."""
    # The protocol allows a tensor's data flat or nested as its shape says.
    if given and isinstance(given[0], list):
        return [value for row in given for value in (row if isinstance(row, list) else [row])]
    return given


def out_of_range(datatype: str, values: Sequence[Any]) -> bool:
    """Return whether an integer is too large for an integer datatype."""
    bounds = INTEGERS.get(datatype)
    if bounds is None:
        return False
    numbers = [value for value in values if value is not None] or [0]
    return bool(min(numbers) < bounds.min or max(numbers) > bounds.max)


def fits(datatype: str, kinds: frozenset[type], value: Any) -> bool:
    """Return whether one value is of the datatype."""
    return value is None or (type(value) in kinds and not out_of_range(datatype, [value]))


def table_of_matrix(signature: Signature, tensor: Tensor) -> Table:
    """Return the table of a tensor of whole rows."""
    width = len(signature.inputs)
    if tensor.width != width:
        raise wrong_width(signature, "inputs[0]", tensor.width)
    return Table("inputs", width, tensor.values)


def table_of_columns(signature: Signature, tensors: list[Tensor]) -> Table:
    """Return the table of tensors that are named as the columns; order does not matter."""
    by_name: dict[str, Tensor] = {}
    known = {column.name for column in signature.inputs}
    for index, tensor in enumerate(tensors):
        if tensor.name not in known or tensor.name in by_name:
            field = f"inputs[{index}].name"
            wrong = "another tensor has already" if tensor.name in known else "is not a column of the model"
            raise InvalidRows(f"{field} is {shown(tensor.name)}, which {wrong}", field)
        by_name[tensor.name] = tensor
        if tensor.width != 1 or tensor.rows != tensors[0].rows:
            field = f"inputs[{index}].shape"
            raise Refusal(400, f"{field}: one tensor per column has [{tensors[0].rows}] values each", field)
    missing = [column.name for column in signature.inputs if column.name not in by_name]
    if missing:
        field = f"inputs.{missing[0]}"
        cells: list[Cell] = [(name, "missing") for name in missing]
        raise InvalidRows(f"{field} is missing; send one tensor per column", field, cells)
    columns = [by_name[column.name].values for column in signature.inputs]
    return Table("inputs", len(columns), list(chain.from_iterable(zip(*columns, strict=True))))


def write_infer(identity: Identity, echo: Echo, prediction: Prediction) -> dict[str, Any]:
    """Return the wanted outputs as tensors, with the id of the request; raise `Refusal` for one there is not."""
    tensors = {"predict": output("predict", prediction.values)}
    if prediction.probabilities is not None:
        tensors["probabilities"] = output("probabilities", prediction.probabilities)
    answer: dict[str, Any] = {"model_name": identity.name, "model_version": identity.version}
    if echo.id is not None:
        answer["id"] = echo.id
    refuse_other_outputs(echo.outputs, tuple(tensors))
    return answer | {"outputs": [tensors[name] for name in echo.outputs or tensors]}


def refuse_other_outputs(wanted: Sequence[Any], known: Sequence[str]) -> None:
    """Raise `Refusal` naming the first wanted output that is not known."""
    for index, name in enumerate(wanted):
        if name not in known:
            field = f"outputs[{index}].name"
            raise Refusal(400, f"{field} is {shown(name)}; this model has {' and '.join(known)}", field)


def output(name: str, values: Any) -> dict[str, Any]:
    """Return an array as a tensor, its data flat in row order."""
    data = values.ravel().tolist()
    return {"name": name, "shape": list(values.shape), "datatype": datatype_of(data[:1]), "data": data}


def datatype_of(values: Sequence[Any]) -> str:
    """Return the datatype of answers like these."""
    return next((NAMES.get(type(value), "BYTES") for value in values), "FP64")


NAMES: dict[type, str] = {float: "FP64", int: "INT64", bool: "BOOL"}


V2 = make_dialect(read_infer, write_infer)
