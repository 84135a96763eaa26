"""Every answer names the version that gave it: predictions, pages, refusals, and what the parser refuses."""

import pytest

from model_server.http.messages import version_header
from model_server.http.port.receiving import MAX_HEADER_BYTES
from tests.server.listening import Client

ROW = b'{"instances": [[95, 50, "own", true]]}'
PLAIN = b'{"features": [95, 50, "own", true]}'
TENSORS = (
    b'{"inputs": [{"name": "rows", "shape": [1, 4], "datatype": "BYTES", "data": ["1", "2", "own", "x"]}]}'
)


def post(path: str, body: bytes, *headers: str) -> bytes:
    """Return a request."""
    lines = [f"POST {path} HTTP/1.1", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def get(path: str) -> bytes:
    """Return a request."""
    return f"GET {path} HTTP/1.1\r\n\r\n".encode()


ASKED: dict[str, tuple[bytes, int]] = {
    "V1": (post("/v1/models/loan-default:predict", ROW), 200),
    "the plain path": (post("/predict", PLAIN), 200),
    "the path of the model": (post("/api/v1/models/loans-eu/predict", ROW), 200),
    "V2, refused": (post("/v2/models/loan-default/infer", TENSORS), 400),
    "the metrics": (get("/metrics"), 200),
    "readiness": (get("/readyz"), 200),
    "the description": (get("/openapi.json"), 200),
    "a bad body": (post("/predict", b"{"), 400),
    "an unknown model": (post("/v1/models/other:predict", ROW), 404),
    "an unknown path": (get("/nowhere"), 404),
    "a wrong method": (get("/predict"), 405),
    "too large a body": (b"POST /predict HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", 413),
    "a compressed body": (post("/predict", b"x", "content-encoding: gzip"), 415),
    "no HTTP at all": (b"hello\r\n\r\n", 400),
    "headers without an end": (b"GET / HTTP/1.1\r\nx: " + b"y" * (MAX_HEADER_BYTES + 1), 431),
}


@pytest.mark.parametrize("case", ASKED)
async def test_an_answer_names_its_version(loan: Client, case: str) -> None:
    raw, status = ASKED[case]
    answer = await loan.send(raw)
    assert (answer.status, answer.headers["leeway-model-version"]) == (status, "loan-default-1")


async def test_tensors_name_their_version(point: Client) -> None:
    tensor = {"name": "rows", "shape": [1, 2], "datatype": "FP64", "data": [0, 0]}
    answer = await point.post("/v2/models/point/infer", {"inputs": [tensor]})
    assert answer.headers["leeway-model-version"] == answer.json["model_version"] == "point-1"


NAMES = {
    "car-loan-3": b"car-loan-3",
    "loan.v2": b"loan.v2",
    "a\r\nset-cookie: b": b"a%0D%0Aset-cookie%3A%20b",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_way_into_the_headers(name: str) -> None:
    assert version_header(name) == (b"leeway-model-version", NAMES[name])
