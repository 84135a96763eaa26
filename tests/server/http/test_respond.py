"""A request goes in, a reply comes out, without a socket; and the steps between can be taken for many at once."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.http.messages import Request
from model_server.http.paths import CLIENT_ROUTES, HEALTH_ROUTES, ROUTES, TABLE
from model_server.http.readiness import Readiness
from model_server.http.respond import Asked, answer, begin, read_question, respond, write_reply
from model_server.http.routes import Route, Routes, Site
from model_server.protocols.dialect import Answer, Dialect, Headers, Question
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import Refusal
from model_server.version.served import predict
from tests.server.conftest import SETTINGS, served_from
from tests.server.counts.reading import counted

PROFILE = b'{"features": [],  "score": {"edges": [0.5]}}'


@pytest.fixture(scope="module")
def site(versions: dict[str, Path]) -> Site:
    """The loan model behind all routes."""
    served = replace(served_from(versions["loan-default"]), profile_file=PROFILE)
    return Site(ROUTES, Readiness(served, ""), SETTINGS)


def post(path: str, document: Any, **headers: bytes) -> Request:
    """Return a POST of a JSON document."""
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Request("POST", path, named, json.dumps(document).encode())


ROW = [70.0, 50, "own", True]
FIRST = {"instances": [ROW, [None, 22, "boat", False]]}
SECOND = {"features": [15.0, 25, None, True]}
TENSORS = [
    {"name": "income", "shape": [2], "datatype": "FP64", "data": [80, None]},
    {"name": "age", "shape": [2], "datatype": "INT64", "data": [50, 31]},
    {"name": "home", "shape": [2], "datatype": "BYTES", "data": ["tent", "rent"]},
    {"name": "employed", "shape": [2], "datatype": "BOOL", "data": [True, False]},
]
ASKED = {
    "rows with a category that is unknown": post("/v1/models/loan-default:predict", FIRST),
    "one bare row with a gap": post("/predict", SECOND),
    "tensors with another unknown category": post(
        "/v2/models/loan-default/infer", {"id": "7", "inputs": TENSORS}
    ),
}


def opened(site: Site, request: Request) -> Asked:
    """Return what the request asks."""
    asked = begin(site, request)
    assert isinstance(asked, Asked)
    return asked


def test_questions_asked_together_are_answered_as_they_are_one_by_one(site: Site) -> None:
    asked = [opened(site, request) for request in ASKED.values()]
    questions = [read_question(one, request.body) for one, request in zip(asked, ASKED.values(), strict=True)]
    served = asked[0].served
    outcomes = predict(served, [question.matrix for question in questions])
    together = [write_reply(*one) for one in zip(asked, questions, outcomes, strict=True)]
    before = counted(served.counts).get("rows", 0)
    assert together == [respond(site, request) for request in ASKED.values()]
    assert counted(served.counts)["rows"] == before + 5
    assert {reply.status for reply in together} == {200}


def test_rows_the_model_refuses_spoil_no_question_beside_them(versions: dict[str, Path]) -> None:
    line = Site(ROUTES, Readiness(served_from(versions["linear-regression"]), ""), SETTINGS)
    requests = [post("/predict", {"features": [[1], value]}) for value in ([2], [1.7e308], [3])]
    asked = [opened(line, request) for request in requests]
    questions = [read_question(one, request.body) for one, request in zip(asked, requests, strict=True)]
    outcomes = predict(asked[0].served, [question.matrix for question in questions])
    together = [write_reply(*one) for one in zip(asked, questions, outcomes, strict=True)]
    assert [reply.status for reply in together] == [200, 400, 200]
    assert b"no finite answer for row 1" in together[1].body
    assert together == [respond(line, request) for request in requests]


def test_every_route_is_described_and_answers_as_described(site: Site) -> None:
    document = json.loads(respond(site, Request("GET", "/openapi.json")).body)
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert len(described) == len(TABLE)
    for route in TABLE:
        path = route.path.replace("{name}", "loan-default").replace("{version}", "loan-default-1")
        operation = document["paths"][path][route.method.lower()]
        assert operation["summary"] == route.summary
        [(content_type, body)] = operation["responses"]["200"]["content"].items()
        if route.method == "POST":
            assert operation["requestBody"]["content"]["application/json"]["schema"]
            continue
        reply = respond(site, Request("GET", path))
        assert (reply.status, reply.content_type.partition(";")[0]) == (200, content_type)
        if content_type == "application/json":
            jsonschema.validate(json.loads(reply.body), {**document, **body["schema"]})


def test_a_page_that_grows_with_the_columns_is_made_once(site: Site) -> None:
    first, again = (respond(site, Request("GET", "/openapi.json")) for _ in range(2))
    assert first.body is again.body
    tensors = [
        json.loads(respond(site, Request("GET", f"/v2/models/{name}")).body)
        for name in ("loans-eu", "loan_default")
    ]
    assert [page.pop("name") for page in tensors] == ["loans-eu", "loan_default"]
    assert tensors[0] == tensors[1]


def test_a_process_that_answers_no_predictions_any_more_is_not_alive(site: Site) -> None:
    hanging = replace(site, readiness=replace(site.readiness, turned=time.monotonic() - 3600))
    reply = respond(hanging, Request("GET", "/healthz"))
    assert (reply.status, b"stood still for 30 seconds" in reply.body) == (503, True)
    turning = replace(site, readiness=replace(site.readiness, turned=time.monotonic()))
    assert respond(turning, Request("GET", "/healthz")).status == 200


def test_the_profile_is_answered_byte_by_byte(site: Site, versions: dict[str, Path]) -> None:
    reply = respond(site, Request("GET", "/profile"))
    assert (reply.status, reply.content_type, reply.body) == (200, "application/json", PROFILE)
    without = replace(site, readiness=Readiness(served_from(versions["point"]), ""))
    refused = respond(without, Request("GET", "/profile"))
    assert refused.status == 404
    assert b"point-1 has no reference profile" in refused.body


def test_clients_are_not_told_how_data_are_distributed_where_there_is_a_port_for_that(site: Site) -> None:
    clients = replace(site, routes=CLIENT_ROUTES)
    assert respond(clients, Request("GET", "/profile")).status == 404
    told = respond(clients, Request("GET", "/metrics"))
    assert b"leeway_model_rows_total" in told.body
    assert b"leeway_model_decision_total" not in told.body
    assert b"leeway_model_decision_total" in respond(site, Request("GET", "/metrics")).body
    assert {route.path for route in TABLE} - {route.path for route in CLIENT_ROUTES.table} == {"/profile"}


def test_the_port_of_probes_answers_them_and_nothing_else(site: Site) -> None:
    health = replace(site, routes=HEALTH_ROUTES)
    for path in ("/healthz", "/readyz", "/metrics", "/profile"):
        assert (
            respond(health, Request("GET", path)).status == respond(site, Request("GET", path)).status == 200
        )
    for route in TABLE:
        if route not in HEALTH_ROUTES.table:
            assert respond(health, Request(route.method, route.path)).status == 404, route.path


REFUSED: dict[str, tuple[Request, int]] = {
    "a path that is not there": (Request("GET", "/nothing"), 404),
    "another method": (Request("GET", "/predict"), 405),
    "a body that is compressed": (post("/predict", SECOND, content_encoding=b"gzip"), 415),
    "a body that is announced as too large": (post("/predict", SECOND, content_length=b"20001"), 413),
    "a body that is too large": (Request("POST", "/predict", {}, b"x" * 20_001), 413),
    "a body that is no JSON": (Request("POST", "/predict", {}, b"{"), 400),
    "a header that no parser lets through": (post("/predict", SECOND, content_length=b"many"), 500),
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_refusal_and_every_fault_is_a_reply(site: Site, case: str) -> None:
    request, status = REFUSED[case]
    reply = respond(site, request)
    assert (reply.status, "error" in json.loads(reply.body)) == (status, True)


def read_floats(body: bytes, headers: Headers, signature: Signature, max_rows: int) -> Question:
    """Read the binary values that follow a JSON head, whose length a header tells."""
    start = int(headers[b"inference-header-content-length"])
    numbers = np.frombuffer(body[start:], dtype="<f8").reshape(-1, len(signature.inputs))
    if len(numbers) > max_rows:
        raise Refusal(413, "too many rows")
    return Question(Matrix(numbers, np.empty((len(numbers), 0), np.int32)), json.loads(body[:start]))


def write_floats(_: Identity, echo: Any, prediction: Prediction) -> Answer:
    """Write the head again, and the values as bytes after it."""
    head = json.dumps(echo).encode()
    length = str(len(head)).encode()
    values = prediction.values.astype("<f8").tobytes()
    return Answer(head + values, "application/octet-stream", ((b"inference-header-content-length", length),))


def test_a_dialect_of_bytes_needs_a_route_and_nothing_else(versions: dict[str, Path]) -> None:
    routes = Routes([Route("POST", "/binary", Dialect(read_floats, write_floats), "Answer bytes.")])
    line = Site(routes, Readiness(served_from(versions["linear-regression"]), ""), SETTINGS)
    body = b'{"id": 7}' + np.array([1.0, -2.5]).tobytes()
    reply = respond(line, Request("POST", "/binary", {b"inference-header-content-length": b"9"}, body))
    assert (reply.status, reply.content_type) == (200, "application/octet-stream")
    assert reply.headers == ((b"inference-header-content-length", b"9"),)
    assert reply.body[:9] == b'{"id": 7}'
    assert np.frombuffer(reply.body[9:]) == pytest.approx([2.0, -5.0])
    many = Request(
        "POST", "/binary", {b"inference-header-content-length": b"9"}, b'{"id": 7}' + bytes(8 * 51)
    )
    assert respond(line, many).status == 413


def test_nothing_is_asked_of_a_model_that_is_not_loaded(site: Site) -> None:
    loading = replace(site, readiness=Readiness())
    reply = respond(loading, ASKED["one bare row with a gap"])
    assert (reply.status, reply.headers) == (503, ((b"retry-after", b"1"),))
    assert answer(opened(site, Request("POST", "/predict")), b"").status == 400
