"""Bad requests: each is a 4xx whose body names what to change. Nothing here may be a 5xx or a crash."""

import json
from typing import Any

import pytest

from tests.server.listening import Client

GOOD = {"income": 10, "age": 20, "home": "own", "employed": True}
ROW = [10, 20, "own", True]
V1 = "/v1/models/loan-default:predict"
V2 = "/v2/models/loan-default/infer"


def v1(*rows: Any) -> Any:
    """Return a V1 request of these rows."""
    return {"instances": list(rows)}


def raw(text: str) -> bytes:
    """Return a V1 request of one row, written by hand."""
    return b'{"instances": [[%s]]}' % text.encode()


def v2(**changed: Any) -> Any:
    """Return a V2 request of one tensor per column, with the changed members of the first (`age`)."""
    age = {"name": "age", "shape": [1], "datatype": "FP64", "data": [20]} | changed
    rest = [
        {"name": "income", "shape": [1], "datatype": "FP64", "data": [10]},
        {"name": "home", "shape": [1], "datatype": "BYTES", "data": ["own"]},
        {"name": "employed", "shape": [1], "datatype": "BOOL", "data": [True]},
    ]
    return {"inputs": [age, *rest]}


CASES: dict[str, tuple[str, Any, int, str]] = {
    # the body as a whole
    "an empty body": (V1, b"", 400, "body"),
    "not JSON": (V1, b"income=10", 400, "body"),
    "cut JSON": (V1, b'{"instances": [[1', 400, "body"),
    "two documents": (V1, b"{} {}", 400, "body"),
    "a list": (V1, b"[1, 2]", 400, "body"),
    "a text": (V1, b'"instances"', 400, "body"),
    "a null": (V1, b"null", 400, "body"),
    "bytes that are not UTF-8": (V1, b'{"instances": [["\xff\xfe"]]}', 400, "body"),
    "a lone surrogate": (V1, raw(r'1, 2, "\ud800", true'), 400, "body"),
    "a byte order mark": (V1, b"\xef\xbb\xbf" + raw('1, 2, "own", true'), 400, "body"),
    "a NUL": (V1, b"\0" * 100, 400, "body"),
    "deep lists": (V1, b'{"instances": ' + b"[" * 5000 + b"]" * 5000 + b"}", 413, "body"),
    "lists just deeper than the parser": (
        V1,
        b'{"instances": ' + b"[" * 1030 + b"]" * 1030 + b"}",
        400,
        "body",
    ),
    "deep objects": (V1, b'{"instances": ' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}", 400, "instances"),
    "a body over the limit": (V1, b" " * 20_001, 413, "body"),
    "many more values than rows may have": (V1, b'{"instances": [' + b"0," * 5000 + b"0]}", 413, "body"),
    # rows
    "no instances": (V1, {}, 400, "instances"),
    "inputs in V1": (V1, {"inputs": [ROW]}, 400, "instances"),
    "instances null": (V1, {"instances": None}, 400, "instances"),
    "instances an object": (V1, {"instances": GOOD}, 400, "instances"),
    "instances empty": (V1, {"instances": []}, 400, "instances"),
    "too many rows": (V1, v1(*[ROW] * 51), 413, "instances"),
    "a bare row": (V1, {"instances": ROW}, 400, "instances[0]"),
    "a row that is a number": (V1, v1(ROW, 5), 400, "instances[1]"),
    "a row that is null": (V1, v1(ROW, None), 400, "instances[1]"),
    "an object among lists": (V1, v1(ROW, GOOD), 400, "instances[1]"),
    "a list among objects": (V1, v1(GOOD, ROW), 400, "instances[1]"),
    "a short row": (V1, v1(ROW, ROW[:3]), 400, "instances[1]"),
    "a long row": (V1, v1([*ROW, 1]), 400, "instances[0]"),
    "an empty row": (V1, v1([]), 400, "instances[0]"),
    "a missing column": (V1, v1(GOOD, {"income": 1, "age": 2, "home": "own"}), 400, "instances[1].employed"),
    "an unknown column": (V1, v1(GOOD | {"shoe size": 43}), 400, "instances[0].shoe size"),
    "a column with other letters": (
        V1,
        v1({"Income": 10, "age": 2, "home": "own", "employed": 1}),
        400,
        "instances[0].income",
    ),
    # values
    "text in a number": (V1, v1(["10", *ROW[1:]]), 400, "instances[0].income"),
    "a boolean in a number": (V1, v1(ROW, [True, *ROW[1:]]), 400, "instances[1].income"),
    "a list in a number": (V1, v1([[10], *ROW[1:]]), 400, "instances[0].income"),
    "an object in a number": (V1, v1(GOOD | {"age": {}}), 400, "instances[0].age"),
    "null where nothing is imputed": (V1, v1(GOOD | {"age": None}), 400, "instances[0].age"),
    "null in a boolean": (V1, v1(GOOD | {"employed": None}), 400, "instances[0].employed"),
    "two in a boolean": (V1, v1(GOOD | {"employed": 2}), 400, "instances[0].employed"),
    "no truth in a boolean": (V1, v1(GOOD | {"employed": "maybe"}), 400, "instances[0].employed"),
    "a number that is no category": (V1, v1(GOOD | {"home": 7}), 400, "instances[0].home"),
    "a list in a category": (V1, v1(GOOD | {"home": ["own"]}), 400, "instances[0].home"),
    "an object in a category": (V1, v1(GOOD | {"home": {"a": 1}}), 400, "instances[0].home"),
    "NaN": (V1, raw('NaN, 20, "own", true'), 400, "instances[0].income"),
    "Infinity": (V1, raw('1, -Infinity, "own", true'), 400, "instances[0].age"),
    "a number that overflows": (V1, raw('1e999, 20, "own", true'), 400, "instances[0].income"),
    "NaN as a category": (V1, raw("1, 20, NaN, true"), 400, "instances[0].home"),
    "NaN as a boolean": (V1, raw('1, 20, "own", NaN'), 400, "instances[0].employed"),
    "NaN elsewhere": (V1, b'{"seed": NaN, "instances": [[1, 2, "own", true]]}', 400, "body"),
    "an integer of 5000 digits": (V1, raw(f'1, {"9" * 5000}, "own", true'), 400, "body"),
    "an integer of 400 digits": (V1, raw(f'1, {"9" * 400}, "own", true'), 400, "instances[0].age"),
    # plain paths
    "no features": ("/predict", {"instances": [ROW]}, 400, "features"),
    "features a text": ("/predict", {"features": "10,20"}, 400, "features"),
    "features null": ("/predict", {"features": None}, 400, "features"),
    "too few features": ("/predict", {"features": [1]}, 400, "features[0]"),
    "features with a hole": ("/predict", {"features": [1, None, "own", True]}, 400, "features[0].age"),
    "nothing known": ("/api/v1/models/loan-default/predict", {"rows": [ROW]}, 400, "instances"),
    "an unknown model by V1": ("/v1/models/other:predict", v1(ROW), 404, "name"),
    "an unknown model by the plain path": ("/api/v1/models/other/predict", v1(ROW), 404, "name"),
    # V2
    "an unknown model": ("/v2/models/other/infer", v2(), 404, "name"),
    "an unknown version": ("/v2/models/loan-default/versions/2/infer", v2(), 404, "version"),
    "no inputs": (V2, {}, 400, "inputs"),
    "inputs empty": (V2, {"inputs": []}, 400, "inputs"),
    "an input that is no tensor": (V2, {"inputs": [[1]]}, 400, "inputs[0]"),
    "a tensor without a name": (V2, v2(name=None), 400, "inputs[0].name"),
    "a tensor of no column": (V2, v2(name="shoe size"), 400, "inputs[0].name"),
    "a column twice": (V2, v2(name="home", datatype="BYTES", data=["own"]), 400, "inputs[2].name"),
    "a column twice beside all the others": (
        V2,
        {"inputs": [*v2()["inputs"], v2()["inputs"][0]]},
        400,
        "inputs[4].name",
    ),
    "a column too few": (V2, {"inputs": v2()["inputs"][1:]}, 400, "inputs.age"),
    "no shape": (V2, v2(shape=None), 400, "inputs[0].shape"),
    "a shape of nothing": (V2, v2(shape=[0], data=[]), 400, "inputs[0].shape"),
    "a shape of three": (V2, v2(shape=[1, 1, 1]), 400, "inputs[0].shape"),
    "a shape below zero": (V2, v2(shape=[-1]), 400, "inputs[0].shape"),
    "a shape of booleans": (V2, v2(shape=[True]), 400, "inputs[0].shape"),
    "a huge shape": (V2, v2(shape=[10**18]), 413, "inputs[0].shape"),
    "fewer values than the shape": (V2, v2(shape=[2]), 400, "inputs[0].data"),
    "more rows than the others": (V2, v2(shape=[2], data=[1, 2]), 400, "inputs[1].shape"),
    "two columns in one tensor": (V2, v2(shape=[1, 2], data=[1, 2]), 400, "inputs[0].shape"),
    "an unknown datatype": (V2, v2(datatype="FP8"), 400, "inputs[0].datatype"),
    "a datatype that is a list": (V2, v2(datatype=["FP64"]), 400, "inputs[0].datatype"),
    "a fraction as INT64": (V2, v2(datatype="INT64", data=[1.5]), 400, "inputs[0].data[0]"),
    "too large for INT8": (V2, v2(datatype="INT8", data=[128]), 400, "inputs[0].data[0]"),
    "below zero for UINT32": (V2, v2(datatype="UINT32", data=[-1]), 400, "inputs[0].data[0]"),
    "text as FP64": (V2, v2(data=["20"]), 400, "inputs[0].data[0]"),
    "text for a number": (V2, v2(datatype="BYTES", data=["20"]), 400, "inputs[0].age"),
    "data that is a number": (V2, v2(data=20), 400, "inputs[0].data"),
    "data nested too deep": (V2, v2(data=[[[20]]]), 400, "inputs[0].data[0]"),
    "null in V2": (V2, v2(data=[None]), 400, "inputs[0].age"),
    "binary data": (V2, v2(parameters={"binary_data_size": 8}), 400, "inputs[0].parameters.binary_data_size"),
    "parameters of a tensor that are a text": (
        V2,
        v2(parameters="binary_data_size"),
        400,
        "inputs[0].parameters",
    ),
    "an id that is a number": (V2, v2() | {"id": 7}, 400, "id"),
    "parameters that are a list": (V2, v2() | {"parameters": []}, 400, "parameters"),
    "an unknown output": (V2, v2() | {"outputs": [{"name": "logits"}]}, 400, "outputs[0].name"),
    "outputs that are names": (V2, v2() | {"outputs": ["predict"]}, 400, "outputs"),
    "one matrix that is too wide": (
        V2,
        {"inputs": [{"name": "rows", "shape": [1, 5], "datatype": "FP64", "data": [1, 2, 3, 4, 5]}]},
        400,
        "inputs[0]",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_bad_request_is_refused_by_name(loan: Client, case: str) -> None:
    path, document, status, field = CASES[case]
    answer = await loan.post(path, document)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body
    assert set(answer.json) == {"error", "field"}
    assert len(answer.body) < 1000


async def test_after_all_of_them_the_server_answers_as_before(loan: Client) -> None:
    for path, document, _, __ in CASES.values():
        await loan.post(path, document)
    answer = await loan.post("/predict", {"features": GOOD})
    assert (answer.status, answer.json["prediction"]) == (200, "yes")


ROUTING: dict[str, tuple[str, str, int, str, str]] = {
    "an unknown path": ("GET", "/", 404, "/openapi.json", ""),
    "a path that is nearly one": ("POST", "/v1/models/loan-default/predict", 404, "/predict", ""),
    "a path with an encoded slash": ("GET", "/v1/models/%2e%2e%2fetc", 404, "/openapi.json", ""),
    "reading a prediction": ("GET", "/predict", 405, "POST", "POST"),
    "writing a page": ("POST", "/healthz", 405, "GET", "GET, HEAD"),
    "deleting the model": ("DELETE", "/v2/models/loan-default", 405, "GET", "GET, HEAD"),
    "options": ("OPTIONS", V1, 405, "POST", "POST"),
    "metadata of an unknown model": ("GET", "/v2/models/other", 404, "loan-default", ""),
    "metadata of an unknown version": (
        "GET",
        "/v2/models/loan-default/versions/9",
        404,
        "loan-default-1",
        "",
    ),
    "readiness of an unknown version": ("GET", "/v2/models/loan-default/versions/9/ready", 404, "9", ""),
    "V1 metadata of an unknown model": ("GET", "/v1/models/other", 404, "other", ""),
}


@pytest.mark.parametrize("case", ROUTING)
async def test_a_wrong_path_or_method_says_what_is_right(loan: Client, case: str) -> None:
    method, path, status, hint, allow = ROUTING[case]
    answer = await loan.request(method, path)
    assert (answer.status, answer.headers.get("allow", "").lower()) == (status, allow.lower())
    assert hint in answer.json["error"]


ENCODINGS = ("gzip", "deflate", "br", "zstd", "gzip, identity", "GZIP")


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_compressed_body_is_refused_unread(loan: Client, encoding: str) -> None:
    answer = await loan.request("POST", "/predict", b"\x1f\x8b", content_encoding=encoding)
    assert (answer.status, answer.json["field"]) == (415, "Content-Encoding")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "nonsense"])
async def test_any_content_type_is_read_as_json(loan: Client, content_type: str) -> None:
    body = json.dumps({"features": GOOD}).encode()
    answer = await loan.request("POST", "/predict", body, content_type=content_type)
    assert answer.status == 200


async def test_a_chunked_body_over_the_limit_is_refused_while_it_comes(loan: Client) -> None:
    chunks = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    answer = await loan.send(b"POST /predict HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + chunks * 6)
    assert (answer.status, answer.json["field"]) == (413, "body")


async def test_an_announced_body_over_the_limit_is_refused_before_it_comes(loan: Client) -> None:
    answer = await loan.send(b"POST /predict HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n")
    assert (answer.status, answer.json["field"]) == (413, "body")


async def test_values_too_large_for_the_model_are_refused(line: Client) -> None:
    answer = await line.post("/predict", {"features": [1.7e308]})
    assert (answer.status, "no finite answer for row 0" in answer.json["error"]) == (400, True)
