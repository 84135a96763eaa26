"""The OpenAPI document of one loaded version: its columns are the schema."""

from typing import Any

from model_server.contract.identity import Identity
from model_server.contract.signature import Column

JSON_TYPES = {"numeric": "number", "boolean": "boolean", "categorical": "string"}


def make_openapi(identity: Identity) -> dict[str, Any]:
    """Return the document that describes every path for this model."""
    name = identity.name
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": identity.version,
            "description": f"Model file {identity.digest}.",
        },
        "paths": {
            "/predict": post("Answer one row, or a list of rows.", "FeaturesRequest", "PlainAnswer"),
            f"/api/v1/models/{name}/predict": post("Answer rows.", "InstancesRequest", "PredictionsAnswer"),
            f"/v1/models/{name}:predict": post("Answer rows (V1).", "InstancesRequest", "PredictionsAnswer"),
            f"/v2/models/{name}/infer": post(
                "Answer tensors (Open Inference Protocol).", "InferRequest", "InferAnswer"
            ),
            f"/v2/models/{name}/versions/{identity.version}/infer": post(
                "Answer tensors with exactly this version.", "InferRequest", "InferAnswer"
            ),
            "/v1/models": get("List the model's names."),
            f"/v1/models/{name}": get("Say whether the model is ready (V1)."),
            f"/v2/models/{name}": get("Describe the model's tensors (V2)."),
            f"/v2/models/{name}/ready": get("Say whether the model is ready (V2)."),
            "/v2": get("Describe the server."),
            "/metrics": get("Export counters for Prometheus."),
            "/healthz": get("Say that the process lives."),
            "/readyz": get("Say whether requests are welcome, or why not."),
        },
        "components": {"schemas": make_schemas(identity)},
    }


def make_schemas(identity: Identity) -> dict[str, Any]:
    """Return the schemas of every request and answer."""
    columns = identity.signature.inputs
    values = {"type": "array", "prefixItems": [make_cell(column) for column in columns], "items": False}
    row = {"anyOf": [reference("RowAsObject"), reference("RowAsList")]}
    rows = {"type": "array", "minItems": 1, "items": row}
    return {
        "RowAsList": values | {"minItems": len(columns)},
        "RowAsObject": object_of({column.name: make_cell(column) for column in columns})
        | {"additionalProperties": False},
        "InstancesRequest": object_of({"instances": rows}),
        "FeaturesRequest": object_of({"features": {"anyOf": [*row["anyOf"], rows]}}),
        "PredictionsAnswer": object_of({"predictions": {"type": "array", "items": make_answer(identity)}}),
        "PlainAnswer": {
            "type": "object",
            "required": ["prediction"],
            "properties": {
                "prediction": one_or_many(make_answer(identity)),
                "probability": one_or_many({"type": "number", "minimum": 0, "maximum": 1})
                | {"description": "Of the second of two classes, or of the answered one of more."},
            },
        },
        "Tensor": object_of({"name": TEXT, "shape": SIZES, "datatype": TEXT, "data": {"type": "array"}}),
        "InferRequest": object_of({"inputs": {"type": "array", "minItems": 1, "items": reference("Tensor")}}),
        "InferAnswer": object_of({"outputs": {"type": "array", "items": reference("Tensor")}}),
        "Error": object_of({"error": TEXT}) | {"description": "`field` names what to change."},
    }


TEXT = {"type": "string"}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 1}}


def make_cell(column: Column) -> dict[str, Any]:
    """Return the schema of one column's values; known categories are examples, others are answered too."""
    kind = JSON_TYPES[column.type]
    cell: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind, "title": column.name}
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


def post(summary: str, request: str, answer: str) -> dict[str, Any]:
    """Return a POST operation."""
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": content(request)},
            "responses": {
                "200": {"description": "The answer.", "content": content(answer)},
                "4XX": refused(),
            },
        }
    }


def get(summary: str) -> dict[str, Any]:
    """Return a GET operation."""
    return {"get": {"summary": summary, "responses": {"200": {"description": "As summarised."}}}}


def refused() -> dict[str, Any]:
    """Return the response of a refused request."""
    return {"description": "The request is refused; the sentence says why.", "content": content("Error")}


def content(schema: str) -> dict[str, Any]:
    """Return a JSON body of this schema."""
    return {"application/json": {"schema": reference(schema)}}
