"""The OpenAPI document describes what this model takes and answers."""

from typing import Any

import jsonschema
import pytest

from tests.server.http.test_answers import POOR, RICH
from tests.server.listening import Client

LINE_TENSOR = {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [2]}]}


async def test_openapi_describes_what_is_answered(loan: Client) -> None:
    document = (await loan.get("/openapi.json")).json
    answer = (await loan.post("/predict", {"features": RICH})).json
    for name, value in {
        "FeaturesRequest": {"features": RICH},
        "InstancesRequest": {"instances": [RICH, [1, 2, "own", False]]},
        "PlainAnswer": answer,
    }.items():
        jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", **document})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"features": {"income": 1}}, {"$ref": "#/components/schemas/FeaturesRequest", **document}
        )
    for path, methods in document["paths"].items():
        if "get" in methods:
            found = 404 if path == "/profile" else 200  # this version has no profile
            assert (await loan.get(path)).status == found, path


TAKEN: dict[str, tuple[str, Any]] = {
    "truths as numbers": ("FeaturesRequest", {"features": RICH | {"employed": 1}}),
    "a missing value": ("FeaturesRequest", {"features": POOR}),
    "features where instances are asked for": ("RowsRequest", {"features": [RICH, POOR]}),
    "inputs where instances are asked for": ("RowsRequest", {"inputs": [RICH]}),
    "instances": ("RowsRequest", {"instances": [RICH]}),
    "a tensor": (
        "InferRequest",
        {"inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [50]}]},
    ),
}
NOT_TAKEN: dict[str, tuple[str, Any]] = {
    "a truth that is two": ("FeaturesRequest", {"features": RICH | {"employed": 2}}),
    "a plain value for four columns": ("InstancesRequest", {"instances": [1]}),
    "a datatype there is not": (
        "InferRequest",
        {"inputs": [{"name": "age", "shape": [1], "datatype": "FP8", "data": [50]}]},
    ),
}


@pytest.mark.parametrize("case", TAKEN | NOT_TAKEN)
async def test_openapi_takes_what_the_server_takes(loan: Client, case: str) -> None:
    name, request = (TAKEN | NOT_TAKEN)[case]
    document = (await loan.get("/openapi.json")).json
    schema = {"$ref": f"#/components/schemas/{name}", **document}
    assert jsonschema.Draft202012Validator(schema).is_valid(request) == (case in TAKEN)


async def test_openapi_takes_plain_values_for_one_column(line: Client) -> None:
    document = (await line.get("/openapi.json")).json
    for name, request in (("InstancesRequest", {"instances": [1, [2], {"x": 3}]}), ("InferAnswer", None)):
        answer = request or (await line.post("/v2/models/linear-regression/infer", LINE_TENSOR)).json
        jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}", **document})
