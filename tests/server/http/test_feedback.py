"""Feedback over a socket: tokens for those who ask, labels to any pod of the model, and no bad body that hurts."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from model_server.counts.tokens import TokenKeys
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.readiness import Readiness
from model_server.http.respond import respond
from model_server.http.routes import Site
from model_server.version.load import load, make_served, read_manifest
from model_server.version.served import PART_ROWS, ServedModel
from tests.server.conftest import SETTINGS, served_from
from tests.server.listening import Answer, Client, listening

KEY = b"k" * 32
ROW, NONE_KNOWN = [70.0, 50, "own", True], [None, 22, "boat", False]
FEEDBACK = "/v1/models/loan-default:feedback"
PREDICT = "/v1/models/loan-default:predict"
TENSORS = {
    "inputs": [
        {"name": "income", "shape": [2], "datatype": "FP64", "data": [80, None]},
        {"name": "age", "shape": [2], "datatype": "INT64", "data": [50, 31]},
        {"name": "home", "shape": [2], "datatype": "BYTES", "data": ["tent", "rent"]},
        {"name": "employed", "shape": [2], "datatype": "BOOL", "data": [True, False]},
    ]
}


def with_key(directory: Path, name: str = "") -> ServedModel:
    """The version in a directory, loaded as a pod with a key loads it; under another name if one is given."""
    manifest = read_manifest(directory / "modelversion.json")
    named = msgspec.structs.replace(manifest.metadata, name=name or manifest.metadata.name)
    return make_served(load(msgspec.structs.replace(manifest, metadata=named), directory), "loans-eu", [KEY])


@pytest.fixture
async def pod(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A pod of the loan model that has a key."""
    async with listening(with_key(versions["loan-default"]), SETTINGS) as client:
        yield client


async def ask(client: Client, path: str, document: Any, header: str = "tokens") -> Answer:
    """Ask for a prediction with its tokens."""
    return await client.request("POST", path, json.dumps(document).encode(), leeway_feedback=header)


def told(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    """A body that brings these tokens and labels."""
    return {"feedback": [{"token": token, "label": label} for token, label in pairs]}


async def counted(client: Client) -> dict[tuple[str, str], float]:
    """How many labels the page has, by version and outcome."""
    found = {}
    for outcome in ("right", "wrong"):
        for decision in ("no", "yes"):
            name, by = "leeway_model_feedback_total", {"outcome": outcome, "decision": decision}
            found[decision, outcome] = await client.sample(name, of_version="loan-default-1", **by)
    return {pair: number for pair, number in found.items() if number}


ASKED: dict[str, tuple[str, Any]] = {
    "rows by V1": (PREDICT, {"instances": [ROW, NONE_KNOWN]}),
    "rows by the longer path": ("/api/v1/models/loan_default/predict", {"features": [ROW, NONE_KNOWN]}),
    "one bare row": ("/predict", {"features": ROW}),
    "rows by the plain path": ("/predict", {"features": [ROW, NONE_KNOWN]}),
    "tensors": ("/v2/models/loan-default/infer", TENSORS),
    "tensors, of which one is wanted": (
        "/v2/models/loan-default/infer",
        TENSORS | {"outputs": [{"name": "predict"}]},
    ),
}
SCHEMAS = {"/predict": "PlainAnswer", "/v2/models/loan-default/infer": "InferAnswer"}


def said(answer: Any) -> tuple[list[Any], list[str]]:
    """The predictions of an answer of any dialect, and its tokens."""
    if "outputs" in answer:
        tensors = {tensor["name"]: tensor for tensor in answer["outputs"]}
        tokens = tensors["feedback_tokens"]
        assert (tokens["datatype"], tokens["shape"]) == ("BYTES", [len(tokens["data"])])
        return tensors["predict"]["data"], tokens["data"]
    if "predictions" in answer:
        return answer["predictions"], answer["feedback_tokens"]
    prediction, tokens = answer["prediction"], answer["feedback_token"]
    return (prediction, tokens) if isinstance(prediction, list) else ([prediction], [tokens])


@pytest.mark.parametrize("case", ASKED)
async def test_who_asks_for_tokens_may_bring_labels(pod: Client, case: str) -> None:
    path, document = ASKED[case]
    answer = await ask(pod, path, document)
    schema = (await pod.get("/openapi.json")).json
    name = SCHEMAS.get(path, "PredictionsAnswer")
    jsonschema.validate(answer.json, {"$ref": f"#/components/schemas/{name}", **schema})
    predictions, tokens = said(answer.json)
    assert len(set(tokens)) == len(predictions)
    pairs = told(*zip(tokens, predictions, strict=True))
    reply = await pod.post("/v1/models/loans-eu:feedback", pairs)
    assert (reply.status, reply.json) == (200, {"counted": len(tokens), "rejected": []})
    assert await counted(pod) == {(one, "right"): predictions.count(one) for one in predictions}


@pytest.mark.parametrize("case", ASKED)
async def test_an_answer_without_tokens_is_as_it_was(pod: Client, loan: Client, case: str) -> None:
    path, document = ASKED[case]
    silent, other = await pod.post(path, document), await loan.post(path, document)
    without_key = await ask(loan, path, document)
    assert silent.body == other.body == without_key.body
    assert b"token" not in silent.body


async def test_another_wish_is_refused_by_the_headers_name(pod: Client) -> None:
    answer = await ask(pod, PREDICT, {"instances": [ROW]}, header="please")
    assert (answer.status, answer.json["field"]) == (400, "Leeway-Feedback")
    assert "send tokens" in answer.json["error"]


async def test_a_label_reaches_any_pod_of_any_version(versions: dict[str, Path]) -> None:
    first, second = (with_key(versions["loan-default"], f"loan-default-{number}") for number in (1, 2))
    async with listening(first, SETTINGS) as stable, listening(second, SETTINGS) as canary:
        answer = await ask(canary, PREDICT, {"instances": [ROW]})
        [prediction], [token] = said(answer.json)
        assert (await stable.post(FEEDBACK, told((token, prediction)))).json["counted"] == 1
        series = {"of_version": "loan-default-2", "decision": prediction, "outcome": "right"}
        assert await stable.sample("leeway_model_feedback_total", version="loan-default-1", **series) == 1
        assert await canary.sample("leeway_model_feedback_total", **series) == 0


async def test_each_rejected_label_is_told_by_its_place(pod: Client) -> None:
    _, (first, second) = said((await ask(pod, PREDICT, {"instances": [ROW, ROW]})).json)
    foreign = TokenKeys([KEY], "cars").sign(bytes(40))
    bodies = told((first, "no"), (first, "no"), (foreign, "no"), (second, "maybe"), (second, "no"))
    reply = await pod.post(FEEDBACK, bodies)
    assert reply.status == 200
    assert reply.json["counted"] == 2
    rejected = [(one["index"], one["reason"]) for one in reply.json["rejected"]]
    assert rejected == [(1, "duplicate"), (2, "bad_token"), (3, "unknown")]
    assert all(len(one["error"]) > 20 for one in reply.json["rejected"])
    schema = (await pod.get("/openapi.json")).json
    for name, value in {"FeedbackAnswer": reply.json, "FeedbackRequest": bodies}.items():
        jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", **schema})
    assert await pod.sample("leeway_model_feedback_rejected_total", reason="duplicate") == 1
    assert await pod.sample("leeway_model_feedback_delay_seconds_count") == 2


async def test_labels_are_no_predictions(pod: Client) -> None:
    await pod.post(FEEDBACK, told(("x", "no")))
    await pod.post(FEEDBACK, b"{")
    assert await pod.sample("leeway_model_requests_total", code="200") == 0
    assert await pod.sample("leeway_model_requests_total", code="400") == 0
    assert await pod.sample("leeway_model_request_duration_seconds_count") == 0


async def test_without_a_key_it_is_said_how_to_get_one(loan: Client) -> None:
    reply = await loan.post(FEEDBACK, told(("x", "no")))
    assert reply.status == 404
    assert "spec.feedback.secretName" in reply.json["error"]
    assert b"leeway_model_feedback" not in (await loan.get("/metrics")).body


async def test_of_a_number_nobody_counts_right_or_wrong(versions: dict[str, Path]) -> None:
    async with listening(with_key(versions["linear-regression"]), SETTINGS) as line:
        answer = await ask(line, "/predict", {"features": [1.0]})
        assert (answer.status, list(answer.json)) == (200, ["prediction"])
        reply = await line.post("/v1/models/linear-regression:feedback", told(("x", 1.0)))
        assert (reply.status, "this model answers numbers" in reply.json["error"]) == (404, True)


ENTRY = b'{"token": "x", "label": "no"}'
BAD: dict[str, tuple[bytes, int, str]] = {
    "an empty body": (b"", 400, "body"),
    "not JSON": (b"token=x", 400, "body"),
    "cut JSON": (b'{"feedback": [' + ENTRY, 400, "body"),
    "two documents": (b'{"feedback": []} {}', 400, "body"),
    "a list": (b"[" + ENTRY + b"]", 400, "body"),
    "a null": (b"null", 400, "body"),
    "bytes that are not UTF-8": (b'{"feedback": [{"token": "\xff", "label": "no"}]}', 400, "body"),
    "half of a surrogate pair": (rb'{"feedback": [{"token": "\ud800", "label": "no"}]}', 400, "body"),
    "a byte order mark": (b'\xef\xbb\xbf{"feedback": []}', 400, "body"),
    "no feedback": (b'{"labels": []}', 400, "body"),
    "feedback null": (b'{"feedback": null}', 400, "feedback"),
    "feedback an object": (b'{"feedback": ' + ENTRY + b"}", 400, "feedback"),
    "feedback empty": (b'{"feedback": []}', 400, "feedback"),
    "an entry that is a text": (b'{"feedback": ["x"]}', 400, "feedback[0]"),
    "an entry that is a list": (b'{"feedback": [["x", "no"]]}', 400, "feedback[0]"),
    "an entry without a label": (b'{"feedback": [' + ENTRY + b', {"token": "x"}]}', 400, "feedback[1]"),
    "an entry without a token": (b'{"feedback": [{"label": "no"}]}', 400, "feedback[0]"),
    "a token that is a number": (b'{"feedback": [{"token": 1, "label": "no"}]}', 400, "feedback[0].token"),
    "a token that is null": (b'{"feedback": [{"token": null, "label": "no"}]}', 400, "feedback[0].token"),
    "a label that is null": (b'{"feedback": [{"token": "x", "label": null}]}', 400, "feedback[0].label"),
    "a label that is a list": (b'{"feedback": [{"token": "x", "label": ["no"]}]}', 400, "feedback[0].label"),
    "a label that is an object": (b'{"feedback": [{"token": "x", "label": {}}]}', 400, "feedback[0].label"),
    "a label that is NaN": (b'{"feedback": [{"token": "x", "label": NaN}]}', 400, "body"),
    "a label that overflows": (b'{"feedback": [{"token": "x", "label": 1e999}]}', 400, "feedback[0].label"),
    "a label of 5000 digits": (
        b'{"feedback": [{"token": "x", "label": ' + b"9" * 5000 + b"}]}", 400, "feedback[0].label"),
    "deep lists in a label": (
        b'{"feedback": [{"token": "x", "label": ' + b"[" * 900 + b"]" * 900 + b"}]}", 400, "feedback[0].label"),
    "deep lists beside": (b'{"x": ' + b"[" * 1150 + b"]" * 1150 + b', "feedback": []}', 400, "body"),
    "very deep lists": (b'{"feedback": ' + b"[" * 5000 + b"]" * 5000 + b"}", 413, "body"),
    "more labels than rows": (b'{"feedback": [' + b",".join([ENTRY] * 51) + b"]}", 413, "feedback"),
    "many more values": (b'{"feedback": [' + b"0," * 5000 + b"0]}", 413, "body"),
    "a body over the limit": (b" " * 20_001, 413, "body"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_body_is_refused_as_a_whole(pod: Client, case: str) -> None:
    body, status, field = BAD[case]
    reply = await pod.post(FEEDBACK, body)
    assert (reply.status, reply.json["field"]) == (status, field), reply.json
    assert len(reply.json["error"]) < 300
    for reason in ("unknown", "duplicate", "late", "bad_token"):
        assert await pod.sample("leeway_model_feedback_rejected_total", reason=reason) == 0


async def test_what_stands_beside_label_and_token_is_passed_over(pod: Client) -> None:
    _, [token] = said((await ask(pod, PREDICT, {"instances": [ROW]})).json)
    body = {"source": "till", "feedback": [{"id": 7, "token": token, "label": "no", "nested": [[{}]]}]}
    assert (await pod.post(FEEDBACK, body)).json["counted"] == 1


REFUSED: dict[str, tuple[Request, int]] = {
    "another model": (Request("POST", "/v1/models/other:feedback", {}, b"{}"), 404),
    "another method": (Request("GET", FEEDBACK), 405),
    "a body that is compressed": (Request("POST", FEEDBACK, {b"content-encoding": b"gzip"}, b"x"), 415),
    "a body that is announced as too large": (
        Request("POST", FEEDBACK, {b"content-length": b"20001"}, b"x"), 413),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_path_and_headers_are_looked_at_first(versions: dict[str, Path], case: str) -> None:
    request, status = REFUSED[case]
    site = Site(ROUTES, Readiness(with_key(versions["loan-default"]), ""), SETTINGS)
    reply = respond(site, request)
    assert (reply.status, "error" in json.loads(reply.body)) == (status, True)


def test_many_rows_and_many_labels_leave_others_their_turn(versions: dict[str, Path]) -> None:
    rows = 2 * PART_ROWS + 1
    settings = replace(SETTINGS, max_rows=rows, max_body_bytes=1 << 20)
    site = Site(ROUTES, Readiness(with_key(versions["point"]), ""), settings)
    asked = json.dumps({"instances": [[0.1, 0.2]] * rows}).encode()
    reply = respond(site, Request("POST", "/v1/models/point:predict", {b"leeway-feedback": b"tokens"}, asked))
    predictions, tokens = said(json.loads(reply.body))
    assert len(set(tokens)) == rows
    body = json.dumps(told(*zip(tokens, predictions, strict=True))).encode()
    reply = respond(site, Request("POST", "/v1/models/point:feedback", {}, body))
    assert json.loads(reply.body) == {"counted": rows, "rejected": []}


def test_nothing_is_told_to_a_pod_that_loads() -> None:
    reply = respond(Site(ROUTES, Readiness(), SETTINGS), Request("POST", FEEDBACK, {}, b"{}"))
    assert (reply.status, reply.headers) == (503, ((b"retry-after", b"1"),))


def test_a_model_without_a_key_counts_nothing(versions: dict[str, Path]) -> None:
    assert served_from(versions["loan-default"]).feedback is None
