"""The OpenAPI document of one loaded version: its columns are the schema."""

from collections.abc import Sequence
from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Column
from model_server.http.messages import VERSION_NAME
from model_server.http.routes import Route
from model_server.protocols.v2 import KINDS

# What a cell may hold. Truths may be sent as 1 and 0, categories as the number or truth that names them.
CELLS: dict[str, dict[str, Any]] = {
    "numeric": {"type": ["number"]},
    "boolean": {"type": ["boolean", "integer"], "minimum": 0, "maximum": 1},
    "categorical": {"type": ["string", "number", "boolean"]},
}


def make_openapi(identity: Identity, table: Sequence[Route]) -> dict[str, Any]:
    """Return the document that describes every path of the table for this model."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": identity.name,
            "version": identity.version,
            "description": f"Model file {identity.digest}.",
        },
        "paths": {path_of(identity, route): make_operation(route) for route in table},
        "components": {"schemas": make_schemas(identity) | PAGES},
    }


def path_of(identity: Identity, route: Route) -> str:
    """Return the path with the model's own name and version."""
    return route.path.replace("{name}", identity.name).replace("{version}", identity.version)


def make_operation(route: Route) -> dict[str, Any]:
    """Return what is asked and answered at a path."""
    operation: dict[str, Any] = {
        "summary": route.summary,
        "responses": {
            "200": answered("The answer.", route.answer),
            "4XX": answered("The request is refused; the sentence says why.", "Error"),
            "503": answered("The model is loading, the server is draining, or too much is waiting.", "Busy"),
        },
    }
    if route.request:
        operation["requestBody"] = {"required": True, "content": content(route.request)}
    return {route.method.lower(): operation}


def probability_meaning(identity: Identity) -> str:
    """Return which class the probability of a plain answer is of."""
    positive = identity.signature.positive_class
    return f'Of the class "{positive}".' if positive else "Of the class that is answered."


def answered(description: str, schema: str) -> dict[str, Any]:
    """Return a response; each names the version that gave it."""
    return {"description": description, "headers": VERSION_HEADER, "content": content(schema)}


def make_schemas(identity: Identity) -> dict[str, Any]:
    """Return the schemas of every request and answer."""
    columns = identity.signature.inputs
    values = {"type": "array", "prefixItems": [make_cell(column) for column in columns], "items": False}
    row: dict[str, Any] = {"anyOf": [reference("RowAsObject"), reference("RowAsList")]}
    # With one column, a plain value is a row, too.
    items = {"anyOf": [*row["anyOf"], make_cell(columns[0])]} if len(columns) == 1 else row
    rows = {"type": "array", "minItems": 1, "items": items}
    features = {"anyOf": [*row["anyOf"], rows]}
    return {
        "RowAsList": values | {"minItems": len(columns)},
        "RowAsObject": object_of({column.name: make_cell(column) for column in columns})
        | {"additionalProperties": False},
        "InstancesRequest": object_of({"instances": rows}),
        "FeaturesRequest": object_of({"features": features}),
        "RowsRequest": {
            "anyOf": [
                reference("InstancesRequest"),
                reference("FeaturesRequest"),
                object_of({"inputs": features}),
            ]
        },
        "PredictionsAnswer": object_of({"predictions": {"type": "array", "items": make_answer(identity)}}),
        "PlainAnswer": {
            "type": "object",
            "required": ["prediction"],
            "properties": {
                "prediction": one_or_many(make_answer(identity)),
                "probability": one_or_many({"type": "number", "minimum": 0, "maximum": 1})
                | {"description": probability_meaning(identity)},
            },
        },
        "Tensor": object_of(
            {"name": TEXT, "shape": SIZES, "datatype": {"enum": list(KINDS)}, "data": {"type": "array"}}
        ),
        "InferRequest": object_of({"inputs": {"type": "array", "minItems": 1, "items": reference("Tensor")}}),
        "InferAnswer": object_of(
            {
                "model_name": TEXT,
                "model_version": TEXT,
                "outputs": {"type": "array", "items": reference("Tensor")},
            }
        ),
        "Error": object_of({"error": TEXT}) | {"description": "`field` names what to change."},
        # Readiness says why in `reason`, everything else in `error`.
        "Busy": {"anyOf": [reference("Error"), object_of({"ready": BOOLEAN, "reason": TEXT})]},
    }


TEXT = {"type": "string"}
BOOLEAN = {"type": "boolean"}
VERSION_HEADER = {
    VERSION_NAME: {"description": "The version that gave the answer, once one is loaded.", "schema": TEXT}
}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 1}}


def make_cell(column: Column) -> dict[str, Any]:
    """Return the schema of one column's values; known categories are examples, others are answered too."""
    cell = CELLS[column.type]
    # No enum: a category that was not in the training rows is a question too.
    types = [*cell["type"], "null"] if column.nullable else cell["type"]
    cell = cell | {"type": types, "title": column.name}
    if column.categories:
        cell["examples"] = list(column.categories)
    return cell


def make_answer(identity: Identity) -> dict[str, Any]:
    """Return the schema of one prediction; a class may be a number, a text or a boolean."""
    return {"type": ["number", "string", "boolean"]} if identity.signature.classes else {"type": "number"}


def one_or_many(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one value or a list of them."""
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has all these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def reference(name: str) -> dict[str, Any]:
    """Return a reference to a schema of this document."""
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: str) -> dict[str, Any]:
    """Return a JSON body of this schema; a route without one answers plain text."""
    return {"application/json": {"schema": reference(schema)}} if schema else {"text/plain": {"schema": TEXT}}


TENSOR = object_of({"name": TEXT, "datatype": TEXT, "shape": {"type": "array", "items": {"type": "integer"}}})
READY = {"ready": BOOLEAN}
PAGES: dict[str, Any] = {
    "Alive": object_of({"status": TEXT}),
    "Live": object_of({"live": BOOLEAN}),
    "Ready": object_of(READY),
    "ModelReady": object_of({"name": TEXT} | READY),
    "ModelNames": object_of({"models": {"type": "array", "items": TEXT}}),
    "ModelStatus": object_of({"name": TEXT, "version": TEXT, "digest": TEXT} | READY),
    "ServerMetadata": object_of(
        {"name": TEXT, "version": TEXT, "extensions": {"type": "array", "items": TEXT}}
    ),
    "ModelMetadata": object_of(
        {
            "name": TEXT,
            "versions": {"type": "array", "items": TEXT},
            "platform": TEXT,
            "inputs": {"type": "array", "items": TENSOR},
            "outputs": {"type": "array", "items": TENSOR},
        }
    ),
    "Profile": object_of({"features": {"type": "array"}, "score": {"type": "object"}}),
    "OpenAPI": object_of({"openapi": TEXT, "paths": {"type": "object"}}),
}
